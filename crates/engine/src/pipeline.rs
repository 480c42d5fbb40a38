//! A closed description: every item that its source gives is led to an end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::budget::Budget;
use crate::checkpoint::{Every, StateStore};
use crate::error::BoxError;
use crate::metrics::{Metrics, Stall};
use crate::operator::Operator;
use crate::operators::{ForEach, Never, TryForEach, Write};
use crate::plan::Plan;
use crate::plan::edges::followers;
use crate::plan::exchange::Nowhere;
use crate::plan::guarantee::delivery;
use crate::plan::stage::Stage;
use crate::sink::Sink;
use crate::stream::{Head, Stream};
use crate::tune::{Strategy, TUNE_EVERY, Tuner};
use crate::weigh::Weigh;
use crate::workers::Workers;

/// A closed description, ready to run.
///
/// [`run`](Self::run) runs it with the thread that calls; [`start`](Self::start) with one of its own,
/// to keep a hand on it.
#[must_use = "a pipeline does nothing until it is run"]
pub struct Pipeline {
    pub(crate) stages: Vec<Box<dyn Stage>>,
    pub(crate) options: Options,
}

/// How a pipeline is to be run.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) budget: Option<Budget>,
    pub(crate) threads: Option<usize>,
    pub(crate) workers: Option<Workers>,
    pub(crate) progress: Option<Progress>,
    pub(crate) history: Option<History>,
    pub(crate) tuning: Option<(Duration, Box<dyn Tuner>)>,
    /// Share of the budget from which on sources are held.
    pub(crate) pressure: Option<f64>,
    /// How often buffers that lie idle are given back.
    pub(crate) give_back: Option<Duration>,
    /// After what time of short memory to go on with less.
    pub(crate) degrade: Option<Duration>,
    /// Whom to tell of stages that do not move, and after what time.
    pub(crate) stall: Option<(Duration, TellStall)>,
    /// How often checkpoints are made, and where they are kept.
    pub(crate) keeping: Option<Keeping>,
    /// Where to go on from, if not from there.
    pub(crate) resume_from: Option<Box<dyn StateStore>>,
    /// It starts only if the effect of each item arrives once.
    pub(crate) is_exact: bool,
    /// Seed of a simulated run, if it is to be one.
    pub(crate) seed: Option<u64>,
    /// Whether samples are taken of what steps take.
    #[cfg(feature = "profiling")]
    pub(crate) is_profiled: bool,
}

impl Options {
    /// Fills what is not set with what another sets.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            budget: self.budget.or(other.budget),
            threads: self.threads.or(other.threads),
            workers: self.workers.or(other.workers),
            progress: self.progress.or(other.progress),
            history: self.history.or(other.history),
            tuning: self.tuning.or(other.tuning),
            pressure: self.pressure.or(other.pressure),
            give_back: self.give_back.or(other.give_back),
            degrade: self.degrade.or(other.degrade),
            stall: self.stall.or(other.stall),
            keeping: self.keeping.or(other.keeping),
            resume_from: self.resume_from.or(other.resume_from),
            is_exact: self.is_exact || other.is_exact,
            seed: self.seed.or(other.seed),
            #[cfg(feature = "profiling")]
            is_profiled: self.is_profiled || other.is_profiled,
        }
    }
}

/// How often checkpoints are made, and where they are kept.
pub(crate) struct Keeping {
    pub(crate) every: Every,
    pub(crate) store: Box<dyn StateStore>,
    pub(crate) note: String,
}

/// How often to keep a snapshot, and how many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct History {
    pub(crate) every: Duration,
    pub(crate) count: usize,
}

/// Whom to tell about progress, and how often.
pub(crate) struct Progress {
    pub(crate) every: Duration,
    pub(crate) tell: Arc<Mutex<Tell>>,
}

type Tell = dyn FnMut(&Metrics) + Send;

/// Who is told of a stage that does not move.
pub(crate) type TellStall = Box<dyn FnMut(&Stall) + Send>;

impl Pipeline {
    /// Returns what will run.
    pub fn explain(&self) -> Plan {
        let links: Vec<_> = self.stages.iter().map(|stage| stage.links()).collect();
        let stages = self.stages.iter().zip(followers(&links)).map(|(stage, to)| {
            let mut plan = stage.plan().clone();
            plan.chunking = stage.lines().iter().find_map(|line| line.chunking());
            plan.to = to;
            plan
        });
        let keeps = self.options.keeping.is_some() || self.options.resume_from.is_some();
        Plan { stages: stages.collect(), delivery: delivery(&self.stages, keeps) }
    }

