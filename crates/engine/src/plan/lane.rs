//! One lane of a stage: its own chain of operators, driven over one message at a time.
//!
//! A panic in a user's function is caught here, around a run of items rather than around each, so it
//! costs nothing until it happens; the item in hand is known by count, and the run goes on behind it.
//!
//! For the time of a run the chain stands in a local variable ([`Seat`]): the counters and sums of its
//! operators then live in registers, and a chain that cannot fail compiles to the loop one would write.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;
use std::time::Duration;

use super::host::Host;
use super::origin::Origin;
use super::outlet::Outlet;
#[cfg(feature = "profiling")]
use super::profile::{Sample, Sampler, drive_sampled, flush_sampled};
use crate::chunker::CHUNK_BYTES;
use crate::error::{Cause, Interrupt, ItemError, Outcome, SourceError, panic_message};
use crate::operator::{Emit, Operator};
use crate::source::{Intake, Supply};
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
    /// Which runs are sampled, if a profile was asked for.
    #[cfg(feature = "profiling")]
    sampler: Option<Sampler>,
}

/// A chain taken out of its lane, put back when this is dropped.
pub(super) struct Seat<'a, C> {
    home: &'a mut Option<C>,
    chain: Option<C>,
}

impl<'a, C> Seat<'a, C> {
    #[inline(always)]
    pub(super) fn take(home: &'a mut Option<C>) -> Self {
        let chain = home.take();
        Self { home, chain }
    }

    #[inline(always)]
    pub(super) fn chain(&mut self) -> &mut C {
        self.chain.as_mut().expect("a seat holds what it took until it is dropped")
    }
}

impl<C: Operator> Seat<'_, C> {
    #[inline(always)]
    fn is_busy(&self) -> bool {
        self.chain.as_ref().is_some_and(C::is_busy)
    }
}

impl<C> Drop for Seat<'_, C> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.home = self.chain.take();
    }
}

/// A value kept in a register, put back when this is dropped.
pub(super) struct Kept<'a, V: Copy> {
    pub(super) home: &'a mut V,
    pub(super) now: V,
}

impl<V: Copy> Drop for Kept<'_, V> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.home = self.now;
    }
}

/// What the chain of a lane emits into: the outlet, and the count of items that entered.
pub(super) struct Counted<'a, 'b, T> {
    pub(super) outlet: &'a mut Outlet<'b, T>,
    pub(super) fed: Kept<'a, u64>,
}

impl<T: Weigh> Emit<T> for Counted<'_, '_, T> {
    #[inline(always)]
    fn emit(&mut self, item: T) -> Outcome {
        self.outlet.emit(item)
    }

    #[inline(always)]
    fn emit_many(
        &mut self,
        items: &mut impl Iterator<Item = T>,
        count: usize,
        made: Option<&mut u64>,
    ) -> Option<Result<bool, Interrupt>> {
        self.outlet.emit_many(items, count, made.unwrap_or(&mut self.fed.now))
    }

    #[inline]
    fn position(&self) -> u64 {
        self.outlet.position_of(self.fed.now)
    }

    fn now(&self) -> Duration {
        self.outlet.now()
    }

    fn stage(&self) -> &str {
        self.outlet.stage()
    }

    fn is_stopping(&self) -> bool {
        self.outlet.is_stopping()
    }

    #[inline(always)]
    fn is_busy(&self) -> bool {
        self.outlet.is_blocked()
    }
}

/// Why a run of items ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// All went through.
    Through,
    /// The chain is busy, the memory full, or it is another's turn: there is more to do later.
    HeldUp,
}

/// How a run over an iterator came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drove {
    /// The iterator has no more.
    ToTheEnd,
    /// It went as far as it should.
    SoFar,
}

