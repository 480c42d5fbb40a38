//! The items from the first on that a predicate refuses to skip.

use std::marker::PhantomData;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Leaves out items until a predicate refuses one; that one and all behind it are passed on. Preserves
/// order; holds nothing.
pub struct SkipWhile<T, F> {
    skip: F,
    has_begun: bool,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, F> SkipWhile<T, F> {
    pub(crate) fn new(skip: F) -> Self {
        Self { skip, has_begun: false, filtered: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static, F> Operator for SkipWhile<T, F>
where
    F: FnMut(&T) -> bool + Send + 'static,
{
    type In = T;
    type Out = T;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        if !self.has_begun {
            if (self.skip)(&item) {
                self.filtered += 1;
                return Ok(());
            }
            self.has_begun = true;
        }
        out.emit(item)
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        to.put_number("skip_while", self.has_begun.into());
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.has_begun = from.take_number("skip_while")?.is_some_and(|it| it != 0);
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        "skip_while"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }
}
