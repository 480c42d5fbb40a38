//! All items in one collection.

use super::{Never, Slot, put};
use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Gathers all items in a collection, which it hands out at the end. The collection is the caller's and
/// does not count towards the budget.
pub struct Collect<T, C> {
    gathered: C,
    /// Items since the last flush: extending by many is cheaper than by one.
    fresh: Vec<T>,
    passed: u64,
    slot: Slot<C>,
}

impl<T, C: Default> Collect<T, C> {
    pub(crate) fn new(slot: Slot<C>) -> Self {
        Self { gathered: C::default(), fresh: Vec::new(), passed: 0, slot }
    }
}

impl<T, C> Operator for Collect<T, C>
where
    T: Send + 'static,
    C: Extend<T> + Default + Send + 'static,
{
    type In = T;
    type Out = Never;

    #[inline]
    fn on_item(&mut self, item: T, _: &mut impl Emit<Never>) -> Outcome {
        self.fresh.push(item);
        self.passed += 1;
        Ok(())
    }

    fn on_flush(&mut self, _: &mut impl Emit<Never>) -> Outcome {
        self.gathered.extend(self.fresh.drain(..));
        Ok(())
    }

    fn on_end(&mut self, out: &mut impl Emit<Never>) -> Outcome {
        self.on_flush(out)?;
        put(&self.slot, std::mem::take(&mut self.gathered));
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("an end has one lane")
    }

    fn name(&self) -> &'static str {
        "collect"
    }

    fn tally(&self) -> Tally {
        Tally { passed: self.passed, ..Tally::default() }
    }
}
