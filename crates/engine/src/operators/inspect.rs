//! Looks at each item on its way.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};

/// Calls a function with each item and passes it on. Preserves order; holds nothing.
pub struct Inspect<T, F> {
    look: Arc<F>,
    takes: PhantomData<fn(T)>,
}

impl<T, F> Inspect<T, F> {
    pub(crate) fn new(look: F) -> Self {
        Self { look: Arc::new(look), takes: PhantomData }
    }
}

impl<T: Send + 'static, F> Operator for Inspect<T, F>
where
    F: Fn(&T) + Send + Sync + 'static,
{
    type In = T;
    type Out = T;

    #[inline(always)]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        (self.look)(&item);
        out.emit(item)
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self { look: Arc::clone(&self.look), takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "inspect"
    }
}
