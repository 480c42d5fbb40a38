//! What a function makes of the items, until it makes nothing.

use std::marker::PhantomData;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Interrupt, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Applies a function to each item until it makes nothing of one, and then ends the pipeline. Preserves
/// order; holds nothing.
pub struct MapWhile<T, F> {
    f: F,
    is_done: bool,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, F> MapWhile<T, F> {
    pub(crate) fn new(f: F) -> Self {
        Self { f, is_done: false, filtered: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static, U: Send + 'static, F> Operator for MapWhile<T, F>
where
    F: FnMut(T) -> Option<U> + Send + 'static,
{
    type In = T;
    type Out = U;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<U>) -> Outcome {
        let made = if self.is_done { None } else { (self.f)(item) };
        let Some(made) = made else {
            self.is_done = true;
            self.filtered += 1;
            return Err(Interrupt::Done);
        };
        out.emit(made)
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        to.put_number("map_while", self.is_done.into());
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.is_done = from.take_number("map_while")?.is_some_and(|it| it != 0);
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        "map_while"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }
}
