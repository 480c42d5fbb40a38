//! A stage that asks for its items: a source, or what joins several exchanges.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::Waker;
use std::time::Duration;

use super::StagePlan;
use super::bell::Bell;
use super::host::{Drive, Host, Worker};
use super::lane::Lane;
use super::meter::{Meter, Spare, Worked};
use super::origin::Origin;
use super::outflow::Outflow;
use super::outlet::{Gathered, Outlet};
#[cfg(feature = "profiling")]
use super::profile::Sample;
use super::queue::Line;
use super::saved::{Kept, Promise, Saved, StageState};
#[cfg(feature = "profiling")]
use super::stage::Names;
use super::stage::{Links, Reading, Stage, Step};
use crate::budget::Reservation;
use crate::checkpoint::Epoch;
use crate::chunker::paced;
use crate::error::{CheckpointError, Interrupt, Outcome};
use crate::operator::Operator;
use crate::order::Order;
use crate::source::Supply;
use crate::tally::Tally;
use crate::time::EventTime;
use crate::weigh::Weigh;

/// A stage that begins with an origin.
pub(crate) struct OriginStage<S, C: Operator> {
    plan: StagePlan,
    links: Links,
    lines: Vec<Arc<dyn Line>>,
    needs_executor: Option<Drive>,
    /// `None` when all is over.
    working: Mutex<Option<Working<S, C>>>,
    /// Whoever holds `working` is taking a step, and looks again behind it.
    is_acting: AtomicBool,
    output: Box<dyn Outflow<C::Out>>,
    meter: Meter,
    /// The name of the origin, and those of the steps as a profile sees them.
    #[cfg(feature = "profiling")]
    names: Names,
    bell: Arc<Bell>,
    waker: Waker,
    finished: AtomicBool,
    /// Bytes the last chunk weighed: what the next one is expected to.
    chunk_bytes: AtomicU64,
}

struct Working<S, C: Operator> {
    origin: S,
    lane: Lane<C>,
    position: u64,
    /// Items that take about as long as a step should.
    pace: usize,
    held: Option<Reservation>,
    /// What waits for more, where the chunker says so.
    gathered: Option<Gathered<C::Out>>,
    /// A watermark the chain has not dealt with yet.
    pending: Option<EventTime>,
    /// The origin has no more, and the chain is to end.
    is_ending: bool,
    asks: Asks,
    /// The last epoch it has ended.
    epoch: Option<Epoch>,
}

/// When an origin is to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Now,
    At(Duration),
    WhenRung,
}

impl<S, C> Working<S, C>
where
    S: Origin<Item = C::In>,
    C: Operator,
    C::Out: Weigh,
{
    /// Returns whether the chain has something to do before it may be given more.
    fn has_arrears(&self) -> bool {
        self.is_ending || self.pending.is_some() || self.lane.is_busy()
    }

    /// Returns when there is something to do that nobody else announces.
    fn due(&self) -> Option<Duration> {
        let asks = match self.asks {
            _ if self.has_arrears() => None,
            Asks::At(at) => Some(at),
            Asks::Now | Asks::WhenRung => self.origin.due(),
        };
        let gathered = self.gathered.as_ref().and_then(Gathered::due);
        [asks, gathered, self.lane.due()].into_iter().flatten().min()
    }

    /// Returns what became of all items so far.
    fn tally(&self) -> Tally {
        let mut tally = self.lane.tally();
        if let Some(origin) = self.origin.tally() {
            // What it gave was made of what it took.
            tally.created += tally.taken;
            tally.taken = 0;
            tally += origin;
        }
        tally.held += self.gathered.as_ref().map_or(0, Gathered::len);
        tally
    }
}

