//! The pipelines a processor has started, for as long as they run.
//!
//! A hand on a pipeline keeps what it is made of, and the part of a memory it was given. Each is let go when
//! its pipeline is seen to be over, and whatever is asked looks. Of the last one the numbers stay.

use std::sync::{Mutex, MutexGuard, PoisonError};

use primestream_engine::runtime::MemoryStats;
use primestream_engine::{Flow, Metrics};

/// The pipelines a processor has started.
#[derive(Default)]
pub(super) struct Started(Mutex<Pipelines>);

#[derive(Default)]
struct Pipelines {
    /// In the order in which they were started.
    running: Vec<Flow>,
    /// What the one that was over last had done, and held.
    ended: Option<(Metrics, MemoryStats)>,
}

impl Started {
    /// Adds one.
    pub(super) fn add(&self, flow: Flow) {
        self.look().running.push(flow);
    }

    /// Lets go of those that are over.
    pub(super) fn forget_ended(&self) {
        drop(self.look());
    }

    /// Returns whether one is running.
    pub(super) fn is_running(&self) -> bool {
        !self.look().running.is_empty()
    }

    /// Returns what each that is running has done; if none is, what the last one had at its end.
    pub(super) fn metrics(&self) -> Vec<Metrics> {
        let pipelines = self.look();
        if pipelines.running.is_empty() {
            return pipelines.ended.iter().map(|(metrics, _)| metrics.clone()).collect();
        }
        pipelines.running.iter().map(Flow::metrics).collect()
    }

    /// Returns what the last that is running holds; if none is, what the last one held at its end.
    pub(super) fn memory(&self) -> Option<MemoryStats> {
        let pipelines = self.look();
        let running = pipelines.running.last().map(Flow::memory);
        running.or_else(|| pipelines.ended.as_ref().map(|(_, memory)| *memory))
    }

    /// Cancels those that are running, and forgets all.
    pub(super) fn cancel(&self) {
        let pipelines = std::mem::take(&mut *self.look());
        pipelines.running.iter().for_each(Flow::cancel);
    }

    fn look(&self) -> MutexGuard<'_, Pipelines> {
        let mut pipelines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Pipelines { running, ended } = &mut *pipelines;
        for flow in running.extract_if(.., |flow| flow.is_finished()) {
            *ended = Some((flow.metrics(), flow.memory()));
        }
        pipelines
    }
}
