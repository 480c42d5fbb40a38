//! How many failures are too many.

use std::sync::{Arc, Mutex, PoisonError};

use super::breaker::Window;

/// How many failures a step may leave out, replace or set aside before the pipeline stops all the same.
///
/// ```
/// use primestream_engine::{OnError, Stream, Tolerance};
///
/// let numbers = || Stream::iter(["1", "x", "3", "y", "z"]).try_map(str::parse::<u32>);
/// let few = numbers().on_error(OnError::Skip).tolerate(Tolerance::of_last(3, 4)).count()?;
/// assert_eq!(few, 2);
/// assert!(numbers().on_error(OnError::Skip).tolerate(Tolerance::of_last(2, 4)).count().is_err());
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tolerance {
    failures_max: u32,
    items: u32,
    last: Arc<Mutex<Window>>,
}

impl Tolerance {
    /// Tolerates up to `failures` among any `items` in a row. All lanes count together.
    pub fn of_last(failures: u32, items: u32) -> Self {
        Self { failures_max: failures, items: items.max(1), last: Arc::default() }
    }

    /// Tolerates a share of failures, from 0 to 1, among any `items` in a row.
    pub fn share(share: f64, items: u32) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "a share of a count is a count")]
        #[expect(clippy::cast_sign_loss, reason = "clamped from below")]
        let failures = (f64::from(items) * share.clamp(0.0, 1.0)) as u32;
        Self::of_last(failures, items)
    }

    /// Notes an item; returns whether that is too much.
    pub(crate) fn is_exceeded_by(&self, is_failure: bool) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.note(is_failure, self.items).is_some_and(|failures| failures > self.failures_max)
    }
}
