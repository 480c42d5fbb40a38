//! Each item twice, for two ways on.

use std::marker::PhantomData;

use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};

/// Emits each item with a clone of it. Preserves order; holds nothing.
pub struct Duplicate<T>(PhantomData<fn(T)>);

impl<T> Default for Duplicate<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Clone + Send + 'static> Operator for Duplicate<T> {
    type In = T;
    type Out = (T, T);

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<(T, T)>) -> Outcome {
        let copy = item.clone();
        out.emit((item, copy))
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn name(&self) -> &'static str {
        "branch"
    }
}
