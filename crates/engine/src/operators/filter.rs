//! Keeps the items a predicate accepts.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};

/// Keeps the items a predicate accepts. Preserves order; holds nothing.
pub struct Filter<T, F> {
    keep: Arc<F>,
    takes: PhantomData<fn(T)>,
}

impl<T, F> Filter<T, F> {
    pub(crate) fn new(keep: F) -> Self {
        Self { keep: Arc::new(keep), takes: PhantomData }
    }
}

impl<T: Send + 'static, F> Operator for Filter<T, F>
where
    F: Fn(&T) -> bool + Send + Sync + 'static,
{
    type In = T;
    type Out = T;

    #[inline(always)]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        if (self.keep)(&item) { out.emit(item) } else { Ok(()) }
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self { keep: Arc::clone(&self.keep), takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "filter"
    }

    fn leaves_out(&self) -> bool {
        true
    }
}
