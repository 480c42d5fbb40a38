//! What a pipeline does, as values: at one moment ([`Metrics`]) and at the end ([`Report`]).
//!
//! The runtime counts from outside, so that an operator cannot forget to. Showing the values is
//! somebody else's room.

mod advice;
mod bottleneck;
mod json;
mod latency;
mod profile;
mod prometheus;
mod recent;
mod report;
mod snapshot;
mod stall;

pub use bottleneck::{Bottleneck, Limit};
pub use latency::Percentiles;
pub(crate) use latency::{Latency, Spread};
pub use profile::StepTime;
pub(crate) use recent::{NOTE_EVERY, Recent};
pub(crate) use report::CheckpointSummary;
pub(crate) use report::Edge;
pub use report::{LimitOrigin, Report};
pub use snapshot::{Metrics, StageMetrics};
pub use stall::Stall;

pub use crate::plan::meter::Times;
