//! Items with their index.

use std::marker::PhantomData;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};

/// Puts the index, from 0, before each item. Preserves order; holds nothing.
pub struct Enumerate<T> {
    next: u64,
    takes: PhantomData<fn(T)>,
}

impl<T> Enumerate<T> {
    pub(crate) fn new() -> Self {
        Self { next: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static> Operator for Enumerate<T> {
    type In = T;
    type Out = (u64, T);

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<(u64, T)>) -> Outcome {
        let index = self.next;
        self.next += 1;
        out.emit((index, item))
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        to.put_number("enumerate", self.next);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.next = from.take_number("enumerate")?.unwrap_or(self.next);
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new()
    }

    fn name(&self) -> &'static str {
        "enumerate"
    }
}
