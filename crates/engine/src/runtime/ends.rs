//! Ends that run the pipeline at once and give a value.

use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "stateful")]
use serde::Serialize;
#[cfg(feature = "stateful")]
use serde::de::DeserializeOwned;

use super::{Failure, PipelineError};
use crate::checkpoint::Keep;
use crate::metrics::Report;
use crate::operator::Operator;
use crate::operators::{Aggregate, Collect, Fold, Slot, fold};
use crate::pipeline::Pipeline;
use crate::stream::{Head, Stream};
use crate::weigh::Weigh;

/// Ends that run at once.
///
/// # Errors
///
/// All of them fail with the [`PipelineError`] of the run.
impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Gathers all items in a collection, which does not count towards the memory limit.
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn collect<B>(self) -> Result<B, PipelineError>
    where
        B: Extend<T> + Default + Send + 'static,
    {
        let slot = Slot::default();
        run_for(self.end_with(Collect::new(Arc::clone(&slot))), &slot)
    }

    /// Combines all items into one value, beginning with `initial`.
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn fold<A, F>(self, initial: A, combine: F) -> Result<A, PipelineError>
    where
        A: Send + 'static,
        F: FnMut(A, T) -> A + Send + 'static,
    {
        let slot = Slot::default();
        run_for(self.end_with(Fold::new(initial, fold::moved(combine), Arc::clone(&slot))), &slot)
    }

    /// Combines all items into one value, as [`fold`](Self::fold), which checkpoints hold.
    ///
    /// # Errors
    ///
    /// As all of these.
    #[cfg(feature = "stateful")]
    pub fn fold_stateful<A, F>(self, initial: A, combine: F) -> Result<A, PipelineError>
    where
        A: Serialize + DeserializeOwned + Send + 'static,
        F: FnMut(A, T) -> A + Send + 'static,
    {
        let slot = Slot::default();
        let fold = Fold::new(initial, fold::moved(combine), Arc::clone(&slot)).kept(Keep::new());
        run_for(self.end_with(fold), &slot)
    }

    /// Adds all items to one value that stays where it is: for tables, histograms and all that is larger
    /// than a few numbers, which [`fold`](Self::fold) would move twice for each item.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use primestream_engine::Stream;
    ///
    /// let letters = Stream::iter("abba".chars());
    /// let counts = letters.fold_mut(HashMap::new(), |counts, letter| {
    ///     *counts.entry(letter).or_insert(0) += 1;
    /// })?;
    /// assert_eq!(counts, HashMap::from([('a', 2), ('b', 2)]));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn fold_mut<A, F>(self, initial: A, add: F) -> Result<A, PipelineError>
    where
        A: Send + 'static,
        F: FnMut(&mut A, T) + Send + 'static,
    {
        let slot = Slot::default();
        run_for(self.end_with(Fold::new(initial, fold::lent(add), Arc::clone(&slot))), &slot)
    }

    /// Combines all items into one; `None` if there are none.
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn reduce<F>(self, mut combine: F) -> Result<Option<T>, PipelineError>
    where
        F: FnMut(T, T) -> T + Send + 'static,
    {
        self.fold(None, move |before, item| {
            Some(match before {
                Some(before) => combine(before, item),
                None => item,
            })
        })
    }

    /// Combines the items of each lane into one value, beginning with `initial`, and these into one: a fold
    /// on as many lanes as there are. Which items come together depends on the lanes, so the answer is
    /// always the same only if neither function minds the order, and `initial` adds nothing.
    ///
    /// ```
    /// use primestream_engine::{Order, Stream};
    ///
    /// let squares = Stream::iter(0..1000u64)
    ///     .parallel(4, Order::Relaxed)
    ///     .aggregate(0, |sum, n| sum + n * n, |a, b| a + b)?;
    /// assert_eq!(squares, 332_833_500);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn aggregate<A, F, G>(self, initial: A, fold: F, combine: G) -> Result<A, PipelineError>
    where
        A: Clone + Weigh + Send + 'static,
        F: Fn(A, T) -> A + Send + Sync + 'static,
        G: FnMut(A, A) -> A + Send + 'static,
    {
        let none = initial.clone();
        Ok(self.step(Aggregate::new(initial, fold)).reduce(combine)?.unwrap_or(none))
    }

    /// Counts the items.
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn count(self) -> Result<u64, PipelineError> {
        let slot = Slot::default();
        let count = Fold::new(0, fold::moved(|count, _| count + 1), Arc::clone(&slot));
        run_for(self.end_with(count.kept(Keep::of_number())), &slot)
    }

    /// Calls a function with each item.
    ///
    /// # Errors
    ///
    /// If the pipeline fails.
    pub fn for_each<F>(self, f: F) -> Result<Report, PipelineError>
    where
        F: FnMut(T) + Send + 'static,
    {
        self.drain_with(f).run()
    }
}

/// Runs a pipeline for what its end puts into the slot.
pub(super) fn run_for<V>(pipeline: Pipeline, slot: &Mutex<Option<V>>) -> Result<V, PipelineError> {
    let report = pipeline.run()?;
    let value = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    value.ok_or_else(|| {
        // A run without failure ends its last operator, but for one that was complete before.
        let reason = "it was complete, and its value is in no checkpoint; clear them to run it again";
        PipelineError { stage: None, failure: Failure::Refused(reason.to_owned()), report: Box::new(report) }
    })
}
