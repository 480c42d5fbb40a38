//! Setting a running pipeline by what it measures: how large chunks are, how many lanes work, how long the
//! lines are.
//!
//! The right thing where the load is not known beforehand or changes. A [`Tuner`] reads the metrics of two
//! moments and answers with [`Adjustment`]s; the runtime asks it every 50 ms, makes them, and keeps them for
//! the report. It costs two snapshots each time. What it sets changes costs and never a result.

mod degrade;
mod strategy;
mod trial;

use std::fmt;
use std::time::Duration;

pub(crate) use degrade::{Degrade, EASED_TIMES, Mood};
pub use strategy::Strategy;

use crate::metrics::Metrics;

/// Decides what to set otherwise in a running pipeline.
pub trait Tuner: Send {
    /// Returns what to set, given the metrics of two moments. What a stage cannot have, more lanes than it
    /// was made with for one, is cut to what it can; what changes nothing is left out.
    fn tune(&mut self, before: &Metrics, now: &Metrics) -> Vec<Adjustment>;
}

/// Something set otherwise in a running pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adjustment {
    /// When, as time since the start.
    pub at: Duration,
    /// The number of the stage.
    pub stage: usize,
    /// What is set.
    pub knob: Knob,
    /// What it was.
    pub from: usize,
    /// What it is from now on.
    pub to: usize,
    /// Why, with the numbers that said so.
    pub reason: String,
}

/// What of a stage can be set while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Knob {
    /// How many items a chunk may have that it takes, instead of what a
    /// [`Chunker`](crate::Chunker) says; its other limits stay.
    ChunkItems,
    /// How many of its lanes may be at work at once.
    Lanes,
    /// How many chunks may wait or be made in each of its inlets.
    Places,
}

impl Adjustment {
    /// Makes an adjustment of a stage. When it is made is filled in then.
    pub fn new(stage: usize, knob: Knob, (from, to): (usize, usize), reason: impl Into<String>) -> Self {
        Self { at: Duration::ZERO, stage, knob, from, to, reason: reason.into() }
    }
}

impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Knob::ChunkItems => "items in a chunk",
            Knob::Lanes => "lanes at work",
            Knob::Places => "places in line",
        })
    }
}

impl fmt::Display for Adjustment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, stage, knob, from, to, reason } = self;
        write!(f, "{:.2} s, stage {stage}: {knob} {from} -> {to}, {reason}", at.as_secs_f64())
    }
}

/// How often a tuner is asked unless said otherwise.
///
/// Longer takes longer to follow the load; shorter measures less before it decides.
pub(crate) const TUNE_EVERY: Duration = Duration::from_millis(50);

/// Adjustments that are kept for the report, the last ones.
pub(crate) const ADJUSTMENTS_MAX: usize = 1000;
