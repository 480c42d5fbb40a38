//! Something that is to be done every so often, by whoever comes by.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Something that is to be done every so often. Of those who ask at one time only one is told to do it.
#[derive(Debug)]
pub(crate) struct Beat {
    every: Duration,
    /// Nanoseconds since the start.
    next: AtomicU64,
}

impl Beat {
    /// Is due first after `every`, and then each time so long after it was done.
    pub(crate) fn every(every: Duration) -> Self {
        Self { every, next: AtomicU64::new(nanos(every)) }
    }

    /// Returns how often it is to be done.
    pub(crate) fn interval(&self) -> Duration {
        self.every
    }

    /// Returns whether the caller is to do it now.
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        let after = nanos(now.saturating_add(self.every));
        nanos(now) >= next
            && self.next.compare_exchange(next, after, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_that_was_missed_is_not_made_up_for() {
        let ms = Duration::from_millis;
        let beat = Beat::every(ms(10));
        let due: Vec<u64> = (0..100).filter(|&at| !(15..45).contains(&at) && beat.is_due(ms(at))).collect();
        assert_eq!(due, [10, 45, 55, 65, 75, 85, 95]);
        assert!(!Beat::every(Duration::MAX).is_due(Duration::from_secs(1 << 30)));
    }
}
