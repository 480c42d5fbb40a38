//! How something outside tells a stage that it is worth asking again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Wake, Waker};

/// Rung by whatever a stage waits for, from any thread; wakes the runtime in turn.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    has_rung: AtomicBool,
    runtime: OnceLock<Waker>,
}

impl Bell {
    /// Tells whom to wake. The first one counts.
    pub(crate) fn wakes(&self, runtime: impl FnOnce() -> Waker) {
        self.runtime.get_or_init(runtime);
    }

    /// Returns whether it is known whom to wake.
    pub(crate) fn is_connected(&self) -> bool {
        self.runtime.get().is_some()
    }

    /// Returns whether it was rung since this was last asked.
    pub(crate) fn take_rung(&self) -> bool {
        self.has_rung.swap(false, Ordering::AcqRel)
    }

    /// Returns whether it was rung and nobody has asked yet.
    pub(crate) fn has_rung(&self) -> bool {
        self.has_rung.load(Ordering::Acquire)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        if let Some(runtime) = self.runtime.get() {
            runtime.wake_by_ref();
        }
    }
}
