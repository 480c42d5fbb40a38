//! The items before the first that a predicate refuses, and then the end.

use std::marker::PhantomData;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Interrupt, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Passes on items until a predicate refuses one, and then ends the pipeline. Preserves order; holds
/// nothing.
pub struct TakeWhile<T, F> {
    keep: F,
    is_done: bool,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, F> TakeWhile<T, F> {
    pub(crate) fn new(keep: F) -> Self {
        Self { keep, is_done: false, filtered: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static, F> Operator for TakeWhile<T, F>
where
    F: FnMut(&T) -> bool + Send + 'static,
{
    type In = T;
    type Out = T;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        if self.is_done || !(self.keep)(&item) {
            self.is_done = true;
            self.filtered += 1;
            return Err(Interrupt::Done);
        }
        out.emit(item)
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        to.put_number("take_while", self.is_done.into());
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.is_done = from.take_number("take_while")?.is_some_and(|it| it != 0);
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        "take_while"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }
}
