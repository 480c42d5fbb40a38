//! Ends that give the items one after another, to a loop or to asynchronous code.

use std::collections::VecDeque;
use std::sync::Arc;

use super::PipelineError;
use super::asynchronous::Executor;
use super::flow::{Flow, Running};
use crate::operator::Operator;
use crate::operators::{Counter, HandOver};
use crate::stream::{Head, Stream};
use crate::weigh::Weigh;

/// The items of a pipeline that runs in threads of its own, as an iterator.
///
/// The pipeline works ahead by a chunk or so and waits while nothing is taken. The last item is an error if
/// the pipeline failed. Dropping this ends the pipeline.
pub struct Items<T> {
    pub(super) counter: Arc<Counter<T>>,
    pub(super) taken: VecDeque<T>,
    pub(super) running: Option<Running>,
    flow: Flow,
}

impl<T: Weigh + Send + 'static> Items<T> {
    pub(super) fn of<H, C>(stream: Stream<T, H, C>, executor: Option<Executor>) -> Self
    where
        H: Head,
        C: Operator<In = H::Item, Out = T>,
    {
        let counter = Arc::new(Counter::default());
        let running = stream.end_with(HandOver::new(Arc::clone(&counter))).start_with(executor, |_| ());
        Self { counter, taken: VecDeque::new(), flow: running.flow(), running: Some(running) }
    }
}

impl<T> Items<T> {
    /// Returns a hand on the pipeline.
    pub fn flow(&self) -> Flow {
        self.flow.clone()
    }

    /// Takes what was handed over; an empty run is the end.
    pub(super) fn arrive(&mut self, items: VecDeque<T>) -> Option<Result<T, PipelineError>> {
        self.taken = items;
        // There is room again.
        self.flow.changed();
        match self.taken.pop_front() {
            Some(item) => Some(Ok(item)),
            None => self.running.take()?.join().err().map(Err),
        }
    }
}

impl<T> Iterator for Items<T> {
    type Item = Result<T, PipelineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(item) = self.taken.pop_front() {
            return Some(Ok(item));
        }
        self.running.as_ref()?;
        let items = self.counter.take_waiting();
        self.arrive(items)
    }
}

impl<T> Drop for Items<T> {
    fn drop(&mut self) {
        self.counter.abandon();
        self.flow.cancel();
    }
}

/// Runs the pipeline in threads of its own and gives its items to a loop.
///
/// ```
/// use primestream_engine::Stream;
///
/// let mut sum = 0;
/// for item in Stream::iter(0..1000u64).map(|n| n * 2) {
///     sum += item?;
/// }
/// assert_eq!(sum, 999_000);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
impl<T, H, C> IntoIterator for Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    type Item = Result<T, PipelineError>;
    type IntoIter = Items<T>;

    fn into_iter(self) -> Items<T> {
        Items::of(self, None)
    }
}
