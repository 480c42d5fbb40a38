//! Without the feature `tracing`: nobody is told.

use super::failure::PipelineError;
use super::flow::MemoryStats;
use super::pressure::Level;
use crate::metrics::{Report, Stall};
use crate::plan::Plan;
use crate::tally::Tally;
use crate::tune::Adjustment;

/// The spans of a run, of which there are none.
pub(crate) struct Trace;

/// The span one is in without spans.
pub(crate) struct Nowhere;

impl Trace {
    pub(crate) fn new(_: &Plan) -> Self {
        Self
    }

    pub(crate) fn attend(&self) -> Nowhere {
        Nowhere
    }

    #[inline(always)]
    pub(crate) fn enter(&self, _: usize) -> Nowhere {
        Nowhere
    }

    #[inline(always)]
    pub(crate) fn stepped(&self, _: usize, _: impl FnOnce() -> u64, _: impl FnOnce() -> Tally) {}

    pub(crate) fn pressure(&self, _: Level, _: MemoryStats) {}

    pub(crate) fn stalled(&self, _: &Stall) {}

    pub(crate) fn adjusted(&self, _: &Adjustment) {}

    pub(crate) fn ended(&self, _: &Result<Report, PipelineError>) {}
}
