//! How long things took, as a histogram.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Times in nanoseconds, to two digits; a few KiB, 30 at most.
#[derive(Debug)]
pub(crate) struct Spread {
    times: Histogram<u64>,
    sum: Duration,
}

impl Default for Spread {
    fn default() -> Self {
        Self { times: Histogram::new(2).expect("two digits are allowed"), sum: Duration::ZERO }
    }
}

impl Spread {
    pub(crate) fn record(&mut self, time: Duration) {
        // Grows as it must; a time of centuries, which would be refused, is none.
        let _ = self.times.record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        self.sum = self.sum.saturating_add(time);
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let at = |quantile| Duration::from_nanos(self.times.value_at_quantile(quantile));
        Percentiles {
            count: self.times.len(),
            sum: self.sum,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: Duration::from_nanos(self.times.max()),
        }
    }
}

/// How long chunks are on their way from the source to the end.
#[derive(Default)]
pub(crate) struct Latency(Mutex<Spread>);

impl Latency {
    pub(crate) fn record(&self, time: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).record(time);
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).percentiles()
    }
}

/// Some quantiles of times, to two digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Percentiles {
    /// How many there were.
    pub count: u64,
    /// All of them together.
    pub sum: Duration,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_two_digits() {
        let mut spread = Spread::default();
        assert_eq!(spread.percentiles(), Percentiles::default());
        (1..=100).for_each(|ms| spread.record(Duration::from_millis(ms)));
        let found = spread.percentiles();
        assert_eq!((found.count, found.sum), (100, Duration::from_millis(5050)));
        let expected = [(found.p50, 50), (found.p90, 90), (found.p99, 99), (found.max, 100)];
        for (time, ms) in expected {
            let expected = Duration::from_millis(ms);
            assert!(time.abs_diff(expected) <= expected / 100, "{time:?} for {expected:?}");
        }
    }
}
