//! Slow calls, many at once, as futures.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::{Calling, Fresh, Head, Stream};
use crate::error::{BoxError, Cause};
use crate::faults::policy::GivenUp;
use crate::faults::{CircuitBreaker, DeadLetter, OnError, Retry, Tolerance};
use crate::operator::Operator;
use crate::operators::Identity;
use crate::order::Order;
use crate::pipeline::Pipeline;
use crate::plan::calls::{Answer, Calls, MakeCall};
use crate::plan::host::Drive;
use crate::sources::FromStream;
use crate::weigh::Weigh;

/// Says of calls that they cannot fail.
pub struct Sure;

/// Says of calls that they may fail.
pub struct Fallible;

/// A stream that calls something for each item.
pub type Called<T, U, M> = Stream<U, Calling<T, U, M>, Identity<U>>;

impl Stream<()> {
    /// Streams the items of a `futures::Stream`. It is polled by the threads of the pipeline; timers and
    /// sockets of tokio work.
    ///
    /// ```
    /// use futures_util::stream;
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::from_stream(stream::iter([1, 2, 3])).collect::<Vec<_>>()?, [1, 2, 3]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn from_stream<S>(stream: S) -> Fresh<FromStream<S>>
    where
        S: futures_util::Stream + Send + 'static,
        S::Item: Send + 'static,
    {
        Stream::from_source(FromStream::new(stream))
    }
}

impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Unpin + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Calls a function that answers with a future for each item, at most `limit` at once. `order` says
    /// whether answers leave in the order of the items or as they come.
    ///
    /// The futures are polled where they are made, not spawned, so they cost no thread and no task: right
    /// for calls that wait. For calls that compute there is [`parallel`](Stream::parallel), or
    /// [`spawned`](Stream::spawned). Timers and sockets of tokio work; a pipeline started with
    /// [`run_async`](crate::Pipeline::run_async) uses the runtime it is started from, every other one of
    /// its own.
    ///
    /// # Panics
    ///
    /// If `limit` is 0, or the order is [`Order::Key`].
    ///
    /// ```
    /// use primestream_engine::{Order, Stream};
    ///
    /// let lengths: Vec<usize> = Stream::iter(["a", "bcd"])
    ///     .map_async(64, Order::Input, |word| async move { word.len() })
    ///     .collect()?;
    /// assert_eq!(lengths, [1, 3]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn map_async<U, F, A>(self, limit: usize, order: Order, f: F) -> Called<T, U, Sure>
    where
        F: Fn(T) -> A + Send + Sync + 'static,
        A: Future<Output = U> + Send + 'static,
        U: Weigh + Send + 'static,
    {
        let make = move |item| -> Answer<U> {
            let answer = f(item);
            Box::pin(async move { Ok(answer.await) })
        };
        self.call("map_async", (limit, order), Arc::new(make))
    }

    /// Calls a function that answers with a future that may fail, as [`map_async`](Self::map_async).
    ///
    /// ```
    /// use std::time::Duration;
    /// use primestream_engine::{OnError, Order, Retry, Stream};
    ///
    /// async fn lookup(name: &str) -> Result<usize, String> {
    ///     if name.is_empty() { Err("no name".to_owned()) } else { Ok(name.len()) }
    /// }
    ///
    /// let found: Vec<usize> = Stream::iter(["a", "", "bcd"])
    ///     .try_map_async(64, Order::Input, lookup)
    ///     .retry(Retry::exponential(2, Duration::from_millis(1)))
    ///     .timeout(Duration::from_secs(2))
    ///     .on_error(OnError::Skip)
    ///     .collect()?;
    /// assert_eq!(found, [1, 3]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn try_map_async<U, E, F, A>(self, limit: usize, order: Order, f: F) -> Called<T, U, Fallible>
    where
        F: Fn(T) -> A + Send + Sync + 'static,
        A: Future<Output = Result<U, E>> + Send + 'static,
        U: Weigh + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let make = move |item| -> Answer<U> {
            let answer = f(item);
            Box::pin(async move { answer.await.map_err(|error| Cause::Failed(error.into())) })
        };
        self.call("try_map_async", (limit, order), Arc::new(make))
    }

    /// Calls a function that answers with a future with each item, at most `limit` at once; the first that
    /// fails stops the pipeline. With a limit of 1 each call ends before the next begins.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let report = Stream::iter(0..10).sink_async(4, |_| async { Ok::<(), std::io::Error>(()) }).run()?;
    /// assert_eq!(report.items_out(), 10);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    pub fn sink_async<E, F, A>(self, limit: usize, f: F) -> Pipeline
    where
        F: Fn(T) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let make = move |item| -> Answer<()> {
            let answer = f(item);
            Box::pin(async move { answer.await.map_err(|error| Cause::Failed(error.into())) })
        };
        let calls: Called<T, (), Fallible> = self.call("sink_async", (limit, Order::Input), Arc::new(make));
        calls.drain_with(drop)
    }

    fn call<U, M>(
        self,
        name: &'static str,
        (limit, order): (usize, Order),
        make: MakeCall<T, U>,
    ) -> Called<T, U, M>
    where
        U: Weigh + Send + 'static,
        M: 'static,
    {
        assert!(limit > 0, "one call at least must be on its way");
        assert!(order != Order::Key, "calls have no keys: input order, or as they come");
        let exchange = self.head.exchange(1, self.chunker.clone());
        let (closed, options) = self.led_to(exchange.port());
        let calls = Calls::new(name, exchange, (limit, order), make);
        Stream::beginning(Calling { calls, may: PhantomData }, closed, options)
    }
}

