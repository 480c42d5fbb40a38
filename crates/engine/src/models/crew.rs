//! Workers of one stage, as the runtime of threads has them, without a clock.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::budget::Budget;
use crate::checkpoint::Epoch;
use crate::error::Interrupt;
use crate::operators::Identity;
use crate::plan::host::{Host, Spawner, Worker};
use crate::plan::lane_stage::LaneStage;
use crate::plan::saved::Saved;
use crate::plan::stage::{Stage, Step};
use crate::runtime::signal::Signal;
use crate::sync::atomic::{AtomicBool, Ordering};

pub(super) struct Crew {
    pub(super) budget: Budget,
    pub(super) stage: LaneStage<Identity<u64>>,
    signal: Arc<Signal>,
    stopping: AtomicBool,
}

impl Crew {
    pub(super) fn new(budget: Budget, stage: LaneStage<Identity<u64>>) -> Self {
        Self { budget, stage, signal: Arc::default(), stopping: AtomicBool::new(false) }
    }

    /// Works until the end, as one of several.
    pub(super) fn work(&self) {
        let act = |ticket| {
            if self.stage.step(0, self, Worker { number: 0, helps: false }) == Step::Waiting {
                self.signal.wait(ticket, Duration::MAX);
            }
        };
        self.signal.until(|| self.is_stopping() || self.stage.is_finished(), act);
    }

    /// Stops all that work.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.signal.changed();
    }
}

impl Host for Crew {
    fn budget(&self) -> &Budget {
        &self.budget
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn is_paused(&self) -> bool {
        false
    }

    fn is_pressed(&self) -> bool {
        false
    }

    fn is_draining(&self) -> bool {
        false
    }

    fn is_quiet_behind(&self, _: usize) -> bool {
        true
    }

    fn items_between_looks(&self) -> usize {
        1
    }

    fn is_turn_over(&self) -> bool {
        false
    }

    fn changed(&self) {
        self.signal.changed();
    }

    fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.signal))
    }

    fn spawner(&self) -> Option<Spawner> {
        None
    }

    #[cfg(feature = "profiling")]
    fn is_profiled(&self) -> bool {
        false
    }

    fn epoch_wanted(&self) -> Option<Epoch> {
        None
    }

    fn is_suspending(&self) -> bool {
        false
    }

    fn gave(&self, _: u64, _: u64) {}

    fn save(&self, _: usize, _: Saved) {}

    fn epoch_of_end(&self, _: usize, _: usize) -> Option<Epoch> {
        None
    }

    fn arrived(&self, _: Duration) {}

    fn fail(&self, _: usize, reason: Interrupt) {
        assert!(matches!(reason, Interrupt::Stopped), "nothing of a model can fail: {reason:?}");
    }
}
