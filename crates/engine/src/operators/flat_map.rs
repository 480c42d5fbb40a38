//! Makes any number of items of one.
//!
//! What it makes is handed on as it is made, in chunks no larger than usual. While what follows is busy
//! the iterator is kept for later: an item that makes a million others, or endlessly many, needs no more
//! memory than one.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// Applies a function and passes on each item of what it answers. Preserves order; holds one iterator,
/// and those of items that come although it is busy.
pub struct FlatMap<T, F, I> {
    f: Arc<F>,
    /// Iterators with items that what follows would not take yet.
    rest: VecDeque<I>,
    absorbed: u64,
    created: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, F, I> FlatMap<T, F, I> {
    fn with(f: Arc<F>) -> Self {
        Self { f, rest: VecDeque::new(), absorbed: 0, created: 0, takes: PhantomData }
    }

    pub(crate) fn new(f: F) -> Self {
        Self::with(Arc::new(f))
    }
}

impl<T, F, I: Iterator> FlatMap<T, F, I> {
    /// Passes items on until there are none or what follows is busy.
    #[inline]
    fn pass_on(&mut self, mut made: I, out: &mut impl Emit<I::Item>) -> Outcome {
        // Counted before it exists: should the iterator panic, it is this item that was lost.
        self.created += 1;
        if let Some(has_more) = out.emit_many(&mut made, usize::MAX, Some(&mut self.created)) {
            self.created -= 1;
            if has_more? {
                self.rest.push_front(made);
            }
            return Ok(());
        }
        loop {
            let Some(piece) = made.next() else { break };
            out.emit(piece)?;
            if out.is_busy() {
                self.rest.push_front(made);
                return Ok(());
            }
            self.created += 1;
        }
        self.created -= 1;
        Ok(())
    }
}

impl<T: Send + 'static, I, F> Operator for FlatMap<T, F, I::IntoIter>
where
    I: IntoIterator + 'static,
    I::IntoIter: Send + 'static,
    I::Item: Send + 'static,
    F: Fn(T) -> I + Send + Sync + 'static,
{
    type In = T;
    type Out = I::Item;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<I::Item>) -> Outcome {
        let made = (self.f)(item).into_iter();
        self.absorbed += 1;
        if self.rest.is_empty() {
            return self.pass_on(made, out);
        }
        self.rest.push_back(made);
        Ok(())
    }

    #[inline]
    fn is_busy(&self) -> bool {
        !self.rest.is_empty()
    }

    #[inline]
    fn due(&self) -> Option<Duration> {
        (!self.rest.is_empty()).then_some(Duration::ZERO)
    }

    fn on_time(&mut self, out: &mut impl Emit<I::Item>) -> Outcome {
        while !out.is_busy() {
            let Some(made) = self.rest.pop_front() else { break };
            self.pass_on(made, out)?;
        }
        Ok(())
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self::with(Arc::clone(&self.f))
    }

    fn name(&self) -> &'static str {
        "flat_map"
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }
}
