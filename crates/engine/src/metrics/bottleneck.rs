//! Which stage limits a pipeline, and what limits it there.
//!
//! Read from where the time of the lanes went. A lane that is always busy holds the others up; if none is,
//! it is threads, memory or the source that are wanting, and the times tell which.

use std::fmt;

use super::snapshot::{Metrics, StageMetrics, share};

/// The stage that limits a pipeline, and why.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bottleneck {
    /// Its number, from 0 at the first source.
    pub stage: usize,
    /// Its name.
    pub name: String,
    /// What limits it.
    pub limit: Limit,
}

/// What limits a pipeline. Shares are from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Limit {
    /// The stage works nearly all the time on all its lanes.
    Busy {
        /// The share of their time its lanes worked.
        share: f64,
        /// How many lanes it has.
        lanes: usize,
    },
    /// The last stage works nearly all the time, and the others wait for it.
    Sink {
        /// The share of its time it worked.
        share: f64,
    },
    /// All threads work, and there is more to do than they can.
    Threads {
        /// How many work.
        threads: usize,
        /// How many lanes there are in all.
        lanes: usize,
    },
    /// The source waits for memory.
    Memory {
        /// The share of the time it waited.
        share: f64,
        /// Bytes that may be held.
        limit_bytes: usize,
    },
    /// The source has nothing to give.
    Source {
        /// The share of the time it had nothing.
        share: f64,
    },
}

impl Bottleneck {
    /// Finds it, if one stands out.
    pub(super) fn of(metrics: &Metrics) -> Option<Self> {
        let stages = &metrics.stages;
        let busiest = (0..stages.len())
            .max_by(|&a, &b| busy(metrics, &stages[a]).total_cmp(&busy(metrics, &stages[b])))?;
        let found = |stage: usize, limit| Some(Self { stage, name: stages[stage].name.clone(), limit });
        let (share_busy, lanes) = (busy(metrics, &stages[busiest]), stages[busiest].lanes);
        if share_busy >= BUSY {
            let is_sink = stages.len() > 1 && busiest + 1 == stages.len();
            let limit = if is_sink {
                Limit::Sink { share: share_busy }
            } else {
                Limit::Busy { share: share_busy, lanes }
            };
            return found(busiest, limit);
        }
        let at_work: f64 = stages.iter().map(|stage| share(stage.times.busy, metrics.elapsed, 1)).sum();
        let all_lanes: usize = stages.iter().map(|stage| stage.lanes).sum();
        if metrics.threads < all_lanes && at_work >= BUSY * metrics.threads as f64 {
            return found(busiest, Limit::Threads { threads: metrics.threads, lanes: all_lanes });
        }
        let of_sources = |time: fn(&StageMetrics) -> f64| {
            let sources = (0..stages.len()).filter(|&index| stages[index].is_source);
            sources
                .map(|index| {
                    (index, time(&stages[index]) / metrics.elapsed.as_secs_f64().max(f64::MIN_POSITIVE))
                })
                .max_by(|a, b| a.1.total_cmp(&b.1))
        };
        if let Some((stage, share)) = of_sources(|stage| stage.times.full.as_secs_f64())
            && share >= FULL
        {
            return found(stage, Limit::Memory { share, limit_bytes: metrics.limit_bytes });
        }
        let (stage, share) = of_sources(|stage| stage.times.idle.as_secs_f64())?;
        if share >= IDLE { found(stage, Limit::Source { share }) } else { None }
    }
}

fn busy(metrics: &Metrics, stage: &StageMetrics) -> f64 {
    stage.busy_share(metrics.elapsed)
}

