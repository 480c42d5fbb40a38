//! How long chunks are on their way from the source to the end.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Times in nanoseconds, to three digits; about 200 KiB at most.
pub(crate) struct Latency(Mutex<Histogram<u64>>);

impl Default for Latency {
    fn default() -> Self {
        Self(Mutex::new(Histogram::new(3).expect("three digits are allowed")))
    }
}

impl Latency {
    pub(crate) fn record(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(nanos);
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |quantile| Duration::from_nanos(times.value_at_quantile(quantile));
        Percentiles {
            count: times.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: Duration::from_nanos(times.max()),
        }
    }
}

/// Some quantiles of times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Percentiles {
    /// How many there were.
    pub count: u64,
    /// Half of them were at most this long.
    pub p50: Duration,
    /// Nine of ten were at most this long.
    pub p90: Duration,
    /// All but one of a hundred were at most this long.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1?} half of them, {:.1?} 99 %, {:.1?} all", self.p50, self.p99, self.max)
    }
}
