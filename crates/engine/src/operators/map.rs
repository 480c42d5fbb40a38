//! One item in, one out.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};

/// Applies a function to each item. Preserves order; holds nothing.
pub struct Map<T, F> {
    f: Arc<F>,
    takes: PhantomData<fn(T)>,
}

impl<T, F> Map<T, F> {
    pub(crate) fn new(f: F) -> Self {
        Self { f: Arc::new(f), takes: PhantomData }
    }
}

impl<T: Send + 'static, U: Send + 'static, F> Operator for Map<T, F>
where
    F: Fn(T) -> U + Send + Sync + 'static,
{
    type In = T;
    type Out = U;

    #[inline(always)]
    fn on_item(&mut self, item: T, out: &mut impl Emit<U>) -> Outcome {
        out.emit((self.f)(item))
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self { f: Arc::clone(&self.f), takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "map"
    }
}
