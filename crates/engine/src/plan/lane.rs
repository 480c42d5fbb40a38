//! One lane of a stage: its own chain of operators, driven over one message at a time.
//!
//! A panic in a user's function is caught here, around a run of items rather than around each, so it
//! costs nothing until it happens; the item in hand is known by count, and the run goes on behind it.
//!
//! For the time of a run the chain stands in a local variable ([`Seat`]): the counters and sums of its
//! operators then live in registers, and a chain that cannot fail compiles to the loop one would write.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::host::Host;
use super::outlet::Outlet;
use crate::chunker::CHUNK_BYTES;
use crate::error::{Cause, Interrupt, ItemError, Outcome, SourceError, panic_message};
use crate::operator::{Emit, Operator};
use crate::source::{Intake, Source, Supply};
use crate::tally::Tally;
use crate::time::EventTime;
use crate::weigh::Weigh;

/// One lane: a chain, and what it has counted.
pub(crate) struct Lane<C> {
    /// `None` only while it is seated.
    chain: Option<C>,
    /// Its number among the lanes of its stage.
    pub(super) index: usize,
    taken: u64,
    passed: u64,
    failed: u64,
    abandoned: u64,
}

/// A chain taken out of its lane, put back when this is dropped.
struct Seat<'a, C> {
    home: &'a mut Option<C>,
    chain: Option<C>,
}

impl<'a, C> Seat<'a, C> {
    #[inline(always)]
    fn take(home: &'a mut Option<C>) -> Self {
        let chain = home.take();
        Self { home, chain }
    }

    #[inline(always)]
    fn chain(&mut self) -> &mut C {
        self.chain.as_mut().expect("a seat holds its chain until it is dropped")
    }
}

impl<C> Drop for Seat<'_, C> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.home = self.chain.take();
    }
}

/// A value kept in a register, put back when this is dropped.
struct Kept<'a, V: Copy> {
    home: &'a mut V,
    now: V,
}

impl<V: Copy> Drop for Kept<'_, V> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.home = self.now;
    }
}

/// What the chain of a lane emits into: the outlet, and the count of items that entered.
struct Counted<'a, 'b, T> {
    outlet: &'a mut Outlet<'b, T>,
    fed: Kept<'a, u64>,
}

impl<T: Weigh> Emit<T> for Counted<'_, '_, T> {
    #[inline(always)]
    fn emit(&mut self, item: T) -> Outcome {
        self.outlet.emit(item)
    }

    #[inline]
    fn position(&self) -> u64 {
        self.outlet.first_position() + self.fed.now.saturating_sub(1)
    }
}

/// Pushes up to `count` items through a chain: the hot loop of every pipeline.
///
/// A function of its own, never inlined: its arguments are then known not to overlap, and what it counts
/// stays in registers. `in_chain` is left true if the chain was left in the middle of an item.
#[inline(never)]
fn drive<C: Operator>(
    home: &mut Option<C>,
    items: &mut impl Iterator<Item = C::In>,
    count: usize,
    outlet: &mut Outlet<'_, C::Out>,
    (fed, in_chain): (&mut u64, &mut bool),
) -> Outcome
where
    C::Out: Weigh,
{
    let mut seat = Seat::take(home);
    let mut out = Counted { outlet, fed: Kept { now: *fed, home: fed } };
    let mut in_chain = Kept { now: false, home: in_chain };
    let chain = seat.chain();
    chain.on_run();
    // Counted by the number of the round and not by adding up: the compiler would add in vectors.
    let before = out.fed.now;
    for round in 0..count as u64 {
        let Some(item) = items.next() else { break };
        out.fed.now = before + round + 1;
        in_chain.now = true;
        chain.on_item(item, &mut out)?;
        in_chain.now = false;
    }
    Ok(())
}

/// What a source pushes into: the chain of its stage, and whether that is enough for now.
struct Feeder<'a, 'b, C: Operator> {
    seat: Seat<'a, C>,
    out: Counted<'a, 'b, C::Out>,
    /// Whether an item is in the chain.
    in_chain: Kept<'a, bool>,
    most: u64,
}

impl<C: Operator> Emit<C::In> for Feeder<'_, '_, C>
where
    C::Out: Weigh,
{
    #[inline(always)]
    fn emit(&mut self, item: C::In) -> Outcome {
        self.out.fed.now += 1;
        self.in_chain.now = true;
        self.seat.chain().on_item(item, &mut self.out)?;
        self.in_chain.now = false;
        Ok(())
    }

    #[inline]
    fn position(&self) -> u64 {
        self.out.position()
    }
}

