//! Several streams that become one, and one that becomes several.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Head, Inlet, Joined, Stream};
use crate::operator::Operator;
use crate::operators::{Duplicate, Identity, Judge};
use crate::order::Order;
use crate::pipeline::{Options, Pipeline};
use crate::plan::exchange::Exchange;
use crate::plan::fan::Fan;
use crate::plan::join::{Interleave, Join, MergeBy, Pairing, Zip};
use crate::plan::outflow::Outflow;
use crate::plan::stage::Stage;
use crate::weigh::Weigh;

impl<T: Send + 'static> Stream<T> {
    /// Begins at an exchange.
    pub(super) fn behind(inlet: Arc<Exchange<T>>, closed: Vec<Box<dyn Stage>>, options: Options) -> Self {
        Self::beginning(Inlet(inlet), closed, options)
    }
}

impl<T, H: Head<Item = T>> Stream<T, H>
where
    T: Send + 'static,
{
    /// Begins with a head.
    pub(super) fn beginning(head: H, closed: Vec<Box<dyn Stage>>, options: Options) -> Self {
        Self {
            closed,
            head,
            chain: Identity::default(),
            chunker: None,
            name: None,
            options,
            makes: std::marker::PhantomData,
        }
    }
}

/// Several streams that become one. Options of the first count; those it does not set are the second's.
impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Ends the last stage with a way on; returns all stages and the options.
    pub(super) fn led_to(self, output: impl Outflow<T> + 'static) -> (Vec<Box<dyn Stage>>, Options) {
        let mut closed = self.closed;
        closed.push(self.head.stage(self.name, self.chain, Box::new(output)));
        (closed, self.options)
    }

    /// Joins the items of another stream to those of this one, as they come. Either may be ahead.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let mut all: Vec<u32> = Stream::iter(0..3).merge(Stream::iter(10..12)).collect()?;
    /// all.sort_unstable();
    /// assert_eq!(all, [0, 1, 2, 10, 11]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn merge<G, D>(self, other: Stream<T, G, D>) -> Stream<T>
    where
        G: Head,
        D: Operator<In = G::Item, Out = T>,
    {
        let exchange = Exchange::new(Order::Relaxed, self.head.lanes() + other.head.lanes(), 1, None);
        let (mut closed, options) = self.led_to(exchange.port());
        let (others, other_options) = other.led_to(exchange.port());
        closed.extend(others);
        Stream::behind(exchange, closed, options.or(other_options))
    }

    /// Lets the items of another stream follow those of this one. The other is not begun before.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let all: Vec<u32> = Stream::iter(0..3).concat(Stream::iter(10..12)).collect()?;
    /// assert_eq!(all, [0, 1, 2, 10, 11]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn concat<G, D>(self, other: Stream<T, G, D>) -> Stream<T>
    where
        G: Head,
        D: Operator<In = G::Item, Out = T>,
    {
        let lanes = self.head.lanes().max(other.head.lanes());
        let exchange = Exchange::new(Order::Input, lanes, 1, None);
        let (mut closed, options) = self.led_to(exchange.port());
        let (others, other_options) = other.led_to(exchange.port_in_turn());
        closed.extend(others);
        Stream::behind(exchange, closed, options.or(other_options))
    }

    fn join<U, G, D, P>(self, other: Stream<U, G, D>, pairing: P) -> Stream<P::Out, Joined<P>>
    where
        U: Weigh + Send + 'static,
        G: Head,
        D: Operator<In = G::Item, Out = U>,
        P: Pairing<Left = T, Right = U>,
    {
        let (left, right) = (self.head.exchange(1, None), other.head.exchange(1, None));
        let (mut closed, options) = self.led_to(left.port());
        let (others, other_options) = other.led_to(right.port());
        closed.extend(others);
        let join = Join::new(pairing, left, right);
        Stream::beginning(Joined(join), closed, options.or(other_options))
    }

    /// Pairs the first item with the first of another stream, the second with the second, until one of
    /// them ends. What the other has given beyond is left out.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let pairs: Vec<_> = Stream::iter(0..).zip(Stream::iter(["a", "b"])).collect()?;
    /// assert_eq!(pairs, [(0, "a"), (1, "b")]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn zip<U, G, D>(self, other: Stream<U, G, D>) -> Stream<(T, U), impl Head<Item = (T, U)>>
    where
        U: Weigh + Send + 'static,
        G: Head,
        D: Operator<In = G::Item, Out = U>,
    {
        self.join(other, Zip::new())
    }

    /// Makes one ordered stream of two. Of equal items those of this stream come first.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let all: Vec<u32> = Stream::iter([1, 4, 9]).merge_by(Stream::iter([2, 4, 20]), u32::cmp).collect()?;
    /// assert_eq!(all, [1, 2, 4, 4, 9, 20]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn merge_by<G, D, F>(self, other: Stream<T, G, D>, compare: F) -> Stream<T, impl Head<Item = T>>
    where
        G: Head,
        D: Operator<In = G::Item, Out = T>,
        F: Fn(&T, &T) -> Ordering + Send + 'static,
    {
        self.join(other, MergeBy::new(compare))
    }

    /// Takes items of this stream and of another in turn; when one has ended, the rest of the other.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let all: Vec<u32> = Stream::iter([1, 2, 3, 4]).interleave(Stream::iter([10, 20])).collect()?;
    /// assert_eq!(all, [1, 10, 2, 20, 3, 4]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn interleave<G, D>(self, other: Stream<T, G, D>) -> Stream<T, impl Head<Item = T>>
    where
        G: Head,
        D: Operator<In = G::Item, Out = T>,
    {
        self.join(other, Interleave::new())
    }
}

