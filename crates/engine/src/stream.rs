//! A description under construction: adding a step runs nothing.
//!
//! The type carries the steps since the last boundary between stages, `C`, and where that stage takes
//! its items from, `H`; so a chain compiles to one loop. `Stream<T>`, both left out, is a stream at
//! such a boundary: [`Stream::boxed`] makes one, for functions that return streams.

use std::io::Read;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::chunker::Chunker;
use crate::error::BoxError;
use crate::faults::Guarded;
use crate::operator::{Operator, Then};
use crate::operators::{Batch, Filter, FilterMap, FlatMap, Identity, Inspect, Map, Skip, Take, TryMap};
use crate::order::Order;
use crate::pipeline::Options;
use crate::plan::exchange::Exchange;
use crate::plan::stage::Stage;
use crate::source::Source;
use crate::sources::{Boundary, DecodeLine, Iter, IterFrom, Pieces, Record, Records, TakeRecord};
use crate::weigh::Weigh;

#[cfg(feature = "async")]
mod calls;
mod head;
mod keyed;
mod policies;
mod shape;
mod sources;
#[cfg(feature = "stateful")]
mod stateful;
mod steps;
mod timed;
mod transform;
mod write;

#[cfg(feature = "async")]
pub use calls::{Called, Fallible, Sure};
#[cfg(feature = "async")]
pub use head::Calling;
pub use head::{Feed, Head, Inlet, Joined, Keys, Lanes};
pub use keyed::Keyed;
pub use policies::Step;
#[cfg(feature = "stateful")]
pub use stateful::{Stateful, StatefulKeyed};
pub use steps::{Copying, Opening, Processed, Sorting};
pub use transform::{AnyTransform, IntoOperator, Transform, Transformed};

/// A stream of items, described step by step and run when it is closed.
///
/// Steps without memory (`map`, `filter`, …) run in the lanes of [`parallel`](Self::parallel) if they
/// follow it. A step with memory of what came before (`take`, `skip`, `batch`, an end) takes what the
/// lanes make in one lane of its own.
#[must_use = "a stream runs nothing until it is closed by an end such as `collect` or `sink`"]
pub struct Stream<T, H = Inlet<T>, C = Identity<T>>
where
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    pub(crate) closed: Vec<Box<dyn Stage>>,
    pub(crate) head: H,
    pub(crate) chain: C,
    pub(crate) chunker: Option<Arc<dyn Chunker>>,
    pub(crate) name: Option<String>,
    pub(crate) options: Options,
    makes: PhantomData<fn() -> T>,
}

/// A stream as its source gives it.
pub type Fresh<S> = Stream<<S as Source>::Item, Feed<S>, Identity<<S as Source>::Item>>;

/// A stream that has taken one more step.
pub type Stepped<H, C, O> = Stream<<O as Operator>::Out, H, Then<C, O>>;

/// A stream that has taken one more step, in one lane.
pub type Gathered<H, C, O> =
    Stream<<O as Operator>::Out, <H as Head>::Serial<C>, Then<<H as Head>::SerialChain<C>, O>>;

impl Stream<()> {
    /// Streams the items of an iterator.
    pub fn iter<I>(items: I) -> Fresh<Iter<I::IntoIter>>
    where
        I: IntoIterator,
        I::IntoIter: Send + 'static,
        I::Item: Send + 'static,
    {
        Stream::from_source(Iter::new("iter", items.into_iter()))
    }

    /// Streams the items of an iterator that is made from a position on: from 0 at first, and from where it was when
    /// the run goes on from a checkpoint.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let even = Stream::iter_from(|position| (0..10).step_by(2).skip(position as usize));
    /// assert_eq!(even.collect::<Vec<u64>>()?, [0, 2, 4, 6, 8]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn iter_from<F, I>(make: F) -> Fresh<IterFrom<F, I::IntoIter>>
    where
        F: FnMut(u64) -> I + Send + 'static,
        I: IntoIterator,
        I::IntoIter: Send + 'static,
        I::Item: Send + 'static,
    {
        Stream::from_source(IterFrom::new(make))
    }

    /// Streams the items of a source.
    pub fn from_source<S: Source>(source: S) -> Fresh<S> {
        Stream {
            closed: Vec::new(),
            head: Feed(source),
            chain: Identity::default(),
            chunker: None,
            name: None,
            options: Options::default(),
            makes: PhantomData,
        }
    }

