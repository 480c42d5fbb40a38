//! What runs a pipeline: the only room with threads and a clock.

#[cfg(feature = "async")]
mod asynchronous;
#[cfg(feature = "async")]
mod awaited;

mod beat;
mod checkpoints;
mod clock;
mod cores;
mod degrade;
mod ends;
mod failure;
mod finds;
mod flow;
mod items;
mod links;
mod machine;
pub mod memory;
mod pressure;
pub(crate) mod signal;
mod simulated;
#[cfg(not(feature = "async"))]
mod synchronous;
mod threaded;
#[cfg(feature = "tracing")]
mod trace;
mod tune;
#[cfg(not(feature = "tracing"))]
mod untraced;
mod watch;

#[cfg(not(feature = "async"))]
use self::synchronous as asynchronous;
#[cfg(not(feature = "tracing"))]
use self::untraced as trace;

#[cfg(feature = "async")]
pub use awaited::ItemStream;
pub use cores::all_cores;
pub use failure::{Failure, PipelineError};
pub use flow::{Flow, MemoryStats, NotInTime, Running};
pub use items::Items;
pub use pressure::Level;
