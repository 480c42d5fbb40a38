//! What a pipeline did, when it is over.

use std::fmt;
use std::time::Duration;

use super::Bottleneck;
use super::advice::advice;
use super::snapshot::{Metrics, StageMetrics};
use crate::checkpoint::{Delivery, Epoch};
use crate::tune::Adjustment;

/// Where the memory limit of a pipeline comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitOrigin {
    /// The user set it.
    Set,
    /// A quarter of what a control group allows the process.
    ControlGroup,
    /// A quarter of the machine's memory.
    Machine,
    /// The memory of the machine is not known; a fixed size was taken.
    Unknown,
}

impl fmt::Display for LimitOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitOrigin::Set => "as set",
            LimitOrigin::ControlGroup => "a quarter of what the control group allows",
            LimitOrigin::Machine => "a quarter of the machine's memory",
            LimitOrigin::Unknown => "the machine's memory is not known",
        })
    }
}

/// Stages that put to others, each with the number of copies it makes of an item, and all those they put
/// to: what the ones send the others get.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edge {
    pub(crate) from: Vec<(usize, u64)>,
    pub(crate) to: Vec<usize>,
}

/// What a pipeline did, when it is over.
///
/// Printing it shows a line for the whole and one for each stage.
#[derive(Clone, Debug)]
pub struct Report {
    metrics: Metrics,
    limit_origin: LimitOrigin,
    history: Vec<Metrics>,
    adjustments: Vec<Adjustment>,
    checkpoints: CheckpointSummary,
}

/// What a run has to say of its checkpoints.
#[derive(Clone, Debug)]
pub(crate) struct CheckpointSummary {
    pub(crate) delivery: Delivery,
    pub(crate) resumed: Option<Epoch>,
    pub(crate) passed_over: Vec<String>,
    pub(crate) stored: u64,
}

impl Report {
    /// Makes the report and asserts the law of conservation.
    ///
    /// # Panics
    ///
    /// If a stage cannot account for its items: an operator miscounted, or we did.
    pub(crate) fn new(metrics: Metrics, limit_origin: LimitOrigin, edges: Option<&[Edge]>) -> Self {
        if let Some(edges) = edges {
            Self::assert_conservation(&metrics, edges);
        }
        let delivery = Delivery::AtMostOnce("no checkpoints are kept".to_owned());
        let checkpoints = CheckpointSummary { delivery, resumed: None, passed_over: Vec::new(), stored: 0 };
        Self { metrics, limit_origin, history: Vec::new(), adjustments: Vec::new(), checkpoints }
    }

    fn assert_conservation(metrics: &Metrics, edges: &[Edge]) {
        for stage in &metrics.stages {
            assert!(
                stage.tally.is_balanced(),
                "stage `{}` does not account for all its items: {:?}",
                stage.name,
                stage.tally
            );
        }
        for edge in edges {
            let sent: u64 =
                edge.from.iter().map(|&(stage, share)| metrics.stages[stage].tally.passed * share).sum();
            let got: u64 = edge
                .to
                .iter()
                .map(|&stage| metrics.stages[stage].tally)
                .map(|tally| tally.taken + tally.abandoned)
                .sum();
            assert!(sent == got, "stages {:?} sent {sent} items, {:?} got {got}", edge.from, edge.to);
        }
    }

    /// Adds what was kept on the way.
    pub(crate) fn with_past(self, history: Vec<Metrics>, adjustments: Vec<Adjustment>) -> Self {
        Self { history, adjustments, ..self }
    }

    /// Adds what there is to say of checkpoints.
    pub(crate) fn with_checkpoints(self, checkpoints: CheckpointSummary) -> Self {
        Self { checkpoints, ..self }
    }

    /// Returns how often the effect of an item arrives, whatever crashes, and the reason if that is not once.
    pub fn delivery(&self) -> &Delivery {
        &self.checkpoints.delivery
    }

    /// Returns the epoch of the checkpoint it went on from, if it did.
    pub fn resumed_from(&self) -> Option<Epoch> {
        self.checkpoints.resumed
    }

    /// Returns what was wrong with newer checkpoints than the one it went on from, the newest first: what had been
    /// done behind that one was done again.
    pub fn passed_over(&self) -> &[String] {
        &self.checkpoints.passed_over
    }

    /// Returns how many checkpoints it stored.
    pub fn checkpoints(&self) -> u64 {
        self.checkpoints.stored
    }

    /// Returns the items the source gave.
    pub fn items_in(&self) -> u64 {
        self.metrics.items_in()
    }

    /// Returns the items that arrived at the end.
    pub fn items_out(&self) -> u64 {
        self.metrics.items_out()
    }

