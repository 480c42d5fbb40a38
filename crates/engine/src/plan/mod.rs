//! The pipeline as stages and exchanges: what will run, before anything does.
//!
//! A *stage* is a source or the inlet of an exchange with the operators fused behind it. An *exchange*
//! is the bounded place between two stages. Everything here is told when to act, and by whom, through
//! the trait `Host`: it has no threads and no clock, so that every runtime executes the same stages.

mod bell;
#[cfg(feature = "async")]
pub(crate) mod calls;
pub(crate) mod edges;
pub(crate) mod exchange;
mod explain;
pub(crate) mod fan;
pub(crate) mod guarantee;
pub(crate) mod host;
mod job;
pub(crate) mod join;
pub(crate) mod keyed_stage;
mod lane;
pub(crate) mod lane_stage;
pub(crate) mod lineup;
pub(crate) mod meter;
pub(crate) mod origin;
pub(crate) mod origin_stage;
pub(crate) mod outflow;
mod outlet;
mod producers;
#[cfg(feature = "profiling")]
pub(crate) mod profile;
pub(crate) mod queue;
#[cfg(feature = "async")]
mod results;
pub(crate) mod saved;
mod shared;
pub(crate) mod stage;
#[cfg(feature = "async")]
mod timers;

use crate::checkpoint::Delivery;
use crate::order::Order;

/// What will run: the stages of a pipeline from the source to the sink. Printing it explains it.
///
/// # Examples
///
/// ```
/// use primestream_engine::{Order, Stream};
///
/// let pipeline = Stream::iter(0..10u64)
///     .parallel(4, Order::Relaxed)
///     .map(|n| n + 1)
///     .filter(|n| n % 2 == 0)
///     .sink(|_| Ok::<(), std::io::Error>(()));
/// assert_eq!(
///     pipeline.explain().to_string(),
///     "stage 0: iter, 1 lane\n\
///      stage 1: map, filter, 4 lanes, relaxed order\n\
///      stage 2: sink, 1 lane\n\
///      delivery: at most once: no checkpoints are kept\n",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub(crate) stages: Vec<StagePlan>,
    pub(crate) delivery: Delivery,
}

/// One stage of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StagePlan {
    /// Its name: the user's, or that of its steps.
    pub name: String,
    /// How many lanes it may have at work at once.
    pub lanes: usize,
    /// The order in which its results are handed on.
    pub order: Order,
    /// The names of its steps, from the first to the last.
    pub steps: Vec<&'static str>,
    /// The numbers of the stages it puts to; none for a last stage.
    pub to: Vec<usize>,
    /// How what it takes is cut into chunks, if not by what it costs.
    pub chunking: Option<String>,
}

impl StagePlan {
    pub(crate) fn new(name: Option<String>, steps: Vec<&'static str>, lanes: usize, order: Order) -> Self {
        Self {
            name: name.unwrap_or_else(|| steps.join(", ")),
            lanes,
            order,
            steps,
            to: Vec::new(),
            chunking: None,
        }
    }
}

impl Plan {
    /// Returns the stages from the source to the sink.
    pub fn stages(&self) -> &[StagePlan] {
        &self.stages
    }

    /// Returns how often the effect of an item arrives, whatever crashes, and the reason if that is not once.
    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Returns the lanes of all stages, which is how many threads can be at work at once.
    pub(crate) fn lanes(&self) -> usize {
        self.stages.iter().map(|stage| stage.lanes).sum()
    }

    /// Returns the most lanes of any stage.
    pub(crate) fn lanes_max(&self) -> usize {
        self.stages.iter().map(|stage| stage.lanes).max().unwrap_or(1)
    }
}
