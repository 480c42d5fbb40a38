//! Streams by key: each key in its order, on as many lanes as one likes.

use std::hash::Hash;

use super::{Head, Keys, Stream};
use crate::keyed::{Entry, group_of};
use crate::operator::Operator;
use crate::operators::{FoldByKey, KeyBy, ScanByKey};
use crate::order::Order;
use crate::plan::exchange::Exchange;
use crate::plan::fan::Fan;
use crate::weigh::Weigh;

/// A stream whose items have keys; says what is to be made of each key.
///
/// Behind [`parallel`](Stream::parallel) there are as many lanes by key as there, else one;
/// [`lanes`](Self::lanes) says otherwise. All items of a key are in one lane at a time and in order; what
/// comes out is in order for each key.
#[must_use = "keys alone make nothing: say what is to be made of each"]
pub struct Keyed<K, T, H, C, F>
where
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    stream: Stream<T, H, C>,
    key: F,
    lanes: usize,
    keys: std::marker::PhantomData<fn() -> K>,
}

impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Gives each item a key, of which something can be made: a fold, a count, a running value.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use primestream_engine::Stream;
    ///
    /// let lengths: BTreeMap<usize, u64> =
    ///     Stream::iter(["a", "bc", "d", "efg"]).key_by(|word| word.len()).lanes(2).count().collect()?;
    /// assert_eq!(lengths, BTreeMap::from([(1, 2), (2, 1), (3, 1)]));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn key_by<K, F>(self, key: F) -> Keyed<K, T, H, C, F>
    where
        K: Hash + Eq + Weigh + Send + 'static,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        Keyed { lanes: self.head.lanes(), stream: self, key, keys: std::marker::PhantomData }
    }

    /// Gives the steps that follow `lanes` lanes, up to the next step with memory, so that all items of a
    /// key are in one lane at a time and in their order. Operators of the user's own get a
    /// [`fork`](Operator::fork) for each of several groups of keys.
    ///
    /// # Panics
    ///
    /// If `lanes` is 0.
    pub fn distribute<K, F>(self, lanes: usize, key: F) -> Stream<T, Keys<T>>
    where
        K: Hash + Weigh + Send + 'static,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        assert!(lanes > 0, "a stage has at least one lane");
        if lanes == 1 {
            return self.close(|inlet| Keys { groups: vec![inlet], lanes }, lanes);
        }
        let split = |entries: &mut Vec<Entry<K, T>>, ways: &mut [Vec<T>]| {
            for entry in entries.drain(..) {
                let way = group_of(entry.key.hash(), ways.len());
                ways[way].push(entry.item);
            }
        };
        self.step(KeyBy::new(key)).spread(lanes, split)
    }
}

impl<I, H, C> Stream<I, H, C>
where
    I: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = I>,
{
    /// Ends the stage with groups of keys, and begins one with lanes for them.
    fn spread<T>(self, lanes: usize, split: crate::plan::fan::Split<I, T>) -> Stream<T, Keys<T>>
    where
        T: Weigh + Send + 'static,
    {
        let groups: Vec<_> = (0..lanes * GROUPS_PER_LANE)
            .map(|_| Exchange::new(Order::Input, self.head.lanes(), 1, self.chunker.clone()))
            .collect();
        let ways = groups.iter().map(Exchange::port).collect();
        let mut closed = self.closed;
        closed.push(self.head.stage(self.name, self.chain, Box::new(Fan::new(ways, 1, split))));
        Stream::beginning(Keys { groups, lanes }, closed, self.options)
    }
}

impl<K, T, H, C, F> Keyed<K, T, H, C, F>
where
    K: Hash + Eq + Weigh + Send + 'static,
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
    F: Fn(&T) -> K + Send + Sync + 'static,
{
    /// Sets the number of lanes that work on keys.
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    pub fn lanes(mut self, count: usize) -> Self {
        assert!(count > 0, "a stage has at least one lane");
        self.lanes = count;
        self
    }

    /// Leads the items through an operator by key.
    fn with<O>(self, operator: O) -> Stream<O::Out>
    where
        O: Operator<In = Entry<K, T>>,
        O::Out: Weigh,
    {
        if self.lanes > 1 {
            return self.spread_with(operator);
        }
        self.stream.gather().step(KeyBy::new(self.key)).step(operator).boxed()
    }

    /// As [`with`](Self::with), in the same stages whatever the number of lanes.
    pub(super) fn spread_with<O>(self, operator: O) -> Stream<O::Out>
    where
        O: Operator<In = Entry<K, T>>,
        O::Out: Weigh,
    {
        let split = |entries: &mut Vec<Entry<K, T>>, ways: &mut [Vec<Entry<K, T>>]| {
            for entry in entries.drain(..) {
                let way = group_of(entry.key.hash(), ways.len());
                ways[way].push(entry);
            }
        };
        self.stream.step(KeyBy::new(self.key)).spread(self.lanes, split).step(operator).boxed()
    }

    /// Combines the items of each key into a value that begins with `initial`; gives all keys with their
    /// values when the input has ended, in no order.
    ///
    /// The values are held in memory, which counts towards the limit.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use primestream_engine::Stream;
    ///
    /// let sums: HashMap<bool, u64> =
    ///     Stream::iter(0..10u64).key_by(|n| n % 2 == 0).fold(0, |sum, n| *sum += n).collect()?;
    /// assert_eq!(sums, HashMap::from([(true, 20), (false, 25)]));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn fold<A, G>(self, initial: A, combine: G) -> Stream<(K, A)>
    where
        A: Clone + Weigh + Send + Sync + 'static,
        G: Fn(&mut A, T) + Send + Sync + 'static,
    {
        self.with(FoldByKey::new("fold_by_key", move || initial.clone(), combine))
    }

    /// Combines the items of each key into one; gives all keys when the input has ended, in no order.
    pub fn reduce<G>(self, combine: G) -> Stream<(K, T)>
    where
        G: Fn(T, T) -> T + Send + Sync + 'static,
    {
        let combine = move |sum: &mut Option<T>, item| {
            *sum = Some(match sum.take() {
                Some(before) => combine(before, item),
                None => item,
            });
        };
        self.with(FoldByKey::new("reduce_by_key", || None, combine))
            .filter_map(|(key, value)| value.map(|value| (key, value)))
            .boxed()
    }

    /// Counts the items of each key; gives all keys when the input has ended, in no order.
    pub fn count(self) -> Stream<(K, u64)> {
        self.with(FoldByKey::new("count_by_key", || 0, |count: &mut u64, _| *count += 1))
    }

    /// Passes on, for each item, its key and what a function makes of it and a value of its key, which
    /// begins with `initial`.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let nth: Vec<(char, u32)> = Stream::iter("abaa".chars())
    ///     .key_by(|&letter| letter)
    ///     .scan(0, |count, _| {
    ///         *count += 1;
    ///         *count
    ///     })
    ///     .collect()?;
    /// assert_eq!(nth, [('a', 1), ('b', 1), ('a', 2), ('a', 3)]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn scan<A, U, G>(self, initial: A, step: G) -> Stream<(K, U)>
    where
        K: Clone,
        A: Clone + Weigh + Send + Sync + 'static,
        U: Weigh + Send + 'static,
        G: Fn(&mut A, T) -> U + Send + Sync + 'static,
    {
        self.with(ScanByKey::new(move || initial.clone(), step))
    }
}

/// Groups of keys for each lane by key.
///
/// More lets a lane find other work while one key keeps its neighbours waiting; each costs a line and,
/// for each chunk, a part.
const GROUPS_PER_LANE: usize = 8;
