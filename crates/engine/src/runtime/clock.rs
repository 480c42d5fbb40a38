//! The one place that reads a clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Time since it was made: the machine's, monotonic, or one that moves only when it is told to.
#[derive(Debug)]
pub(crate) enum Clock {
    Real(Instant),
    /// Nanoseconds.
    Virtual(AtomicU64),
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads the clock")]
    pub(crate) fn start() -> Self {
        Clock::Real(Instant::now())
    }

    pub(crate) fn start_virtual() -> Self {
        Clock::Virtual(AtomicU64::new(0))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        match self {
            Clock::Real(start) => start.elapsed(),
            Clock::Virtual(nanos) => Duration::from_nanos(nanos.load(Ordering::Relaxed)),
        }
    }

    /// Moves a virtual clock to `time`, never backwards. A real one goes by itself.
    pub(crate) fn advance_to(&self, time: Duration) {
        if let Clock::Virtual(nanos) = self {
            nanos.fetch_max(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}