impl fmt::Display for Bottleneck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, name, limit } = self;
        write!(f, "stage {stage} `{name}`: {limit}")
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Limit::Busy { share, lanes } => {
                write!(f, "busy {:.0} % on {lanes} lane{}", share * 100.0, plural(lanes))
            }
            Limit::Sink { share } => write!(f, "the end is busy {:.0} %", share * 100.0),
            Limit::Threads { threads, lanes } => {
                write!(f, "{threads} thread{} for {lanes} lanes", plural(threads))
            }
            Limit::Memory { share, limit_bytes } => {
                write!(f, "{:.0} % of the time the {limit_bytes} bytes of memory were full", share * 100.0)
            }
            Limit::Source { share } => write!(f, "the source has nothing {:.0} % of the time", share * 100.0),
        }
    }
}

pub(super) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The share of its time from which on a lane counts as always busy. A lane that never waits is at about
/// 0.95, the rest being for handing over.
const BUSY: f64 = 0.8;

/// The share of the time from which on full memory is what limits.
pub(super) const FULL: f64 = 0.25;

/// The share of the time from which on a source without items is what limits.
const IDLE: f64 = 0.5;

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::Times;
    use crate::tally::Tally;

    /// A stage with so many milliseconds of a second busy, idle, blocked, ready and full.
    pub(in crate::metrics) fn stage(name: &str, lanes: usize, times: [u64; 5]) -> StageMetrics {
        let [busy, idle, blocked, ready, full] = times.map(Duration::from_millis);
        StageMetrics {
            name: name.to_owned(),
            lanes,
            lanes_active: lanes,
            times: Times { busy, idle, blocked, ready, full },
            tally: Tally { taken: 1000, passed: 1000, ..Tally::default() },
            ..StageMetrics::default()
        }
    }

    /// The metrics of a second.
    pub(in crate::metrics) fn second(threads: usize, mut stages: Vec<StageMetrics>) -> Metrics {
        stages[0].is_source = true;
        let elapsed = Duration::from_secs(1);
        Metrics { stages, elapsed, threads, limit_bytes: 1000, ..Metrics::default() }
    }

    fn found(threads: usize, stages: Vec<StageMetrics>) -> Option<String> {
        Bottleneck::of(&second(threads, stages)).map(|found| found.to_string())
    }

    #[test]
    fn each_kind_is_told_from_the_others() {
        let source = |times| stage("iter", 1, times);
        let fast = || stage("map", 2, [200, 1800, 0, 0, 0]);
        let sink = |busy| stage("sink", 1, [busy, 1000 - busy, 0, 0, 0]);
        assert_eq!(
            found(4, vec![source([100, 0, 900, 0, 0]), stage("parse", 2, [1940, 60, 0, 0, 0]), sink(300)]),
            Some("stage 1 `parse`: busy 97 % on 2 lanes".to_owned())
        );
        assert_eq!(
            found(4, vec![source([100, 0, 900, 0, 0]), fast(), sink(990)]),
            Some("stage 2 `sink`: the end is busy 99 %".to_owned())
        );
        assert_eq!(
            found(1, vec![source([200, 0, 0, 800, 0]), stage("map", 4, [600, 400, 0, 3000, 0]), sink(150)]),
            Some("stage 0 `iter`: 1 thread for 6 lanes".to_owned())
        );
        assert_eq!(
            found(4, vec![source([100, 300, 600, 0, 400]), fast(), sink(300)]),
            Some("stage 0 `iter`: 40 % of the time the 1000 bytes of memory were full".to_owned())
        );
        assert_eq!(
            found(4, vec![source([100, 900, 0, 0, 0]), fast(), sink(300)]),
            Some("stage 0 `iter`: the source has nothing 90 % of the time".to_owned())
        );
        assert_eq!(found(4, vec![source([500, 200, 300, 0, 0]), fast(), sink(500)]), None);
        assert_eq!(
            found(1, vec![stage("iter, fold", 1, [980, 20, 0, 0, 0])]),
            Some("stage 0 `iter, fold`: busy 98 % on 1 lane".to_owned())
        );
        assert_eq!(Bottleneck::of(&Metrics::default()), None);
    }
}
