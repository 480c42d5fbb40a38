//! Waiting for something to change, without missing the change.
//!
//! A waiter notes the count of changes *before* it looks for work and sleeps only if the count is still
//! the same. Announcing a change costs one atomic addition while nobody sleeps.

use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Condvar, Mutex, total_order};

#[derive(Debug, Default)]
pub(crate) struct Signal {
    changes: AtomicU64,
    sleepers: AtomicUsize,
    /// Those who wait in a future instead of a thread.
    wakers: Mutex<Vec<Waker>>,
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
        total_order();
        // Either the sleeper counted itself before this load, or it sees the new count before it sleeps.
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            let wakers = std::mem::take(&mut *self.wakers.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    /// Acts until all is over, each time with a ticket that is older than what it looks at; then wakes whoever
    /// sleeps, who must see the end too.
    pub(crate) fn until(&self, is_over: impl Fn() -> bool, mut act: impl FnMut(u64)) {
        loop {
            let ticket = self.ticket();
            if is_over() {
                self.changed();
                return;
            }
            act(ticket);
        }
    }

    /// Sleeps until the count differs from `ticket`, or for `at_most`. May wake early: the caller looks again.
    pub(crate) fn wait(&self, ticket: u64, at_most: Duration) {
        let guard = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        total_order();
        if self.ticket() == ticket {
            drop(self.wake.wait_timeout(guard, at_most));
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }

    /// Is ready when the count differs from `ticket`.
    #[cfg(feature = "async")]
    pub(crate) async fn change_since(&self, ticket: u64) {
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        total_order();
        let _awake = Awake(self);
        std::future::poll_fn(|context| {
            // Under the lock, so that a change either finds the waker or is seen here.
            let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
            if self.ticket() != ticket {
                return std::task::Poll::Ready(());
            }
            if !wakers.iter().any(|known| known.will_wake(context.waker())) {
                wakers.push(context.waker().clone());
            }
            std::task::Poll::Pending
        })
        .await;
    }
}

/// Counts a sleeper out, also if its future is dropped.
#[cfg(feature = "async")]
struct Awake<'a>(&'a Signal);

#[cfg(feature = "async")]
impl Drop for Awake<'_> {
    fn drop(&mut self) {
        self.0.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.changed();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.changed();
    }
}
