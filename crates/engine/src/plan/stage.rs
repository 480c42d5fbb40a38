//! A stage as the runtime sees it: something that can take a step.

use std::sync::Arc;
use std::time::Duration;

use super::StagePlan;
use super::exchange::ExchangeId;
use super::host::{Drive, Host, Worker};
use super::meter::Times;
#[cfg(feature = "profiling")]
use super::profile::Sample;
use super::queue::Line;
use super::saved::{Kept, Promise};
use crate::error::CheckpointError;
use crate::metrics::Percentiles;
use crate::tally::Tally;

/// What came of asking a stage to take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It did something.
    Worked,
    /// It can do nothing until something else changes, or it is due.
    Waiting,
}

/// One stage of a running pipeline. Any thread may ask it to take a step at any time.
pub(crate) trait Stage: Send + Sync {
    /// Takes one step if there is one to take: a chunk from its inlet to its outlet.
    fn step(&self, index: usize, host: &dyn Host, worker: Worker) -> Step;

    /// Returns what it can promise about items when it begins anew.
    fn promise(&self) -> Promise;

    /// Returns in how many groups it saves what it remembers.
    fn groups(&self) -> usize {
        1
    }

    /// Takes up what it remembered, before its first step.
    fn resume(&self, kept: &Kept<'_>) -> Result<(), CheckpointError>;

    /// Returns whether it will never do anything again.
    fn is_finished(&self) -> bool;

    /// Returns whether one of its groups will never do anything again.
    fn is_group_finished(&self, group: usize) -> bool {
        let _ = group;
        self.is_finished()
    }

    /// Returns whether it has nothing in hand and nothing waiting.
    fn is_quiet(&self) -> bool;

    /// Returns when it should be asked again although nothing changed.
    fn due(&self) -> Option<Duration>;

    /// Returns what drives its futures, if it makes any.
    fn needs_executor(&self) -> Option<Drive> {
        None
    }

    /// Lets go of what is waiting for it, and counts it.
    fn abandon(&self);

    /// Returns what it is.
    fn plan(&self) -> &StagePlan;

    /// Returns what it lies between.
    fn links(&self) -> Links;

    /// Returns the measures of where it takes from.
    fn lines(&self) -> Vec<Arc<dyn Line>>;

    /// Returns how many of its lanes may be at work.
    fn lanes_active(&self) -> usize {
        self.plan().lanes
    }

    /// Sets how many of its lanes may be at work, from 1 to all, where that can be set.
    fn set_lanes_active(&self, lanes: usize) {
        let _ = lanes;
    }

    /// Returns what samples of its lanes have shown, and the names of where time went: of what gives the
    /// items, and of its steps.
    #[cfg(feature = "profiling")]
    fn profile(&self) -> (Sample, Names);

    /// Returns how many items it has given up by now: cheap enough to ask after each step.
    fn given_up(&self) -> u64;

    /// Returns what it has done by now.
    fn reading(&self, now: Duration) -> Reading;
}

/// The name of what gives the items of a stage, and those of its steps.
#[cfg(feature = "profiling")]
pub(crate) type Names = (String, Vec<&'static str>);

/// What a stage lies between.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    /// Where it takes from; nothing for a source.
    pub(crate) inlets: Vec<ExchangeId>,
    /// Where it puts to; nothing for a last stage.
    pub(crate) targets: Vec<ExchangeId>,
    /// How often each item it makes is passed on.
    pub(crate) copies: u64,
}

/// What a stage has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) tally: Tally,
    pub(crate) times: Times,
    pub(crate) bytes_taken: u64,
    /// Bytes of the chunks it passed on.
    pub(crate) bytes_passed: u64,
    /// How long it worked on a chunk.
    pub(crate) work: Percentiles,
    pub(crate) fraction: Option<f64>,
}
