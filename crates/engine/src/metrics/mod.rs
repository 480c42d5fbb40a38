//! What a pipeline does, as values: at one moment ([`Metrics`]) and at the end ([`Report`]).
//!
//! The runtime counts from outside, so that an operator cannot forget to. Showing the values is
//! somebody else's room.

mod report;
mod snapshot;

pub use report::{LimitOrigin, Report};
pub use snapshot::{Metrics, StageMetrics};