    /// Returns whether checkpoints are kept.
    pub fn keeps_checkpoints(&self) -> bool {
        self.options.keeping.is_some()
    }

    /// Keeps a snapshot every so often, the last `count` of them, for
    /// [`Report::history`](crate::Report::history).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use primestream_engine::Stream;
    ///
    /// let ticks = Stream::interval(Duration::from_millis(10)).take(100).simulated(1);
    /// let report = ticks.drain_with(|_| ()).history(Duration::from_millis(100), 5).run()?;
    /// let items: Vec<u64> = report.history().iter().map(|metrics| metrics.items_out()).collect();
    /// assert_eq!(items.len(), 5, "only the last");
    /// assert!(items.is_sorted() && items[0] > 10);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn history(mut self, every: Duration, count: usize) -> Self {
        self.options.history = Some(History { every, count });
        self
    }

    /// Lets a tuner with an aim set the sizes of chunks, the lanes at work and
    /// the lengths of lines while the pipeline runs, by what it measures every 50 ms. Sizes set with `chunked`
    /// are then where it begins. [`Report::adjustments`](crate::Report::adjustments) says what it did and why.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_engine::{Fixed, Order, Strategy, Stream};
    ///
    /// let report = Stream::iter(0..1_000_000u64)
    ///     .chunked(Fixed(1))
    ///     .parallel(2, Order::Input)
    ///     .map(|n| n * n)
    ///     .drain_with(|_| ())
    ///     .tuned(Strategy::Throughput)
    ///     .run()?;
    /// for adjustment in report.adjustments() {
    ///     println!("{adjustment}");
    /// }
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn tuned(self, strategy: Strategy) -> Self {
        self.tuned_by(TUNE_EVERY, strategy.tuner())
    }

    /// Lets a tuner set the running pipeline, as [`tuned`](Self::tuned), by what it measures so often.
    pub fn tuned_by(mut self, every: Duration, tuner: impl Tuner + 'static) -> Self {
        self.options.tuning = Some((every, Box::new(tuner)));
        self
    }

    /// Lets each stage begin with at most so many of its lanes at work, at least 1, until a tuner lets more.
    pub fn lanes_at_first(self, lanes: usize) -> Self {
        self.stages.iter().for_each(|stage| stage.set_lanes_active(lanes));
        self
    }
}

/// Shortest interval at which idle workers are woken to look at the memory.
pub(crate) const SHORTEST: Duration = Duration::from_millis(1);