impl<S, C> OriginStage<S, C>
where
    S: Origin<Item = C::In>,
    C: Operator,
    C::Out: Weigh,
{
    pub(crate) fn new(name: Option<String>, origin: S, chain: C, output: Box<dyn Outflow<C::Out>>) -> Self {
        let lane = Lane::new(chain, 0);
        let mut steps = Vec::new();
        origin.describe(&mut steps);
        #[cfg(feature = "profiling")]
        let names = (steps.join(", "), lane.places());
        lane.describe(&mut steps);
        let links = Links { inlets: origin.inlets(), targets: output.targets(), copies: output.copies() };
        let plan = StagePlan::new(name, steps, 1, Order::Input);
        let bell = Arc::new(Bell::default());
        let working = Working {
            origin,
            lane,
            position: 0,
            pace: FIRST_PACE,
            held: None,
            gathered: None,
            pending: None,
            is_ending: false,
            asks: Asks::Now,
            epoch: None,
        };
        Self {
            plan,
            lines: working.origin.lines(),
            needs_executor: working.origin.needs_executor(),
            links,
            working: Mutex::new(Some(working)),
            is_acting: AtomicBool::new(false),
            output,
            meter: Meter::new(1),
            #[cfg(feature = "profiling")]
            names,
            waker: Waker::from(Arc::clone(&bell)),
            bell,
            finished: AtomicBool::new(false),
            chunk_bytes: AtomicU64::new(0),
        }
    }

    fn is_source(&self) -> bool {
        self.links.inlets.is_empty()
    }

    /// Returns what it works with, unless somebody is taking a step, who looks again behind it. Who only looks is waited
    /// for: if all others passed over the stage meanwhile and slept, nobody would see what had changed.
    fn unless_acting(&self) -> Option<MutexGuard<'_, Option<Working<S, C>>>> {
        loop {
            match self.working.try_lock() {
                Ok(guard) => return Some(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if self.is_acting.load(Ordering::Acquire) => return None,
                Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
            }
        }
    }

    /// Returns whether a source gives nothing, since the threshold is reached.
    fn is_held(&self, host: &dyn Host) -> bool {
        self.is_source() && host.is_pressed()
    }

    /// Returns whether there is memory for another chunk; for a source, also whether the threshold is not
    /// reached. A pipeline with nothing on its way is always given one, or what its steps hold could keep
    /// it waiting for ever.
    fn is_admitted(&self, index: usize, host: &dyn Host) -> bool {
        let expected = usize::try_from(self.chunk_bytes.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        !self.is_held(host) && host.budget().has_room_for(expected) || self.is_alone(index, host)
    }

    /// Returns whether nothing is on its way behind it.
    fn is_alone(&self, index: usize, host: &dyn Host) -> bool {
        self.output.is_vacant() && host.is_quiet_behind(index)
    }

    /// Returns whether there is something to do, or what it is that is missing.
    fn readiness(&self, working: &mut Working<S, C>, index: usize, host: &dyn Host) -> Result<(), Spare> {
        let is_overdue = |due: Option<Duration>| due.is_some_and(|due| due <= host.now());
        if working.has_arrears() {
            if working.lane.is_busy() && !is_overdue(working.lane.due()) {
                return Err(Spare::Idle);
            }
            // Of one item much may be made: it is held as the next one would be.
            let must_wait = host.budget().is_over() && !self.output.is_vacant()
                || self.is_held(host) && !self.is_alone(index, host);
            return if must_wait { Err(Spare::Blocked) } else { Ok(()) };
        }
        if is_overdue(working.gathered.as_ref().and_then(Gathered::due)) || is_overdue(working.lane.due()) {
            return Ok(());
        }
        if self.is_source() {
            if host.epoch_wanted().is_some_and(|wanted| Some(wanted) > working.epoch) {
                return Ok(());
            }
            if host.is_suspending() {
                return Err(Spare::Blocked);
            }
            if host.is_draining() {
                working.is_ending = true;
                return Ok(());
            }
            if host.is_paused() {
                return Err(Spare::Blocked);
            }
        }
        let asks = match working.asks {
            _ if self.bell.has_rung() => true,
            _ if is_overdue(working.origin.due()) => true,
            _ if !self.is_source() => working.origin.is_ready(),
            Asks::At(at) => at <= host.now(),
            Asks::WhenRung => false,
            Asks::Now => true,
        };
        if !asks {
            return Err(Spare::Idle);
        }
        if self.is_admitted(index, host) { Ok(()) } else { Err(Spare::Full) }
    }

    fn act(&self, working: &mut Working<S, C>, index: usize, host: &dyn Host) -> Step {
        let wanted = host.epoch_wanted().filter(|&wanted| self.is_source() && Some(wanted) > working.epoch);
        let Some(place) = self.output.open() else {
            if let Some(wanted) = wanted
                && self.output.pass_early(wanted)
            {
                // It has given nothing yet: what it remembers is how it begins.
                let outcome = self.save(working, wanted, (index, host));
                return self.saved(outcome, index, host);
            }
            self.meter.observe(Spare::Blocked, || host.now());
            return Step::Waiting;
        };
        let started = host.now();
        self.meter.begin(1, started, None);
        let gathered = working.gathered.take().unwrap_or_else(|| Gathered::with(host.budget().reserve(0)));
        let mut outlet = Outlet::new(
            (host, &self.plan.name),
            (&*self.output, place),
            gathered,
            (working.position, started),
        )
        .of_source(self.is_source());
        let mut outcome = Ok(());
        let position_before = working.position;
        if let Some(wanted) = wanted.filter(|_| !working.has_arrears()) {
            outcome = self.pass_barrier(working, wanted, &mut outlet, (index, host));
        } else if working.has_arrears() || working.lane.due().is_some_and(|due| due <= started) {
            outcome = working.lane.run(&mut Vec::new(), &mut outlet, (host, false)).map(drop);
        } else if !self.is_overdue_to_leave(&mut outlet, started) {
            outcome = self.pull(working, &mut outlet, host, started);
        }
        if matches!(outcome, Err(Interrupt::Done)) {
            working.is_ending = true;
            outcome = Ok(());
        }
        let outcome = outcome.and_then(|()| Self::settle(working, &mut outlet));
        let is_over = outcome.is_err() || (working.is_ending && !working.lane.is_busy());
        if is_over {
            outlet.flush();
        }
        working.lane.count_passed(&mut outlet);
        if outlet.chunk_bytes_max() > 0 {
            self.chunk_bytes.store(outlet.chunk_bytes_max() as u64, Ordering::Relaxed);
        }
        let bytes_passed = outlet.bytes_passed();
        working.gathered = outlet.into_gathered().kept();
        self.output.close_place(place);
        let outcome = outcome.and_then(|()| self.hold(working, host));
        let bytes = self.meter.set_bytes_taken(working.origin.bytes_taken());
        if self.is_source() {
            host.gave(working.position - position_before, bytes);
        }
        self.meter.publish(0, working.tally());
        self.meter.set_fraction(working.origin.fraction());
        let ended = host.now();
        let time = Some(ended.saturating_sub(started));
        self.meter.end(1, ended, Worked { time, bytes_passed });
        self.meter.observe(Spare::Ready, || host.now());
        if is_over || outcome.is_err() {
            let has_ended = outcome.is_ok();
            if let Err(reason) = outcome {
                host.fail(index, reason);
            }
            self.finish(working, has_ended, (index, host));
        }
        host.changed();
        Step::Worked
    }

    /// Ends an epoch, unless the chain has something to do before.
    fn pass_barrier(
        &self,
        working: &mut Working<S, C>,
        wanted: Epoch,
        outlet: &mut Outlet<'_, C::Out>,
        (index, host): (usize, &dyn Host),
    ) -> Outcome {
        working.lane.barrier(outlet)?;
        if working.lane.is_busy() {
            return Ok(());
        }
        outlet.flush();
        self.save(working, wanted, (index, host))?;
        outlet.barrier(wanted);
        Ok(())
    }

    /// Hands over what the source and the chain remember.
    fn save(&self, working: &mut Working<S, C>, wanted: Epoch, (index, host): (usize, &dyn Host)) -> Outcome {
        let mut state = StageState { position: working.position, ..StageState::default() };
        if let Some(source) = working.origin.replay() {
            source.save(state.source.insert(Vec::new()))?;
        }
        let chain = [working.lane.chain_mut()];
        host.save(index, Saved::of((wanted, false), 0, state, chain)?);
        working.epoch = Some(wanted);
        Ok(())
    }

    /// Says that something was saved, or that it failed.
    fn saved(&self, outcome: Outcome, index: usize, host: &dyn Host) -> Step {
        if let Err(reason) = outcome {
            host.fail(index, reason);
        }
        host.changed();
        Step::Worked
    }

    /// Lets a chunk go that has waited long enough for more; returns whether there was one.
    fn is_overdue_to_leave(&self, outlet: &mut Outlet<'_, C::Out>, now: Duration) -> bool {
        let is_overdue = outlet.due().is_some_and(|due| due <= now);
        if is_overdue {
            outlet.flush();
        }
        is_overdue
    }

    /// Asks the origin.
    fn pull(
        &self,
        working: &mut Working<S, C>,
        outlet: &mut Outlet<'_, C::Out>,
        host: &dyn Host,
        started: Duration,
    ) -> Outcome {
        if self.needs_executor.is_some()
            && !self.bell.is_connected()
            && let Some(spawner) = host.spawner()
        {
            working.origin.attach(spawner);
        }
        self.bell.wakes(|| host.waker());
        self.bell.take_rung();
        let most = working.pace as u64;
        let extras = (&self.waker, &mut working.pending);
        #[cfg(feature = "profiling")]
        if host.is_profiled() {
            working.lane.begin_sampled(None);
        }
        let (fed, answer) = working.lane.feed(&mut working.origin, most, outlet, extras);
        working.position += fed;
        #[cfg(feature = "profiling")]
        self.meter.add_sample(working.lane.end_sampled(fed));
        if fed > 0 {
            let items = usize::try_from(fed).unwrap_or(usize::MAX);
            working.pace = paced(working.pace, items, host.now().saturating_sub(started), STEP_TIME);
        }
        let supply = answer?;
        let is_empty = fed == 0 && !outlet.has_cut();
        working.asks = match supply {
            Supply::Idle if is_empty => {
                Asks::At(working.origin.due().unwrap_or_else(|| host.now() + IDLE_PAUSE))
            }
            Supply::Pending => Asks::WhenRung,
            Supply::More | Supply::Idle | Supply::End => Asks::Now,
        };
        working.is_ending = supply == Supply::End;
        Ok(())
    }

    /// Does what the chain could not do while it was busy.
    fn settle(working: &mut Working<S, C>, outlet: &mut Outlet<'_, C::Out>) -> Outcome {
        if let Some(at) = working.pending.filter(|_| !working.lane.is_busy()) {
            working.lane.watermark(at, outlet)?;
            if !working.lane.is_busy() {
                working.pending = None;
                outlet.watermark(at);
            }
        }
        if working.is_ending && !working.lane.is_busy() {
            working.lane.end(outlet)?;
        }
        Ok(())
    }

    /// Reserves what is held between items.
    fn hold(&self, working: &mut Working<S, C>, host: &dyn Host) -> Outcome {
        let held = working.held.get_or_insert_with(|| host.budget().reserve(0));
        held.resize(working.lane.held_bytes() + working.origin.held_bytes());
        Ok(host.budget().check_item(held.bytes())?)
    }

    /// Closes it for good. One that failed or was stopped has not ended: no checkpoint may say so.
    fn finish(&self, working: &mut Working<S, C>, has_ended: bool, (index, host): (usize, &dyn Host)) {
        // Before the end is announced, or nobody would look for a failure any more.
        if has_ended && let Some(epoch) = host.epoch_of_end(index, 0) {
            let saved = if self.links.targets.is_empty() {
                let state = StageState { position: working.position, has_ended: true, source: None };
                Saved::of((epoch, true), 0, state, [working.lane.chain_mut()])
            } else {
                Ok(Saved::ended(epoch, 0, working.position))
            };
            match saved {
                Ok(saved) => host.save(index, saved),
                Err(reason) => host.fail(index, reason),
            }
        }
        working.held = None;
        working.origin.close();
        self.finished.store(true, Ordering::Release);
        self.output.end();
        self.meter.publish(0, working.tally());
    }
}

impl<S, C> Stage for OriginStage<S, C>
where
    S: Origin<Item = C::In>,
    C: Operator,
    C::Out: Weigh,
{
    fn step(&self, index: usize, host: &dyn Host, _: Worker) -> Step {
        if self.is_finished() {
            return Step::Waiting;
        }
        let Some(mut guard) = self.unless_acting() else { return Step::Waiting };
        let Some(working) = guard.as_mut().filter(|_| !self.is_finished()) else { return Step::Waiting };
        let is_closed = self.output.is_closed();
        if !is_closed && let Err(lacking) = self.readiness(working, index, host) {
            self.meter.observe(lacking, || host.now());
            return Step::Waiting;
        }
        self.is_acting.store(true, Ordering::Release);
        let step = if is_closed {
            self.finish(working, true, (index, host));
            host.changed();
            Step::Worked
        } else {
            self.act(working, index, host)
        };
        self.is_acting.store(false, Ordering::Release);
        step
    }

    fn promise(&self) -> Promise {
        let mut guard = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        let mut promise = Promise::default();
        if let Some(working) = guard.as_mut() {
            working.lane.chain_mut().forgetful(&mut promise.forgetful);
            promise.commits = working.lane.chain_mut().commits();
            if self.is_source() {
                promise.replays = Some(working.origin.replay().is_some());
            } else {
                let mut names = Vec::new();
                working.origin.describe(&mut names);
                promise.stops_barriers = names.first().copied();
            }
        }
        promise
    }

    fn resume(&self, kept: &Kept<'_>) -> Result<(), CheckpointError> {
        let mut guard = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(working) = guard.as_mut() else { return Ok(()) };
        let state = kept.state((0, 1));
        if !state.has_ended || self.links.targets.is_empty() {
            kept.resume(working.lane.chain_mut(), (0, 1))?;
        }
        (working.position, working.epoch) = (state.position, kept.epoch());
        if state.has_ended {
            working.origin.close();
            self.finished.store(true, Ordering::Release);
            self.output.end();
            return Ok(());
        }
        match (working.origin.replay(), &state.source) {
            (Some(source), Some(state)) => source.restore(state),
            (None, None) => Ok(()),
            (Some(_), None) if kept.is_fresh() => Ok(()),
            (None, Some(_)) => Err(CheckpointError::new("the source cannot go back to where it was")),
            (Some(_), None) => Err(CheckpointError::new("it is not known where the source was")),
        }
    }

    fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    fn is_quiet(&self) -> bool {
        let Some(guard) = self.unless_acting() else { return false };
        guard.as_ref().is_none_or(|working| {
            self.is_finished()
                || !working.has_arrears() && working.gathered.is_none() && working.origin.is_quiet()
        })
    }

    fn due(&self) -> Option<Duration> {
        let guard = self.working.try_lock().ok()?;
        guard.as_ref().filter(|_| !self.is_finished())?.due()
    }

    fn needs_executor(&self) -> Option<Drive> {
        self.needs_executor
    }

    fn abandon(&self) {
        let mut guard = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut working) = guard.take() {
            working.origin.close();
            self.meter.publish(0, working.tally());
        }
    }

    fn plan(&self) -> &StagePlan {
        &self.plan
    }

    fn links(&self) -> Links {
        self.links.clone()
    }

    fn lines(&self) -> Vec<Arc<dyn Line>> {
        self.lines.clone()
    }

    #[cfg(feature = "profiling")]
    fn profile(&self) -> (Sample, Names) {
        (self.meter.sample(), self.names.clone())
    }

    fn given_up(&self) -> u64 {
        self.meter.given_up()
    }

    fn reading(&self, now: Duration) -> Reading {
        self.meter.reading(now)
    }
}

/// Items asked of a source at first, before anything is known of their cost.
const FIRST_PACE: usize = 16;

/// How long a source may push before the runtime looks whether the pipeline was cancelled.
///
/// Longer delays cancellation and progress, shorter pays for looking more often.
const STEP_TIME: Duration = Duration::from_millis(2);

/// How long a source that has nothing at the moment, and does not say more, is left alone.
const IDLE_PAUSE: Duration = Duration::from_millis(1);
