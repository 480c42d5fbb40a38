//! What a stage has done, as numbers that may be read at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::stage::Reading;
use crate::tally::Tally;

/// What a stage has done. Lanes publish into it after each chunk.
#[derive(Debug)]
pub(crate) struct Meter {
    lanes: Mutex<Vec<Tally>>,
    busy_nanos: AtomicU64,
    bytes_taken: AtomicU64,
}

impl Meter {
    pub(crate) fn new(lanes: usize) -> Self {
        Self {
            lanes: Mutex::new(vec![Tally::default(); lanes]),
            busy_nanos: AtomicU64::new(0),
            bytes_taken: AtomicU64::new(0),
        }
    }

    /// Replaces what a lane has counted since the start, and adds the time it took.
    pub(crate) fn publish(&self, lane: usize, tally: Tally, busy: Duration) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)[lane] = tally;
        self.busy_nanos.fetch_add(u64::try_from(busy.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn set_bytes_taken(&self, bytes: u64) {
        self.bytes_taken.store(bytes, Ordering::Relaxed);
    }

    /// Returns the sums over all lanes.
    pub(crate) fn reading(&self) -> Reading {
        let mut tally = Tally::default();
        for lane in self.lanes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            tally += *lane;
        }
        Reading {
            tally,
            busy: Duration::from_nanos(self.busy_nanos.load(Ordering::Relaxed)),
            bytes_taken: self.bytes_taken.load(Ordering::Relaxed),
        }
    }
}
