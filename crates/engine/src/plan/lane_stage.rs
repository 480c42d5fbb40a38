//! A stage behind an exchange, with one lane or several.
//!
//! Lanes are not handed chunks, they claim them: whoever has nothing to do takes the next message and a
//! place for its results in one breath, so places are in the order of the messages. A fence, and the
//! end, are claimed only when all lanes are idle.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::StagePlan;
use super::exchange::{Exchange, Sight};
use super::host::Host;
use super::lane::Lane;
use super::lineup::Place;
use super::meter::Meter;
use super::outlet::Outlet;
use super::stage::{Reading, Stage, Step};
use crate::budget::Reservation;
use crate::chunk::Chunk;
use crate::error::{Interrupt, Outcome};
use crate::message::Message;
use crate::operator::Operator;
use crate::order::Order;
use crate::time::EventTime;
use crate::weigh::Weigh;

/// A stage behind an exchange.
pub(crate) struct LaneStage<C: Operator> {
    plan: StagePlan,
    input: Arc<Exchange<C::In>>,
    output: Arc<Exchange<C::Out>>,
    claims: Mutex<Claims<C>>,
    meter: Meter,
    finished: AtomicBool,
}

struct Claims<C> {
    idle: Vec<Lane<C>>,
    /// Items taken so far: the position of the next one.
    position: u64,
    /// A step of the chain needs no more items.
    is_satisfied: bool,
    /// What the operators hold between items, for each lane.
    held: Vec<Option<Reservation>>,
}

/// What a thread claimed.
enum Claim<C: Operator> {
    Chunk { lane: Lane<C>, chunk: Chunk<C::In>, place: Place, position: u64 },
    Watermark { lanes: Vec<Lane<C>>, at: EventTime, place: Place, position: u64 },
    End { lanes: Vec<Lane<C>>, place: Place, position: u64 },
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
        output: Arc<Exchange<C::Out>>,
    ) -> Self {
        let first = Lane::new(chain, 0);
        let mut steps = Vec::new();
        first.describe(&mut steps);
        let plan = StagePlan { name: name.unwrap_or_else(|| steps.join(", ")), lanes, order };
        let mut idle: Vec<_> = (1..lanes).map(|index| first.fork(index)).collect();
        idle.push(first);
        let held = (0..lanes).map(|_| None).collect();
        Self {
            plan,
            input,
            output,
            claims: Mutex::new(Claims { idle, position: 0, is_satisfied: false, held }),
            meter: Meter::new(lanes),
            finished: AtomicBool::new(false),
        }
    }

    fn claims(&self) -> MutexGuard<'_, Claims<C>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims the next message, if there is one and it may be worked on.
    fn claim(&self, host: &dyn Host) -> Option<Claim<C>> {
        let mut claims = self.claims();
        if self.is_finished() || claims.idle.is_empty() {
            return None;
        }
        if self.output.is_closed() {
            claims.is_satisfied = true;
        }
        if claims.is_satisfied && !self.input.is_closed() {
            self.input.close();
            host.changed();
        }
        let sight = self.input.look();
        let all_idle = claims.idle.len() == self.plan.lanes;
        // Above the limit only the oldest work goes on: what it makes can leave at once.
        let must_wait = host.budget().is_over() && !self.output.is_vacant();
        match sight {
            Sight::Nothing => None,
            Sight::Chunk if must_wait => None,
            Sight::Fence | Sight::End if !all_idle => None,
            Sight::End => {
                let place = self.output.open()?;
                let lanes = std::mem::take(&mut claims.idle);
                Some(Claim::End { lanes, place, position: claims.position })
            }
            Sight::Fence | Sight::Chunk => {
                let place = self.output.open()?;
                let message = self.input.take().expect("only the holder of the claims takes");
                let position = claims.position;
                claims.position += message.items();
                Some(match message {
                    Message::Watermark(at) => {
                        Claim::Watermark { lanes: std::mem::take(&mut claims.idle), at, place, position }
                    }
                    Message::Chunk(chunk) => {
                        let lane = claims.idle.pop().expect("a lane is idle, as was seen above");
                        Claim::Chunk { lane, chunk, place, position }
                    }
                })
            }
        }
    }

    fn work(
        &self,
        mut lane: Lane<C>,
        chunk: Chunk<C::In>,
        place: Place,
        position: u64,
        at: (usize, &dyn Host),
    ) {
        let (index, host) = at;
        let started = host.now();
        let count = chunk.len();
        let (items, reservation) = chunk.into_parts();
        let mut outlet = Outlet::new(host, index, &self.output, place, reservation, position);
        let outcome = lane.run(items, &mut outlet, host);
        let waited = outlet.waited();
        drop(outlet);
        self.output.close_place(place);
        let busy = host.now().saturating_sub(started + waited);
        self.input.learn(count, busy);
        self.meter.publish(lane.index, lane.tally(), busy);

        let mut claims = self.claims();
        let held_bytes = lane.held_bytes();
        if held_bytes > 0 || claims.held[lane.index].is_some() {
            let held = claims.held[lane.index].get_or_insert_with(|| host.budget().reserve(0));
            held.resize(held_bytes);
        }
        claims.idle.push(lane);
        match outcome.and(host.budget().check_item(held_bytes).map_err(Interrupt::from)) {
            Ok(()) => {}
            Err(Interrupt::Done) => claims.is_satisfied = true,
            Err(reason) => host.fail(index, reason),
        }
    }

    /// Does something with the chain of every lane, in the order of the lanes.
    fn with_all(
        &self,
        lanes: &mut [Lane<C>],
        (place, position): (Place, u64),
        at: (usize, &dyn Host),
        mut act: impl FnMut(&mut Lane<C>, &mut Outlet<'_, C::Out>) -> Outcome,
    ) {
        let (index, host) = at;
        let started = host.now();
        lanes.sort_by_key(|lane| lane.index);
        let mut outcome = Ok(());
        for lane in lanes {
            let mut outlet =
                Outlet::new(host, index, &self.output, place, host.budget().reserve(0), position);
            outcome = outcome.and(act(lane, &mut outlet));
            drop(outlet);
            self.meter.publish(lane.index, lane.tally(), host.now().saturating_sub(started));
        }
        if let Err(reason) = outcome {
            host.fail(index, reason);
        }
    }

    fn finish(&self) {
        self.claims().held.clear();
        self.finished.store(true, Ordering::Release);
        self.output.end();
    }
}

