//! The first item a predicate accepts, and then the end.

use super::{Never, Slot, put};
use crate::error::{Interrupt, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Looks for the first item a predicate accepts, which it hands out at the end; having found it, it ends
/// the pipeline. Holds that item, which is the caller's and does not count towards the budget.
pub struct Find<T, F> {
    name: &'static str,
    is_wanted: F,
    found: Option<T>,
    passed: u64,
    slot: Slot<Option<T>>,
}

impl<T, F> Find<T, F> {
    pub(crate) fn new(name: &'static str, is_wanted: F, slot: Slot<Option<T>>) -> Self {
        Self { name, is_wanted, found: None, passed: 0, slot }
    }
}

impl<T: Send + 'static, F> Operator for Find<T, F>
where
    F: FnMut(&T) -> bool + Send + 'static,
{
    type In = T;
    type Out = Never;

    #[inline]
    fn on_item(&mut self, item: T, _: &mut impl Emit<Never>) -> Outcome {
        if self.found.is_none() && (self.is_wanted)(&item) {
            self.found = Some(item);
        }
        self.passed += 1;
        if self.found.is_some() { Err(Interrupt::Done) } else { Ok(()) }
    }

    fn on_end(&mut self, _: &mut impl Emit<Never>) -> Outcome {
        put(&self.slot, self.found.take());
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("an end has one lane")
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn tally(&self) -> Tally {
        Tally { passed: self.passed, ..Tally::default() }
    }
}
