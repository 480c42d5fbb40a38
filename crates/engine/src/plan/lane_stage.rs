//! A stage behind an exchange, with one lane or several.
//!
//! Lanes are not handed chunks, they claim them: whoever has nothing to do takes the next message and a
//! place for its results in one breath, so places are in the order of the messages. A fence, and the
//! end, are claimed only when all lanes are idle. A lane that is held up, by time or by full memory, is
//! laid down with its place and taken up again later; no thread waits with it.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::StagePlan;
use super::exchange::{Exchange, Sight};
use super::host::{Host, Worker};
use super::job::{Fence, Job, Work};
use super::lane::{Lane, Ran};
use super::meter::{Meter, Spare, Worked};
use super::outflow::Outflow;
use super::outlet::{Gathered, Outlet, may_go_on};
#[cfg(feature = "profiling")]
use super::profile::Sample;
use super::queue::Line;
use super::saved::{Kept, Promise, Saved, StageState};
#[cfg(feature = "profiling")]
use super::stage::Names;
use super::stage::{Links, Reading, Stage, Step};
use crate::budget::Reservation;
use crate::error::{CheckpointError, Interrupt, Outcome};
use crate::message::Message;
use crate::operator::Operator;
use crate::order::Order;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};
use crate::weigh::Weigh;

/// A stage behind an exchange.
pub(crate) struct LaneStage<C: Operator> {
    plan: StagePlan,
    input: Arc<Exchange<C::In>>,
    output: Box<dyn Outflow<C::Out>>,
    claims: Mutex<Claims<C>>,
    /// Whether nothing follows.
    is_last: bool,
    /// Lanes that may be at work at once.
    active_max: AtomicUsize,
    meter: Meter,
    /// Which group of keys it is, and of how many, if it is one.
    group: usize,
    group_count: usize,
    /// The names of its steps, as a profile sees them.
    #[cfg(feature = "profiling")]
    places: Vec<&'static str>,
    finished: AtomicBool,
}

struct Claims<C: Operator> {
    idle: Vec<Lane<C>>,
    held_up: Vec<Job<C>>,
    /// Items taken so far: the position of the next one.
    position: u64,
    /// A step of the chain needs no more items.
    is_satisfied: bool,
    /// What the operators hold between items, for each lane.
    held: Vec<Option<Reservation>>,
    /// What waits for more, where the chunker says so and there is one lane.
    gathered: Option<Gathered<C::Out>>,
}

