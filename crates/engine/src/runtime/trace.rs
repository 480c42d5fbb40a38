//! What a run does, as spans and events of the crate `tracing`: off unless the feature of that name is on.
//!
//! A run is a span `pipeline`, each of its stages a span `stage` in it, entered for the time of a step, so
//! that events of the user's functions are found in their stage. Events tell what is rare: failures, items
//! given up, memory, stalls, what is set while it runs, a cancellation, and the end. The target of all is `primestream`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing::dispatcher::{self, DefaultGuard};
use tracing::span::EnteredSpan;
use tracing::{Dispatch, Span, error, info, info_span, warn};

use super::failure::{Failure, PipelineError};
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
    /// How many items it had given up when it was last looked at, and what had become of all.
    told: AtomicU64,
    known: Mutex<Tally>,
}

impl Trace {
    /// Makes the spans, within the one that the caller is in.
    pub(crate) fn new(plan: &Plan) -> Self {
        let run = info_span!(target: "primestream", "pipeline", stages = plan.stages().len());
        let staged = |(index, stage): (usize, &StagePlan)| {
            let (name, lanes) = (&*stage.name, stage.lanes);
            let span = info_span!(target: "primestream", parent: &run, "stage", index, name, lanes);
            Staged { span, told: AtomicU64::new(0), known: Mutex::default() }
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

    /// Tells of items that a stage has given up in a step. What became of all its items is asked for only
    /// if there are any.
    pub(crate) fn stepped(
        &self,
        stage: usize,
        given_up: impl FnOnce() -> u64,
        tally: impl FnOnce() -> Tally,
    ) {
        let Staged { span, told, known } = &self.stages[stage];
        if span.is_disabled() || told.load(Ordering::Relaxed) == given_up() {
            return;
        }
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tally();
        let before = std::mem::replace(&mut *known, tally);
        told.store(tally.given_up(), Ordering::Relaxed);
        let (skipped, dead) = (tally.skipped - before.skipped, tally.dead - before.dead);
        let exhausted = tally.exhausted - before.exhausted;
        if skipped + dead == 0 {
            return; // another thread has told of them
        }
        if exhausted > 0 {
            warn!(target: "primestream", parent: span, skipped, dead, exhausted, "items given up, retries exhausted");
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
        match outcome {
            Ok(_) => {}
            Err(error) if matches!(error.failure(), Failure::Cancelled) => {
                info!(target: "primestream", parent: &self.run, "cancelled");
            }
            Err(error) => {
                let span = error.stage().map_or(&self.run, |(stage, _)| &self.stages[stage].span);
                error!(target: "primestream", parent: span, %error, "failed");
            }
        }
        let (items_in, items_out, elapsed) = (report.items_in(), report.items_out(), report.elapsed());
        info!(target: "primestream", parent: &self.run, items_in, items_out, ?elapsed, "ended");
    }
}
