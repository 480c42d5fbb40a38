//! Where futures run: the one room that knows tokio.
//!
//! Futures of a step are polled by the worker that takes the step, not by threads of their own. What they
//! wait for, timers and sockets, is driven by a worker that has nothing else to do, or by the runtime from
//! which the pipeline was started with `run_async`.

use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

use super::signal::Signal;
use crate::plan::host::{Drive, Spawner};

/// What drives the timers and sockets of a pipeline's futures.
#[derive(Debug)]
pub(crate) enum Executor {
    /// Ours: driven by whichever worker has nothing to do.
    Own { runtime: Mutex<Option<Runtime>>, handle: Handle },
    /// Ours, with threads of its own.
    Threads(Option<Runtime>, Handle),
    /// Somebody else's, who drives it.
    Ambient(Handle),
}

impl Executor {
    /// Makes an executor that workers drive, or one with threads.
    pub(crate) fn own(drive: Drive) -> std::io::Result<Self> {
        let mut builder = match drive {
            Drive::Worker => Builder::new_current_thread(),
            Drive::Threads => Builder::new_multi_thread(),
        };
        let runtime = builder.enable_all().build()?;
        let handle = runtime.handle().clone();
        Ok(match drive {
            Drive::Worker => Executor::Own { runtime: Mutex::new(Some(runtime)), handle },
            Drive::Threads => Executor::Threads(Some(runtime), handle),
        })
    }

    /// Takes the executor this thread runs in, if it runs in one.
    pub(crate) fn ambient() -> Option<Self> {
        Handle::try_current().ok().map(Executor::Ambient)
    }

    fn handle(&self) -> &Handle {
        match self {
            Executor::Own { handle, .. } | Executor::Threads(_, handle) | Executor::Ambient(handle) => handle,
        }
    }

    /// Lets futures polled by this thread find their timers and sockets.
    pub(crate) fn enter(&self) -> EnterGuard<'_> {
        self.handle().enter()
    }

    /// Returns what runs tasks apart.
    pub(crate) fn spawner(&self) -> Spawner {
        let handle = self.handle().clone();
        Arc::new(move |task| drop(handle.spawn(task)))
    }

    /// Looks after timers and sockets without waiting.
    pub(crate) fn look_after(&self) {
        self.drive(tokio::task::yield_now());
    }

    /// Waits until something changed since `ticket`, at most so long, and looks after timers and sockets
    /// meanwhile. Returns `false` at once if another worker does.
    pub(crate) fn wait(&self, signal: &Signal, ticket: u64, at_most: Duration) -> bool {
        self.drive(async {
            // Too late or early is no harm: the caller looks at what is due.
            let _ = tokio::time::timeout(at_most, signal.change_since(ticket)).await;
        })
    }

    fn drive(&self, until: impl Future) -> bool {
        let Executor::Own { runtime, .. } = self else { return false };
        let guard = match runtime.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        guard.as_ref().is_some_and(|runtime| {
            runtime.block_on(until);
            true
        })
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        let runtime = match self {
            Executor::Own { runtime, .. } => runtime.get_mut().ok().and_then(Option::take),
            Executor::Threads(runtime, _) => runtime.take(),
            Executor::Ambient(_) => None,
        };
        if let Some(runtime) = runtime {
            // Never waits for what was spawned and not awaited, and may be dropped inside another runtime.
            runtime.shutdown_background();
        }
    }
}