impl<C: Operator> LaneStage<C>
where
    C::Out: Weigh,
{
    pub(crate) fn new(
        name: Option<String>,
        lanes: usize,
        order: Order,
        input: Arc<Exchange<C::In>>,
        chain: C,
        output: Box<dyn Outflow<C::Out>>,
    ) -> Self {
        let first = Lane::new(chain, 0);
        let mut steps = Vec::new();
        first.describe(&mut steps);
        let plan = StagePlan::new(name, steps, lanes, order);
        #[cfg(feature = "profiling")]
        let places = first.places();
        let mut idle: Vec<_> = (1..lanes).map(|index| first.fork(index)).collect();
        idle.push(first);
        let held = (0..lanes).map(|_| None).collect();
        let claims =
            Claims { idle, held_up: Vec::new(), position: 0, is_satisfied: false, held, gathered: None };
        Self {
            plan,
            input,
            is_last: output.targets().is_empty(),
            output,
            claims: Mutex::new(claims),
            active_max: AtomicUsize::new(lanes),
            meter: Meter::new(lanes),
            group: 0,
            group_count: 0,
            #[cfg(feature = "profiling")]
            places,
            finished: AtomicBool::new(false),
        }
    }

    /// Makes it one of several groups of keys.
    pub(super) fn of_group(self, group: usize, group_count: usize) -> Self {
        Self { group, group_count, ..self }
    }

    fn claims(&self) -> MutexGuard<'_, Claims<C>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up what was laid down, if it can go on.
    fn take_up(&self, claims: &mut Claims<C>, host: &dyn Host) -> Option<Job<C>> {
        if claims.held_up.is_empty() || host.is_turn_over() {
            return None;
        }
        let at = claims.held_up.iter().position(|job| {
            let is_due = || job.due().is_zero() || job.due() <= host.now();
            self.output.is_closed() || is_due() && may_go_on(host, &*self.output, job.place)
        })?;
        Some(claims.held_up.remove(at))
    }

    /// Claims an idle lane whose chain wants to be called, or whose chunk has waited long enough.
    fn claim_due(&self, claims: &mut Claims<C>, host: &dyn Host) -> Option<Job<C>> {
        let due = |claims: &Claims<C>, at: usize| {
            let gathered = claims.gathered.as_ref().and_then(Gathered::due);
            [gathered, claims.idle[at].due()].into_iter().flatten().min()
        };
        let at = (0..claims.idle.len()).find(|&at| due(claims, at).is_some_and(|due| due <= host.now()))?;
        let place = self.output.open()?;
        let work = Work::Chunk { lane: claims.idle.remove(at), items: Vec::new(), born: host.now() };
        Some(Job { work, place, position: claims.position, gathered: take_gathered(claims, host) })
    }

    /// Claims the next message, if there is one and it may be worked on.
    fn claim(&self, claims: &mut Claims<C>, host: &dyn Host) -> Result<(Job<C>, Option<Duration>), Spare> {
        let sight = self.input.look();
        let all_idle = claims.idle.len() == self.plan.lanes;
        let working = self.plan.lanes - claims.idle.len();
        if claims.idle.is_empty() || working >= self.active_max.load(Ordering::Relaxed) {
            // All that may be at work are: the others have nothing to do.
            return Err(Spare::Idle);
        }
        // Above the limit only the oldest work goes on: what it makes can leave at once.
        let must_wait = host.budget().is_over() && !self.output.is_vacant();
        match sight {
            Sight::Nothing => return Err(Spare::Idle),
            Sight::Chunk(_) if must_wait => return Err(Spare::Full),
            Sight::Fence | Sight::End if !all_idle => return Err(Spare::Idle),
            Sight::Chunk(_) | Sight::Fence | Sight::End => {}
        }
        let place = self.output.open().ok_or(Spare::Blocked)?;
        let message = match sight {
            Sight::End => None,
            _ => Some(self.input.take().expect("only the holder of the claims takes")),
        };
        let position = claims.position;
        claims.position += message.as_ref().map_or(0, Message::items);
        let mut gathered = take_gathered(claims, host);
        let mut sent = None;
        let work = match message {
            Some(Message::Chunk(chunk)) => {
                let times = chunk.times();
                sent = Some(times.sent);
                let lane = claims.idle.pop().expect("a lane is idle, as was seen above");
                let (items, reservation) = chunk.into_parts();
                gathered = gathered.join(reservation);
                Work::Chunk { lane, items, born: times.born }
            }
            other => {
                let fence = match other {
                    Some(Message::Watermark(at)) => Fence::Watermark(at),
                    Some(Message::Barrier(epoch)) => Fence::Barrier(epoch),
                    _ => Fence::End,
                };
                let mut lanes = std::mem::take(&mut claims.idle);
                lanes.sort_by_key(|lane| lane.index);
                Work::Fence { lanes, next: 0, fence }
            }
        };
        Ok((Job { work, place, position, gathered }, sent))
    }

    /// Finds something to do.
    pub(super) fn find(&self, host: &dyn Host) -> Option<Job<C>> {
        let mut claims = self.claims();
        if self.is_finished() || host.is_stopping() {
            return None;
        }
        if self.output.is_closed() {
            claims.is_satisfied = true;
        }
        if claims.is_satisfied && !self.input.is_closed() {
            self.input.close();
            host.changed();
        }
        let waiting = self.take_up(&mut claims, host).or_else(|| self.claim_due(&mut claims, host));
        let (job, sent) = match waiting {
            Some(job) => (job, None),
            None => match self.claim(&mut claims, host) {
                Ok(found) => found,
                Err(lacking) => {
                    self.meter.observe(lacking, || host.now());
                    return None;
                }
            },
        };
        self.meter.begin(job.lanes(), host.now(), sent);
        Some(job)
    }

    pub(super) fn work(&self, mut job: Job<C>, index: usize, host: &dyn Host) {
        host.changed(); // there is room in the inlet
        let started = host.now();
        let lanes = job.lanes();
        let Job { work, place, position, gathered } = &mut job;
        let born = match work {
            Work::Chunk { born, .. } => *born,
            Work::Fence { .. } => started,
        };
        let taken = std::mem::replace(gathered, Gathered::with(host.budget().reserve(0)));
        let mut outlet =
            Outlet::new((host, &self.plan.name), (&*self.output, *place), taken, (*position, born));
        let (ran, fed) = match work {
            Work::Chunk { lane, items, .. } => {
                let count = items.len();
                let ran = if self.output.is_closed() {
                    lane.abandon(std::mem::take(items).len());
                    Err(Interrupt::Done)
                } else {
                    #[cfg(feature = "profiling")]
                    if host.is_profiled() {
                        lane.begin_sampled(Some(count));
                    }
                    lane.run(items, &mut outlet, (host, self.plan.lanes == 1))
                };
                lane.count_passed(&mut outlet);
                self.meter.publish(lane.index, lane.tally());
                let fed = count - items.len();
                #[cfg(feature = "profiling")]
                self.meter.add_sample(lane.end_sampled(fed as u64));
                *position += fed as u64;
                (ran, fed)
            }
            Work::Fence { lanes, next, fence } => {
                let passed = self.pass_fence(lanes, next, *fence, &mut outlet, host);
                (passed.and_then(|ran| self.save(ran, (lanes, *position), *fence, (index, host))), 0)
            }
        };
        let now = host.now();
        let busy = now.saturating_sub(started);
        self.input.learn(fed, busy);
        let is_held_up = matches!(ran, Ok(Ran::HeldUp));
        let bytes_passed = outlet.bytes_passed();
        *gathered = outlet.into_gathered();
        let mut outcome = ran.map(drop);
        let time = matches!(work, Work::Chunk { .. }).then_some(busy);
        self.meter.end(lanes, now, Worked { time, bytes_passed });
        if is_held_up {
            self.claims().held_up.push(job);
            host.changed();
            return;
        }
        self.output.close_place(*place);
        let gathered = std::mem::replace(gathered, Gathered::with(host.budget().reserve(0))).kept();
        if let Err(reason) = outcome {
            outcome = match reason {
                Interrupt::Done => Err(Interrupt::Done),
                reason => {
                    // Before the end is announced, or nobody would look for a failure any more.
                    host.fail(index, reason);
                    Ok(())
                }
            };
        }
        let mut claims = self.claims();
        claims.gathered = gathered;
        match job.work {
            Work::Chunk { lane, items, born } => {
                self.input.give_back(items);
                if self.is_last {
                    host.arrived(now.saturating_sub(born));
                }
                outcome = outcome.and(hold(&mut claims, &lane, host));
                claims.idle.push(lane);
            }
            Work::Fence { lanes, fence: Fence::Watermark(_) | Fence::Barrier(_), .. } => claims.idle = lanes,
            // The lanes never come back, or somebody could claim the end a second time.
            Work::Fence { fence: Fence::End, .. } => {
                claims.held.clear();
                self.finished.store(true, Ordering::Release);
                self.output.end();
            }
        }
        match outcome {
            Ok(()) => {}
            Err(Interrupt::Done) => claims.is_satisfied = true,
            Err(reason) => {
                drop(claims);
                host.fail(index, reason);
            }
        }
        host.changed();
    }

    /// Tells every lane of a fence, in the order of the lanes, and then those behind.
    fn pass_fence(
        &self,
        lanes: &mut [Lane<C>],
        next: &mut usize,
        fence: Fence,
        outlet: &mut Outlet<'_, C::Out>,
        host: &dyn Host,
    ) -> Result<Ran, Interrupt> {
        let mut outcome = Ok(());
        while let Some(lane) = lanes.get_mut(*next) {
            let mut told = if lane.is_busy() { lane.on_time(outlet) } else { Ok(()) };
            // That it needs no more of what it held is no reason to keep the end from it.
            if matches!((fence, &told), (Fence::End, Err(Interrupt::Done))) {
                told = Ok(());
            }
            // A chain that failed is not called again; the other lanes are.
            if told.is_ok() && !lane.is_busy() {
                told = match fence {
                    Fence::Watermark(at) => lane.watermark(at, outlet),
                    Fence::Barrier(_) => lane.barrier(outlet),
                    Fence::End => lane.end(outlet),
                };
            }
            outcome = outcome.and(told);
            lane.count_passed(outlet);
            self.meter.publish(lane.index, lane.tally());
            if lane.is_busy() && outcome.is_ok() && !host.is_stopping() && !self.output.is_closed() {
                return Ok(Ran::HeldUp);
            }
            *next += 1;
        }
        outlet.flush();
        if let Some(lane) = lanes.last_mut() {
            lane.count_passed(outlet);
            self.meter.publish(lane.index, lane.tally());
        }
        match fence {
            Fence::Watermark(at) => outlet.watermark(at),
            Fence::Barrier(epoch) if outcome.is_ok() => outlet.barrier(epoch),
            // One that needs no more ends next, and what it passes on at its end belongs to the epoch.
            Fence::Barrier(_) | Fence::End => {}
        }
        outcome.map(|()| Ran::Through)
    }

    /// Hands over what the lanes remember, if they are through with a barrier or the end.
    fn save(
        &self,
        ran: Ran,
        (lanes, position): (&mut [Lane<C>], u64),
        fence: Fence,
        (index, host): (usize, &dyn Host),
    ) -> Result<Ran, Interrupt> {
        let (epoch, has_ended) = match fence {
            Fence::Barrier(epoch) => (Some(epoch), false),
            Fence::End => (host.epoch_of_end(index, self.group), true),
            Fence::Watermark(_) => (None, false),
        };
        // A lane that still holds something was passed over, since the run stops or nobody takes it. The former is to come
        // again, so that no checkpoint may be made of this.
        let is_through =
            ran == Ran::Through && (!lanes.iter().any(Lane::is_busy) || has_ended && !host.is_stopping());
        let Some(epoch) = epoch.filter(|_| is_through) else { return Ok(ran) };
        let saved = if has_ended && !self.is_last {
            Saved::ended(epoch, self.group, position)
        } else {
            let state = StageState { position, has_ended, source: None };
            let chains = lanes.iter_mut().map(Lane::chain_mut);
            Saved::of((epoch, has_ended), self.group, state, chains)?
        };
        host.save(index, saved);
        Ok(ran)
    }
}

