//! Asking a tuner every so often, and making the adjustments it answers with.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::beat::Beat;
use super::trace::Trace;
use crate::metrics::Metrics;
use crate::plan::stage::Stage;
use crate::tune::{ADJUSTMENTS_MAX, Adjustment, Knob, Tuner};

/// A tuner, and what it has done.
pub(crate) struct Tuning {
    beat: Beat,
    state: Mutex<State>,
}

struct State {
    tuner: Box<dyn Tuner>,
    /// What was measured when it was last asked.
    before: Option<Metrics>,
    made: VecDeque<Adjustment>,
}

impl Tuning {
    pub(crate) fn new(every: Duration, tuner: Box<dyn Tuner>) -> Self {
        let state = State { tuner, before: None, made: VecDeque::new() };
        Self { beat: Beat::every(every), state: Mutex::new(state) }
    }

    /// Returns whether it is not its turn; what it measured before is then forgotten.
    pub(crate) fn rests(&self, is_resting: bool) -> bool {
        if is_resting && let Ok(mut state) = self.state.try_lock() {
            state.before = None;
        }
        is_resting
    }

    /// Asks the tuner if it is time and nobody else is asking; returns whether anything was adjusted.
    pub(crate) fn look(
        &self,
        now: Duration,
        (stages, trace): (&[Box<dyn Stage>], &Trace),
        metrics: impl FnOnce() -> Metrics,
    ) -> bool {
        if !self.beat.is_due(now) {
            return false;
        }
        let Ok(mut state) = self.state.try_lock() else { return false };
        let State { tuner, before, made } = &mut *state;
        let metrics = metrics();
        let wished = before.as_ref().map(|before| tuner.tune(before, &metrics)).unwrap_or_default();
        *before = Some(metrics);
        let mut has_changed = false;
        for adjustment in wished {
            let Some(stage) = stages.get(adjustment.stage) else { continue };
            let Some(done) = make(&**stage, adjustment, now) else { continue };
            has_changed = true;
            if made.len() >= ADJUSTMENTS_MAX {
                made.pop_front();
            }
            trace.adjusted(&done);
            made.push_back(done);
        }
        has_changed
    }

    /// Takes what was adjusted, the oldest first.
    pub(crate) fn take(&self) -> Vec<Adjustment> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.made).into()
    }
}

/// Makes an adjustment; returns it as it was made, or `None` if it changes nothing.
fn make(stage: &dyn Stage, wished: Adjustment, at: Duration) -> Option<Adjustment> {
    let lines = stage.lines();
    let (from, to) = match wished.knob {
        Knob::Lanes => {
            let from = stage.lanes_active();
            stage.set_lanes_active(wished.to);
            (from, stage.lanes_active())
        }
        Knob::ChunkItems => {
            let from = lines.iter().map(|line| line.chunk_items()).min()?;
            lines.iter().for_each(|line| line.set_chunk_items(wished.to));
            (from, wished.to.max(1))
        }
        Knob::Places => {
            let from = lines.iter().map(|line| line.places()).min()?;
            lines.iter().for_each(|line| line.set_places(wished.to));
            (from, wished.to.max(1))
        }
    };
    (from != to).then_some(Adjustment { at, from, to, ..wished })
}