/// One stream that becomes several. Each way ends in a sink of its own; a slow one holds back all.
impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Ends the stage with two ways on; the second is closed by `aside`.
    fn fork_off<I, O>(
        self,
        step: O,
        (copies, split): (u64, crate::plan::fan::Split<I, T>),
        aside: impl FnOnce(Stream<T>) -> Pipeline,
    ) -> Stream<T>
    where
        I: Weigh + Send + 'static,
        O: Operator<In = T, Out = I>,
    {
        let (on, off) = (self.head.exchange(1, None), self.head.exchange(1, None));
        let fan = Fan::new(vec![on.port(), off.port()], copies, split);
        let (mut closed, options) = self.step(step).led_to(fan);
        let aside = aside(Stream::behind(off, Vec::new(), Options::default()));
        closed.extend(aside.stages);
        Stream::behind(on, closed, options.or(aside.options))
    }

    /// Sends a copy of each item another way, which ends in a sink of its own; both are one pipeline.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use primestream_engine::Stream;
    ///
    /// let (send, odd) = mpsc::channel();
    /// let sum: u64 = Stream::iter(0..10u64)
    ///     .branch(|copies| copies.filter(|n| n % 2 == 1).sink(move |n| send.send(n)))
    ///     .fold(0, |sum, n| sum + n)?;
    /// assert_eq!(sum, 45);
    /// assert_eq!(odd.try_iter().collect::<Vec<_>>(), [1, 3, 5, 7, 9]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn branch(self, aside: impl FnOnce(Stream<T>) -> Pipeline) -> Stream<T>
    where
        T: Clone,
    {
        let split = |pairs: &mut Vec<(T, T)>, ways: &mut [Vec<T>]| {
            for (item, copy) in pairs.drain(..) {
                ways[0].push(item);
                ways[1].push(copy);
            }
        };
        self.fork_off(Duplicate::default(), (2, split), aside)
    }

    /// Keeps the items a predicate accepts and sends the others another way, which ends in a sink of its
    /// own.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use primestream_engine::Stream;
    ///
    /// let (send, odd) = mpsc::channel();
    /// let even: Vec<u64> =
    ///     Stream::iter(0..6).partition(|n| n % 2 == 0, |rest| rest.sink(move |n| send.send(n))).collect()?;
    /// assert_eq!(even, [0, 2, 4]);
    /// assert_eq!(odd.try_iter().collect::<Vec<_>>(), [1, 3, 5]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn partition<F>(self, keep: F, rest: impl FnOnce(Stream<T>) -> Pipeline) -> Stream<T>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let split = |judged: &mut Vec<(bool, T)>, ways: &mut [Vec<T>]| {
            for (is_kept, item) in judged.drain(..) {
                ways[usize::from(!is_kept)].push(item);
            }
        };
        self.fork_off(Judge::new(keep), (1, split), rest)
    }
}
