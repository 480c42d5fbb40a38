//! What a run does, as spans and events of the crate `tracing`: off unless the feature of that name is on.
//!
//! A run is a span `pipeline`, each of its stages a span `stage` in it, entered for the time of a step, so
//! that events of the user's functions are found in their stage. Events tell what is rare: failures, items
//! given up, memory, stalls, what is set while it runs, and the end. The target of all is `primestream`.

use std::sync::{Mutex, PoisonError};

use tracing::dispatcher::{self, DefaultGuard};
use tracing::span::EnteredSpan;
use tracing::{Dispatch, Span, error, info, info_span, warn};

use super::failure::PipelineError;
use super::flow::MemoryStats;
use super::pressure::Level;
use crate::metrics::{Report, Stall};
use crate::plan::{Plan, StagePlan};
use crate::tally::Tally;
use crate::tune::Adjustment;

/// The spans of a run, and whom all its threads tell of it: the subscriber of the one that made it.
pub(crate) struct Trace {
    dispatch: Dispatch,
    run: Span,
    stages: Vec<Staged>,
}

struct Staged {
    span: Span,
    /// What had become of its items when it was last looked at.
    known: Mutex<Tally>,
}

impl Trace {
    /// Makes the spans, within the one that the caller is in.
    pub(crate) fn new(plan: &Plan) -> Self {
        let run = info_span!(target: "primestream", "pipeline", stages = plan.stages().len());
        let staged = |(index, stage): (usize, &StagePlan)| {
            let (name, lanes) = (&*stage.name, stage.lanes);
            let span = info_span!(target: "primestream", parent: &run, "stage", index, name, lanes);
            Staged { span, known: Mutex::default() }
        };
        let stages = plan.stages().iter().enumerate().map(staged).collect();
        Self { dispatch: dispatcher::get_default(Dispatch::clone), run, stages }
    }

    /// Lets this thread tell the subscriber of the run until what is returned is dropped.
    pub(crate) fn attend(&self) -> DefaultGuard {
        dispatcher::set_default(&self.dispatch)
    }

    /// Enters the span of a stage until what is returned is dropped.
    pub(crate) fn enter(&self, stage: usize) -> EnteredSpan {
        self.stages[stage].span.clone().entered()
    }

    /// Tells of items that a stage has given up in a step.
    pub(crate) fn stepped(&self, stage: usize, tally: impl FnOnce() -> Tally) {
        let Staged { span, known } = &self.stages[stage];
        if span.is_disabled() {
            return;
        }
        let tally = tally();
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let (skipped, dead) =
            (tally.skipped.saturating_sub(known.skipped), tally.dead.saturating_sub(known.dead));
        let retried = tally.retried.saturating_sub(known.retried);
        if skipped + dead == 0 {
            return;
        }
        *known = tally;
        if retried > 0 {
            warn!(target: "primestream", parent: span, skipped, dead, retried, "items given up, retries exhausted");
        } else {
            warn!(target: "primestream", parent: span, skipped, dead, "items given up");
        }
    }

    /// Tells that the memory has crossed its threshold.
    pub(crate) fn pressure(&self, level: Level, memory: MemoryStats) {
        let (held, threshold) = (memory.reserved_bytes, memory.threshold_bytes);
        match level {
            Level::Pressed => {
                warn!(target: "primestream", parent: &self.run, held, threshold, "memory is short")
            }
            Level::Relieved => {
                info!(target: "primestream", parent: &self.run, held, threshold, "memory has eased")
            }
        }
    }

    /// Tells of a stage that does not move.
    pub(crate) fn stalled(&self, stall: &Stall) {
        warn!(target: "primestream", parent: &self.stages[stall.stage].span, time = ?stall.time, "stalled");
    }

    /// Tells what was set otherwise, and why.
    pub(crate) fn adjusted(&self, made: &Adjustment) {
        let Adjustment { stage, knob, from, to, reason, .. } = made;
        let span = &self.stages[*stage].span;
        info!(target: "primestream", parent: span, %knob, from, to, %reason, "adjusted");
    }

    /// Tells how it went.
    pub(crate) fn ended(&self, outcome: &Result<Report, PipelineError>) {
        let report = outcome.as_ref().unwrap_or_else(PipelineError::report);
        if let Err(error) = outcome {
            let span = error.stage().map_or(&self.run, |(stage, _)| &self.stages[stage].span);
            error!(target: "primestream", parent: span, %error, "failed");
        }
        let (items_in, items_out, elapsed) = (report.items_in(), report.items_out(), report.elapsed());
        info!(target: "primestream", parent: &self.run, items_in, items_out, ?elapsed, "ended");
    }
}
