//! What a stage needs of whatever runs it.

use std::future::Future;
use std::pin::Pin;
use std::task::Waker;
use std::time::Duration;

use crate::budget::Budget;
use crate::error::Interrupt;

/// Work that is handed to an executor for good.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

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

    /// Runs a task apart from the stages.
    fn spawn(&self, task: Task);

    /// Notes how long a chunk was on its way to a last stage.
    fn arrived(&self, latency: Duration);

    /// Stops the pipeline for a reason; the first one counts.
    fn fail(&self, stage: usize, reason: Interrupt);
}
