//! One value of the items of each lane.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Combines the items of a lane into one value and emits it on the end. Holds that value.
pub struct Aggregate<T, A, F> {
    initial: A,
    /// `None` only while the user's function has it, or after that panicked.
    gathered: Option<A>,
    combine: Arc<F>,
    absorbed: u64,
    created: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, A: Clone, F> Aggregate<T, A, F> {
    fn with(initial: A, combine: Arc<F>) -> Self {
        let gathered = Some(initial.clone());
        Self { initial, gathered, combine, absorbed: 0, created: 0, takes: PhantomData }
    }

    pub(crate) fn new(initial: A, combine: F) -> Self {
        Self::with(initial, Arc::new(combine))
    }
}

impl<T: Send + 'static, A, F> Operator for Aggregate<T, A, F>
where
    A: Clone + Weigh + Send + 'static,
    F: Fn(A, T) -> A + Send + Sync + 'static,
{
    type In = T;
    type Out = A;

    #[inline(always)]
    fn on_item(&mut self, item: T, _: &mut impl Emit<A>) -> Outcome {
        let before = self.gathered.take().expect("a panic of the user's function ends the pipeline");
        self.gathered = Some((self.combine)(before, item));
        self.absorbed += 1;
        Ok(())
    }

    #[inline(always)]
    fn on_run(&mut self) {
        // Written anew, so that the compiler knows it is there and adds up in a register.
        let gathered = self.gathered.take().expect("a panic of the user's function ends the pipeline");
        self.gathered = Some(gathered);
    }

    fn on_end(&mut self, out: &mut impl Emit<A>) -> Outcome {
        match self.gathered.take() {
            Some(all) => {
                self.created += 1;
                out.emit(all)
            }
            None => Ok(()),
        }
    }

    fn fork(&self) -> Self {
        Self::with(self.initial.clone(), Arc::clone(&self.combine))
    }

    fn name(&self) -> &'static str {
        "aggregate"
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.gathered.as_ref().map_or(0, Weigh::heap_bytes)
    }
}
