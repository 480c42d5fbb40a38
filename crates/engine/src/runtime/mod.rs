//! What runs a pipeline: the only room with threads and a clock.

mod clock;
mod ends;
mod failure;
mod finds;
mod flow;
pub mod memory;
mod signal;
mod threaded;

pub use failure::{Failure, PipelineError};
pub use flow::{Flow, Running};
