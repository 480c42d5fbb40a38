//! Two streams that become one, item by item.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;

use super::exchange::{Exchange, ExchangeId, Sight};
use super::origin::Origin;
use super::queue::Line;
use crate::budget::Reservation;
use crate::error::Interrupt;
use crate::message::Message;
use crate::operator::Emit;
use crate::source::{Intake, Supply};
use crate::tally::Tally;

/// One of two streams that are joined.
pub(crate) struct Side<T> {
    inlet: Arc<Exchange<T>>,
    items: VecDeque<T>,
    reservation: Option<Reservation>,
    taken: u64,
}

/// What a side has to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stock {
    Item,
    Nothing,
    End,
}

impl<T: Send + 'static> Side<T> {
    pub(crate) fn new(inlet: Arc<Exchange<T>>) -> Self {
        Self { inlet, items: VecDeque::new(), reservation: None, taken: 0 }
    }

    /// Returns what there is, having taken the next chunk if one was needed.
    fn stock(&mut self) -> Stock {
        while self.items.is_empty() {
            self.reservation = None;
            match self.inlet.look() {
                Sight::Nothing => return Stock::Nothing,
                Sight::End => return Stock::End,
                Sight::Chunk(_) | Sight::Fence => {}
            }
            // A join keeps no watermark: what comes out of it follows the order of both.
            if let Some(Message::Chunk(chunk)) = self.inlet.take() {
                let (items, reservation) = chunk.into_parts();
                self.taken += items.len() as u64;
                self.items = items.into();
                self.reservation = Some(reservation);
            }
        }
        Stock::Item
    }

    fn is_ready(&self) -> bool {
        !self.items.is_empty() || self.inlet.look() != Sight::Nothing
    }

    fn close(&mut self) {
        self.inlet.close();
        self.items.clear();
        self.reservation = None;
    }
}

/// How two streams become one.
pub trait Pairing: Send + 'static {
    type Left: Send + 'static;
    type Right: Send + 'static;
    type Out: Send + 'static;

    /// Returns which sides it needs an item of to go on, `(left, right)`.
    fn needs(&self) -> (bool, bool);

    /// Emits what can be made of the next items; where a side has ended it is `None`. Returns whether to go
    /// on.
    fn pair(
        &mut self,
        left: &mut Front<'_, Self::Left>,
        right: &mut Front<'_, Self::Right>,
        out: &mut impl Emit<Self::Out>,
    ) -> Result<bool, Interrupt>;

    fn name(&self) -> &'static str;
}

/// The next item of a side, which may be taken.
pub struct Front<'a, T> {
    items: &'a mut VecDeque<T>,
    used: &'a mut u64,
}

impl<T> Front<'_, T> {
    pub(crate) fn peek(&self) -> Option<&T> {
        self.items.front()
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        let item = self.items.pop_front();
        *self.used += u64::from(item.is_some());
        item
    }
}

/// Two streams that become one, as the origin of a stage.
pub(crate) struct Join<P: Pairing> {
    pairing: P,
    left: Side<P::Left>,
    right: Side<P::Right>,
    /// Items that became part of what was emitted.
    used: u64,
    /// Items left over when the join ended.
    left_over: u64,
}

impl<P: Pairing> Join<P> {
    pub(crate) fn new(pairing: P, left: Arc<Exchange<P::Left>>, right: Arc<Exchange<P::Right>>) -> Self {
        Self { pairing, left: Side::new(left), right: Side::new(right), used: 0, left_over: 0 }
    }

    /// Emits one pairing; returns what to answer if there is nothing to go on with.
    fn step(&mut self, out: &mut impl Intake<P::Out>) -> Result<Option<Supply>, Interrupt> {
        let (needs_left, needs_right) = self.pairing.needs();
        let lacks = |needs: bool, stock: Stock| needs && stock == Stock::Nothing;
        if lacks(needs_left, self.left.stock()) || lacks(needs_right, self.right.stock()) {
            return Ok(Some(Supply::More));
        }
        let mut left = Front { items: &mut self.left.items, used: &mut self.used };
        let mut used = 0;
        let mut right = Front { items: &mut self.right.items, used: &mut used };
        let outcome = self.pairing.pair(&mut left, &mut right, out);
        self.used += used;
        Ok(if outcome? { None } else { Some(Supply::End) })
    }
}

impl<P: Pairing> Origin for Join<P> {
    type Item = P::Out;