/// Takes what waits for more, or nothing.
fn take_gathered<C: Operator>(claims: &mut Claims<C>, host: &dyn Host) -> Gathered<C::Out> {
    claims.gathered.take().unwrap_or_else(|| Gathered::with(host.budget().reserve(0)))
}

/// Reserves what a lane holds between items.
fn hold<C: Operator>(claims: &mut Claims<C>, lane: &Lane<C>, host: &dyn Host) -> Outcome
where
    C::Out: Weigh,
{
    let bytes = lane.held_bytes();
    if bytes > 0 || claims.held[lane.index].is_some() {
        claims.held[lane.index].get_or_insert_with(|| host.budget().reserve(0)).resize(bytes);
    }
    Ok(host.budget().check_item(bytes)?)
}

impl<C: Operator> Stage for LaneStage<C>
where
    C::Out: Weigh,
{
    fn step(&self, index: usize, host: &dyn Host, _: Worker) -> Step {
        let Some(job) = self.find(host) else { return Step::Waiting };
        self.work(job, index, host);
        Step::Worked
    }

    fn promise(&self) -> Promise {
        let mut promise = Promise::default();
        if let Some(lane) = self.claims().idle.first_mut() {
            lane.chain_mut().forgetful(&mut promise.forgetful);
            promise.commits = lane.chain_mut().commits();
        }
        // Behind others in turn, what it made waits for them, and so would a barrier.
        promise.stops_barriers = self.output.is_too_early().then_some("concat");
        promise
    }

    fn resume(&self, kept: &Kept<'_>) -> Result<(), CheckpointError> {
        let mut claims = self.claims();
        let state = kept.state((self.group, self.group_count.max(1)));
        claims.position = state.position;
        let lanes = claims.idle.len();
        let group = (self.group_count > 0).then_some((self.group, self.group_count));
        for lane in claims.idle.iter_mut().filter(|_| !state.has_ended || self.is_last) {
            let number = group.unwrap_or((lane.index, lanes));
            kept.resume(lane.chain_mut(), number)?;
        }
        if state.has_ended {
            claims.idle.clear();
            self.input.close();
            self.finished.store(true, Ordering::Release);
            self.output.end();
        }
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    fn is_quiet(&self) -> bool {
        if self.is_finished() {
            return true;
        }
        let claims = self.claims();
        claims.idle.len() == self.plan.lanes && claims.gathered.is_none() && self.input.is_vacant()
    }

    fn due(&self) -> Option<Duration> {
        let claims = self.claims();
        let held_up = claims.held_up.iter().map(Job::due).filter(|due| !due.is_zero());
        let idle = claims.idle.iter().filter_map(Lane::due);
        held_up.chain(idle).chain(claims.gathered.as_ref().and_then(Gathered::due)).min()
    }

    fn abandon(&self) {
        self.input.close();
        let mut claims = self.claims();
        claims.held.clear();
        for job in std::mem::take(&mut claims.held_up) {
            // What others made waits behind its place, and is counted by the stage that should take it.
            self.output.close_place(job.place);
            if let Work::Chunk { mut lane, items, .. } = job.work {
                lane.abandon(items.len());
                let mut tally = lane.tally();
                tally.held += job.gathered.len();
                self.meter.publish(lane.index, tally);
            }
        }
        if let (Some(gathered), Some(lane)) = (claims.gathered.take(), claims.idle.first()) {
            let mut tally = lane.tally();
            tally.held += gathered.len();
            self.meter.publish(lane.index, tally);
        }
        // What the operators own, a half-written file for one, goes with the run and not with the last
        // hand on it.
        claims.idle.clear();
    }

    fn plan(&self) -> &StagePlan {
        &self.plan
    }

    fn links(&self) -> Links {
        Links { inlets: vec![self.input.id()], targets: self.output.targets(), copies: self.output.copies() }
    }

    fn lines(&self) -> Vec<Arc<dyn Line>> {
        vec![Arc::clone(&self.input) as Arc<dyn Line>]
    }

    fn lanes_active(&self) -> usize {
        self.active_max.load(Ordering::Relaxed)
    }

    fn set_lanes_active(&self, lanes: usize) {
        self.active_max.store(lanes.clamp(1, self.plan.lanes), Ordering::Relaxed);
    }

    #[cfg(feature = "profiling")]
    fn profile(&self) -> (Sample, Names) {
        (self.meter.sample(), ("(taking up)".to_owned(), self.places.clone()))
    }

    fn given_up(&self) -> u64 {
        self.meter.given_up()
    }

    fn reading(&self, now: Duration) -> Reading {
        let mut reading = self.meter.reading(now);
        reading.tally.abandoned += self.input.abandoned();
        reading
    }
}
