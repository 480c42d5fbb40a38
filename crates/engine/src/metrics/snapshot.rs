//! What a pipeline has done by one moment.

use std::fmt;
use std::time::Duration;

use super::Percentiles;
use crate::plan::meter::Times;
use crate::plan::stage::Stage;
use crate::tally::Tally;

/// What a pipeline has done by one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// The stages from the source to the sink.
    pub stages: Vec<StageMetrics>,
    /// The time since the start.
    pub elapsed: Duration,
    /// Bytes held now.
    pub reserved_bytes: usize,
    /// Most bytes held at once so far.
    pub reserved_bytes_peak: usize,
    /// Bytes that may be held.
    pub limit_bytes: usize,
    /// How often the bytes held rose to the threshold that counts as pressure.
    pub pressure_events: u64,
    /// How long chunks were on their way from the source to an end.
    pub latency: Percentiles,
}

/// What one stage has done by one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StageMetrics {
    /// Its name.
    pub name: String,
    /// How many lanes it may have at work at once.
    pub lanes: usize,
    /// What became of its items.
    pub tally: Tally,
    /// Where the time of its lanes went, added up.
    pub times: Times,
    /// Bytes its source took from outside.
    pub bytes_taken: u64,
    /// How much of all there is its source took, from 0 to 1, where that is known.
    pub fraction: Option<f64>,
}

impl StageMetrics {
    pub(crate) fn of(stage: &dyn Stage, now: Duration) -> Self {
        let (plan, reading) = (stage.plan(), stage.reading(now));
        Self {
            name: plan.name.clone(),
            lanes: plan.lanes,
            tally: reading.tally,
            times: reading.times,
            bytes_taken: reading.bytes_taken,
            fraction: reading.fraction,
        }
    }
}

impl Metrics {
    /// Returns the items the source gave.
    pub fn items_in(&self) -> u64 {
        self.stages.first().map_or(0, |stage| stage.tally.taken)
    }

    /// Returns the items that arrived at the end.
    pub fn items_out(&self) -> u64 {
        self.stages.last().map_or(0, |stage| stage.tally.passed)
    }

    /// Returns the bytes the source took from outside.
    pub fn bytes_in(&self) -> u64 {
        self.stages.first().map_or(0, |stage| stage.bytes_taken)
    }

    /// Returns what became of the items of all stages together.
    pub fn totals(&self) -> Tally {
        let mut sum = Tally::default();
        for stage in &self.stages {
            sum += stage.tally;
        }
        sum
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} items in, {} out, {:.1} s, {} of {} bytes held",
            self.items_in(),
            self.items_out(),
            self.elapsed.as_secs_f64(),
            self.reserved_bytes,
            self.limit_bytes
        )
    }
}