/// Pushes up to `count` items through a chain: the hot loop of every pipeline.
///
/// A function of its own, never inlined: its arguments are then known not to overlap, and what it counts
/// stays in registers. `in_chain` is left true if the chain was left in the middle of an item.
#[inline(never)]
fn drive<C: Operator>(
    home: &mut Option<C>,
    items: &mut Option<impl Iterator<Item = C::In>>,
    count: usize,
    outlet: &mut Outlet<'_, C::Out>,
    (fed, in_chain): (&mut u64, &mut bool),
) -> Result<Drove, Interrupt>
where
    C::Out: Weigh,
{
    let mut seat = Seat::take(home);
    let mut out = Counted { outlet, fed: Kept { now: *fed, home: fed } };
    let mut in_chain = Kept { now: false, home: in_chain };
    let mut source = Seat::take(items);
    let (chain, items) = (seat.chain(), source.chain());
    chain.on_run();
    if let Some(has_more) = chain.on_many(items, (count, None), &mut out) {
        return has_more.map(|has_more| if has_more { Drove::SoFar } else { Drove::ToTheEnd });
    }
    // Counted by the number of the round and not by adding up: the compiler would add in vectors.
    let before = out.fed.now;
    for round in 0..count as u64 {
        let Some(item) = items.next() else { return Ok(Drove::ToTheEnd) };
        out.fed.now = before + round + 1;
        in_chain.now = true;
        chain.on_item(item, &mut out)?;
        in_chain.now = false;
        if chain.is_busy() || out.is_busy() {
            break;
        }
    }
    Ok(Drove::SoFar)
}

/// What a source pushes into: the chain of its stage, and whether that is enough for now.
pub(super) struct Feeder<'a, 'b, C: Operator> {
    pub(super) seat: Seat<'a, C>,
    pub(super) out: Counted<'a, 'b, C::Out>,
    /// Whether an item is in the chain.
    pub(super) in_chain: Kept<'a, bool>,
    pub(super) most: u64,
    waker: &'a Waker,
    /// A watermark that a busy chain has not dealt with yet.
    pending: &'a mut Option<EventTime>,
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

    fn now(&self) -> Duration {
        self.out.now()
    }

    fn stage(&self) -> &str {
        self.out.stage()
    }

    fn is_stopping(&self) -> bool {
        self.out.is_stopping()
    }

    #[inline(always)]
    fn is_busy(&self) -> bool {
        self.seat.is_busy() || self.out.is_busy()
    }
}

