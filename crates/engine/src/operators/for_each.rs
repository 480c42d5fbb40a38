//! A call for each item, and no result.

use std::marker::PhantomData;

use super::Never;
use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Calls a function with each item.
pub struct ForEach<T, F> {
    f: F,
    passed: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, F> ForEach<T, F> {
    pub(crate) fn new(f: F) -> Self {
        Self { f, passed: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static, F> Operator for ForEach<T, F>
where
    F: FnMut(T) + Send + 'static,
{
    type In = T;
    type Out = Never;

    #[inline]
    fn on_item(&mut self, item: T, _: &mut impl Emit<Never>) -> Outcome {
        (self.f)(item);
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
        "for_each"
    }

    fn tally(&self) -> Tally {
        Tally { passed: self.passed, ..Tally::default() }
    }
}
