//! Typed streams: data of any size through fused steps, on all cores, in a fixed amount of memory.
//!
//! A [`Stream`] is a description; adding a step runs nothing. Closing it with a sink makes a
//! [`Pipeline`], whose [`Plan`] says which steps are fused into which stages, and whose `run` pushes
//! the data through and answers with a [`Report`]. Ends that give a value (`collect`, `fold`, `count`)
//! close and run in one call.
//!
//! ```
//! use primestream_engine::{Order, Stream};
//!
//! let squares: Vec<u64> = Stream::iter(1..=5u64)
//!     .parallel(2, Order::Input)
//!     .map(|n| n * n)
//!     .filter(|n| n % 2 == 1)
//!     .collect()?;
//! assert_eq!(squares, [1, 9, 25]);
//! # Ok::<(), primestream_engine::PipelineError>(())
//! ```
//!
//! # Floors
//!
//! Five floors, each using only those below it: *words* ([`chunk`], [`message`], [`time`], [`weigh`],
//! [`budget`], [`tally`], [`order`], [`error`], [`Workers`], [`checkpoint`], [`disk`]), *roles* ([`source`], [`operator`], [`processor`],
//! [`sink`], [`chunker`]), *library* ([`sources`], [`operators`], [`faults`], [`files`], [`sinks`]), *description* ([`stream`],
//! [`pipeline`], [`plan`], [`metrics`], [`tune`]), *machinery* ([`runtime`]). Only `runtime` has threads and a
//! clock; it reads what limits the memory of the process. Checkpoints and the files that go with them are on a [`disk`],
//! and nothing else here opens a file or a socket.
//!
//! # When not to use it
//!
//! A loop over a slice that fits in memory is rayon's work; a service that waits on ten thousand
//! sockets is tokio's. This crate is for data that do not fit, must stay in order, or may fail item by item.

#![forbid(unsafe_code)]

pub mod budget;
mod chance;
pub mod checkpoint;
pub mod chunk;
pub mod disk;
pub mod error;
pub mod keyed;
pub mod message;
pub mod order;
mod sync;
pub mod tally;
pub mod time;
pub mod weigh;
mod workers;

pub mod chunker;
pub mod operator;
pub mod processor;
pub mod sink;
pub mod source;

pub mod faults;
pub mod files;
pub mod operators;
pub mod sinks;
pub mod sources;

pub mod pipeline;
pub mod plan;
pub mod stream;
pub mod tune;

pub mod metrics;
pub mod runtime;

#[cfg(all(test, any(loom, shuttle)))]
mod models;

pub use budget::{Budget, BudgetError, kib, mib};
pub use checkpoint::{Checkpoint, Directory, Epoch, StateStore, Transactional};
pub use chunk::Chunk;
pub use chunker::{Adaptive, Bytes, Chunker, Fixed, Timed};
pub use error::{BoxError, Interrupt, ItemError, Outcome, SinkError, SourceError};
pub use faults::{CircuitBreaker, DeadLetter, OnError, Retry, Tolerance};
pub use files::{PartsFolder, ReplayFile, TransactionalFile};
pub use metrics::{Metrics, Report};
pub use operator::{Emit, Operator};
pub use operators::Rate;
pub use order::Order;
pub use pipeline::Pipeline;
pub use plan::Plan;
pub use processor::ChunkProcessor;
pub use runtime::{Flow, Level, PipelineError, Running, all_cores};
pub use sink::Sink;
pub use source::{Intake, Source, Supply};
pub use sources::{Boundary, LengthPrefix, PushError, Pusher};
pub use stream::{Stream, Transform};
pub use tally::Tally;
pub use tune::{Adjustment, Strategy, Tuner};
pub use weigh::Weigh;
pub use workers::Workers;
