//! Makes an item of some and leaves out the others.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};

/// Applies a function and keeps what it makes of an item, if anything. Preserves order; holds nothing.
pub struct FilterMap<T, F> {
    f: Arc<F>,
    takes: PhantomData<fn(T)>,
}

impl<T, F> FilterMap<T, F> {
    pub(crate) fn new(f: F) -> Self {
        Self { f: Arc::new(f), takes: PhantomData }
    }
}

impl<T: Send + 'static, U: Send + 'static, F> Operator for FilterMap<T, F>
where
    F: Fn(T) -> Option<U> + Send + Sync + 'static,
{
    type In = T;
    type Out = U;

    #[inline(always)]
    fn on_item(&mut self, item: T, out: &mut impl Emit<U>) -> Outcome {
        (self.f)(item).map_or(Ok(()), |made| out.emit(made))
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self { f: Arc::clone(&self.f), takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "filter_map"
    }

    fn leaves_out(&self) -> bool {
        true
    }
}