/// Ways to run, said of a stream under construction or of a closed pipeline.
macro_rules! options {
    () => {
        /// Sets the bytes the pipeline may hold. It is a quarter of the memory of the process unless set.
        pub fn memory_limit(self, bytes: usize) -> Self {
            self.budget(&$crate::budget::Budget::new(bytes))
        }

        /// Lets the pipeline hold what this budget allows, together with all others that share it.
        pub fn budget(mut self, budget: &$crate::budget::Budget) -> Self {
            self.options.budget = Some(budget.clone());
            self
        }

        /// Sets the share of the memory limit, from 0 to 1, from which on sources are held until less is:
        /// what is above it is room for items that grow on their way. `on_pressure` is told then, too. It is
        /// 0.8 unless set. A pipeline with nothing on its way is given a chunk all the same, so it ends
        /// under any threshold.
        pub fn backpressure_threshold(mut self, share: f64) -> Self {
            self.options.pressure = Some(share.clamp(0.0, 1.0));
            self
        }

        /// Gives back, every so often and at most each millisecond, the buffers between stages that lay idle since the last time. Without
        /// it they are kept until the end, at most two for each exchange, to be filled again.
        /// [`Metrics::given_back_bytes`](crate::Metrics::given_back_bytes) says how much it was.
        pub fn give_back_every(mut self, interval: std::time::Duration) -> Self {
            self.options.give_back = Some(interval.max($crate::pipeline::SHORTEST));
            self
        }

        /// Goes on with less while memory is short: when the bytes held stayed at the threshold for `after`, a millisecond at least,
        /// although sources are held from there on, chunks and lanes at work are halved, and again after as
        /// long, to a sixteenth. When less than three quarters of the threshold were held for four times as
        /// long they are doubled, until all is as it was. A tuner rests meanwhile. Results stay the same.
        /// [`Report::adjustments`](crate::Report::adjustments) says what was done and why.
        ///
        /// ```
        /// use std::time::Duration;
        /// use primestream_engine::{Order, Rate, Stream};
        ///
        /// let report = Stream::iter(0..4000u64)
        ///     .parallel(4, Order::Input)
        ///     .map(|n| vec![0u8; if n < 1000 { 4000 } else { 4 }]) // much of little, at first
        ///     .boxed()
        ///     .throttle(Rate::per_second(1000.0))
        ///     .memory_limit(1 << 20)
        ///     .degrade_after(Duration::from_millis(50))
        ///     .simulated(1)
        ///     .for_each(|_| ())?;
        /// assert_eq!(report.items_out(), 4000);
        /// let told: Vec<String> = report.adjustments().iter().map(ToString::to_string).collect();
        /// assert!(told[0].contains("stage 1: lanes at work 4 -> 2, memory was at the threshold"), "{told:?}");
        /// # Ok::<(), primestream_engine::PipelineError>(())
        /// ```
        pub fn degrade_after(mut self, after: std::time::Duration) -> Self {
            self.options.degrade = Some(after.max($crate::pipeline::SHORTEST));
            self
        }

        /// Sets the most threads to work with, the caller's included. It is the most lanes of any stage
        /// unless set.
        pub fn threads(mut self, count: usize) -> Self {
            self.options.threads = Some(count.max(1));
            self
        }

        /// Lets no more of its threads work at once than these workers, together with all other pipelines that share
        /// them.
        pub fn workers(mut self, workers: &$crate::workers::Workers) -> Self {
            self.options.workers = Some(workers.clone());
            self
        }

        /// Calls a function with a snapshot every so often while the pipeline runs, from one of its threads, and
        /// once when all is over.
        pub fn on_progress(
            mut self,
            every: std::time::Duration,
            tell: impl FnMut(&$crate::metrics::Metrics) + Send + 'static,
        ) -> Self {
            let tell = std::sync::Arc::new(std::sync::Mutex::new(tell));
            self.options.progress = Some($crate::pipeline::Progress { every, tell });
            self
        }

        /// Calls a function when a stage has something to do and has finished nothing for `after`: a sink
        /// that hangs, for one. Once for each time it stands still, from a thread that does nothing else.
        /// Not in a simulated run.
        ///
        /// ```
        /// use std::sync::mpsc;
        /// use std::time::Duration;
        /// use primestream_engine::Stream;
        ///
        /// let (release, wait) = mpsc::channel::<()>();
        /// let mut release = Some(release);
        /// let outcome = Stream::iter([1u8])
        ///     .boxed()
        ///     .named("save")
        ///     .sink(move |_| wait.recv())
        ///     .on_stall(Duration::from_millis(10), move |stall| {
        ///         assert!(stall.to_string().starts_with("stage 1 (`save`) has finished nothing for"));
        ///         release = None;
        ///     })
        ///     .run();
        /// assert!(outcome.is_err());
        /// ```
        pub fn on_stall(
            mut self,
            after: std::time::Duration,
            tell: impl FnMut(&$crate::metrics::Stall) + Send + 'static,
        ) -> Self {
            self.options.stall = Some((after, Box::new(tell)));
            self
        }

        /// Samples how long each step takes, for [`StageMetrics::steps`](crate::metrics::StageMetrics::steps):
        /// of one run of items in eight, up to 128 items. The others go on as without it.
        ///
        /// ```
        /// use primestream_engine::Stream;
        ///
        /// let report = Stream::iter(0..200_000u64)
        ///     .map(|n| (0..100).fold(n, |a, b| a.rotate_left(7) ^ b))
        ///     .filter(|n| n % 2 == 0)
        ///     .profiled()
        ///     .for_each(|_| ())?;
        /// let steps: Vec<&str> = report.stages()[0].steps.iter().map(|step| &*step.name).collect();
        /// assert_eq!(steps, ["iter", "map", "filter", "for_each", "(passing on)"]);
        /// # Ok::<(), primestream_engine::PipelineError>(())
        /// ```
        #[cfg(feature = "profiling")]
        pub fn profiled(mut self) -> Self {
            self.options.is_profiled = true;
            self
        }

        /// Makes a checkpoint every so often and keeps it in a store, and goes on from the newest one that is there. A run
        /// that ended is complete: started again, it does nothing until the store is cleared.
        ///
        /// What [`explain`](crate::Pipeline::explain) says of the delivery holds from then on, whatever crashes.
        ///
        /// ```
        /// use std::time::Duration;
        /// use primestream_engine::Stream;
        /// use primestream_engine::checkpoint::Directory;
        ///
        /// # let folder = std::env::temp_dir().join(format!("primestream-keep-{}", std::process::id()));
        /// let squares = |folder: &std::path::Path| -> Result<u64, Box<dyn std::error::Error>> {
        ///     let numbers = Stream::iter_from(|position| position..1000);
        ///     let store = Directory::open(folder)?;
        ///     let sum = numbers.map(|n| n * n).checkpoint(Duration::from_secs(1), store);
        ///     Ok(sum.fold_stateful(0, |sum, square| sum + square)?)
        /// };
        /// assert_eq!(squares(&folder)?, 332_833_500);
        /// assert_eq!(squares(&folder)?, 332_833_500, "complete: the value is in the checkpoint");
        /// # std::fs::remove_dir_all(&folder)?;
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        pub fn checkpoint(
            self,
            every: impl Into<$crate::checkpoint::Every>,
            store: impl $crate::checkpoint::StateStore + 'static,
        ) -> Self {
            self.checkpoint_with_note(every, store, "")
        }

        /// As [`checkpoint`](Self::checkpoint), with a text of the program's own in each checkpoint: what must be the same
        /// when it goes on, for one.
        pub fn checkpoint_with_note(
            mut self,
            every: impl Into<$crate::checkpoint::Every>,
            store: impl $crate::checkpoint::StateStore + 'static,
            note: impl Into<String>,
        ) -> Self {
            let (every, store, note) = (every.into(), Box::new(store), note.into());
            self.options.keeping = Some($crate::pipeline::Keeping { every, store, note });
            self
        }

        /// Goes on from the newest checkpoint of a store, which must have one. Nothing is written there: a store of
        /// [`checkpoint`](Self::checkpoint) takes what is made on the way.
        pub fn resume_from(mut self, store: impl $crate::checkpoint::StateStore + 'static) -> Self {
            self.options.resume_from = Some(Box::new(store));
            self
        }

        /// Refuses to start unless the effect of each item arrives exactly once, naming what stands in the way.
        ///
        /// ```
        /// use primestream_engine::Stream;
        ///
        /// let refused = Stream::iter(0..3).exactly_once().for_each(|_| ()).unwrap_err();
        /// assert_eq!(
        ///     refused.to_string(),
        ///     "not started: exactly once was asked for, and this is at most once: no checkpoints are kept",
        /// );
        /// ```
        pub fn exactly_once(mut self) -> Self {
            self.options.is_exact = true;
            self
        }

        /// Runs on one thread with a schedule drawn from `seed` and a clock that moves only when nothing
        /// else does: the same seed gives the same run, and an hour's pause takes no time.
        pub fn simulated(mut self, seed: u64) -> Self {
            self.options.seed = Some(seed);
            self
        }
    };
}
pub(crate) use options;

impl Pipeline {
    options!();
}

/// Ends that make a pipeline.
impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Calls a function with each item; the first call that fails stops the pipeline.
    pub fn sink<E, F>(self, f: F) -> Pipeline
    where
        F: FnMut(T) -> Result<(), E> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        self.end_with(TryForEach::new(f))
    }

    /// Hands all items to a sink and finishes it at the end.
    pub fn write_to(self, sink: impl Sink<T> + 'static) -> Pipeline {
        self.end_with(Write::new(sink))
    }

    /// Calls a function with each item.
    pub fn drain_with<F>(self, f: F) -> Pipeline
    where
        F: FnMut(T) + Send + 'static,
    {
        self.end_with(ForEach::new(f))
    }

    /// Closes the stream with its last operator.
    pub(crate) fn end_with(self, end: impl Operator<In = T, Out = Never>) -> Pipeline {
        let last = self.gather().step(end);
        let mut stages = last.closed;
        stages.push(last.head.stage(last.name, last.chain, Box::new(Nowhere)));
        Pipeline { stages, options: last.options }
    }
}
