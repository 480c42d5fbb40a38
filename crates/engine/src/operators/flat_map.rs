//! Makes any number of items of one.
//!
//! What it makes is handed on as it is made, in chunks no larger than usual, and the lane waits for room
//! in between: an item that makes a million others, or endlessly many, needs no more memory than one.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Applies a function and passes on each item of what it answers. Preserves order; holds one iterator.
pub struct FlatMap<T, F> {
    f: Arc<F>,
    absorbed: u64,
    created: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, F> FlatMap<T, F> {
    pub(crate) fn new(f: F) -> Self {
        Self { f: Arc::new(f), absorbed: 0, created: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static, I, F> Operator for FlatMap<T, F>
where
    I: IntoIterator + 'static,
    I::Item: Send + 'static,
    F: Fn(T) -> I + Send + Sync + 'static,
{
    type In = T;
    type Out = I::Item;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<I::Item>) -> Outcome {
        let mut made = (self.f)(item).into_iter();
        self.absorbed += 1;
        loop {
            // Counted before it exists: should the iterator panic, it is this item that was lost.
            self.created += 1;
            let Some(piece) = made.next() else { break };
            out.emit(piece)?;
        }
        self.created -= 1;
        Ok(())
    }

    fn fork(&self) -> Self {
        Self { f: Arc::clone(&self.f), absorbed: 0, created: 0, takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "flat_map"
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }
}
