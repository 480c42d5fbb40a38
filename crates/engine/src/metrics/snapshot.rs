//! What a pipeline has done by one moment.

use std::fmt;
use std::time::Duration;

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
    /// The time its lanes were at work, added up.
    pub busy: Duration,
    /// Bytes its source took from outside.
    pub bytes_taken: u64,
}

impl StageMetrics {
    pub(crate) fn of(stage: &dyn Stage) -> Self {
        let (plan, reading) = (stage.plan(), stage.reading());
        Self {
            name: plan.name.clone(),
            lanes: plan.lanes,
            tally: reading.tally,
            busy: reading.busy,
            bytes_taken: reading.bytes_taken,
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
