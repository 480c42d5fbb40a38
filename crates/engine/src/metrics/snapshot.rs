//! What a pipeline has done by one moment.

use std::fmt;
use std::time::Duration;

use super::{Percentiles, StepTime};
use crate::plan::meter::Times;
use crate::plan::queue::Queue;
use crate::plan::stage::Stage;
use crate::tally::Tally;

/// What a pipeline has done by one moment.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// The stages from the source to the sink.
    pub stages: Vec<StageMetrics>,
    /// The time since the start.
    pub elapsed: Duration,
    /// Threads that work.
    pub threads: usize,
    /// Items the source gave in a second, over the last three seconds.
    pub throughput: f64,
    /// Bytes held now.
    pub reserved_bytes: usize,
    /// Most bytes held at once so far.
    pub reserved_bytes_peak: usize,
    /// Bytes that may be held.
    pub limit_bytes: usize,
    /// How often the bytes held rose to the threshold, from which on sources are held.
    pub pressure_events: u64,
    /// Bytes of buffers that lay idle and were given back, if
    /// [`give_back_every`](crate::Pipeline::give_back_every) asked for it.
    pub given_back_bytes: u64,
    /// How long chunks were on their way from the source to an end.
    pub latency: Percentiles,
}

/// What one stage has done by one moment.
///
/// Items that failed, were tried again or went to the dead letters are in its tally.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StageMetrics {
    /// Its name.
    pub name: String,
    /// How many lanes it has.
    pub lanes: usize,
    /// How many of them may be at work at once.
    pub lanes_active: usize,
    /// What became of its items.
    pub tally: Tally,
    /// Where the time of its lanes went, added up.
    pub times: Times,
    /// How long it worked on a chunk; a source, on giving for once.
    pub work: Percentiles,
    /// Bytes its source took from outside.
    pub bytes_taken: u64,
    /// Bytes, by their weight, of the chunks it took from the stages before; 0 for a source.
    pub bytes_in: u64,
    /// Bytes, by their weight, of the chunks it passed on; 0 for a last stage, which passes on none.
    pub bytes_out: u64,
    /// Chunks it took from the stages before; 0 for a source.
    pub chunks_in: u64,
    /// Whether nothing comes before it.
    pub is_source: bool,
    /// Chunks that wait in its inlets.
    pub queue_chunks: u64,
    /// Bytes that wait in its inlets.
    pub queue_bytes: u64,
    /// Most bytes that waited in its inlets, added up if it has several.
    pub queue_bytes_peak: u64,
    /// How many chunks may wait or be made before it, in the shortest of its inlets; 0 for a source.
    pub queue_places: usize,
    /// How many items the next chunk for it may have, in the narrowest of its inlets; 0 for a source.
    pub chunk_items: usize,
    /// How much of all there is its source took, from 0 to 1, where that is known.
    pub fraction: Option<f64>,
    /// Where its busy time went, as far as samples tell: what gives the items, the steps, and the handing
    /// over. Empty unless a profile was asked for (`profiled`, with the feature `profiling`).
    pub steps: Vec<StepTime>,
}

impl StageMetrics {
    pub(crate) fn of(stage: &dyn Stage, now: Duration) -> Self {
        let (plan, reading, lines) = (stage.plan(), stage.reading(now), stage.lines());
        let mut queue = Queue::default();
        lines.iter().for_each(|line| queue += line.queue());
        Self {
            name: plan.name.clone(),
            lanes: plan.lanes,
            lanes_active: stage.lanes_active(),
            tally: reading.tally,
            times: reading.times,
            work: reading.work,
            bytes_taken: reading.bytes_taken,
            bytes_in: queue.bytes_taken,
            bytes_out: reading.bytes_passed,
            chunks_in: queue.chunks_taken,
            is_source: lines.is_empty(),
            queue_chunks: queue.chunks,
            queue_bytes: queue.bytes,
            queue_bytes_peak: queue.bytes_peak,
            queue_places: lines.iter().map(|line| line.places()).min().unwrap_or(0),
            chunk_items: lines.iter().map(|line| line.chunk_items()).min().unwrap_or(0),
            fraction: reading.fraction,
            steps: steps(stage, reading.times.busy),
        }
    }

    /// Returns the share of `elapsed` that each of its lanes was busy on average, from 0 to 1.
    pub fn busy_share(&self, elapsed: Duration) -> f64 {
        share(self.times.busy, elapsed, self.lanes)
    }
}

#[cfg(feature = "profiling")]
fn steps(stage: &dyn Stage, busy: Duration) -> Vec<StepTime> {
    let (sample, (first, names)) = stage.profile();
    StepTime::parted(sample.named(first, &names), busy)
}

#[cfg(not(feature = "profiling"))]
fn steps(_: &dyn Stage, _: Duration) -> Vec<StepTime> {
    Vec::new()
}

/// Returns which part of the time of `lanes` lanes `time` is.
pub(super) fn share(time: Duration, elapsed: Duration, lanes: usize) -> f64 {
    let whole = elapsed.as_secs_f64() * lanes as f64;
    if whole > 0.0 { time.as_secs_f64() / whole } else { 0.0 }
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

    /// Returns how much of all there is was taken by the sources, from 0 to 1, if all of them know; of
    /// several the mean.
    pub fn fraction(&self) -> Option<f64> {
        let sources = self.stages.iter().filter(|stage| stage.is_source);
        let fractions: Vec<f64> = sources.map(|stage| stage.fraction).collect::<Option<_>>()?;
        (!fractions.is_empty()).then(|| fractions.iter().sum::<f64>() / fractions.len() as f64)
    }

    /// Returns how much longer it will take, if it goes on as it went so far. `None` where the sources do
    /// not know how much there is, or have given nothing yet.
    pub fn time_left(&self) -> Option<Duration> {
        let fraction = self.fraction().filter(|&fraction| fraction > 0.0)?;
        Duration::try_from_secs_f64(self.elapsed.as_secs_f64() * (1.0 - fraction) / fraction).ok()
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
            "{} items in, {} out, {:.1} s, {:.0} items/s, {} of {} bytes held",
            self.items_in(),
            self.items_out(),
            self.elapsed.as_secs_f64(),
            self.throughput,
            self.reserved_bytes,
            self.limit_bytes
        )?;
        if let Some(fraction) = self.fraction() {
            write!(f, ", {:.0} %", fraction * 100.0)?;
        }
        if let Some(left) = self.time_left() {
            write!(f, ", {:.1} s left", left.as_secs_f64())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(fraction: Option<f64>) -> StageMetrics {
        StageMetrics { is_source: true, fraction, ..StageMetrics::default() }
    }

    #[test]
    fn the_time_left_follows_from_what_the_sources_know() {
        let elapsed = Duration::from_secs(30);
        let metrics = |stages| Metrics { stages, elapsed, ..Metrics::default() };
        let half = metrics(vec![source(Some(1.0)), source(Some(0.5)), StageMetrics::default()]);
        assert_eq!((half.fraction(), half.time_left()), (Some(0.75), Some(Duration::from_secs(10))));
        assert_eq!(
            half.to_string(),
            "0 items in, 0 out, 30.0 s, 0 items/s, 0 of 0 bytes held, 75 %, 10.0 s left"
        );
        let unknown = metrics(vec![source(Some(1.0)), source(None)]);
        assert_eq!((unknown.fraction(), unknown.time_left()), (None, None));
        let begun = metrics(vec![source(Some(0.0))]);
        assert_eq!((begun.fraction(), begun.time_left()), (Some(0.0), None));
        assert_eq!(metrics(Vec::new()).fraction(), None);
    }
}
