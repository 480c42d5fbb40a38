//! A stage as the runtime sees it: something that can take a step.

use std::time::Duration;

use super::StagePlan;
use super::host::Host;
use crate::tally::Tally;

/// What came of asking a stage to take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It did something.
    Worked,
    /// It can do nothing until something else changes.
    Waiting,
    /// Its source has nothing at the moment; ask again a little later.
    Idle,
}

/// One stage of a running pipeline. Any thread may ask it to take a step at any time.
pub(crate) trait Stage: Send + Sync {
    /// Takes one step if there is one to take: a chunk from its inlet to its outlet.
    fn step(&self, index: usize, host: &dyn Host) -> Step;

    /// Returns whether it will never do anything again.
    fn is_finished(&self) -> bool;

    /// Returns whether it has nothing in hand and nothing waiting.
    fn is_quiet(&self) -> bool;

    /// Lets go of what is waiting for it, and counts it.
    fn abandon(&self);

    /// Returns what it is.
    fn plan(&self) -> &StagePlan;

    /// Returns what it has done so far.
    fn reading(&self) -> Reading;
}

/// What a stage has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) tally: Tally,
    pub(crate) busy: Duration,
    pub(crate) bytes_taken: u64,
}
