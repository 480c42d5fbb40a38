//! The runtime of one thread, a seeded schedule and a clock that moves only when nothing else does.
//!
//! The same stages run as under threads. At each turn one of them is asked for a step, at random; a lane
//! may be told to lay down its work in the middle of a chunk, so that lanes interleave as threads would;
//! time jumps to whatever is due next. The same seed gives the same run, to the last step.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::machine::Machine;
use crate::chance::Chance;
use crate::plan::host::Worker;
use crate::plan::stage::Step;

/// The random choices of a simulated run.
pub(crate) struct Schedule(Mutex<Chance>);

impl Schedule {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Chance::new(seed)))
    }

    fn below(&self, bound: u64) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).below(bound)
    }

    /// Returns how many items a lane works on before it looks up.
    pub(crate) fn items(&self) -> usize {
        1 + self.one_of(7)
    }

    /// Returns whether a lane must lay down its work.
    pub(crate) fn is_turn_over(&self) -> bool {
        self.below(4) == 0
    }

    /// Returns one of `count`.
    fn one_of(&self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap_or(0)
    }

    /// Returns a short time, for what costs time.
    fn moment(&self) -> Duration {
        Duration::from_nanos(self.below(100_000))
    }
}

impl Machine {
    /// Works until the end, or until nothing will ever happen again.
    ///
    /// # Panics
    ///
    /// If no stage can take a step and none is due: a deadlock, which is a fault of ours.
    pub(super) fn run_simulated(&self, schedule: &Schedule) {
        let mut refusals = 0;
        while !self.is_over() {
            self.clock.advance_to(self.clock.elapsed() + schedule.moment());
            let first = schedule.one_of(self.stages_count());
            let order = (first..self.stages_count()).chain(0..first);
            let has_worked = order.into_iter().any(|index| self.step(index, WORKER) == Step::Worked);
            self.tell();
            // A stage may have refused only because chance told it that its turn was over.
            refusals = if has_worked { 0 } else { refusals + 1 };
            if has_worked || refusals < REFUSALS_MAX {
                continue;
            }
            let ticket = self.signal.ticket();
            let is_driven = self.due().is_none()
                && self.executor().is_some_and(|it| it.wait(&self.signal, ticket, OUTSIDE));
            if !is_driven {
                let due = self.due().filter(|&due| due < Duration::MAX);
                self.clock.advance_to(due.expect("a pipeline that is not over can take a step"));
            }
        }
    }
}

/// The one that does everything.
const WORKER: Worker = Worker { number: 0, helps: true };

/// How long a call to the world outside, which no seed decides, may take before a look at it.
const OUTSIDE: Duration = Duration::from_millis(100);

/// Refusals in a row that cannot all be by chance.
const REFUSALS_MAX: u32 = 64;
