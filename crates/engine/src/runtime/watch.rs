//! Noticing that a stage does not move.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::machine::Machine;
use crate::metrics::Stall;
use crate::pipeline::TellStall;

/// Whom to tell of stages that do not move, and after what time.
pub(crate) struct Watch {
    after: Duration,
    tell: Mutex<TellStall>,
    is_over: Mutex<bool>,
    over: Condvar,
}

impl Watch {
    pub(crate) fn new(after: Duration, tell: TellStall) -> Self {
        Self { after, tell: Mutex::new(tell), is_over: Mutex::new(false), over: Condvar::new() }
    }

    /// Says that there is nothing more to watch.
    pub(super) fn end(&self) {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.over.notify_all();
    }

    /// Looks after all stages until the end.
    pub(super) fn keep(&self, machine: &Machine) {
        let _subscribed = machine.trace.attend();
        let mut told = vec![Duration::MAX; machine.stages_count()];
        loop {
            let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self.over.wait_timeout_while(is_over, self.after / LOOKS, |is_over| !*is_over);
            if *waited.unwrap_or_else(PoisonError::into_inner).0 {
                return;
            }
            for (index, told) in told.iter_mut().enumerate() {
                let Some((moved, time)) = machine.stalled(index, self.after) else { continue };
                // Once for each time it stands still.
                if std::mem::replace(told, moved) != moved {
                    let stall = Stall { stage: index, name: machine.name(index), time };
                    machine.trace.stalled(&stall);
                    (self.tell.lock().unwrap_or_else(PoisonError::into_inner))(&stall);
                }
            }
        }
    }
}

/// Looks in the time after which a stage counts as stalled.
const LOOKS: u32 = 4;
