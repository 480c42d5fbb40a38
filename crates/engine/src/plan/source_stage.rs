//! The first stage: a source, pushing straight into the chain behind it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

use super::StagePlan;
use super::exchange::{Exchange, paced};
use super::host::Host;
use super::lane::Lane;
use super::meter::Meter;
use super::outlet::Outlet;
use super::stage::{Reading, Stage, Step};
use crate::error::Interrupt;
use crate::operator::Operator;
use crate::order::Order;
use crate::source::{Source, Supply};
use crate::weigh::Weigh;

/// The first stage of a pipeline.
pub(crate) struct SourceStage<S, C: Operator> {
    plan: StagePlan,
    /// `None` when all is over.
    working: Mutex<Option<Working<S, C>>>,
    output: Arc<Exchange<C::Out>>,
    meter: Meter,
    finished: AtomicBool,
    /// Bytes the last chunk weighed: what the next one is expected to.
    chunk_bytes: AtomicU64,
}

struct Working<S, C> {
    source: S,
    lane: Lane<C>,
    position: u64,
    /// Items that take about as long as a step should.
    pace: usize,
    held: Option<crate::budget::Reservation>,
}

impl<S, C> SourceStage<S, C>
where
    S: Source,
    C: Operator<In = S::Item>,
    C::Out: Weigh,
{
    pub(crate) fn new(name: Option<String>, source: S, chain: C, output: Arc<Exchange<C::Out>>) -> Self {
        let lane = Lane::new(chain, 0);
        let mut steps = vec![source.name()];
        lane.describe(&mut steps);
        let plan =
            StagePlan { name: name.unwrap_or_else(|| steps.join(", ")), lanes: 1, order: Order::Input };
        let working = Working { source, lane, position: 0, pace: FIRST_PACE, held: None };
        Self {
            plan,
            working: Mutex::new(Some(working)),
            output,
            meter: Meter::new(1),
            finished: AtomicBool::new(false),
            chunk_bytes: AtomicU64::new(0),
        }
    }

    /// Returns whether there is memory for another chunk. A pipeline with nothing on its way is always
    /// given one, or what its steps hold could keep it waiting for ever.
    fn is_admitted(&self, index: usize, host: &dyn Host) -> bool {
        let expected = usize::try_from(self.chunk_bytes.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        host.budget().has_room_for(expected) || (self.output.is_vacant() && host.is_quiet_behind(index))
    }

    fn pull(&self, working: &mut Working<S, C>, index: usize, host: &dyn Host) -> Step {
        let Some(place) = self.output.open() else { return Step::Waiting };
        let started = host.now();
        let credit = host.budget().reserve(0);
        let mut outlet = Outlet::new(host, index, &self.output, place, credit, working.position);
        let (fed, answer) = working.lane.feed(&mut working.source, working.pace as u64, &mut outlet);
        let is_empty = fed == 0 && !outlet.has_cut();
        working.position += fed;
        let is_idle = is_empty && matches!(answer, Ok(Supply::Idle));
        let mut ending = match answer {
            Ok(Supply::More | Supply::Idle) => None,
            Ok(Supply::End) | Err(Interrupt::Done) => Some(working.lane.end(&mut outlet)),
            Err(reason) => Some(Err(reason)),
        };
        let (chunk_bytes, waited) = (outlet.chunk_bytes_max(), outlet.waited());
        drop(outlet);
        self.output.close_place(place);
        if chunk_bytes > 0 {
            self.chunk_bytes.store(chunk_bytes as u64, Ordering::Relaxed);
        }
        let busy = host.now().saturating_sub(started + waited);
        if fed > 0 {
            let items = usize::try_from(fed).unwrap_or(usize::MAX);
            working.pace = paced(working.pace, items, busy, STEP_TIME);
        }
        self.meter.set_bytes_taken(working.source.bytes_taken());
        self.meter.publish(0, working.lane.tally(), busy);
        let held = working.held.get_or_insert_with(|| host.budget().reserve(0));
        held.resize(working.lane.held_bytes());
        if let Err(error) = host.budget().check_item(held.bytes()) {
            ending = ending.or(Some(Err(error.into())));
        }
        if let Some(outcome) = ending {
            if let Err(reason) = outcome {
                host.fail(index, reason);
            }
            self.finish(working);
        }
        host.changed();
        if is_idle { Step::Idle } else { Step::Worked }
    }

    fn finish(&self, working: &mut Working<S, C>) {
        working.held = None;
        self.finished.store(true, Ordering::Release);
        self.output.end();
    }
}

impl<S, C> Stage for SourceStage<S, C>
where
    S: Source,
    C: Operator<In = S::Item>,
    C::Out: Weigh,
{
    fn step(&self, index: usize, host: &dyn Host) -> Step {
        if self.is_finished() {
            return Step::Waiting;
        }
        let mut guard = match self.working.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Step::Waiting,
        };
        let Some(working) = guard.as_mut() else { return Step::Waiting };
        if self.output.is_closed() {
            self.finish(working);
            host.changed();
            return Step::Worked;
        }
        if self.is_finished() || !self.is_admitted(index, host) {
            return Step::Waiting;
        }
        self.pull(working, index, host)
    }

    fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    fn is_quiet(&self) -> bool {
        !matches!(self.working.try_lock(), Err(TryLockError::WouldBlock))
    }

    fn abandon(&self) {
        *self.working.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn plan(&self) -> &StagePlan {
        &self.plan
    }

    fn reading(&self) -> Reading {
        self.meter.reading()
    }
}

/// Items asked of a source at first, before anything is known of their cost.
const FIRST_PACE: usize = 16;

/// How long a source may push before the runtime looks whether the pipeline was cancelled.
///
/// Longer delays cancellation and progress, shorter pays for looking more often.
const STEP_TIME: Duration = Duration::from_millis(2);
