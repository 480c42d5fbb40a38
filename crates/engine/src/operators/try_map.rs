//! One item in, one out or an error.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::Memory;
use crate::error::{BoxError, Interrupt, Outcome};
use crate::operator::{Emit, Fails, Operator};

/// Applies a function that may fail to each item. Preserves order; holds nothing.
pub struct TryMap<T, F> {
    f: Arc<F>,
    takes: PhantomData<fn(T)>,
}

impl<T, F> TryMap<T, F> {
    pub(crate) fn new(f: F) -> Self {
        Self { f: Arc::new(f), takes: PhantomData }
    }
}

impl<T: Send + 'static, U: Send + 'static, E, F> Operator for TryMap<T, F>
where
    F: Fn(T) -> Result<U, E> + Send + Sync + 'static,
    E: Into<BoxError> + 'static,
{
    type In = T;
    type Out = U;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<U>) -> Outcome {
        match (self.f)(item) {
            Ok(made) => out.emit(made),
            Err(error) => Err(Interrupt::failed("try_map", error)),
        }
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self { f: Arc::clone(&self.f), takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "try_map"
    }
}

impl<T: Send + 'static, U: Send + 'static, E, F> Fails for TryMap<T, F>
where
    F: Fn(T) -> Result<U, E> + Send + Sync + 'static,
    E: Into<BoxError> + 'static,
{
}
