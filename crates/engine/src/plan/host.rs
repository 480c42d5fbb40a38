//! What a stage needs of whatever runs it.

use std::time::Duration;

use crate::budget::Budget;
use crate::error::Interrupt;

/// What a stage needs of whatever runs it: threads, one thread, or a simulation.
pub(crate) trait Host: Sync {
    /// Returns the bytes the pipeline may hold.
    fn budget(&self) -> &Budget;

    /// Returns the time since the start.
    fn now(&self) -> Duration;

    /// Returns whether the pipeline is stopping before its end.
    fn is_stopping(&self) -> bool;

    /// Returns whether no stage behind `stage` has anything to do or to hold.
    fn is_quiet_behind(&self, stage: usize) -> bool;

    /// Notes the state of the pipeline, so that a change after this is not slept over.
    fn ticket(&self) -> u64;

    /// Does work of the stages behind `stage`, or waits until something changed since `ticket`.
    fn give_way(&self, stage: usize, ticket: u64);

    /// Says that something changed.
    fn changed(&self);

    /// Stops the pipeline for a reason; the first one counts.
    fn fail(&self, stage: usize, reason: Interrupt);
}
