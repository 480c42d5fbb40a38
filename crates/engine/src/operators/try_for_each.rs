//! A call for each item that may fail, and then the pipeline stops.

use std::marker::PhantomData;

use super::Never;
use crate::checkpoint::Memory;
use crate::error::{BoxError, Outcome, SinkError};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Calls a function with each item until one call fails.
pub struct TryForEach<T, F> {
    f: F,
    passed: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, F> TryForEach<T, F> {
    pub(crate) fn new(f: F) -> Self {
        Self { f, passed: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static, E, F> Operator for TryForEach<T, F>
where
    F: FnMut(T) -> Result<(), E> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    type In = T;
    type Out = Never;

    #[inline]
    fn on_item(&mut self, item: T, _: &mut impl Emit<Never>) -> Outcome {
        (self.f)(item).map_err(SinkError::new)?;
        self.passed += 1;
        Ok(())
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn commits(&mut self) -> Option<bool> {
        Some(false)
    }

    fn fork(&self) -> Self {
        unreachable!("an end has one lane")
    }

    fn name(&self) -> &'static str {
        "sink"
    }

    fn tally(&self) -> Tally {
        Tally { passed: self.passed, ..Tally::default() }
    }
}
