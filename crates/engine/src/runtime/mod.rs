//! What runs a pipeline: the only room with threads and a clock.

mod asynchronous;
mod beat;
mod clock;
mod ends;
mod failure;
mod finds;
mod flow;
mod items;
mod links;
mod machine;
pub mod memory;
mod pressure;
mod signal;
mod simulated;
mod threaded;
mod tune;

pub use failure::{Failure, PipelineError};
pub use flow::{Flow, MemoryStats, NotInTime, Running};
pub use items::{ItemStream, Items};
pub use pressure::Level;
