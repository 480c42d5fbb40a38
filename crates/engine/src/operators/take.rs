//! The first items, and then the end.

use std::marker::PhantomData;

use crate::error::{Interrupt, Outcome};
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
