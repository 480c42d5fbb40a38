//! Waiting for something to change, without missing the change.
//!
//! A waiter notes the count of changes *before* it looks for work and sleeps only if the count is still
//! the same. Announcing a change costs one atomic addition while nobody sleeps.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Signal {
    changes: AtomicU64,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Signal {
    /// Returns the count of changes so far.
    pub(crate) fn ticket(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Announces a change.
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        // Either the sleeper counted itself before this load, or it sees the new count before it sleeps.
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }

    /// Sleeps until the count differs from `ticket`, or for `at_most`.
    pub(crate) fn wait(&self, ticket: u64, at_most: Duration) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let unchanged = |_: &mut ()| self.ticket() == ticket;
        drop(self.wake.wait_timeout_while(guard, at_most, unchanged));
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}