impl<C: Operator> Stage for LaneStage<C>
where
    C::Out: Weigh,
{
    fn step(&self, index: usize, host: &dyn Host) -> Step {
        let Some(claim) = self.claim(host) else { return Step::Waiting };
        match claim {
            Claim::Chunk { lane, chunk, place, position } => {
                host.changed(); // there is room in the inlet
                self.work(lane, chunk, place, position, (index, host));
            }
            Claim::Watermark { mut lanes, at, place, position } => {
                self.with_all(&mut lanes, (place, position), (index, host), |lane, outlet| {
                    lane.watermark(at, outlet)
                });
                let credit = host.budget().reserve(0);
                Outlet::new(host, index, &self.output, place, credit, position).watermark(at);
                self.output.close_place(place);
                self.claims().idle = lanes;
            }
            Claim::End { mut lanes, place, position } => {
                // The lanes never come back, or somebody could claim the end a second time.
                self.with_all(&mut lanes, (place, position), (index, host), Lane::end);
                self.output.close_place(place);
                self.finish();
            }
        }
        host.changed();
        Step::Worked
    }

    fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    fn is_quiet(&self) -> bool {
        self.is_finished() || (self.claims().idle.len() == self.plan.lanes && self.input.is_vacant())
    }

    fn abandon(&self) {
        self.input.close();
        let mut claims = self.claims();
        claims.held.clear();
        // What the operators own, a half-written file for one, goes with the run and not with the last
        // hand on it.
        claims.idle.clear();
    }

    fn plan(&self) -> &StagePlan {
        &self.plan
    }

    fn reading(&self) -> Reading {
        let mut reading = self.meter.reading();
        reading.tally.abandoned += self.input.abandoned();
        reading
    }
}