impl<C: Operator> Intake<C::In> for Feeder<'_, '_, C>
where
    C::Out: Weigh,
{
    #[inline(always)]
    fn is_satisfied(&self) -> bool {
        self.out.fed.now >= self.most || self.out.outlet.has_cut()
    }

    #[inline(always)]
    fn appetite(&self) -> usize {
        if self.most < FAST_PACE {
            return 1;
        }
        // No more than a chunk: nobody looks at the memory in between.
        let fits = CHUNK_BYTES / size_of::<C::In>().max(1);
        usize::try_from(self.most - self.out.fed.now).unwrap_or(usize::MAX).min(fits).max(1)
    }

    #[inline(always)]
    fn emit_from(
        &mut self,
        items: &mut impl Iterator<Item = C::In>,
        count: usize,
    ) -> Result<bool, Interrupt> {
        let before = self.out.fed.now;
        let counts = (&mut self.out.fed.now, &mut self.in_chain.now);
        drive(&mut self.seat.chain, items, count, self.out.outlet, counts)?;
        Ok(self.out.fed.now - before == count as u64)
    }

    fn watermark(&mut self, at: EventTime) -> Outcome {
        self.seat.chain().on_watermark(at, &mut self.out)?;
        self.out.outlet.watermark(at);
        Ok(())
    }
}

/// What a lane was doing when a panic was caught.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// Working on an item.
    Item,
    /// Passing on or ending, with no item in hand.
    Flush,
}