    /// Streams the bytes of a reader in pieces of exactly `piece_bytes`, the last one shorter.
    ///
    /// # Panics
    ///
    /// If `piece_bytes` is 0.
    pub fn read<R: Read + Send + 'static>(reader: R, piece_bytes: usize) -> Fresh<Pieces<R>> {
        Stream::from_source(Pieces::new(reader, piece_bytes))
    }

    /// Streams the records of a reader, each without the delimiter that ends it.
    ///
    /// A record above the boundary's limit is an item that fails, with its offset; the others are
    /// delivered if [`on_error`](Stream::on_error) says so.
    ///
    /// ```
    /// use primestream_engine::{Boundary, Stream};
    ///
    /// let fields: Vec<Vec<u8>> = Stream::records(&b"a,bc,,d"[..], Boundary::delimiter(b',')).collect()?;
    /// assert_eq!(fields, [&b"a"[..], b"bc", b"", b"d"]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn records<R: Read + Send + 'static>(
        reader: R,
        boundary: Boundary,
    ) -> Stepped<Feed<Records<R>>, Identity<Record>, Guarded<TakeRecord>> {
        Stream::from_source(Records::new(reader, boundary)).step(Guarded::new(TakeRecord))
    }

    /// Streams the records of a reader as they were found, those above the boundary's limit among them.
    pub fn raw_records<R: Read + Send + 'static>(reader: R, boundary: Boundary) -> Fresh<Records<R>> {
        Stream::from_source(Records::new(reader, boundary))
    }

    /// Streams the lines of a reader, without line feed or carriage return, of at most 1 MiB each.
    ///
    /// A longer line, or one that is not UTF-8, is an item that fails, with its offset.
    ///
    /// ```
    /// use primestream_engine::{OnError, Stream};
    ///
    /// let lines: Vec<String> =
    ///     Stream::lines(&b"one\r\n\xFF\ntwo"[..]).on_error(OnError::Skip).collect()?;
    /// assert_eq!(lines, ["one", "two"]);
    ///
    /// let error = Stream::lines(&b"one\n\xFF\n"[..]).count().unwrap_err();
    /// assert_eq!(error.to_string(), "stage 0 (records, lines, fold): item 1 failed in lines: byte 4 is not UTF-8");
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn lines<R: Read + Send + 'static>(
        reader: R,
    ) -> Stepped<Feed<Records<R>>, Identity<Record>, Guarded<DecodeLine>> {
        Stream::lines_within(reader, Boundary::line())
    }

    /// Streams the text records of a reader, ended and bounded as `boundary` says.
    pub fn lines_within<R: Read + Send + 'static>(
        reader: R,
        boundary: Boundary,
    ) -> Stepped<Feed<Records<R>>, Identity<Record>, Guarded<DecodeLine>> {
        Stream::from_source(Records::new(reader, boundary)).step(Guarded::new(DecodeLine))
    }
}

