//! Trying again, later and later. Source of the scheme: [Brooker2015].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::chance::Chance;
use crate::error::{Cause, ItemError};

/// When and how often an item that failed is tried again.
///
/// The pause doubles from attempt to attempt up to a cap, and each is shortened at random by up to half,
/// so that items which failed together do not come back together. While an item waits, its lane waits with
/// it and order is kept; no thread waits.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::time::Duration;
/// use primestream_engine::{Retry, Stream};
///
/// let calls = AtomicU32::new(0);
/// let answers: Vec<u32> = Stream::iter([7u32])
///     .try_map(move |n| if calls.fetch_add(1, Ordering::Relaxed) < 2 { Err("busy") } else { Ok(n) })
///     .retry(Retry::exponential(3, Duration::from_millis(1)))
///     .collect()?;
/// assert_eq!(answers, [7]);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
#[derive(Clone)]
pub struct Retry {
    attempts_max: u32,
    pause: Duration,
    factor: u32,
    pause_max: Duration,
    deadline: Option<Duration>,
    has_jitter: bool,
    only_if: Option<Arc<OnlyIf>>,
}

/// Whether an item that failed is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// At this time.
    At(Duration),
    /// It would be, but there is no attempt left, or no time for one.
    Exhausted,
    /// It is not worth it.
    NotWorthIt,
}

type OnlyIf = dyn Fn(&ItemError) -> bool + Send + Sync;

impl Retry {
    /// Tries at most `attempts` times in all, the first included, with a pause before the second that
    /// doubles from then on.
    pub fn exponential(attempts: u32, first_pause: Duration) -> Self {
        Self {
            attempts_max: attempts.max(1),
            pause: first_pause,
            factor: 2,
            pause_max: PAUSE_MAX,
            deadline: None,
            has_jitter: true,
            only_if: None,
        }
    }

    /// Tries at most `attempts` times in all, the first included, always with the same pause.
    pub fn fixed(attempts: u32, pause: Duration) -> Self {
        Self { factor: 1, has_jitter: false, pause_max: Duration::MAX, ..Self::exponential(attempts, pause) }
    }

    /// Sets the longest pause. It is 30 s unless set.
    #[must_use]
    pub fn pause_max(mut self, pause: Duration) -> Self {
        self.pause_max = pause;
        self
    }

    /// Gives up when this much time has passed since the first attempt began.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Makes every pause exactly as long as it is said to be.
    #[must_use]
    pub fn without_jitter(mut self) -> Self {
        self.has_jitter = false;
        self
    }

    /// Tries again only what the function says is worth it. Unless said, all errors are and panics are not.
    #[must_use]
    pub fn only_if(mut self, is_worth_it: impl Fn(&ItemError) -> bool + Send + Sync + 'static) -> Self {
        self.only_if = Some(Arc::new(is_worth_it));
        self
    }

    /// Returns whether and when to try again after `attempts` attempts, the first of which began at `began`.
    pub(crate) fn next(
        &self,
        error: &ItemError,
        (attempts, position): (u32, u64),
        (began, now): (Duration, Duration),
    ) -> Next {
        let is_worth_it = match &self.only_if {
            Some(only_if) => only_if(error),
            None => !matches!(error.cause(), Cause::Panicked(_)),
        };
        let due = now.saturating_add(self.pause_after(attempts, position));
        let is_late = self.deadline.is_some_and(|deadline| due > began.saturating_add(deadline));
        match is_worth_it {
            false => Next::NotWorthIt,
            true if is_late || attempts >= self.attempts_max => Next::Exhausted,
            true => Next::At(due),
        }
    }

    fn pause_after(&self, attempts: u32, position: u64) -> Duration {
        let growth = self.factor.saturating_pow(attempts.saturating_sub(1));
        let pause = self.pause.saturating_mul(growth).min(self.pause_max);
        if self.has_jitter { pause - pause.mul_f64(fraction(position, attempts) / 2.0) } else { pause }
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Retry({} attempts, first pause {:?})", self.attempts_max, self.pause)
    }
}

/// Returns a number from 0 to 1 that looks random, the same for the same attempt: a run can be repeated.
fn fraction(position: u64, attempts: u32) -> f64 {
    Chance::new(position.rotate_left(32) ^ u64::from(attempts)).fraction()
}

/// Longest pause where nothing else is said.
const PAUSE_MAX: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn error() -> ItemError {
        ItemError::new("try_map", Cause::Failed("busy".into()))
    }

    #[test]
    fn pauses_double_to_the_cap_and_attempts_are_counted_with_the_first() {
        let retry = Retry::exponential(5, MS(10)).without_jitter().pause_max(MS(35));
        let pauses: Vec<_> = (1..=5).map(|n| retry.next(&error(), (n, 0), (MS(0), MS(0)))).collect();
        assert_eq!(pauses[..4], [10, 20, 35, 35].map(|pause| Next::At(MS(pause))));
        assert_eq!(pauses[4], Next::Exhausted);
    }

    #[test]
    fn jitter_shortens_by_at_most_half_and_differs_between_items() {
        let retry = Retry::exponential(2, MS(100));
        let dues: Vec<_> =
            (0..50).map(|position| retry.next(&error(), (1, position), (MS(0), MS(0)))).collect();
        let is_between = |next: &Next| matches!(next, Next::At(due) if (MS(50)..=MS(100)).contains(due));
        assert!(dues.iter().all(is_between), "{dues:?}");
        assert!(dues.windows(2).any(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_deadline_and_the_kind_of_error_end_it() {
        let retry = Retry::fixed(9, MS(10)).deadline(MS(25));
        assert_eq!(retry.next(&error(), (1, 0), (MS(0), MS(15))), Next::At(MS(25)));
        assert_eq!(retry.next(&error(), (1, 0), (MS(0), MS(16))), Next::Exhausted);
        let panicked = ItemError::new("map", Cause::Panicked("no".to_owned()));
        assert_eq!(Retry::fixed(9, MS(1)).next(&panicked, (1, 0), (MS(0), MS(0))), Next::NotWorthIt);
        let never = Retry::fixed(9, MS(1)).only_if(|_| false);
        assert_eq!(never.next(&error(), (1, 0), (MS(0), MS(0))), Next::NotWorthIt);
    }
}
