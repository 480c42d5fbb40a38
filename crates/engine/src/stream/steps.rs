//! Steps that remember, and those made of other steps.
//!
//! All of them take what lanes before them make in one lane of their own, so that they see the items in
//! the order of the lanes; and their functions are `FnMut`.

use std::hash::Hash;

use super::{Gathered, Head, Stepped, Stream};
use crate::operator::{Operator, Then};
use crate::operators::{
    Batch, BatchBy, Dedup, Distinct, Enumerate, FlatMap, MapWhile, ProcessChunks, Scan, SkipWhile,
    SortBatches, StepBy, TakeWhile, Windows,
};
use crate::processor::ChunkProcessor;
use crate::weigh::Weigh;

/// A stream that has handed its chunks to a [`ChunkProcessor`], in one lane.
pub type Processed<H, C, P> = Stream<
    <P as ChunkProcessor>::Out,
    <H as Head>::Serial<C>,
    Then<<H as Head>::SerialChain<C>, ProcessChunks<P>>,
>;

/// The function of [`Stream::distinct`] and [`Stream::dedup`], which make a key of the whole item.
pub type Copying<T> = fn(&T) -> T;

/// The function of [`Stream::unbatch`], which gives the item as it is.
pub type Opening<T> = fn(T) -> T;

/// The function of [`Stream::sort_batches`].
pub type Sorting<T> = fn(&mut [T]);

