//! Items made of an item and of what came before it.
//!
//! The right step where one running value is enough (sums, differences, numbering with gaps). It runs in
//! one lane; what can be computed from an item alone belongs into a `map` in lanes before it.

use std::marker::PhantomData;

use crate::checkpoint::{Keep, Memory, Restorer, Saver, memory_of};
use crate::error::{CheckpointError, Interrupt, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Applies a function to a running value and each item, until it makes nothing; then it ends the
/// pipeline. Preserves order. Holds the running value, which is the caller's and does not count towards
/// the budget. On the end emits nothing.
pub struct Scan<T, A, F> {
    /// How what it remembers is written, if it is to be kept.
    pub(crate) keep: Option<Keep<A>>,
    running: A,
    f: F,
    is_done: bool,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, A, F> Scan<T, A, F> {
    pub(crate) fn new(initial: A, f: F) -> Self {
        Self { keep: None, running: initial, f, is_done: false, filtered: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static, U: Send + 'static, A, F> Operator for Scan<T, A, F>
where
    A: Send + 'static,
    F: FnMut(&mut A, T) -> Option<U> + Send + 'static,
{
    type In = T;
    type Out = U;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<U>) -> Outcome {
        let made = if self.is_done { None } else { (self.f)(&mut self.running, item) };
        let Some(made) = made else {
            self.is_done = true;
            self.filtered += 1;
            return Err(Interrupt::Done);
        };
        out.emit(made)
    }

    fn memory(&self) -> Memory {
        memory_of(self.keep)
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        let Some(keep) = self.keep else { return Ok(()) };
        keep.save(to, "scan", &self.running)?;
        to.put_number("scan", self.is_done.into());
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let Some(keep) = self.keep else { return Ok(()) };
        if let Some(running) = keep.take(from, "scan")? {
            self.running = running;
            self.is_done = from.take_number("scan")?.is_some_and(|it| it != 0);
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        "scan"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }
}
