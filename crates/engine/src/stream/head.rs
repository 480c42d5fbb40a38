//! Where a stage takes its items from: a source, one lane behind an exchange, or several.

#[cfg(feature = "async")]
use std::marker::PhantomData;
use std::sync::Arc;

use super::Stream;
use crate::chunker::Chunker;
use crate::operator::Operator;
use crate::operators::Identity;
use crate::order::Order;
#[cfg(feature = "async")]
use crate::plan::calls::Calls;
use crate::plan::exchange::Exchange;
use crate::plan::join::{Join, Pairing};
use crate::plan::keyed_stage::KeyedStage;
use crate::plan::lane_stage::LaneStage;
use crate::plan::origin::Tap;
use crate::plan::origin_stage::OriginStage;
use crate::plan::outflow::Outflow;
use crate::plan::stage::Stage;
use crate::source::Source;
use crate::weigh::Weigh;

/// Where a stage takes its items from: [`Feed`], [`Inlet`], [`Joined`], [`Calling`], [`Lanes`] or [`Keys`],
/// and nothing else.
pub trait Head: Sized + Send + 'static {
    /// What it gives.
    type Item: Send + 'static;

    /// The head of the stage in which a step with memory may follow.
    type Serial<C: Operator<In = Self::Item>>: Head;

    /// The chain of that stage before the step.
    type SerialChain<C: Operator<In = Self::Item>>: Operator<In = <Self::Serial<C> as Head>::Item, Out = C::Out>;

    /// Continues in one lane.
    #[doc(hidden)]
    fn gather<T, C>(stream: Stream<T, Self, C>) -> Stream<T, Self::Serial<C>, Self::SerialChain<C>>
    where
        T: Weigh + Send + 'static,
        C: Operator<In = Self::Item, Out = T>;

    /// Returns over how many lanes keys behind this stage are spread unless another number is said.
    #[doc(hidden)]
    fn lanes(&self) -> usize {
        1
    }

    /// Makes the exchange behind this stage.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "a head is one of a few, all of them here")]
    fn exchange<T>(&self, lanes_after: usize, chunker: Option<Arc<dyn Chunker>>) -> Arc<Exchange<T>> {
        Exchange::new(Order::Input, 1, lanes_after, chunker)
    }

    /// Makes the stage.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "a head is one of a few, all of them here")]
    fn stage<C>(self, name: Option<String>, chain: C, output: Box<dyn Outflow<C::Out>>) -> Box<dyn Stage>
    where
        C: Operator<In = Self::Item>,
        C::Out: Weigh;
}

/// A stage that begins with a source.
pub struct Feed<S>(pub(crate) S);

/// A stage that begins by joining two others.
pub struct Joined<P: Pairing>(pub(crate) Join<P>);

/// A stage that begins with slow calls, many at once. `M` says whether they can fail.
#[cfg(feature = "async")]
pub struct Calling<T, U, M> {
    pub(crate) calls: Calls<T, U>,
    pub(crate) may: PhantomData<fn() -> M>,
}

/// A stage of several lanes behind another stage, each key in one of them.
pub struct Keys<T> {
    pub(crate) groups: Vec<Arc<Exchange<T>>>,
    pub(crate) lanes: usize,
}

/// A stage of one lane behind another stage.
pub struct Inlet<T>(pub(crate) Arc<Exchange<T>>);

/// A stage of several lanes behind another stage.
pub struct Lanes<T> {
    pub(crate) inlet: Arc<Exchange<T>>,
    pub(crate) lanes: usize,
    pub(crate) order: Order,
}

macro_rules! is_serial {
    () => {
        type Serial<C: Operator<In = Self::Item>> = Self;
        type SerialChain<C: Operator<In = Self::Item>> = C;

        fn gather<T, C>(stream: Stream<T, Self, C>) -> Stream<T, Self, C>
        where
            T: Weigh + Send + 'static,
            C: Operator<In = Self::Item, Out = T>,
        {
            stream
        }
    };
}

macro_rules! is_laned {
    () => {
        type Serial<C: Operator<In = Self::Item>> = Inlet<C::Out>;
        type SerialChain<C: Operator<In = Self::Item>> = Identity<C::Out>;

        fn gather<T, C>(stream: Stream<T, Self, C>) -> Stream<T, Inlet<T>, Identity<T>>
        where
            T: Weigh + Send + 'static,
            C: Operator<In = Self::Item, Out = T>,
        {
            stream.close(Inlet, 1)
        }

        fn lanes(&self) -> usize {
            self.lanes
        }
    };
}

macro_rules! makes_stage {
    (|$head:ident, $name:ident, $chain:ident, $output:ident| $stage:expr) => {
        #[expect(private_interfaces, reason = "a head is one of a few, all of them here")]
        fn stage<C>(
            $head,
            $name: Option<String>,
            $chain: C,
            $output: Box<dyn Outflow<C::Out>>,
        ) -> Box<dyn Stage>
        where
            C: Operator<In = Self::Item>,
            C::Out: Weigh,
        {
            Box::new($stage)
        }
    };
}

impl<S: Source> Head for Feed<S> {
    type Item = S::Item;
    is_serial!();

    makes_stage!(|self, name, chain, output| OriginStage::new(name, Tap(self.0), chain, output));
}

impl<P: Pairing> Head for Joined<P> {
    type Item = P::Out;
    is_serial!();

    makes_stage!(|self, name, chain, output| OriginStage::new(name, self.0, chain, output));
}

#[cfg(feature = "async")]
impl<I, U, M> Head for Calling<I, U, M>
where
    I: Unpin + Send + 'static,
    U: Weigh + Send + 'static,
    M: 'static,
{
    type Item = U;
    is_serial!();

    makes_stage!(|self, name, chain, output| OriginStage::new(name, self.calls, chain, output));
}

impl<I: Send + 'static> Head for Inlet<I> {
    type Item = I;
    is_serial!();

    makes_stage!(|self, name, chain, output| LaneStage::new(name, 1, Order::Input, self.0, chain, output));
}

impl<I: Send + 'static> Head for Lanes<I> {
    type Item = I;
    is_laned!();

    #[expect(private_interfaces, reason = "a head is one of a few, all of them here")]
    fn exchange<T>(&self, lanes_after: usize, chunker: Option<Arc<dyn Chunker>>) -> Arc<Exchange<T>> {
        Exchange::new(self.order, self.lanes, lanes_after, chunker)
    }

    makes_stage!(|self, name, chain, output| {
        LaneStage::new(name, self.lanes, self.order, self.inlet, chain, output)
    });
}

impl<I: Send + 'static> Head for Keys<I> {
    type Item = I;
    is_laned!();

    #[expect(private_interfaces, reason = "a head is one of a few, all of them here")]
    fn exchange<T>(&self, lanes_after: usize, chunker: Option<Arc<dyn Chunker>>) -> Arc<Exchange<T>> {
        Exchange::new(Order::Key, self.groups.len(), lanes_after, chunker)
    }

    makes_stage!(|self, name, chain, output| KeyedStage::new(name, self.lanes, self.groups, chain, output));
}
