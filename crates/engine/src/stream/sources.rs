//! Streams of no item, of one, and of what a function makes.

use std::iter::{Empty, FromFn, Fuse, Once, Repeat};

use super::{Fresh, Stream};
use crate::error::BoxError;
use crate::sources::{Iter, TryGenerate};

impl Stream<()> {
    /// Streams nothing.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::empty::<u64>().count()?, 0);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn empty<T: Send + 'static>() -> Fresh<Iter<Empty<T>>> {
        Stream::from_source(Iter::new("empty", std::iter::empty()))
    }

    /// Streams one item.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::once("all").collect::<Vec<_>>()?, ["all"]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn once<T: Send + 'static>(item: T) -> Fresh<Iter<Once<T>>> {
        Stream::from_source(Iter::new("once", std::iter::once(item)))
    }

    /// Streams copies of an item without end.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::repeat(7u64).take(3).collect::<Vec<_>>()?, [7, 7, 7]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn repeat<T: Clone + Send + 'static>(item: T) -> Fresh<Iter<Repeat<T>>> {
        Stream::from_source(Iter::new("repeat", std::iter::repeat(item)))
    }

    /// Streams what a function answers, until it answers `None`.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let mut left = 3u32;
    /// let countdown = Stream::generate(move || {
    ///     left = left.checked_sub(1)?;
    ///     Some(left)
    /// });
    /// assert_eq!(countdown.collect::<Vec<_>>()?, [2, 1, 0]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn generate<T, F>(next: F) -> Fresh<Iter<Fuse<FromFn<F>>>>
    where
        T: Send + 'static,
        F: FnMut() -> Option<T> + Send + 'static,
    {
        Stream::from_source(Iter::new("generate", std::iter::from_fn(next).fuse()))
    }

    /// Streams what a function answers, until it answers `None`. An error is one of the source: what was
    /// given before stands, and the pipeline stops.
    ///
    /// ```
    /// use primestream_engine::{Stream, runtime::Failure};
    ///
    /// let mut replies = ["4", "2", "busy"].into_iter();
    /// let numbers = Stream::try_generate(move || replies.next().map(str::parse::<u32>).transpose());
    /// let error = numbers.count().unwrap_err();
    /// assert!(matches!(error.failure(), Failure::Source(_)));
    /// assert_eq!(error.report().items_in(), 2);
    /// ```
    pub fn try_generate<T, E, F>(next: F) -> Fresh<TryGenerate<F>>
    where
        T: Send + 'static,
        E: Into<BoxError> + 'static,
        F: FnMut() -> Result<Option<T>, E> + Send + 'static,
    {
        Stream::from_source(TryGenerate::new(next))
    }

    /// Streams what a function makes of a state that it changes, until it makes nothing.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let halves = Stream::unfold(20u32, |n| {
    ///     *n /= 2;
    ///     (*n > 0).then_some(*n)
    /// });
    /// assert_eq!(halves.collect::<Vec<_>>()?, [10, 5, 2, 1]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn unfold<S, T, F>(mut state: S, mut next: F) -> Fresh<Iter<impl Iterator<Item = T> + Send>>
    where
        S: Send + 'static,
        T: Send + 'static,
        F: FnMut(&mut S) -> Option<T> + Send + 'static,
    {
        Stream::from_source(Iter::new("unfold", std::iter::from_fn(move || next(&mut state)).fuse()))
    }
}
