//! A step with policies for the items that fail in it.
//!
//! The step's output is shielded, so that a failure further down the chain, which unwinds through
//! here, is not taken for its own: the guard is *active* only while the step itself runs.

use std::collections::VecDeque;
use std::time::Duration;

use super::policy::{Attempt, Policies, Verdict};
use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{Cause, CheckpointError, Interrupt, ItemError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::time::EventTime;

/// A step with policies for the items that fail in it, by an error or by a panic.
pub struct Guarded<O: Operator> {
    step: O,
    pub(crate) policies: Policies<O::In, O::Out>,
    /// The item in hand, where a policy wants it back, and how often it was tried.
    in_hand: Option<(Option<O::In>, Attempt)>,
    active: bool,
    /// That there are no policies: looked up once for a run of items instead of for each.
    is_plain: bool,
    /// Items that are to be tried, the first of them again; the others came while it waited.
    waiting: VecDeque<Waiting<O::In>>,
}

struct Waiting<T> {
    item: Option<T>,
    attempt: Attempt,
    due: Duration,
    /// How it failed, where that is not dealt with yet.
    error: Option<ItemError>,
}

impl<O: Operator> Guarded<O> {
    pub(crate) fn new(step: O) -> Self {
        Self::with(step, Policies::default())
    }

    fn with(step: O, policies: Policies<O::In, O::Out>) -> Self {
        Self { step, policies, in_hand: None, active: false, is_plain: false, waiting: VecDeque::new() }
    }

    /// Returns the step itself.
    #[cfg(feature = "stateful")]
    pub(crate) fn step_mut(&mut self) -> &mut O {
        &mut self.step
    }

    /// Gives the step an item.
    #[inline]
    fn attempt(&mut self, item: O::In, attempt: Attempt, out: &mut impl Emit<O::Out>) -> Outcome {
        let kept = self.policies.keep(&item);
        if let Err(error) = self.policies.admit(self.step.name(), || out.now()) {
            return self.settle(kept, attempt, error, out);
        }
        self.in_hand = Some((kept, attempt));
        self.active = true;
        let outcome = self.step.on_item(item, &mut Shield { active: &mut self.active, out });
        let own = std::mem::take(&mut self.active);
        match (outcome, self.in_hand.take()) {
            (Err(Interrupt::Item(error)), Some((kept, attempt))) if own => {
                self.settle(kept, attempt, *error, out)
            }
            (outcome, _) => {
                self.policies.succeeded(|| out.now());
                outcome
            }
        }
    }

    /// Gives the step an item that no policy asks for: nothing of it is kept, so that it stays in registers.
    #[inline]
    fn attempt_only(&mut self, item: O::In, out: &mut impl Emit<O::Out>) -> Outcome {
        self.active = true;
        let outcome = self.step.on_item(item, &mut Shield { active: &mut self.active, out });
        match outcome {
            Err(Interrupt::Item(error)) if std::mem::take(&mut self.active) => {
                let attempt = Attempt { position: out.position(), number: 1, began: Duration::ZERO };
                self.settle(None, attempt, *error, out)
            }
            outcome => outcome,
        }
    }

    /// Does what the policies say with an item that failed.
    #[cold]
    fn settle(
        &mut self,
        item: Option<O::In>,
        mut attempt: Attempt,
        error: ItemError,
        out: &mut impl Emit<O::Out>,
    ) -> Outcome {
        match self.policies.failed((item, error), &attempt, (out.stage(), out.now()))? {
            Verdict::Again(item, due) => {
                attempt.number += 1;
                self.waiting.push_front(Waiting { item: Some(item), attempt, due, error: None });
                Ok(())
            }
            Verdict::Replaced(replacement) => out.emit(replacement),
            Verdict::Gone => Ok(()),
        }
    }
}

/// The output of a guarded step: what runs behind it is not its fault.
struct Shield<'a, E> {
    active: &'a mut bool,
    out: &'a mut E,
}