/// Steps with memory.
impl<T, H, C> Stream<T, H, C>
where
    T: Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Applies a function to a running value and each item, until it makes nothing; then it ends the
    /// pipeline.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let sums = Stream::iter([1u64, 2, 3, 4]).scan(0, |sum, n| {
    ///     *sum += n;
    ///     (*sum < 10).then_some(*sum)
    /// });
    /// assert_eq!(sums.collect::<Vec<_>>()?, [1, 3, 6]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn scan<A, U, F>(self, initial: A, f: F) -> Gathered<H, C, Scan<T, A, F>>
    where
        T: Weigh,
        A: Send + 'static,
        U: Send + 'static,
        F: FnMut(&mut A, T) -> Option<U> + Send + 'static,
    {
        self.gather().step(Scan::new(initial, f))
    }

    /// Passes on items until a predicate refuses one, and then ends the pipeline.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let small: Vec<u64> = Stream::iter([1u64, 2, 9, 1]).take_while(|&n| n < 5).collect()?;
    /// assert_eq!(small, [1, 2]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn take_while<F>(self, keep: F) -> Gathered<H, C, TakeWhile<T, F>>
    where
        T: Weigh,
        F: FnMut(&T) -> bool + Send + 'static,
    {
        self.gather().step(TakeWhile::new(keep))
    }

    /// Leaves out items until a predicate refuses one; that one and all behind it are passed on.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let rest: Vec<u64> = Stream::iter([1u64, 2, 9, 1]).skip_while(|&n| n < 5).collect()?;
    /// assert_eq!(rest, [9, 1]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn skip_while<F>(self, skip: F) -> Gathered<H, C, SkipWhile<T, F>>
    where
        T: Weigh,
        F: FnMut(&T) -> bool + Send + 'static,
    {
        self.gather().step(SkipWhile::new(skip))
    }

    /// Applies a function until it makes nothing of an item, and then ends the pipeline.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let digits: Vec<u32> = Stream::iter("42 km".chars()).map_while(|c| c.to_digit(10)).collect()?;
    /// assert_eq!(digits, [4, 2]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn map_while<U, F>(self, f: F) -> Gathered<H, C, MapWhile<T, F>>
    where
        T: Weigh,
        U: Send + 'static,
        F: FnMut(T) -> Option<U> + Send + 'static,
    {
        self.gather().step(MapWhile::new(f))
    }

    /// Passes on the first item and then every `step`th behind it.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::iter(0..10u64).step_by(4).collect::<Vec<_>>()?, [0, 4, 8]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `step` is 0.
    pub fn step_by(self, step: u64) -> Gathered<H, C, StepBy<T>>
    where
        T: Weigh,
    {
        self.gather().step(StepBy::new(step))
    }

    /// Puts the index, from 0, before each item.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let numbered: Vec<_> = Stream::iter(["a", "b"]).enumerate().collect()?;
    /// assert_eq!(numbered, [(0, "a"), (1, "b")]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn enumerate(self) -> Gathered<H, C, Enumerate<T>>
    where
        T: Weigh,
    {
        self.gather().step(Enumerate::new())
    }

    /// Leaves out each item equal to one of the last `capacity` items passed on here.
    ///
    /// The first in is the first forgotten, and an item left out does not make its value younger.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let distinct = Stream::iter([1u64, 2, 1, 3, 1]).distinct(2);
    /// assert_eq!(distinct.collect::<Vec<_>>()?, [1, 2, 3, 1]); // 3 made it forget the first 1
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    pub fn distinct(self, capacity: usize) -> Gathered<H, C, Distinct<T, T, Copying<T>>>
    where
        T: Hash + Eq + Clone + Weigh,
    {
        self.gather().step(Distinct::new(capacity, T::clone))
    }

    /// Leaves out each item whose key is that of one of the last `capacity` items passed on here.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let firsts = Stream::iter(["apple", "avocado", "banana", "apricot"])
    ///     .distinct_by(100, |word| word.chars().next());
    /// assert_eq!(firsts.collect::<Vec<_>>()?, ["apple", "banana"]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    pub fn distinct_by<K, F>(self, capacity: usize, key: F) -> Gathered<H, C, Distinct<T, K, F>>
    where
        T: Weigh,
        K: Hash + Eq + Clone + Weigh + Send + 'static,
        F: FnMut(&T) -> K + Send + 'static,
    {
        self.gather().step(Distinct::new(capacity, key))
    }

    /// Leaves out each item equal to the one before it.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::iter([1u64, 1, 2, 1]).dedup().collect::<Vec<_>>()?, [1, 2, 1]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn dedup(self) -> Gathered<H, C, Dedup<T, T, Copying<T>>>
    where
        T: PartialEq + Clone + Weigh,
    {
        self.gather().step(Dedup::new(T::clone))
    }

    /// Leaves out each item whose key is that of the item before it.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let tens: Vec<u64> = Stream::iter([10u64, 11, 19, 20, 12]).dedup_by_key(|n| n / 10).collect()?;
    /// assert_eq!(tens, [10, 20, 12]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn dedup_by_key<K, F>(self, key: F) -> Gathered<H, C, Dedup<T, K, F>>
    where
        T: Weigh,
        K: PartialEq + Weigh + Send + 'static,
        F: FnMut(&T) -> K + Send + 'static,
    {
        self.gather().step(Dedup::new(key))
    }

    /// Gathers items into vectors of about `bytes`, heap included: each is closed by the item that
    /// reaches them. The last may be lighter.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let batches: Vec<Vec<u64>> = Stream::iter(0..5u64).batch_bytes(16).collect()?;
    /// assert_eq!(batches, [vec![0, 1], vec![2, 3], vec![4]]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn batch_bytes(self, bytes: usize) -> Gathered<H, C, Batch<T>>
    where
        T: Weigh,
    {
        self.gather().step(Batch::of_bytes(bytes))
    }

    /// Gathers consecutive items with equal keys into vectors.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let runs: Vec<Vec<u64>> = Stream::iter([1u64, 3, 2, 5]).batch_by(|n| n % 2).collect()?;
    /// assert_eq!(runs, [vec![1, 3], vec![2], vec![5]]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn batch_by<K, F>(self, key: F) -> Gathered<H, C, BatchBy<T, K, F>>
    where
        T: Weigh,
        K: PartialEq + Weigh + Send + 'static,
        F: FnMut(&T) -> K + Send + 'static,
    {
        self.gather().step(BatchBy::new(key))
    }

    /// Passes on the items of each item: what undoes a batch.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let items: Vec<u64> = Stream::iter([vec![1u64, 2], vec![], vec![3]]).unbatch().collect()?;
    /// assert_eq!(items, [1, 2, 3]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn unbatch(self) -> Stepped<H, C, FlatMap<T, Opening<T>, T::IntoIter>>
    where
        T: IntoIterator,
        T::IntoIter: Send + 'static,
        T::Item: Send + 'static,
    {
        self.step(FlatMap::new(std::convert::identity))
    }

    /// Emits every run of `count` consecutive items, as `slice::windows` does.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let rises = Stream::iter([1u64, 4, 2, 8]).windows(2).filter(|w| w[1] > w[0]).count()?;
    /// assert_eq!(rises, 2);
    /// assert_eq!(Stream::iter([1u64]).windows(2).count()?, 0);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    pub fn windows(self, count: usize) -> Gathered<H, C, Windows<T>>
    where
        T: Clone + Weigh,
    {
        self.windows_by(count, 1)
    }

    /// Emits every `step`th run of `count` consecutive items. A run that the end cuts short is not
    /// emitted; where it is wanted and runs do not overlap, [`batch`](Self::batch) has it.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let windows: Vec<Vec<u64>> = Stream::iter(0..8u64).windows_by(3, 2).collect()?;
    /// assert_eq!(windows, [[0, 1, 2], [2, 3, 4], [4, 5, 6]]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` or `step` is 0.
    pub fn windows_by(self, count: usize, step: usize) -> Gathered<H, C, Windows<T>>
    where
        T: Clone + Weigh,
    {
        self.gather().step(Windows::new(count, step))
    }

    /// Sorts each batch of `count` consecutive items and passes its items on; equal ones keep their
    /// order.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let sorted: Vec<u64> = Stream::iter([3u64, 1, 2, 9, 0]).sort_batches(3).collect()?;
    /// assert_eq!(sorted, [1, 2, 3, 0, 9]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    pub fn sort_batches(self, count: usize) -> Gathered<H, C, SortBatches<T, Sorting<T>>>
    where
        T: Ord + Weigh,
    {
        self.gather().step(SortBatches::new(count, <[T]>::sort))
    }

    /// Sorts each batch of `count` consecutive items by a key and passes its items on; those with equal
    /// keys keep their order.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let sorted = Stream::iter([13u64, 21, 11]).sort_batches_by_key(10, |n| n % 10);
    /// assert_eq!(sorted.collect::<Vec<_>>()?, [21, 11, 13]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    #[expect(clippy::type_complexity, reason = "a closure has no name that an alias could use")]
    pub fn sort_batches_by_key<K, F>(
        self,
        count: usize,
        mut key: F,
    ) -> Gathered<H, C, SortBatches<T, impl FnMut(&mut [T]) + Send + 'static>>
    where
        T: Weigh,
        K: Ord,
        F: FnMut(&T) -> K + Send + 'static,
    {
        self.gather().step(SortBatches::new(count, move |batch: &mut [T]| batch.sort_by_key(&mut key)))
    }

    /// Hands the items to a processor of your own, as many at a time as came together.
    ///
    /// What happens to a chunk that fails is said by the processor, so no `on_error` fits behind it:
    ///
    /// ```compile_fail
    /// # use primestream_engine::{ChunkProcessor, Emit, OnError, Outcome, Stream};
    /// struct Pass;
    /// impl ChunkProcessor for Pass {
    ///     type In = u64;
    ///     type Out = u64;
    ///     fn process_chunk(&mut self, chunk: &mut Vec<u64>, out: &mut impl Emit<u64>) -> Outcome {
    ///         chunk.drain(..).try_for_each(|n| out.emit(n))
    ///     }
    /// }
    /// let _ = Stream::iter([1u64]).process_chunks(Pass).on_error(OnError::Skip);
    /// ```
    pub fn process_chunks<P>(self, processor: P) -> Processed<H, C, P>
    where
        T: Weigh,
        P: ChunkProcessor<In = T>,
        P::Out: Weigh,
    {
        self.gather().step(ProcessChunks::new(processor))
    }
}
