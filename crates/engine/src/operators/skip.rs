//! All but the first items.

use std::marker::PhantomData;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Leaves out the first items. Preserves order; holds nothing.
pub struct Skip<T> {
    count: u64,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T> Skip<T> {
    pub(crate) fn new(count: u64) -> Self {
        Self { count, filtered: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static> Operator for Skip<T> {
    type In = T;
    type Out = T;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        if self.filtered < self.count {
            self.filtered += 1;
            Ok(())
        } else {
            out.emit(item)
        }
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        to.put_number("skip", self.count - self.filtered);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.count = from.take_number("skip")?.unwrap_or(self.count);
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new(self.count)
    }

    fn name(&self) -> &'static str {
        "skip"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }
}