    /// Returns the items that were left out because they failed.
    pub fn skipped(&self) -> u64 {
        self.metrics.totals().skipped
    }

    /// Returns the items that failed and went to a dead-letter sink.
    pub fn dead(&self) -> u64 {
        self.metrics.totals().dead
    }

    /// Returns the bytes the source took from outside.
    pub fn bytes_in(&self) -> u64 {
        self.metrics.bytes_in()
    }

    /// Returns how long it took.
    pub fn elapsed(&self) -> Duration {
        self.metrics.elapsed
    }

    /// Returns the items the source gave in a second.
    pub fn items_per_second(&self) -> f64 {
        self.items_in() as f64 / self.elapsed().as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Returns the most bytes that were held at once.
    pub fn reserved_bytes_peak(&self) -> usize {
        self.metrics.reserved_bytes_peak
    }

    /// Returns the bytes that were still held when all was over: 0, unless an end keeps chunks.
    pub fn reserved_bytes_at_end(&self) -> usize {
        self.metrics.reserved_bytes
    }

    /// Returns the bytes that might be held, and where that number comes from.
    pub fn memory_limit(&self) -> (usize, LimitOrigin) {
        (self.metrics.limit_bytes, self.limit_origin)
    }

    /// Returns the number of threads that worked.
    pub fn threads(&self) -> usize {
        self.metrics.threads
    }

    /// Returns how long chunks were on their way from the source to an end.
    pub fn latency(&self) -> crate::metrics::Percentiles {
        self.metrics.latency
    }

    /// Returns all there was to count, at the end.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Returns what there was to count at earlier moments, the oldest first, if
    /// [`history`](crate::Pipeline::history) asked for it.
    pub fn history(&self) -> &[Metrics] {
        &self.history
    }

    /// Returns what the tuner set otherwise and why, the oldest first, at most the last 1000, if
    /// [`tuned`](crate::Pipeline::tuned) asked for one.
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }

    /// Returns which stage limited the pipeline and why, if one stands out.
    pub fn bottleneck(&self) -> Option<Bottleneck> {
        Bottleneck::of(&self.metrics)
    }

    /// Returns what would have made the pipeline faster, in sentences with the numbers they rest on, the most
    /// important first.
    pub fn advice(&self) -> Vec<String> {
        advice(&self.metrics)
    }

    /// Returns what each stage did.
    pub fn stages(&self) -> &[StageMetrics] {
        &self.metrics.stages
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} items in, {} out, {} skipped, {} dead in {:.3} s ({:.0} items/s",
            self.items_in(),
            self.items_out(),
            self.skipped(),
            self.dead(),
            self.elapsed().as_secs_f64(),
            self.items_per_second()
        )?;
        if self.bytes_in() > 0 {
            let rate = self.bytes_in() as f64 / self.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
            write!(f, ", {} bytes, {:.1} MB/s", self.bytes_in(), rate / 1e6)?;
        }
        writeln!(
            f,
            "); at most {} of {} bytes held ({}), {} thread{}",
            self.reserved_bytes_peak(),
            self.metrics.limit_bytes,
            self.limit_origin,
            self.threads(),
            if self.threads() == 1 { "" } else { "s" }
        )?;
        for stage in self.stages() {
            let tally = stage.tally;
            writeln!(
                f,
                "  {}: {} lane{}, {} taken, {} passed on, busy {:.3} s",
                stage.name,
                stage.lanes,
                if stage.lanes == 1 { "" } else { "s" },
                tally.taken,
                tally.passed,
                stage.times.busy.as_secs_f64()
            )?;
            for step in &stage.steps {
                writeln!(f, "    {step}")?;
            }
        }
        write!(f, "  delivery: {}", self.delivery())?;
        if let Some(epoch) = self.resumed_from() {
            write!(f, ", resumed behind epoch {}", epoch.get())?;
        }
        self.passed_over()
            .iter()
            .try_for_each(|fault| write!(f, ", passed over {}", fault.escape_debug()))?;
        match self.checkpoints() {
            0 => writeln!(f)?,
            1 => writeln!(f, ", 1 checkpoint stored")?,
            count => writeln!(f, ", {count} checkpoints stored")?,
        }
        if let Some(bottleneck) = self.bottleneck() {
            writeln!(f, "  bottleneck: {bottleneck}")?;
        }
        for sentence in self.advice() {
            writeln!(f, "  advice: {sentence}")?;
        }
        for adjustment in self.adjustments() {
            writeln!(f, "  adjusted: {adjustment}")?;
        }
        Ok(())
    }
}
