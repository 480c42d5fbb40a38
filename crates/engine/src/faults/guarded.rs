//! A step with a policy for the items that fail in it.
//!
//! The step's output is shielded, so that a failure further down the chain, which unwinds through
//! here, is not taken for its own: the guard is *active* only while the step itself runs.

use super::on_error::{DeadLetter, OnError};
use crate::error::{Cause, Interrupt, ItemError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::time::EventTime;

/// A step with a policy for the items that fail in it, by an error or by a panic.
pub struct Guarded<O: Operator> {
    step: O,
    policy: OnError<O::In>,
    /// The item in hand, where the policy wants it back.
    kept: Option<O::In>,
    active: bool,
    skipped: u64,
    dead: u64,
}

impl<O: Operator> Guarded<O> {
    pub(crate) fn new(step: O, policy: OnError<O::In>) -> Self {
        Self { step, policy, kept: None, active: false, skipped: 0, dead: 0 }
    }

    /// Does what the policy says with the item in hand.
    #[cold]
    fn settle(&mut self, error: ItemError) -> Outcome {
        let position = error.position().unwrap_or(0);
        match (&self.policy, self.kept.take()) {
            (OnError::Skip, _) => self.skipped += 1,
            (OnError::DeadLetter(letterbox), Some(item)) => {
                letterbox.post(DeadLetter { item, step: self.step.name(), position, error, attempts: 1 })?;
                self.dead += 1;
            }
            (OnError::Stop | OnError::DeadLetter(_), _) => return Err(Interrupt::Item(Box::new(error))),
        }
        Ok(())
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
}

impl<O: Operator> Operator for Guarded<O> {
    type In = O::In;
    type Out = O::Out;

    #[inline]
    fn on_item(&mut self, item: O::In, out: &mut impl Emit<O::Out>) -> Outcome {
        if let OnError::DeadLetter(letterbox) = &self.policy {
            self.kept = Some(letterbox.keep(&item));
        }
        self.active = true;
        let outcome = self.step.on_item(item, &mut Shield { active: &mut self.active, out });
        let own = std::mem::take(&mut self.active);
        match outcome {
            Err(Interrupt::Item(error)) if own => self.settle(error.at(out.position())),
            other => other,
        }
    }

    #[inline(always)]
    fn on_run(&mut self) {
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

    fn on_panic(&mut self, message: &str, position: u64) -> Option<Outcome> {
        if std::mem::take(&mut self.active) {
            let error = ItemError::new(self.step.name(), Cause::Panicked(message.to_owned()));
            return Some(self.settle(error.at(position)));
        }
        self.step.on_panic(message, position)
    }

    fn fork(&self) -> Self {
        Self::new(self.step.fork(), self.policy.clone())
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
        let mut tally = self.step.tally();
        tally += Tally { skipped: self.skipped, dead: self.dead, ..Tally::default() };
        tally
    }

    fn held_bytes(&self) -> usize {
        self.step.held_bytes()
    }
}
