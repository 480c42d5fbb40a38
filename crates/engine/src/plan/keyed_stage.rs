//! A stage whose lanes each serve some keys at a time, and every key in its order.
//!
//! Keys are spread over *groups*, several for each lane, and each group has a chain and a line of its
//! own. A lane takes whichever group has something to do, so a key that gets more than its share occupies
//! one lane and holds nobody up but the others of its group. A worker comes back to the groups it served
//! last: what they hold is in its cache, and to take it from another's costs more than most steps do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::StagePlan;
use super::exchange::Exchange;
use super::host::{Host, Worker};
use super::lane_stage::LaneStage;
use super::meter::{Meter, Spare, Worked};
use super::outflow::Outflow;
#[cfg(feature = "profiling")]
use super::profile::Sample;
use super::queue::Line;
use super::saved::{Kept, Promise};
use super::shared::Shared;
#[cfg(feature = "profiling")]
use super::stage::Names;
use super::stage::{Links, Reading, Stage, Step};
use crate::error::CheckpointError;
use crate::operator::Operator;
use crate::order::Order;
use crate::tally::Tally;
use crate::weigh::Weigh;

/// A stage of groups of keys.
pub(crate) struct KeyedStage<C: Operator> {
    plan: StagePlan,
    groups: Vec<Group<C>>,
    /// Lanes at work.
    working: AtomicUsize,
    /// Lanes that may be at work at once.
    active_max: AtomicUsize,
    /// The group to look at first.
    cursor: AtomicUsize,
    meter: Meter,
    finished: AtomicBool,
}

/// Some of the keys.
struct Group<C: Operator> {
    stage: LaneStage<C>,
    /// The worker that served it last, whose cache holds what is known of its keys.
    home: AtomicUsize,
}

impl<C: Operator> KeyedStage<C>
where
    C::Out: Weigh,
{
    /// Makes a stage whose groups take from `inputs` and put to one output.
    pub(crate) fn new(
        name: Option<String>,
        lanes: usize,
        inputs: Vec<Arc<Exchange<C::In>>>,
        chain: C,
        output: Box<dyn Outflow<C::Out>>,
    ) -> Self {
        let mut steps = Vec::new();
        chain.describe(&mut steps);
        let plan = StagePlan::new(name, steps, lanes, Order::Key);
        let count = inputs.len();
        let groups = Shared::among(count, output)
            .into_iter()
            .zip(inputs)
            .enumerate()
            .map(|(group, (output, input))| {
                let name = Some(plan.name.clone());
                let stage = LaneStage::new(name, 1, Order::Input, input, chain.fork(), Box::new(output));
                let stage = stage.of_group(group, count);
                Group { stage, home: AtomicUsize::new(NOBODY) }
            })
            .collect();
        Self {
            active_max: AtomicUsize::new(lanes),
            plan,
            groups,
            working: AtomicUsize::new(0),
            cursor: AtomicUsize::new(0),
            meter: Meter::new(lanes),
            finished: AtomicBool::new(false),
        }
    }

    fn stages(&self) -> impl Iterator<Item = &LaneStage<C>> {
        self.groups.iter().map(|group| &group.stage)
    }

    /// Takes a lane, if one is free.
    fn take_lane(&self) -> bool {
        let active_max = self.active_max.load(Ordering::Relaxed);
        let more = |working| (working < active_max).then_some(working + 1);
        self.working.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more).is_ok()
    }
}

impl<C: Operator> Stage for KeyedStage<C>
where
    C::Out: Weigh,
{
    fn step(&self, index: usize, host: &dyn Host, worker: Worker) -> Step {
        if self.is_finished() || !self.take_lane() {
            return Step::Waiting;
        }
        let first = self.cursor.fetch_add(1, Ordering::Relaxed) % self.groups.len();
        let found = (first..self.groups.len()).chain(0..first).find_map(|group| {
            let Group { stage, home } = &self.groups[group];
            let is_strange = ![worker.number, NOBODY].contains(&home.load(Ordering::Relaxed));
            if is_strange && !worker.helps {
                return None;
            }
            let job = stage.find(host)?;
            home.store(worker.number, Ordering::Relaxed);
            Some((stage, job))
        });
        let step = match found {
            Some((group, job)) => {
                let started = host.now();
                self.meter.begin(1, started, None);
                group.work(job, index, host);
                let ended = host.now();
                // What was passed on is counted by the group.
                let time = Some(ended.saturating_sub(started));
                self.meter.end(1, ended, Worked { time, bytes_passed: 0 });
                Step::Worked
            }
            None => {
                self.meter.observe(Spare::Idle, || host.now());
                Step::Waiting
            }
        };
        self.working.fetch_sub(1, Ordering::AcqRel);
        if step == Step::Worked {
            if self.stages().all(Stage::is_finished) {
                self.finished.store(true, Ordering::Release);
            }
            host.changed();
        }
        step
    }

    fn promise(&self) -> Promise {
        self.groups.first().map(|group| group.stage.promise()).unwrap_or_default()
    }

    fn groups(&self) -> usize {
        self.groups.len()
    }

    fn resume(&self, kept: &Kept<'_>) -> Result<(), CheckpointError> {
        self.stages().try_for_each(|stage| stage.resume(kept))?;
        self.finished.store(self.stages().all(Stage::is_finished), Ordering::Release);
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    fn is_group_finished(&self, group: usize) -> bool {
        self.groups[group].stage.is_finished()
    }

    fn is_quiet(&self) -> bool {
        self.stages().all(Stage::is_quiet)
    }

    fn due(&self) -> Option<Duration> {
        self.stages().filter_map(Stage::due).min()
    }

    fn abandon(&self) {
        self.stages().for_each(Stage::abandon);
    }

    fn plan(&self) -> &StagePlan {
        &self.plan
    }

    fn links(&self) -> Links {
        let mut links = self.stages().map(Stage::links);
        let first = links.next().expect("there is a group at least");
        links.fold(first, |mut all, one| {
            all.inlets.extend(one.inlets);
            all
        })
    }

    fn lines(&self) -> Vec<Arc<dyn Line>> {
        self.stages().flat_map(Stage::lines).collect()
    }

    fn lanes_active(&self) -> usize {
        self.active_max.load(Ordering::Relaxed)
    }

    fn set_lanes_active(&self, lanes: usize) {
        self.active_max.store(lanes.clamp(1, self.plan.lanes), Ordering::Relaxed);
    }

    #[cfg(feature = "profiling")]
    fn profile(&self) -> (Sample, Names) {
        let mut sum = Sample::default();
        let mut names = Names::default();
        for (sample, named) in self.stages().map(Stage::profile) {
            sum.add(&sample);
            names = named;
        }
        (sum, names)
    }

    fn given_up(&self) -> u64 {
        self.stages().map(Stage::given_up).sum()
    }

    fn reading(&self, now: Duration) -> Reading {
        let (mut tally, mut bytes_passed) = (Tally::default(), 0);
        for group in self.stages() {
            let reading = group.reading(now);
            tally += reading.tally;
            bytes_passed += reading.bytes_passed;
        }
        Reading { tally, bytes_passed, ..self.meter.reading(now) }
    }
}

/// The home of a group that nobody has served yet.
const NOBODY: usize = usize::MAX;
