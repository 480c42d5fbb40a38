//! A processor whose one aim is speed: every pipeline is tuned while it runs, within its memory.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use primestream_engine::stream::Head;
use primestream_engine::{
    Metrics, Operator, Pipeline, PipelineError, Report, Running, Strategy, Stream, Weigh, all_cores,
};
use serde::{Deserialize, Serialize};

use super::Listener;
use super::options::{OptionsError, milliseconds};

/// What a [`HighThroughputProcessor`] may use, and how often it looks.
///
/// In a file, names are those of the fields, times are in milliseconds, and a name that is not known is an
/// error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizationConfig {
    /// Bytes a pipeline may hold. A quarter of the memory of the process unless set.
    pub memory_limit: Option<usize>,
    /// Lanes of parallel steps, and threads to work with. All cores unless set.
    pub max_concurrency: Option<NonZeroUsize>,
    /// How often chunks, lanes and lines are set by what was measured. 50 ms unless set.
    #[serde(with = "milliseconds")]
    pub tuning_interval: Duration,
    /// How often metrics are told. A second unless set.
    #[serde(with = "milliseconds")]
    pub metrics_interval: Duration,
    /// Whether pipelines sample how long each of their steps takes, for their reports and their advice.
    pub profiling_enabled: bool,
}

impl Default for OptimizationConfig {
    fn default() -> Self {
        Self {
            memory_limit: None,
            max_concurrency: None,
            tuning_interval: Duration::from_millis(50),
            metrics_interval: Duration::from_secs(1),
            profiling_enabled: false,
        }
    }
}

impl OptimizationConfig {
    /// Finds settings that mean nothing.
    ///
    /// # Errors
    ///
    /// The first one, with its value.
    pub fn validate(&self) -> Result<(), OptionsError> {
        let zero = |option, rule| Err(OptionsError { option, value: "0".to_owned(), rule });
        if self.memory_limit == Some(0) {
            return zero("memory_limit", "at least 1");
        }
        if self.tuning_interval.is_zero() {
            return zero("tuning_interval", "at least 1 millisecond");
        }
        if self.metrics_interval.is_zero() {
            return zero("metrics_interval", "at least 1 millisecond");
        }
        Ok(())
    }
}

/// Runs pipelines as fast as they go within their memory. Their chunks, lanes and lines are set while they
/// run, and the report says what was set and why, what limited them, and what would help.
///
/// ```
/// use primestream::prelude::*;
/// use primestream::processor::{HighThroughputProcessor, OptimizationConfig};
///
/// let fast = HighThroughputProcessor::new(OptimizationConfig { memory_limit: Some(mib(8)), ..Default::default() })?;
/// let squares = Stream::iter(0..100_000u64).parallel(fast.lanes(), Order::Relaxed).map(|n| n * n);
/// let report = fast.process_stream(squares)?;
/// assert_eq!((report.items_out(), report.memory_limit().0), (100_000, 8 << 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct HighThroughputProcessor {
    config: OptimizationConfig,
    listener: Option<Arc<Mutex<Listener>>>,
}

impl HighThroughputProcessor {
    /// Makes a processor.
    ///
    /// # Errors
    ///
    /// If a setting means nothing.
    pub fn new(config: OptimizationConfig) -> Result<Self, OptionsError> {
        config.validate()?;
        Ok(Self { config, listener: None })
    }

    /// Returns the settings.
    pub fn config(&self) -> &OptimizationConfig {
        &self.config
    }

    /// Returns how many lanes a parallel step should have.
    pub fn lanes(&self) -> usize {
        self.config.max_concurrency.map_or_else(all_cores, NonZeroUsize::get)
    }

    /// Calls a function with the metrics of each pipeline that runs, as often as the settings say; it holds
    /// for pipelines that are begun from then on.
    pub fn on_metrics(&mut self, tell: impl FnMut(&Metrics) + Send + 'static) {
        self.listener = Some(Arc::new(Mutex::new(tell)));
    }

    /// Runs a stream with all its steps to its end, and drops what comes out.
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn process_stream<T, H, C>(&self, input: Stream<T, H, C>) -> Result<Report, PipelineError>
    where
        T: Weigh + Send + 'static,
        H: Head,
        C: Operator<In = H::Item, Out = T>,
    {
        self.run(input.drain_with(drop))
    }

    /// Runs a pipeline to its end.
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn run(&self, pipeline: Pipeline) -> Result<Report, PipelineError> {
        self.prepared(pipeline).run()
    }

    /// Starts a pipeline in threads of its own; what it returns tells its metrics at any time.
    pub fn start(&self, pipeline: Pipeline) -> Running {
        self.prepared(pipeline).start()
    }

    fn prepared(&self, pipeline: Pipeline) -> Pipeline {
        let tuner = Strategy::Throughput.tuner();
        let mut pipeline = pipeline.threads(self.lanes()).tuned_by(self.config.tuning_interval, tuner);
        if let Some(bytes) = self.config.memory_limit {
            pipeline = pipeline.memory_limit(bytes);
        }
        if self.config.profiling_enabled {
            pipeline = pipeline.profiled();
        }
        if let Some(listener) = self.listener.clone() {
            pipeline = pipeline.on_progress(self.config.metrics_interval, move |metrics| {
                (listener.lock().unwrap_or_else(PoisonError::into_inner))(metrics);
            });
        }
        pipeline
    }
}
