//! Not calling what is known to be down. Source: [Nygard2007].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Stops calling a step that keeps failing, and tries it again after a while.
///
/// *Closed*, calls go through and their results are counted. When too many fail, in a row or as a share of
/// the last ones, it *opens*: items fail at once, without a call, with
/// [`Cause::BreakerOpen`](crate::error::Cause::BreakerOpen). After the cool-down it is *half open*: a few
/// calls go through; if all succeed it closes, if one fails it opens again. All lanes share it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use primestream_engine::{CircuitBreaker, OnError, Stream};
///
/// let report = Stream::iter(0..100u32)
///     .try_map(|_| Err::<u32, _>("down"))
///     .breaker(CircuitBreaker::after_failures(3, Duration::from_secs(3600)))
///     .on_error(OnError::Skip)
///     .for_each(|_| ())?;
/// assert_eq!(report.skipped(), 100); // of which three were tried
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    settings: Settings,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    /// Failures in a row that open it.
    in_a_row: Option<u32>,
    /// Failures among the last calls that open it.
    of_last: Option<(u32, u32)>,
    cool_down: Duration,
    trials: u32,
}

#[derive(Debug)]
enum State {
    Closed { in_a_row: u32, last: Window },
    Open { until: Duration },
    HalfOpen { allowed: u32, succeeded: u32 },
}

/// The results of the last calls.
#[derive(Debug, Default)]
pub(crate) struct Window {
    results: std::collections::VecDeque<bool>,
    failures: u32,
}

impl Window {
    /// Notes a result among the last `count`; returns how many of these failed, if there are so many.
    pub(crate) fn note(&mut self, is_failure: bool, count: u32) -> Option<u32> {
        self.results.push_back(is_failure);
        self.failures += u32::from(is_failure);
        if self.results.len() > count as usize {
            self.failures -= u32::from(self.results.pop_front() == Some(true));
        }
        (self.results.len() == count as usize).then_some(self.failures)
    }
}

impl CircuitBreaker {
    fn new(settings: Settings) -> Self {
        Self { settings, state: Arc::new(Mutex::new(State::closed())) }
    }

    /// Opens after `failures` in a row, for `cool_down`.
    pub fn after_failures(failures: u32, cool_down: Duration) -> Self {
        Self::new(Settings { in_a_row: Some(failures.max(1)), of_last: None, cool_down, trials: 1 })
    }

    /// Opens when `failures` of the last `calls` failed, for `cool_down`.
    pub fn at_rate(failures: u32, calls: u32, cool_down: Duration) -> Self {
        let calls = calls.max(1);
        let of_last = Some((failures.clamp(1, calls), calls));
        Self::new(Settings { in_a_row: None, of_last, cool_down, trials: 1 })
    }

    /// Sets how many calls must succeed before a half-open breaker closes. It is 1 unless set.
    #[must_use]
    pub fn trials(mut self, count: u32) -> Self {
        self.settings.trials = count.max(1);
        self
    }

    fn with_state<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns whether a call may be made now. One that may must be recorded.
    pub(crate) fn allows(&self, now: Duration) -> bool {
        self.with_state(|state| {
            match state {
                State::Open { until } if now < *until => return false,
                State::Open { .. } => *state = State::HalfOpen { allowed: 1, succeeded: 0 },
                State::HalfOpen { allowed, .. } if *allowed >= self.settings.trials => return false,
                State::HalfOpen { allowed, .. } => *allowed += 1,
                State::Closed { .. } => {}
            }
            true
        })
    }

    /// Returns when an open breaker lets a call through again.
    pub(crate) fn opens_at(&self) -> Option<Duration> {
        self.with_state(|state| match state {
            State::Open { until } => Some(*until),
            State::Closed { .. } | State::HalfOpen { .. } => None,
        })
    }

    /// Notes how a call ended.
    pub(crate) fn record(&self, is_failure: bool, now: Duration) {
        let Settings { in_a_row: row_max, of_last, cool_down, trials } = self.settings;
        self.with_state(|state| match state {
            State::Closed { in_a_row, last } => {
                *in_a_row = if is_failure { *in_a_row + 1 } else { 0 };
                let is_row = row_max.is_some_and(|max| *in_a_row >= max);
                let is_rate = of_last
                    .is_some_and(|(max, calls)| last.note(is_failure, calls).is_some_and(|n| n >= max));
                if is_row || is_rate {
                    *state = State::Open { until: now.saturating_add(cool_down) };
                }
            }
            State::HalfOpen { .. } if is_failure => {
                *state = State::Open { until: now.saturating_add(cool_down) };
            }
            State::HalfOpen { succeeded, .. } => {
                *succeeded += 1;
                if *succeeded >= trials {
                    *state = State::closed();
                }
            }
            // A call from before it opened.
            State::Open { .. } => {}
        });
    }
}

impl State {
    fn closed() -> Self {
        State::Closed { in_a_row: 0, last: Window::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn it_opens_cools_down_tries_and_closes() {
        let breaker = CircuitBreaker::after_failures(2, S(10)).trials(2);
        for (is_failure, now) in [(true, 0), (false, 1), (true, 2), (true, 3)] {
            assert!(breaker.allows(S(now)));
            breaker.record(is_failure, S(now));
        }
        assert!(!breaker.allows(S(4)) && !breaker.allows(S(12)));
        assert!(breaker.allows(S(13)) && breaker.allows(S(13)));
        assert!(!breaker.allows(S(13)), "two trials, not three");
        breaker.record(false, S(13));
        breaker.record(true, S(14));
        assert!(!breaker.allows(S(23)), "open again since 14");
        assert!(breaker.allows(S(24)) && breaker.allows(S(24)));
        breaker.record(false, S(24));
        breaker.record(false, S(24));
        assert!((0..9).all(|_| breaker.allows(S(25))), "closed");
    }

    #[test]
    fn a_rate_counts_the_last_calls_only() {
        let breaker = CircuitBreaker::at_rate(2, 4, S(10));
        for is_failure in [true, false, false, false, true, false, false] {
            breaker.record(is_failure, S(0));
        }
        assert!(breaker.allows(S(0)), "never two of four");
        breaker.record(true, S(0));
        assert!(!breaker.allows(S(0)), "the fourth from the end and the last");
    }
}
