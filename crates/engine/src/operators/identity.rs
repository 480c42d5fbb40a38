//! The chain of no steps.

use std::marker::PhantomData;

use crate::checkpoint::Memory;
use crate::error::{Interrupt, Outcome};
use crate::operator::{Emit, Operator};

/// Passes items on as they are.
#[derive(Debug)]
pub struct Identity<T>(PhantomData<fn(T) -> T>);

impl<T> Default for Identity<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Send + 'static> Operator for Identity<T> {
    type In = T;
    type Out = T;

    #[inline(always)]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        out.emit(item)
    }

    #[inline(always)]
    fn on_many(
        &mut self,
        items: &mut impl Iterator<Item = T>,
        (count, made): (usize, Option<&mut u64>),
        out: &mut impl Emit<T>,
    ) -> Option<Result<bool, Interrupt>> {
        out.emit_many(items, count, made)
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn name(&self) -> &'static str {
        "identity"
    }

    fn describe(&self, _: &mut Vec<&'static str>) {}

    fn places(&self, names: &mut Vec<&'static str>) {
        names.push("");
    }
}
