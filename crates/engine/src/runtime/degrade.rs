//! Letting a pipeline go on with smaller chunks in fewer lanes while memory is short.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::flow::MemoryStats;
use super::trace::Trace;
use crate::plan::stage::Stage;
use crate::tune::{ADJUSTMENTS_MAX, Adjustment, Degrade, EASED_TIMES, Knob, Mood};

/// Whether chunks and lanes are halved, what they were before, and what was done.
pub(crate) struct Degrading {
    after: Duration,
    is_degraded: AtomicBool,
    state: Mutex<State>,
}

struct State {
    rule: Degrade,
    /// The lanes at work of each stage when nothing was halved.
    lanes: Vec<usize>,
    made: VecDeque<Adjustment>,
}

impl Degrading {
    pub(crate) fn new(after: Duration) -> Self {
        let state = State { rule: Degrade::after(after), lanes: Vec::new(), made: VecDeque::new() };
        Self { after, is_degraded: AtomicBool::new(false), state: Mutex::new(state) }
    }

    /// Returns how long it may go without looking.
    pub(crate) fn interval(&self) -> Duration {
        self.after
    }

    /// Looks at the memory, if nobody else is looking; returns whether anything was set, and whether the
    /// pipeline now goes on with less.
    pub(crate) fn look(
        &self,
        now: Duration,
        memory: MemoryStats,
        stages: &[Box<dyn Stage>],
        trace: &Trace,
    ) -> (bool, bool) {
        let is_degraded = || self.is_degraded.load(Ordering::Relaxed);
        let Ok(mut state) = self.state.try_lock() else { return (false, is_degraded()) };
        let State { rule, lanes, made } = &mut *state;
        let was_whole = rule.depth() == 0;
        let Some(mood) = rule.look(now, memory.reserved_bytes, memory.threshold_bytes) else {
            return (false, is_degraded());
        };
        self.is_degraded.store(rule.depth() > 0, Ordering::Relaxed);
        if was_whole {
            *lanes = stages.iter().map(|stage| stage.lanes_active()).collect();
        }
        let reason = self.reason(mood, memory);
        for (index, (stage, &lanes)) in stages.iter().zip(&*lanes).enumerate() {
            for (knob, from, to) in set(&**stage, lanes, rule.depth()) {
                if made.len() >= ADJUSTMENTS_MAX {
                    made.pop_front();
                }
                let done = Adjustment { at: now, ..Adjustment::new(index, knob, (from, to), &*reason) };
                trace.adjusted(&done);
                made.push_back(done);
            }
        }
        (true, is_degraded())
    }

    fn reason(&self, mood: Mood, memory: MemoryStats) -> String {
        let (place, time) = match mood {
            Mood::Short => ("at the threshold", self.after),
            Mood::Eased => ("well below the threshold", self.after.saturating_mul(EASED_TIMES)),
        };
        format!(
            "memory was {place} of {} bytes for {} ms, {} of {} are held",
            memory.threshold_bytes,
            time.as_millis(),
            memory.reserved_bytes,
            memory.limit_bytes
        )
    }

    /// Takes what was set, the oldest first.
    pub(crate) fn take(&self) -> Vec<Adjustment> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.made).into()
    }
}

/// Returns how many items a chunk for a stage may have; 0 for a source.
fn chunk_items(stage: &dyn Stage) -> usize {
    stage.lines().iter().map(|line| line.chunk_items()).min().unwrap_or(0)
}

/// Halves the lanes and chunks of a stage `depth` times; returns what has changed, and from what to what.
fn set(stage: &dyn Stage, lanes: usize, depth: u32) -> Vec<(Knob, usize, usize)> {
    let before = (stage.lanes_active(), chunk_items(stage));
    stage.set_lanes_active(lanes >> depth); // at least 1, as stages see to
    stage.lines().iter().for_each(|line| line.halve_chunks(depth));
    let after = (stage.lanes_active(), chunk_items(stage));
    let changes = [(Knob::Lanes, before.0, after.0), (Knob::ChunkItems, before.1, after.1)];
    changes.into_iter().filter(|(_, from, to)| from != to).collect()
}
