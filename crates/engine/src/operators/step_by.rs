//! Every so manieth item.

use std::marker::PhantomData;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Passes on the first item and then every `step`th behind it. Preserves order; holds nothing.
pub struct StepBy<T> {
    step: u64,
    /// Items to leave out before the next one that passes.
    left: u64,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T> StepBy<T> {
    pub(crate) fn new(step: u64) -> Self {
        assert!(step > 0, "a step leads to another item");
        Self { step, left: 0, filtered: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static> Operator for StepBy<T> {
    type In = T;
    type Out = T;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        if self.left > 0 {
            self.left -= 1;
            self.filtered += 1;
            return Ok(());
        }
        self.left = self.step - 1;
        out.emit(item)
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        to.put_number("step_by", self.left);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.left = from.take_number("step_by")?.unwrap_or(self.left);
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new(self.step)
    }

    fn name(&self) -> &'static str {
        "step_by"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }
}
