//! Times at which futures want to be polled, in the clock of whoever runs the pipeline.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

/// Wakes futures at their times. Told of the time by the stage that owns it.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    now_nanos: AtomicU64,
    queue: Mutex<BTreeMap<(Duration, u64), Waker>>,
}

impl Timers {
    fn queue(&self) -> MutexGuard<'_, BTreeMap<(Duration, u64), Waker>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns the time and wakes what is due.
    pub(crate) fn advance_to(&self, now: Duration) {
        self.now_nanos.store(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        let mut queue = self.queue();
        while let Some(first) = queue.first_entry() {
            if first.key().0 > now {
                break;
            }
            first.remove().wake();
        }
    }

    pub(crate) fn now(&self) -> Duration {
        Duration::from_nanos(self.now_nanos.load(Ordering::Relaxed))
    }

    /// Wakes the future of this number at a time.
    pub(crate) fn wake_at(&self, time: Duration, number: u64, waker: &Waker) {
        self.queue().insert((time, number), waker.clone());
    }

    /// Forgets the future of this number.
    pub(crate) fn forget(&self, time: Duration, number: u64) {
        self.queue().remove(&(time, number));
    }

    /// Returns the next time at which something is due.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.queue().first_key_value().map(|((time, _), _)| *time)
    }
}
