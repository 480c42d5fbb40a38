//! Each item with what a predicate says of it, for two ways on.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};

/// Emits what a predicate says of each item, and the item. Preserves order; holds nothing.
pub struct Judge<T, F> {
    accepts: Arc<F>,
    takes: PhantomData<fn(T)>,
}

impl<T, F> Judge<T, F> {
    pub(crate) fn new(accepts: F) -> Self {
        Self { accepts: Arc::new(accepts), takes: PhantomData }
    }
}

impl<T: Send + 'static, F> Operator for Judge<T, F>
where
    F: Fn(&T) -> bool + Send + Sync + 'static,
{
    type In = T;
    type Out = (bool, T);

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<(bool, T)>) -> Outcome {
        let is_accepted = (self.accepts)(&item);
        out.emit((is_accepted, item))
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self { accepts: Arc::clone(&self.accepts), takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "partition"
    }
}
