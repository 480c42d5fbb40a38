//! One value of all items.

use std::marker::PhantomData;

use super::{Never, Slot, put};
use crate::checkpoint::{Keep, Memory, Restorer, Saver, memory_of};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Combines all items into one value, which it hands out at the end.
pub struct Fold<T, A, F> {
    /// `None` only while a function that takes it has it, or after that panicked.
    gathered: Option<A>,
    combine: F,
    /// How the value is written, if it is to be kept.
    pub(crate) keep: Option<Keep<A>>,
    /// The value in the end, as it is written.
    last: Option<Vec<u8>>,
    passed: u64,
    slot: Slot<A>,
    takes: PhantomData<fn(T)>,
}

impl<T, A, F> Fold<T, A, F> {
    pub(crate) fn new(initial: A, combine: F, slot: Slot<A>) -> Self {
        Self { gathered: Some(initial), combine, keep: None, last: None, passed: 0, slot, takes: PhantomData }
    }
}

impl<T, A, F> Fold<T, A, F> {
    /// Lets checkpoints hold the value.
    pub(crate) fn kept(self, keep: Keep<A>) -> Self {
        Self { keep: Some(keep), ..self }
    }
}

impl<T: Send + 'static, A, F> Operator for Fold<T, A, F>
where
    A: Send + 'static,
    F: FnMut(&mut Option<A>, T) + Send + 'static,
{
    type In = T;
    type Out = Never;

    #[inline(always)]
    fn on_item(&mut self, item: T, _: &mut impl Emit<Never>) -> Outcome {
        (self.combine)(&mut self.gathered, item);
        self.passed += 1;
        Ok(())
    }

    #[inline(always)]
    fn on_run(&mut self) {
        // Written anew, so that the compiler knows it is there and adds up in a register.
        let gathered = self.gathered.take().expect(STILL_THERE);
        self.gathered = Some(gathered);
    }

    fn on_end(&mut self, _: &mut impl Emit<Never>) -> Outcome {
        if let Some(all) = self.gathered.take() {
            self.last = self.keep.map(|keep| keep.bytes("fold", &all)).transpose()?;
            put(&self.slot, all);
        }
        Ok(())
    }

    fn memory(&self) -> Memory {
        memory_of(self.keep)
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        let Some(keep) = self.keep else { return Ok(()) };
        match self.last.take() {
            Some(last) => to.put_bytes("fold", last),
            None => keep.save(to, "fold", self.gathered.as_ref().expect(STILL_THERE))?,
        }
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let Some(keep) = self.keep else { return Ok(()) };
        if let Some(gathered) = keep.take(from, "fold")? {
            if from.has_ended() {
                put(&self.slot, gathered);
            } else {
                self.gathered = Some(gathered);
            }
        }
        Ok(())
    }

    fn commits(&mut self) -> Option<bool> {
        Some(true) // it is a value, and nobody has it before the end
    }

    fn fork(&self) -> Self {
        unreachable!("an end has one lane")
    }

    fn name(&self) -> &'static str {
        "fold"
    }

    fn tally(&self) -> Tally {
        Tally { passed: self.passed, ..Tally::default() }
    }
}

/// Makes a step of a fold of a function that takes what was gathered and gives it back.
pub(crate) fn moved<T, A>(mut combine: impl FnMut(A, T) -> A) -> impl FnMut(&mut Option<A>, T) {
    move |gathered, item| *gathered = Some(combine(gathered.take().expect(STILL_THERE), item))
}

/// Makes a step of a fold of a function that changes what was gathered.
pub(crate) fn lent<T, A>(mut add: impl FnMut(&mut A, T)) -> impl FnMut(&mut Option<A>, T) {
    move |gathered, item| add(gathered.as_mut().expect(STILL_THERE), item)
}

/// Why what was gathered is there for the next item.
const STILL_THERE: &str = "a panic of the user's function ends the fold";