/// What is said of the calls just asked for.
impl<T, U, M> Called<T, U, M>
where
    T: Unpin + Send + 'static,
    U: Weigh + Send + 'static,
    M: 'static,
{
    fn with<N: 'static>(self, set: impl FnOnce(&mut Calls<T, U>)) -> Called<T, U, N> {
        let mut calls = self.head.calls;
        set(&mut calls);
        let mut stream = Stream::beginning(Calling { calls, may: PhantomData }, self.closed, self.options);
        stream.name = self.name;
        stream.chunker = self.chunker;
        stream
    }

    /// Lets each call run as a task of its own, on the threads of an executor.
    pub fn spawned(self) -> Self {
        self.with(|calls| calls.drive = Drive::Threads)
    }

    /// Fails an attempt that takes longer.
    pub fn timeout(self, limit: Duration) -> Called<T, U, Fallible> {
        self.with(|calls| calls.time_limit = Some(limit))
    }

    /// Says what happens to an item whose call fails or panics. Without it, the pipeline stops.
    pub fn on_error(self, policy: OnError<T>) -> Self {
        self.with(|calls| calls.policies.given_up = policy.into())
    }

    /// Puts what a function answers in the place of an item whose call fails; nothing, if it answers `None`.
    pub fn catch<F>(self, replace: F) -> Self
    where
        F: Fn(DeadLetter<T>) -> Option<U> + Send + Sync + 'static,
        T: Clone,
    {
        let replace = Arc::new(replace);
        self.with(|calls| calls.policies.given_up = GivenUp::Replace { keep: Clone::clone, replace })
    }

    /// Stops the pipeline when too many calls fail.
    pub fn tolerate(self, tolerance: Tolerance) -> Self {
        self.with(|calls| calls.policies.tolerance = Some(tolerance))
    }
}

/// What is said of calls that may fail.
impl<T, U> Called<T, U, Fallible>
where
    T: Unpin + Send + 'static,
    U: Weigh + Send + 'static,
{
    /// Tries calls that fail again. The item is cloned before each attempt.
    ///
    /// Calls that cannot fail cannot be retried:
    ///
    /// ```compile_fail
    /// use primestream_engine::{Order, Retry, Stream};
    ///
    /// Stream::iter(0..3)
    ///     .map_async(1, Order::Input, |n| async move { n + 1 })
    ///     .retry(Retry::fixed(3, std::time::Duration::ZERO));
    /// ```
    pub fn retry(self, retry: Retry) -> Self
    where
        T: Clone,
    {
        self.with(|calls| calls.policies.retry = Some((retry, Clone::clone)))
    }

    /// Stops calling for a while when calls keep failing.
    pub fn breaker(self, breaker: CircuitBreaker) -> Self {
        self.with(|calls| calls.policies.breaker = Some(breaker))
    }
}
