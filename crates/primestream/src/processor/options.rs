//! How a [`StreamProcessor`](super::StreamProcessor) works: every setting with its default, from code or
//! from a file.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use primestream_engine::{Retry, Tolerance};
use serde::{Deserialize, Serialize};

use super::{BandsOptions, EncodingOptions, PrimesOptions};

/// The settings of a [`StreamProcessor`](super::StreamProcessor).
///
/// In a file, names are those of the fields, times are in milliseconds, and a name that is not known is an
/// error.
///
/// ```
/// use primestream::processor::StreamOptions;
///
/// let options: StreamOptions =
///     serde_json::from_str(r#"{"memory_limit": 104857600, "backpressure_threshold": 0.8}"#)?;
/// assert_eq!(options.memory_limit, Some(100 << 20));
/// assert!(serde_json::from_str::<StreamOptions>(r#"{"memory_limt": 1}"#).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamOptions {
    /// Items of a chunk. Chunks follow the measured cost of a step unless set.
    pub default_chunk_size: Option<NonZeroUsize>,
    /// Lanes of parallel steps, and threads to work with. All cores unless set.
    pub max_concurrency: Option<NonZeroUsize>,
    /// Bytes that all pipelines of the processor may hold together. A quarter of the memory of the process
    /// unless set.
    pub memory_limit: Option<usize>,
    /// Share of the memory limit, above 0 and at most 1, from which on sources are held.
    pub backpressure_threshold: f64,
    /// Whether [`optimize_performance`](super::StreamProcessor::optimize_performance) keeps the best settings
    /// it found, or only reports them.
    pub enable_optimization: bool,
    /// How often progress is told.
    #[serde(rename = "metrics_interval", with = "milliseconds")]
    pub metrics_interval: Duration,
    /// Whether pipelines sample how long each of their steps takes, for their reports and their advice.
    pub profiling_enabled: bool,
    /// Attempts at an item, the first included, in the steps the processor makes.
    pub retry_attempts: u32,
    /// Pause before the second attempt; it doubles from then on.
    #[serde(with = "milliseconds")]
    pub retry_delay: Duration,
    /// Percentage of the last 100 items that may fail and be left out, from 0 to 100. At 0 the first failure
    /// stops the pipeline.
    pub error_tolerance: f64,
    /// How [`encode`](super::StreamProcessor::encode) writes.
    pub encoding: EncodingOptions,
    /// How [`factor`](super::StreamProcessor::factor) works.
    pub primes: PrimesOptions,
    /// How [`factor_by_band`](super::StreamProcessor::factor_by_band) routes numbers.
    pub bands: BandsOptions,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            default_chunk_size: None,
            max_concurrency: None,
            memory_limit: None,
            backpressure_threshold: 0.8,
            enable_optimization: true,
            metrics_interval: Duration::from_secs(1),
            profiling_enabled: false,
            retry_attempts: 1,
            retry_delay: Duration::from_millis(100),
            error_tolerance: 0.0,
            encoding: EncodingOptions::default(),
            primes: PrimesOptions::default(),
            bands: BandsOptions::default(),
        }
    }
}

impl StreamOptions {
    /// Makes the settings for work that should be done soon and in whole: large chunks, all cores.
    pub fn batch() -> Self {
        Self { default_chunk_size: NonZeroUsize::new(8192), ..Self::default() }
    }

    /// Makes the settings for items that should come out soon after they went in: chunks of a few.
    pub fn interactive() -> Self {
        let few = NonZeroUsize::new(16);
        Self { default_chunk_size: few, metrics_interval: Duration::from_millis(100), ..Self::default() }
    }

    /// Makes the settings for work that should not be in the way: one thread, 64 MiB.
    pub fn background() -> Self {
        Self { max_concurrency: NonZeroUsize::new(1), memory_limit: Some(64 << 20), ..Self::default() }
    }

    /// Finds settings that mean nothing.
    ///
    /// # Errors
    ///
    /// The first one, with its value.
    pub fn validate(&self) -> Result<(), OptionsError> {
        check_threshold(self.backpressure_threshold)?;
        if !(0.0..=100.0).contains(&self.error_tolerance) {
            let value = self.error_tolerance.to_string();
            return Err(OptionsError { option: "error_tolerance", value, rule: "from 0 to 100" });
        }
        if self.retry_attempts == 0 {
            let value = "0".to_owned();
            return Err(OptionsError {
                option: "retry_attempts",
                value,
                rule: "at least 1, the first attempt",
            });
        }
        if self.memory_limit == Some(0) {
            let value = "0".to_owned();
            return Err(OptionsError { option: "memory_limit", value, rule: "at least 1" });
        }
        if self.metrics_interval.is_zero() {
            let value = "0".to_owned();
            return Err(OptionsError { option: "metrics_interval", value, rule: "at least 1 millisecond" });
        }
        self.bands.selector()?;
        self.encoding.settings().map(drop)
    }

    /// Returns how steps that fail are tried again.
    pub fn retry(&self) -> Retry {
        Retry::exponential(self.retry_attempts, self.retry_delay)
    }

    /// Returns how many failures are tolerated, if any are.
    pub fn tolerance(&self) -> Option<Tolerance> {
        (self.error_tolerance > 0.0).then(|| Tolerance::share(self.error_tolerance / 100.0, TOLERANCE_ITEMS))
    }
}

/// A setting means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionsError {
    /// The name of the setting.
    pub option: &'static str,
    /// What it was set to.
    pub value: String,
    /// What it must be.
    pub rule: &'static str,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}, but must be {}", self.option, self.value, self.rule)
    }
}

impl std::error::Error for OptionsError {}

/// Refuses a threshold that is no share.
pub(super) fn check_threshold(share: f64) -> Result<(), OptionsError> {
    if share > 0.0 && share <= 1.0 {
        return Ok(());
    }
    let rule = "above 0 and at most 1";
    Err(OptionsError { option: "backpressure_threshold", value: share.to_string(), rule })
}

pub(super) mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        time: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// Items among which failures are counted.
const TOLERANCE_ITEMS: u32 = 100;