/// Steps, and what they run on.
impl<T, H, C> Stream<T, H, C>
where
    T: Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    pub(crate) fn step<O: Operator<In = T>>(self, operator: O) -> Stepped<H, C, O> {
        self.with_chain(|chain| Then::new(chain, operator))
    }

    pub(crate) fn with_chain<D: Operator<In = H::Item>>(
        self,
        make: impl FnOnce(C) -> D,
    ) -> Stream<D::Out, H, D> {
        Stream {
            closed: self.closed,
            head: self.head,
            chain: make(self.chain),
            chunker: self.chunker,
            name: self.name,
            options: self.options,
            makes: PhantomData,
        }
    }

    /// Applies a function to each item.
    pub fn map<U, F>(self, f: F) -> Stepped<H, C, Map<T, F>>
    where
        F: Fn(T) -> U + Send + Sync + 'static,
        U: Send + 'static,
    {
        self.step(Map::new(f))
    }

    /// Applies a function that may fail to each item; [`on_error`](Self::on_error) says what then.
    pub fn try_map<U, E, F>(self, f: F) -> Stepped<H, C, TryMap<T, F>>
    where
        F: Fn(T) -> Result<U, E> + Send + Sync + 'static,
        U: Send + 'static,
        E: Into<BoxError> + 'static,
    {
        self.step(TryMap::new(f))
    }

    /// Keeps the items a predicate accepts.
    pub fn filter<F>(self, keep: F) -> Stepped<H, C, Filter<T, F>>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        self.step(Filter::new(keep))
    }

    /// Applies a function and keeps what it makes of an item, if anything.
    pub fn filter_map<U, F>(self, f: F) -> Stepped<H, C, FilterMap<T, F>>
    where
        F: Fn(T) -> Option<U> + Send + Sync + 'static,
        U: Send + 'static,
    {
        self.step(FilterMap::new(f))
    }

    /// Applies a function and passes on each item of what it answers, which may be endless.
    pub fn flat_map<I, F>(self, f: F) -> Stepped<H, C, FlatMap<T, F, I::IntoIter>>
    where
        F: Fn(T) -> I + Send + Sync + 'static,
        I: IntoIterator + 'static,
        I::IntoIter: Send + 'static,
        I::Item: Send + 'static,
    {
        self.step(FlatMap::new(f))
    }

    /// Calls a function with each item and passes it on.
    pub fn inspect<F>(self, look: F) -> Stepped<H, C, Inspect<T, F>>
    where
        F: Fn(&T) + Send + Sync + 'static,
    {
        self.step(Inspect::new(look))
    }

    /// Adds an operator of the user's own, or the steps of a [`Transform`]. Behind `parallel`, each lane
    /// gets its [`fork`](Operator::fork).
    pub fn through<O>(self, operator: O) -> Stepped<H, C, O::Operator>
    where
        O: IntoOperator<Operator: Operator<In = T>>,
    {
        self.step(operator.into_operator())
    }

    /// Passes on the first `count` items and then ends the pipeline.
    pub fn take(self, count: u64) -> Gathered<H, C, Take<T>>
    where
        T: Weigh,
    {
        self.gather().step(Take::new(count))
    }

    /// Leaves out the first `count` items.
    pub fn skip(self, count: u64) -> Gathered<H, C, Skip<T>>
    where
        T: Weigh,
    {
        self.gather().step(Skip::new(count))
    }

    /// Gathers items into vectors of `count`; the last may be shorter.
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    pub fn batch(self, count: usize) -> Gathered<H, C, Batch<T>>
    where
        T: Weigh,
    {
        self.gather().step(Batch::of(count))
    }

    /// Gives the steps that follow `lanes` lanes, up to the next step with memory. The thread that runs
    /// the pipeline is one of the workers.
    ///
    /// # Panics
    ///
    /// If `lanes` is 0, or the order is [`Order::Key`], which needs keys: see
    /// [`distribute`](Self::distribute).
    pub fn parallel(self, lanes: usize, order: Order) -> Stream<T, Lanes<T>>
    where
        T: Weigh,
    {
        assert!(lanes > 0, "a stage has at least one lane");
        assert!(order != Order::Key, "lanes by key need keys: `distribute` or `key_by`");
        self.close(|inlet| Lanes { inlet, lanes, order }, lanes)
    }

    /// Cuts what this stage makes into chunks as `chunker` says, instead of by measured cost.
    pub fn chunked(mut self, chunker: impl Chunker + 'static) -> Self {
        self.chunker = Some(Arc::new(chunker));
        self
    }

    /// Names this stage in plans, reports and errors.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    crate::pipeline::options!();

    /// Ends the stage here, so that the type says nothing of how the stream came about.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// fn even(from: u64) -> Stream<u64> {
    ///     Stream::iter(from..).filter(|n| n % 2 == 0).boxed()
    /// }
    ///
    /// assert_eq!(even(7).take(2).collect::<Vec<_>>()?, [8, 10]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn boxed(self) -> Stream<T>
    where
        T: Weigh,
    {
        self.close(Inlet, 1)
    }

    /// Continues in one lane.
    pub(crate) fn gather(self) -> Stream<T, H::Serial<C>, H::SerialChain<C>>
    where
        T: Weigh,
    {
        H::gather(self)
    }

    /// Ends this stage with an exchange and begins the next one behind it.
    pub(crate) fn close<N: Head<Item = T>>(
        self,
        next: impl FnOnce(Arc<Exchange<T>>) -> N,
        lanes_after: usize,
    ) -> Stream<T, N>
    where
        T: Weigh,
    {
        let exchange = self.head.exchange(lanes_after, self.chunker);
        let mut closed = self.closed;
        closed.push(self.head.stage(self.name, self.chain, Box::new(exchange.port())));
        Stream {
            closed,
            head: next(exchange),
            chain: Identity::default(),
            chunker: None,
            name: None,
            options: self.options,
            makes: PhantomData,
        }
    }
}