    fn pull(&mut self, out: &mut impl Intake<P::Out>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            if let Some(supply) = self.step(out)? {
                return Ok(supply);
            }
        }
        Ok(Supply::More)
    }

    fn describe(&self, steps: &mut Vec<&'static str>) {
        steps.push(self.pairing.name());
    }

    fn inlets(&self) -> Vec<ExchangeId> {
        vec![self.left.inlet.id(), self.right.inlet.id()]
    }

    fn lines(&self) -> Vec<Arc<dyn Line>> {
        vec![Arc::clone(&self.left.inlet) as Arc<dyn Line>, Arc::clone(&self.right.inlet) as Arc<dyn Line>]
    }

    fn tally(&self) -> Option<Tally> {
        let taken = self.left.taken + self.right.taken;
        let waiting = (self.left.items.len() + self.right.items.len()) as u64;
        Some(Tally {
            taken,
            absorbed: self.used,
            filtered: self.left_over,
            held: waiting,
            abandoned: self.left.inlet.abandoned() + self.right.inlet.abandoned(),
            ..Tally::default()
        })
    }

    fn is_ready(&self) -> bool {
        let (needs_left, needs_right) = self.pairing.needs();
        (!needs_left || self.left.is_ready()) && (!needs_right || self.right.is_ready())
    }

    fn is_quiet(&self) -> bool {
        !self.is_ready()
    }

    fn close(&mut self) {
        self.left_over += (self.left.items.len() + self.right.items.len()) as u64;
        self.left.close();
        self.right.close();
    }
}

/// Pairs the first with the first, the second with the second, until one side ends.
pub(crate) struct Zip<A, B>(PhantomData<fn(A, B)>);

impl<A, B> Zip<A, B> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A: Send + 'static, B: Send + 'static> Pairing for Zip<A, B> {
    type Left = A;
    type Right = B;
    type Out = (A, B);

    fn needs(&self) -> (bool, bool) {
        (true, true)
    }

    fn pair(
        &mut self,
        left: &mut Front<'_, A>,
        right: &mut Front<'_, B>,
        out: &mut impl Emit<(A, B)>,
    ) -> Result<bool, Interrupt> {
        if left.peek().is_none() || right.peek().is_none() {
            return Ok(false);
        }
        match (left.take(), right.take()) {
            (Some(a), Some(b)) => out.emit((a, b)).map(|()| true),
            _ => Ok(false),
        }
    }

    fn name(&self) -> &'static str {
        "zip"
    }
}

/// Takes the smaller of the next two, so that two ordered streams become one.
pub(crate) struct MergeBy<T, F> {
    compare: F,
    takes: PhantomData<fn(T)>,
}

impl<T, F> MergeBy<T, F> {
    pub(crate) fn new(compare: F) -> Self {
        Self { compare, takes: PhantomData }
    }
}

impl<T, F> Pairing for MergeBy<T, F>
where
    T: Send + 'static,
    F: Fn(&T, &T) -> Ordering + Send + 'static,
{
    type Left = T;
    type Right = T;
    type Out = T;

    fn needs(&self) -> (bool, bool) {
        (true, true)
    }

    fn pair(
        &mut self,
        left: &mut Front<'_, T>,
        right: &mut Front<'_, T>,
        out: &mut impl Emit<T>,
    ) -> Result<bool, Interrupt> {
        let next = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if (self.compare)(a, b) == Ordering::Greater => right.take(),
            (Some(_), _) => left.take(),
            (None, _) => right.take(),
        };
        match next {
            Some(item) => out.emit(item).map(|()| true),
            None => Ok(false),
        }
    }

    fn name(&self) -> &'static str {
        "merge_by"
    }
}

/// Takes from both sides in turn; when one has ended, from the other.
pub(crate) struct Interleave<T> {
    turn: Turn,
    /// One side has ended.
    is_single: bool,
    takes: PhantomData<fn(T)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Left,
    Right,
}

impl<T> Interleave<T> {
    pub(crate) fn new() -> Self {
        Self { turn: Turn::Left, is_single: false, takes: PhantomData }
    }

    fn pass_turn(&mut self) {
        self.turn = match self.turn {
            Turn::Left => Turn::Right,
            Turn::Right => Turn::Left,
        };
    }
}

impl<T: Send + 'static> Pairing for Interleave<T> {
    type Left = T;
    type Right = T;
    type Out = T;

    fn needs(&self) -> (bool, bool) {
        (self.turn == Turn::Left, self.turn == Turn::Right)
    }

    fn pair(
        &mut self,
        left: &mut Front<'_, T>,
        right: &mut Front<'_, T>,
        out: &mut impl Emit<T>,
    ) -> Result<bool, Interrupt> {
        let next = match self.turn {
            Turn::Left => left.take(),
            Turn::Right => right.take(),
        };
        let Some(item) = next else {
            self.pass_turn();
            return Ok(!std::mem::replace(&mut self.is_single, true));
        };
        if !self.is_single {
            self.pass_turn();
        }
        out.emit(item).map(|()| true)
    }

    fn name(&self) -> &'static str {
        "interleave"
    }
}
