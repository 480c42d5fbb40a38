//! Ends that give the items one after another, to a loop or to asynchronous code.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

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
    counter: Arc<Counter<T>>,
    taken: VecDeque<T>,
    running: Option<Running>,
    flow: Flow,
}

impl<T: Weigh + Send + 'static> Items<T> {
    fn of<H, C>(stream: Stream<T, H, C>, executor: Option<Executor>) -> Self
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
    fn arrive(&mut self, items: VecDeque<T>) -> Option<Result<T, PipelineError>> {
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

/// The items of a pipeline that runs in threads of its own, as a `futures::Stream`; otherwise as [`Items`].
pub struct ItemStream<T>(Items<T>);

impl<T> ItemStream<T> {
    /// Returns a hand on the pipeline.
    pub fn flow(&self) -> Flow {
        self.0.flow()
    }
}

// Nothing of it is ever pinned.
impl<T> Unpin for ItemStream<T> {}

impl<T> futures_util::Stream for ItemStream<T> {
    type Item = Result<T, PipelineError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let items = &mut self.0;
        if let Some(item) = items.taken.pop_front() {
            return Poll::Ready(Some(Ok(item)));
        }
        if items.running.is_none() {
            return Poll::Ready(None);
        }
        let counter = Arc::clone(&items.counter);
        counter.poll_take(context).map(|run| items.arrive(run))
    }
}

impl<T> Drop for Items<T> {
    fn drop(&mut self) {
        self.counter.abandon();
        self.flow.cancel();
    }
}

impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Runs the pipeline in threads of its own and gives its items as a `futures::Stream`.
    ///
    /// Futures of its steps run on the runtime of tokio this is called in, if it is.
    ///
    /// ```
    /// use futures_util::{StreamExt, TryStreamExt};
    /// use primestream_engine::{Order, Stream};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let squares = Stream::iter(0..5u64).parallel(2, Order::Input).map(|n| n * n).into_stream();
    /// assert_eq!(squares.try_collect::<Vec<_>>().await?, [0, 1, 4, 9, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_stream(self) -> ItemStream<T> {
        ItemStream(Items::of(self, Executor::ambient()))
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
