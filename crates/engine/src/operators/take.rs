//! The first items, and then the end.

use std::marker::PhantomData;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Interrupt, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Passes on the first items and then ends the pipeline. Preserves order; holds nothing.
pub struct Take<T> {
    count: u64,
    left: u64,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T> Take<T> {
    pub(crate) fn new(count: u64) -> Self {
        Self { count, left: count, filtered: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static> Operator for Take<T> {
    type In = T;
    type Out = T;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        if self.left == 0 {
            self.filtered += 1;
            return Err(Interrupt::Done);
        }
        self.left -= 1;
        out.emit(item)?;
        if self.left == 0 { Err(Interrupt::Done) } else { Ok(()) }
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        to.put_number("take", self.left);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.left = from.take_number("take")?.unwrap_or(self.left);
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new(self.count)
    }

    fn name(&self) -> &'static str {
        "take"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }
}
