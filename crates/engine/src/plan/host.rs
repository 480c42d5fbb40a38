//! What a stage needs of whatever runs it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::saved::Saved;
use crate::budget::Budget;
use crate::checkpoint::Epoch;
use crate::error::Interrupt;

/// Work that is handed to an executor for good.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Hands a task to an executor.
pub(crate) type Spawner = Arc<dyn Fn(Task) + Send + Sync>;

/// What drives the futures of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Drive {
    /// Workers that have nothing else to do.
    Worker,
    /// Threads of an executor.
    #[cfg_attr(not(feature = "async"), expect(dead_code, reason = "only calls ask for threads"))]
    Threads,
}

/// Who asks a stage for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Worker {
    /// Its number among all, from 0.
    pub(crate) number: usize,
    /// It found nothing of its own to do, so it may take what another would rather do itself.
    pub(crate) helps: bool,
}

/// What a stage needs of whatever runs it: threads, one thread, or a simulation.
pub(crate) trait Host: Sync {
    /// Returns the bytes the pipeline may hold.
    fn budget(&self) -> &Budget;

    /// Returns the time since the start.
    fn now(&self) -> Duration;

    /// Returns whether the pipeline is stopping before its end.
    fn is_stopping(&self) -> bool;

    /// Returns whether sources are to give nothing for now.
    fn is_paused(&self) -> bool;

    /// Returns whether so much is held that sources are to give nothing until some of it has gone.
    fn is_pressed(&self) -> bool;

    /// Returns whether sources are to give nothing more.
    fn is_draining(&self) -> bool;

    /// Returns whether no stage behind `stage` has anything to do or to hold.
    fn is_quiet_behind(&self, stage: usize) -> bool;

    /// Returns how many items a lane may work on before it looks whether it should go on.
    fn items_between_looks(&self) -> usize;

    /// Returns whether a lane should lay down its work for others, to be asked again.
    fn is_turn_over(&self) -> bool;

    /// Says that something changed.
    fn changed(&self);

    /// Returns what wakes whoever waits for a change.
    fn waker(&self) -> Waker;

    /// Returns what runs tasks apart from the stages, if a stage said that it needs an executor.
    fn spawner(&self) -> Option<Spawner>;

    /// Returns whether samples are taken of what steps take.
    #[cfg(feature = "profiling")]
    fn is_profiled(&self) -> bool;

    /// Returns the epoch that is to end now, or the last one that has ended.
    fn epoch_wanted(&self) -> Option<Epoch>;

    /// Returns whether sources are to give nothing behind the barrier of that epoch.
    fn is_suspending(&self) -> bool;

    /// Notes that a source gave so many items more and took so many bytes.
    fn gave(&self, items: u64, bytes: u64);

    /// Takes what a stage remembers at a barrier, or at its end.
    fn save(&self, stage: usize, saved: Saved);

    /// Returns the epoch to which it belongs that a group of a stage ends now, if checkpoints are kept.
    fn epoch_of_end(&self, stage: usize, group: usize) -> Option<Epoch>;

    /// Notes how long a chunk was on its way to a last stage.
    fn arrived(&self, latency: Duration);

    /// Stops the pipeline for a reason; the first one counts.
    fn fail(&self, stage: usize, reason: Interrupt);
}
