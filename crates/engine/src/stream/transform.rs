//! Chains without a source: kept, composed, and used as often as one likes.

use std::marker::PhantomData;

use super::policies::{Step, policies};
use crate::error::BoxError;
use crate::faults::Guarded;
use crate::operator::{Operator, Then};
use crate::operators::{Erased, Filter, FilterMap, FlatMap, Identity, Inspect, Map, TryMap};

/// What [`Stream::through`](super::Stream::through) takes: an operator, or a [`Transform`] by value or by
/// reference.
pub trait IntoOperator {
    /// What becomes of it.
    type Operator: Operator;

    /// Makes the operator.
    fn into_operator(self) -> Self::Operator;
}

impl<O: Operator> IntoOperator for O {
    type Operator = Guarded<O>;

    fn into_operator(self) -> Guarded<O> {
        Guarded::new(self)
    }
}

/// A chain of steps that is not bound to a source.
///
/// Each use takes a fresh instance of every step; the functions themselves are shared. A chain compiles
/// to one loop with what it is put into. Steps that remember what came before belong to a stream, whose
/// items they see in order.
///
/// ```
/// use primestream_engine::{Stream, Transform};
///
/// fn trim(line: String) -> String {
///     line.trim().to_owned()
/// }
///
/// let numbers = Transform::new()
///     .map(trim)
///     .filter(|line| !line.is_empty())
///     .try_map(|line| line.parse::<u32>());
/// let squares = Transform::new().map(|n: u32| n * n);
///
/// let sum = Stream::lines(&b"1\n\n 2"[..]).through(&numbers).fold(0, |sum, n| sum + n)?;
/// assert_eq!(sum, 3);
/// let both = numbers.then(&squares);
/// assert_eq!(Stream::lines(&b"3 \n4"[..]).through(&both).collect::<Vec<_>>()?, [9, 16]);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
///
/// What it takes must be what the stream gives:
///
/// ```compile_fail
/// # use primestream_engine::{Stream, Transform};
/// let lengths = Transform::new().map(|line: String| line.len());
/// let _ = Stream::iter([1u64]).through(&lengths);
/// ```
#[must_use = "a transform does nothing until a stream goes through it"]
pub struct Transform<I, C = Identity<I>> {
    chain: C,
    takes: PhantomData<fn(I)>,
}

/// A chain of which only the ends are known: the type to keep in a `struct`.
pub type AnyTransform<I, O> = Transform<I, Erased<I, O>>;

/// A transform that has taken one more step.
pub type Transformed<I, C, O> = Transform<I, Then<C, O>>;

impl<I: Send + 'static> Transform<I> {
    /// Makes the chain of no steps.
    pub fn new() -> Self {
        Self { chain: Identity::default(), takes: PhantomData }
    }
}

impl<I: Send + 'static> Default for Transform<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Send + 'static, C: Operator<In = I>> Transform<I, C> {
    fn step<O: Operator<In = C::Out>>(self, operator: O) -> Transformed<I, C, O> {
        Transform { chain: Then::new(self.chain, operator), takes: PhantomData }
    }

    /// Applies a function to each item.
    pub fn map<U, F>(self, f: F) -> Transformed<I, C, Map<C::Out, F>>
    where
        F: Fn(C::Out) -> U + Send + Sync + 'static,
        U: Send + 'static,
    {
        self.step(Map::new(f))
    }

    /// Applies a function that may fail to each item; [`on_error`](Transform::on_error) says what then.
    pub fn try_map<U, E, F>(self, f: F) -> Transformed<I, C, TryMap<C::Out, F>>
    where
        F: Fn(C::Out) -> Result<U, E> + Send + Sync + 'static,
        U: Send + 'static,
        E: Into<BoxError> + 'static,
    {
        self.step(TryMap::new(f))
    }

    /// Keeps the items a predicate accepts.
    pub fn filter<F>(self, keep: F) -> Transformed<I, C, Filter<C::Out, F>>
    where
        F: Fn(&C::Out) -> bool + Send + Sync + 'static,
    {
        self.step(Filter::new(keep))
    }

    /// Applies a function and keeps what it makes of an item, if anything.
    pub fn filter_map<U, F>(self, f: F) -> Transformed<I, C, FilterMap<C::Out, F>>
    where
        F: Fn(C::Out) -> Option<U> + Send + Sync + 'static,
        U: Send + 'static,
    {
        self.step(FilterMap::new(f))
    }

    /// Applies a function and passes on each item of what it answers, which may be endless.
    pub fn flat_map<J, F>(self, f: F) -> Transformed<I, C, FlatMap<C::Out, F, J::IntoIter>>
    where
        F: Fn(C::Out) -> J + Send + Sync + 'static,
        J: IntoIterator + 'static,
        J::IntoIter: Send + 'static,
        J::Item: Send + 'static,
    {
        self.step(FlatMap::new(f))
    }

    /// Calls a function with each item and passes it on.
    pub fn inspect<F>(self, look: F) -> Transformed<I, C, Inspect<C::Out, F>>
    where
        F: Fn(&C::Out) + Send + Sync + 'static,
    {
        self.step(Inspect::new(look))
    }

    /// Adds an operator of the user's own, or all steps of another transform.
    pub fn then<N>(&self, next: N) -> Transformed<I, C, N::Operator>
    where
        N: IntoOperator<Operator: Operator<In = C::Out>>,
    {
        Transform { chain: Then::new(self.chain.fork(), next.into_operator()), takes: PhantomData }
    }

    /// Leaves only the ends in the type, for a field or a list. Costs a call that is not inlined for each
    /// item and each result.
    ///
    /// ```
    /// use primestream_engine::{Stream, Transform, stream::AnyTransform};
    ///
    /// struct Rules { clean: AnyTransform<String, String> }
    ///
    /// let rules = Rules { clean: Transform::new().map(|line: String| line.to_lowercase()).boxed() };
    /// let lines: Vec<String> = Stream::lines(&b"A\nB"[..]).through(&rules.clean).collect()?;
    /// assert_eq!(lines, ["a", "b"]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn boxed(self) -> AnyTransform<I, C::Out> {
        Transform { chain: Erased::new(self.chain), takes: PhantomData }
    }
}

impl<I, A, O> Transformed<I, A, O>
where
    I: Send + 'static,
    A: Operator<In = I>,
    O: Step + Operator<In = A::Out>,
{
    fn guard(self, set: impl FnOnce(&mut Guarded<O::Bare>)) -> Transformed<I, A, Guarded<O::Bare>> {
        let (before, step) = self.chain.into_parts();
        let mut step = step.guarded();
        set(&mut step);
        Transform { chain: Then::new(before, step), takes: PhantomData }
    }

    policies!(Transformed<I, A, Guarded<O::Bare>>);
}

impl<I: Send + 'static, C: Operator<In = I>> IntoOperator for Transform<I, C> {
    type Operator = C;

    fn into_operator(self) -> C {
        self.chain
    }
}

impl<I: Send + 'static, C: Operator<In = I>> IntoOperator for &Transform<I, C> {
    type Operator = C;

    fn into_operator(self) -> C {
        self.chain.fork()
    }
}
