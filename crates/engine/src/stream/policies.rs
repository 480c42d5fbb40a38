//! What happens to items that fail: said behind the step, in any order.

use super::{Head, Stepped};
use crate::faults::Guarded;
use crate::operator::{Operator, Then};
use crate::operators::{
    Batch, BatchBy, Dedup, Distinct, Filter, FilterMap, FlatMap, Inspect, Map, MapWhile, Scan, Skip,
    SkipWhile, SortBatches, Take, TakeWhile, TryMap, Windows,
};

/// A step that can be given policies for the items that fail in it.
pub trait Step: Operator {
    /// The step itself, without policies.
    type Bare: Operator<In = Self::In, Out = Self::Out>;

    /// Makes room for policies, or keeps those there are.
    fn guarded(self) -> Guarded<Self::Bare>;
}

impl<O: Operator> Step for Guarded<O> {
    type Bare = O;

    fn guarded(self) -> Self {
        self
    }
}

macro_rules! steps {
    ($($name:ident<$($parameter:ident),*>;)*) => { $(
        impl<$($parameter),*> Step for $name<$($parameter),*>
        where
            Self: Operator,
        {
            type Bare = Self;

            fn guarded(self) -> Guarded<Self> {
                Guarded::new(self)
            }
        }
    )* };
}

steps! {
    Map<T, F>;
    TryMap<T, F>;
    Filter<T, F>;
    FilterMap<T, F>;
    FlatMap<T, F, I>;
    Inspect<T, F>;
    Take<T>;
    Skip<T>;
    Batch<T>;
    BatchBy<T, K, F>;
    Dedup<T, K, F>;
    Distinct<T, K, F>;
    MapWhile<T, F>;
    Scan<T, A, F>;
    SkipWhile<T, F>;
    SortBatches<T, F>;
    TakeWhile<T, F>;
    Windows<T>;
}

/// The verbs that say what happens to items that fail in the step before, for whatever holds a chain.
macro_rules! policies {
    ($guarded:ty) => {
        /// Says what happens to an item that fails in the step before this, by an error or by a panic.
        /// Without it, the pipeline stops.
        pub fn on_error(self, policy: $crate::faults::OnError<O::In>) -> $guarded {
            self.guard(|step| step.policies.given_up = policy.into())
        }

        /// Puts what a function answers in the place of an item that fails in the step before this; nothing,
        /// if it answers `None`.
        ///
        /// ```
        /// use primestream_engine::Stream;
        ///
        /// let numbers: Vec<u32> = Stream::iter(["1", "x", "", "4"])
        ///     .try_map(str::parse::<u32>)
        ///     .catch(|failed| (failed.item == "x").then_some(10))
        ///     .collect()?;
        /// assert_eq!(numbers, [1, 10, 4]);
        /// # Ok::<(), primestream_engine::PipelineError>(())
        /// ```
        pub fn catch<F>(self, replace: F) -> $guarded
        where
            F: Fn($crate::faults::DeadLetter<O::In>) -> Option<O::Out> + Send + Sync + 'static,
            O::In: Clone,
        {
            let replace = std::sync::Arc::new(replace);
            self.guard(|step| {
                step.policies.given_up =
                    $crate::faults::policy::GivenUp::Replace { keep: Clone::clone, replace }
            })
        }

        /// Stops the pipeline when too many items fail in the step before this, although each alone would be
        /// left out, replaced or set aside.
        pub fn tolerate(self, tolerance: $crate::faults::Tolerance) -> $guarded {
            self.guard(|step| step.policies.tolerance = Some(tolerance))
        }

        /// Tries items again that fail in the step before this. The item is cloned before each attempt.
        ///
        /// A step that cannot fail cannot be retried:
        ///
        /// ```compile_fail
        /// use primestream_engine::{Retry, Stream};
        ///
        /// Stream::iter(0..3).map(|n| n + 1).retry(Retry::fixed(3, std::time::Duration::ZERO));
        /// ```
        pub fn retry(self, retry: $crate::faults::Retry) -> $guarded
        where
            O::Bare: $crate::operator::Fails,
            O::In: Clone,
        {
            self.guard(|step| step.policies.retry = Some((retry, Clone::clone)))
        }

        /// Stops calling the step before this for a while when it keeps failing.
        pub fn breaker(self, breaker: $crate::faults::CircuitBreaker) -> $guarded
        where
            O::Bare: $crate::operator::Fails,
        {
            self.guard(|step| step.policies.breaker = Some(breaker))
        }
    };
}
pub(super) use policies;

/// What happens to items that fail in the step before.
///
/// The policies of a step act in one order, from the inside out, however they were asked for: the
/// [`breaker`](Self::breaker) may refuse an attempt; [`retry`](Self::retry) may make another; then
/// [`on_error`](Self::on_error) or [`catch`](Self::catch) decides about an item that is given up; and
/// [`tolerate`](Self::tolerate) may find that too many were.
impl<H, A, O> Stepped<H, A, O>
where
    H: Head,
    A: Operator<In = H::Item>,
    O: Step + Operator<In = A::Out>,
{
    fn guard(self, set: impl FnOnce(&mut Guarded<O::Bare>)) -> Stepped<H, A, Guarded<O::Bare>> {
        self.with_chain(|chain| {
            let (before, step) = chain.into_parts();
            let mut step = step.guarded();
            set(&mut step);
            Then::new(before, step)
        })
    }

    policies!(Stepped<H, A, Guarded<O::Bare>>);
}
