//! What a pipeline does, as values: at one moment ([`Metrics`]) and at the end ([`Report`]).
//!
//! The runtime counts from outside, so that an operator cannot forget to. Showing the values is
//! somebody else's room.

mod latency;
mod report;
mod snapshot;
mod stall;

pub(crate) use latency::Latency;
pub use latency::Percentiles;
pub(crate) use report::Edge;
pub use report::{LimitOrigin, Report};
pub use snapshot::{Metrics, StageMetrics};
pub use stall::Stall;

pub use crate::plan::meter::Times;