impl<C: Operator> Intake<C::In> for Feeder<'_, '_, C>
where
    C::Out: Weigh,
{
    #[inline(always)]
    fn is_satisfied(&self) -> bool {
        self.out.fed.now >= self.most || self.out.outlet.has_cut() || self.is_busy()
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
        items: &mut Option<impl Iterator<Item = C::In>>,
        count: usize,
    ) -> Result<bool, Interrupt> {
        if items.is_none() {
            return Ok(false);
        }
        let counts = (&mut self.out.fed.now, &mut self.in_chain.now);
        let drove = drive(&mut self.seat.chain, items, count, self.out.outlet, counts)?;
        Ok(drove == Drove::SoFar)
    }

    fn waker(&self) -> &Waker {
        self.waker
    }

    fn watermark(&mut self, at: EventTime) -> Outcome {
        self.seat.chain().on_watermark(at, &mut self.out)?;
        if self.seat.is_busy() {
            *self.pending = Some(at);
        } else {
            self.out.outlet.watermark(at);
        }
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
        Self {
            chain: Some(chain),
            index,
            taken: 0,
            passed: 0,
            failed: 0,
            abandoned: 0,
            #[cfg(feature = "profiling")]
            sampler: None,
        }
    }

    /// Lets samples be taken of the next run, of so many items if that is known.
    #[cfg(feature = "profiling")]
    pub(super) fn begin_sampled(&mut self, items: Option<usize>) {
        let index = self.index;
        self.sampler.get_or_insert_with(|| Sampler::new(index)).begin_run(items);
    }

    /// Returns what a run of so many items has shown, if it was sampled.
    #[cfg(feature = "profiling")]
    pub(super) fn end_sampled(&mut self, fed: u64) -> Option<Sample> {
        let sampler = self.sampler.as_mut()?;
        sampler.end_run(fed);
        sampler.take()
    }

    /// Makes another lane of the same chain.
    pub(crate) fn fork(&self, index: usize) -> Self {
        Self::new(self.chain().fork(), index)
    }

    pub(super) fn chain(&self) -> &C {
        self.chain.as_ref().expect("a chain is at home between runs")
    }

    pub(crate) fn describe(&self, steps: &mut Vec<&'static str>) {
        self.chain().describe(steps);
    }

    #[cfg(feature = "profiling")]
    pub(super) fn places(&self) -> Vec<&'static str> {
        let mut names = Vec::with_capacity(C::PLACES);
        self.chain().places(&mut names);
        names
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

    /// Returns whether the chain holds items that it will pass on later.
    pub(super) fn is_busy(&self) -> bool {
        self.chain().is_busy()
    }

    /// Returns when the chain wants to be called.
    pub(super) fn due(&self) -> Option<Duration> {
        self.chain().due()
    }

    /// Pushes items through the chain, until it is held up. Those that are left stay in the vector.
    pub(super) fn run(
        &mut self,
        items: &mut Vec<C::In>,
        outlet: &mut Outlet<'_, C::Out>,
        (host, may_linger): (&dyn Host, bool),
    ) -> Result<Ran, Interrupt> {
        if self.due().is_some_and(|due| due <= host.now())
            && let Err(reason) = self.on_time(outlet)
        {
            self.abandon(std::mem::take(items).len());
            return Err(reason);
        }
        let mut rest = Some(items.drain(..));
        let mut doing = Doing::Item;
        let (mut fed, mut in_chain) = (0, false);
        let outcome = loop {
            let (home, rest, count, now, out) =
                (&mut self.chain, &mut rest, &mut fed, &mut doing, &mut *outlet);
            #[cfg(feature = "profiling")]
            let mut sampler = self.sampler.as_mut().filter(|sampler| sampler.is_on());
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let is_held_up = |home: &Option<C>, out: &Outlet<'_, C::Out>| {
                    out.is_blocked() || home.as_ref().is_some_and(C::is_busy)
                };
                while rest.as_ref().is_some_and(|rest| rest.len() > 0) {
                    if host.is_stopping() {
                        return Err(Interrupt::Stopped);
                    }
                    if is_held_up(home, out) || host.is_turn_over() {
                        return Ok(Ran::HeldUp);
                    }
                    let most = host.items_between_looks();
                    #[cfg(feature = "profiling")]
                    let most = match sampler.as_mut().and_then(|it| Some((it.items_before(*count)?, it))) {
                        Some((0, sampler)) => {
                            drive_sampled(home, rest, out, (&mut *count, &mut in_chain), sampler)?;
                            continue;
                        }
                        Some((before, _)) => most.min(before),
                        None => most,
                    };
                    drive(home, rest, most, out, (&mut *count, &mut in_chain))?;
                }
                // A flush that a panic interrupted goes on at once: only the step knows what is under way.
                if *now == Doing::Item && is_held_up(home, out) {
                    return Ok(Ran::HeldUp);
                }
                *now = Doing::Flush;
                let mut out = Counted { outlet: out, fed: Kept { now: *count, home: count } };
                #[cfg(feature = "profiling")]
                if let Some(sampler) = &mut sampler {
                    flush_sampled(Seat::take(home).chain(), &mut out, sampler)?;
                    return Ok(Ran::Through);
                }
                Seat::take(home).chain().on_flush(&mut out)?;
                Ok(Ran::Through)
            }));
            match caught {
                Ok(Ok(ran)) => break Ok(ran),
                Ok(Err(reason)) => break self.count_failure(Err(reason), doing).map(|()| Ran::Through),
                Err(payload) => match self.after_panic(&*payload, outlet.position_of(fed), doing) {
                    Ok(()) => {}
                    Err(reason) => break Err(reason),
                },
            }
        };
        self.taken += fed;
        if doing == Doing::Flush && outcome.as_ref().is_err_and(is_failure) {
            // Whether an item was in hand is known to the chain alone: it is the one that is missing.
            outlet.flush();
            self.count_passed(outlet);
            self.failed += self.tally().missing().min(1);
        }
        let left = rest.as_ref().map_or(0, |rest| rest.len());
        if matches!(outcome, Ok(Ran::HeldUp)) {
            let left: Vec<_> = rest.into_iter().flatten().collect();
            *items = left;
        } else {
            self.abandoned += left as u64;
            drop(rest);
        }
        outlet.leave(may_linger && matches!(outcome, Ok(Ran::Through)));
        self.count_passed(outlet);
        outcome.map_err(|reason| reason.at(outlet.position_of(fed)))
    }

    /// Counts what left through an outlet.
    pub(super) fn count_passed(&mut self, outlet: &mut Outlet<'_, C::Out>) {
        self.passed += outlet.take_passed();
    }

    /// Counts what was sent to this lane and will never be worked on.
    pub(super) fn abandon(&mut self, items: usize) {
        self.abandoned += items as u64;
    }

    /// Lets the chain pass on what may be passed on by now.
    pub(super) fn on_time(&mut self, outlet: &mut Outlet<'_, C::Out>) -> Outcome {
        self.wind_up(outlet, |chain, out| chain.on_time(out))
    }

    /// Asks a source for at most `most` items and pushes them through the chain; returns how many there
    /// were, and what the source said.
    pub(super) fn feed<S>(
        &mut self,
        source: &mut S,
        most: u64,
        outlet: &mut Outlet<'_, C::Out>,
        (waker, pending): (&Waker, &mut Option<EventTime>),
    ) -> (u64, Result<Supply, Interrupt>)
    where
        S: Origin<Item = C::In>,
    {
        let (mut fed, mut in_chain) = (0, false);
        let mut doing = Doing::Item;
        // What the source said, once it has.
        let mut said = None;
        let answer = loop {
            let (home, count, inside, now) = (&mut self.chain, &mut fed, &mut in_chain, &mut doing);
            let said = &mut said;
            let out = &mut *outlet;
            #[cfg(feature = "profiling")]
            let mut sampler = self.sampler.as_mut().filter(|sampler| sampler.is_on());
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let out = Counted { outlet: out, fed: Kept { now: *count, home: count } };
                let in_chain = Kept { now: false, home: inside };
                let seat = Seat::take(home);
                let mut feeder = Feeder { seat, out, in_chain, most, waker, pending: &mut *pending };
                #[cfg(feature = "profiling")]
                if let Some(sampler) = sampler.as_mut().filter(|_| said.is_none()) {
                    feeder.pull_sampled(source, sampler, said)?;
                }
                let supply = match *said {
                    Some(supply) => supply,
                    None => *said.insert(source.pull(&mut feeder)?),
                };
                if *now == Doing::Flush || !feeder.is_busy() {
                    *now = Doing::Flush;
                    #[cfg(feature = "profiling")]
                    if let Some(sampler) = sampler {
                        flush_sampled(feeder.seat.chain(), &mut feeder.out, sampler)?;
                        return Ok(supply);
                    }
                    feeder.seat.chain().on_flush(&mut feeder.out)?;
                }
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
        outlet.leave(true);
        self.count_passed(outlet);
        if doing == Doing::Flush && answer.as_ref().is_err_and(is_failure) {
            self.failed += self.tally().missing().min(1);
        }
        (fed, answer.map_err(|reason| reason.at(outlet.position_of(fed))))
    }

    /// Tells the chain that no earlier event will come.
    pub(super) fn watermark(&mut self, at: EventTime, outlet: &mut Outlet<'_, C::Out>) -> Outcome {
        ignore_done(self.wind_up(outlet, |chain, out| chain.on_watermark(at, out)))
    }

    /// Tells the chain that an epoch ends.
    pub(super) fn barrier(&mut self, outlet: &mut Outlet<'_, C::Out>) -> Outcome {
        ignore_done(self.wind_up(outlet, |chain, out| chain.on_barrier(out)))
    }

    /// Returns the chain, to save and to resume it.
    pub(super) fn chain_mut(&mut self) -> &mut C {
        self.chain.as_mut().expect("a chain is at home between runs")
    }

    /// Tells the chain that no item will come.
    pub(super) fn end(&mut self, outlet: &mut Outlet<'_, C::Out>) -> Outcome {
        ignore_done(self.wind_up(outlet, |chain, out| chain.on_end(out)))
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
                Ok(outcome) => break outcome,
                Err(payload) => match self.after_panic(&*payload, outlet.first_position(), Doing::Flush) {
                    Ok(()) => {}
                    Err(reason) => break Err(reason),
                },
            }
        };
        outlet.flush();
        self.count_passed(outlet);
        let now = self.tally();
        if outcome.as_ref().is_err_and(is_failure) && now.failed == known.failed {
            // Whether an item was in hand is known to the chain alone: it is the one that is missing, unless
            // the step that made it has counted it.
            self.failed += now.missing().max(now.filtered - known.filtered).min(1);
        }
        outcome
    }

    /// Counts the item in hand if it is lost with this outcome.
    fn count_failure(&mut self, outcome: Outcome, doing: Doing) -> Outcome {
        let is_lost = outcome.as_ref().is_err_and(is_failure) && doing == Doing::Item;
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

/// Returns whether an interrupt is the failure of something.
fn is_failure(reason: &Interrupt) -> bool {
    !matches!(reason, Interrupt::Done | Interrupt::Stopped)
}

/// A step that needs no more at the end has all it needs.
fn ignore_done(outcome: Outcome) -> Outcome {
    match outcome {
        Err(Interrupt::Done) => Ok(()),
        other => other,
    }
}

/// Items in a step from which on a source may hand over many at once: the step takes 2 ms, so each took
/// less than a microsecond.
const FAST_PACE: u64 = 2048;