impl<C: Operator> Lane<C>
where
    C::Out: Weigh,
{
    pub(crate) fn new(chain: C, index: usize) -> Self {
        Self { chain: Some(chain), index, taken: 0, passed: 0, failed: 0, abandoned: 0 }
    }

    /// Makes another lane of the same chain.
    pub(crate) fn fork(&self, index: usize) -> Self {
        Self::new(self.chain().fork(), index)
    }

    fn chain(&self) -> &C {
        self.chain.as_ref().expect("a chain is at home between runs")
    }

    pub(crate) fn describe(&self, steps: &mut Vec<&'static str>) {
        self.chain().describe(steps);
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.chain().held_bytes()
    }

    pub(super) fn tally(&self) -> Tally {
        let mut tally = self.chain().tally();
        // What the last operator passes on is counted here; an end counts what it passed itself.
        tally += Tally {
            taken: self.taken,
            passed: self.passed,
            failed: self.failed,
            abandoned: self.abandoned,
            ..Tally::default()
        };
        if self.chain().leaves_out() {
            tally.filtered += tally.missing();
        }
        tally
    }

    /// Pushes all items through the chain.
    pub(super) fn run(
        &mut self,
        items: Vec<C::In>,
        outlet: &mut Outlet<'_, C::Out>,
        host: &dyn Host,
    ) -> Outcome {
        let mut items = items.into_iter();
        let mut doing = Doing::Item;
        let (mut fed, mut in_chain) = (0, false);
        let outcome = loop {
            let (home, rest, count, now, out) =
                (&mut self.chain, &mut items, &mut fed, &mut doing, &mut *outlet);
            let caught = catch_unwind(AssertUnwindSafe(|| {
                while rest.len() > 0 {
                    if host.is_stopping() {
                        return Err(Interrupt::Stopped);
                    }
                    drive(home, rest, ITEMS_BETWEEN_LOOKS, out, (&mut *count, &mut in_chain))?;
                }
                *now = Doing::Flush;
                let mut out = Counted { outlet: out, fed: Kept { now: *count, home: count } };
                Seat::take(home).chain().on_flush(&mut out)
            }));
            match caught {
                Ok(outcome) => break self.count_failure(outcome, doing),
                Err(payload) => match self.after_panic(&*payload, outlet.position_of(fed), doing) {
                    Ok(()) => {}
                    Err(reason) => break Err(reason),
                },
            }
        };
        self.taken += fed;
        self.abandoned += items.len() as u64;
        self.leave(outlet);
        outcome.map_err(|reason| reason.at(outlet.position_of(fed)))
    }

    /// Asks a source for at most `most` items and pushes them through the chain; returns how many there
    /// were, and what the source said.
    pub(super) fn feed<S>(
        &mut self,
        source: &mut S,
        most: u64,
        outlet: &mut Outlet<'_, C::Out>,
    ) -> (u64, Result<Supply, Interrupt>)
    where
        S: Source<Item = C::In>,
    {
        let (mut fed, mut in_chain) = (0, false);
        let mut doing = Doing::Item;
        let answer = loop {
            let (home, count, inside, now) = (&mut self.chain, &mut fed, &mut in_chain, &mut doing);
            let out = &mut *outlet;
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let out = Counted { outlet: out, fed: Kept { now: *count, home: count } };
                let in_chain = Kept { now: false, home: inside };
                let mut feeder = Feeder { seat: Seat::take(home), out, in_chain, most };
                let supply = source.pull(&mut feeder)?;
                *now = Doing::Flush;
                feeder.seat.chain().on_flush(&mut feeder.out)?;
                Ok(supply)
            }));
            match caught {
                Ok(Ok(supply)) => break Ok(supply),
                Ok(Err(reason)) => {
                    let doing = if in_chain { doing } else { Doing::Flush };
                    break self.count_failure(Err(reason), doing).map(|()| Supply::More);
                }
                Err(payload) if in_chain || doing == Doing::Flush => {
                    match self.after_panic(&*payload, outlet.position_of(fed), doing) {
                        Ok(()) => in_chain = false,
                        Err(reason) => break Err(reason),
                    }
                }
                Err(payload) => {
                    let message = format!("panicked: {}", panic_message(&*payload));
                    break Err(Interrupt::Source(SourceError::new(message)));
                }
            }
        };
        self.taken += fed;
        self.leave(outlet);
        (fed, answer.map_err(|reason| reason.at(outlet.position_of(fed))))
    }

    /// Tells the chain that no earlier event will come.
    pub(super) fn watermark(&mut self, at: EventTime, outlet: &mut Outlet<'_, C::Out>) -> Outcome {
        self.wind_up(outlet, |chain, out| chain.on_watermark(at, out))
    }

    /// Tells the chain that no item will come.
    pub(super) fn end(&mut self, outlet: &mut Outlet<'_, C::Out>) -> Outcome {
        self.wind_up(outlet, |chain, out| chain.on_end(out))
    }

    /// Lets the chain emit what it holds. A failure on the way is that of an item it made; it is asked
    /// again afterwards, for what it holds besides.
    fn wind_up(
        &mut self,
        outlet: &mut Outlet<'_, C::Out>,
        mut emit: impl FnMut(&mut C, &mut Counted<'_, '_, C::Out>) -> Outcome,
    ) -> Outcome {
        let mut fed = 0;
        let known = self.tally();
        let outcome = loop {
            let (home, out, count) = (&mut self.chain, &mut *outlet, &mut fed);
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let mut out = Counted { outlet: out, fed: Kept { now: *count, home: count } };
                emit(Seat::take(home).chain(), &mut out)
            }));
            match caught {
                Ok(Err(Interrupt::Done)) => break Ok(()),
                Ok(outcome) => break outcome,
                Err(payload) => match self.after_panic(&*payload, outlet.first_position(), Doing::Flush) {
                    Ok(()) => {}
                    Err(reason) => break Err(reason),
                },
            }
        };
        self.leave(outlet);
        if outcome.is_err() {
            // Whether an item was in hand is known to the chain alone: it is the one that is missing.
            let now = self.tally();
            self.failed += now.missing().max(now.filtered - known.filtered).min(1);
        }
        outcome
    }

    /// Hands over what the outlet gathered and counts it.
    fn leave(&mut self, outlet: &mut Outlet<'_, C::Out>) {
        outlet.flush();
        self.passed += outlet.take_passed();
    }

    /// Counts the item in hand if it is lost with this outcome.
    fn count_failure(&mut self, outcome: Outcome, doing: Doing) -> Outcome {
        let is_lost = match &outcome {
            Ok(()) | Err(Interrupt::Done | Interrupt::Stopped) => false,
            Err(_) => doing == Doing::Item,
        };
        self.failed += u64::from(is_lost);
        outcome
    }

    /// Finds out whose the panic was. `Ok`: a policy dealt with it, and the run goes on.
    #[cold]
    fn after_panic(&mut self, payload: &(dyn Any + Send), position: u64, doing: Doing) -> Outcome {
        let message = panic_message(payload);
        let chain = self.chain.as_mut().expect("a chain returns home when a run unwinds");
        let outcome = chain.on_panic(&message, position).unwrap_or_else(|| {
            let error = ItemError::new("a step", Cause::Panicked(message));
            Err(Interrupt::Item(Box::new(error)))
        });
        self.count_failure(outcome, doing)
    }
}

/// Items in a step from which on a source may hand over many at once: the step takes 2 ms, so each took
/// less than a microsecond.
const FAST_PACE: u64 = 2048;

/// Items between two looks at whether the pipeline is stopping.
///
/// More delays a cancellation where the chunks are the user's own, fewer costs a load for each.
const ITEMS_BETWEEN_LOOKS: usize = 2048;