impl<T, E: Emit<T>> Emit<T> for Shield<'_, E> {
    #[inline]
    fn emit(&mut self, item: T) -> Outcome {
        *self.active = false;
        self.out.emit(item)?;
        *self.active = true;
        Ok(())
    }

    #[inline]
    fn position(&self) -> u64 {
        self.out.position()
    }

    fn now(&self) -> Duration {
        self.out.now()
    }

    fn stage(&self) -> &str {
        self.out.stage()
    }

    fn is_stopping(&self) -> bool {
        self.out.is_stopping()
    }

    #[inline]
    fn is_busy(&self) -> bool {
        self.out.is_busy()
    }
}

impl<O: Operator> Operator for Guarded<O> {
    type In = O::In;
    type Out = O::Out;

    #[inline]
    fn on_item(&mut self, item: O::In, out: &mut impl Emit<O::Out>) -> Outcome {
        if self.is_plain || self.policies.are_none() {
            return self.attempt_only(item, out);
        }
        let needs_time = self.policies.retry.is_some();
        let began = if needs_time { out.now() } else { Duration::ZERO };
        let attempt = Attempt { position: out.position(), number: 1, began };
        if self.waiting.is_empty() {
            return self.attempt(item, attempt, out);
        }
        self.waiting.push_back(Waiting { item: Some(item), attempt, due: Duration::ZERO, error: None });
        Ok(())
    }

    #[inline(always)]
    fn on_run(&mut self) {
        self.is_plain = self.policies.are_none();
        self.step.on_run();
    }

    fn on_flush(&mut self, out: &mut impl Emit<O::Out>) -> Outcome {
        self.step.on_flush(out)
    }

    fn on_watermark(&mut self, at: EventTime, out: &mut impl Emit<O::Out>) -> Outcome {
        self.step.on_watermark(at, out)
    }

    fn on_end(&mut self, out: &mut impl Emit<O::Out>) -> Outcome {
        self.step.on_end(out)
    }

    fn on_barrier(&mut self, out: &mut impl Emit<O::Out>) -> Outcome {
        self.step.on_barrier(out)
    }

    fn memory(&self) -> Memory {
        self.step.memory()
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        self.step.save(to)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.step.resume(from)
    }

    #[inline]
    fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || self.step.is_busy()
    }

    fn due(&self) -> Option<Duration> {
        self.step.due().into_iter().chain(self.waiting.front().map(|first| first.due)).min()
    }

    fn on_time(&mut self, out: &mut impl Emit<O::Out>) -> Outcome {
        if self.step.is_busy() {
            // What it holds is no longer an item that could be tried again.
            self.step.on_time(out)?;
        }
        while self.waiting.front().is_some_and(|first| first.due <= out.now()) && !out.is_busy() {
            let Some(Waiting { item, attempt, error, .. }) = self.waiting.pop_front() else { break };
            match (item, error) {
                (item, Some(error)) => self.settle(item, attempt, error, out)?,
                (Some(item), None) => self.attempt(item, attempt, out)?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn on_panic(&mut self, message: &str, position: u64) -> Option<Outcome> {
        if std::mem::take(&mut self.active)
            && let Some((item, attempt)) = self.in_hand.take()
        {
            let error = ItemError::new(self.step.name(), Cause::Panicked(message.to_owned()));
            // What is emitted in its place must wait until there is somewhere to emit to.
            self.waiting.push_front(Waiting { item, attempt, due: Duration::ZERO, error: Some(error) });
            return Some(Ok(()));
        }
        self.step.on_panic(message, position)
    }

    fn fork(&self) -> Self {
        Self::with(self.step.fork(), self.policies.fork())
    }

    fn name(&self) -> &'static str {
        self.step.name()
    }

    fn describe(&self, steps: &mut Vec<&'static str>) {
        self.step.describe(steps);
    }

    fn leaves_out(&self) -> bool {
        self.step.leaves_out()
    }

    fn tally(&self) -> Tally {
        let counts = self.policies.counts;
        let mut tally = self.step.tally();
        tally += Tally {
            skipped: counts.skipped,
            dead: counts.dead,
            retried: counts.retried,
            exhausted: counts.exhausted,
            errors: counts.errors,
            held: self.waiting.len() as u64,
            ..Tally::default()
        };
        tally
    }

    fn held_bytes(&self) -> usize {
        self.step.held_bytes()
    }
}
