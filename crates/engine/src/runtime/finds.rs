//! Ends that answer with one item, or with whether there is one.
//!
//! `first`, `find`, `any` and `all` end the pipeline as soon as the answer is known, so they come to an
//! end on streams that have none.

use std::sync::Arc;

use super::PipelineError;
use super::ends::run_for;
use crate::operator::Operator;
use crate::operators::{Find, Slot};
use crate::stream::{Head, Stream};
use crate::weigh::Weigh;

/// Ends that answer with one item.
impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Returns the first item, `None` if there is none.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::iter(5u64..).first()?, Some(5));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn first(self) -> Result<Option<T>, PipelineError> {
        self.look_for("first", |_| true)
    }

    /// Returns the first item that a predicate accepts, `None` if there is none.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::iter(1u64..).find(|n| n * n > 50)?, Some(8));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn find<F>(self, is_wanted: F) -> Result<Option<T>, PipelineError>
    where
        F: FnMut(&T) -> bool + Send + 'static,
    {
        self.look_for("find", is_wanted)
    }

    /// Returns whether a predicate accepts an item.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert!(Stream::iter(0u64..).any(|n| *n == 1000)?);
    /// assert!(!Stream::empty::<u64>().any(|_| true)?);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn any<F>(self, is_wanted: F) -> Result<bool, PipelineError>
    where
        F: FnMut(&T) -> bool + Send + 'static,
    {
        Ok(self.look_for("any", is_wanted)?.is_some())
    }

    /// Returns whether a predicate accepts every item.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert!(!Stream::iter(0u64..).all(|n| *n < 1000)?);
    /// assert!(Stream::empty::<u64>().all(|_| false)?);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn all<F>(self, mut is_fine: F) -> Result<bool, PipelineError>
    where
        F: FnMut(&T) -> bool + Send + 'static,
    {
        Ok(self.look_for("all", move |item| !is_fine(item))?.is_none())
    }

    /// Returns the last item, `None` if there is none.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::iter([3u64, 1, 2]).last()?, Some(2));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn last(self) -> Result<Option<T>, PipelineError> {
        self.reduce(|_, item| item)
    }

    /// Returns the least item, the first of equal ones; `None` if there is none.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::iter([3u64, 1, 2]).min()?, Some(1));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn min(self) -> Result<Option<T>, PipelineError>
    where
        T: Ord,
    {
        self.reduce(T::min)
    }

    /// Returns the greatest item, the last of equal ones; `None` if there is none.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// assert_eq!(Stream::iter([3u64, 1, 2]).max()?, Some(3));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn max(self) -> Result<Option<T>, PipelineError>
    where
        T: Ord,
    {
        self.reduce(T::max)
    }

    fn look_for<F>(self, name: &'static str, is_wanted: F) -> Result<Option<T>, PipelineError>
    where
        F: FnMut(&T) -> bool + Send + 'static,
    {
        let slot: Slot<Option<T>> = Slot::default();
        run_for(self.end_with(Find::new(name, is_wanted, Arc::clone(&slot))), &slot)
    }
}
