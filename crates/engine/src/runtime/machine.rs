//! A pipeline and all it needs to run, whoever turns the crank: threads or a simulation.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::asynchronous::Executor;
use super::beat::Beat;
use super::checkpoints::{Checkpoints, epoch_of, resume};
use super::clock::Clock;
use super::degrade::Degrading;
use super::failure::{Failure, PipelineError};
use super::flow::MemoryStats;
use super::links::Network;
use super::memory;
use super::pressure::Pressure;
use super::signal::Signal;
use super::simulated::Schedule;
use super::trace::Trace;
use super::tune::Tuning;
use super::watch::Watch;
use crate::budget::Budget;
use crate::checkpoint::{Delivery, Epoch, Loaded, StateStore, StoreError};
use crate::error::{CheckpointError, Interrupt, panic_message};
use crate::metrics::{
    CheckpointSummary, Latency, LimitOrigin, Metrics, NOTE_EVERY, Recent, Report, StageMetrics,
};
use crate::pipeline::{Pipeline, Progress};
use crate::plan::guarantee::stops_barriers;
use crate::plan::host::{Drive, Host, Spawner, Worker};
use crate::plan::saved::Saved;
use crate::plan::stage::{Stage, Step};
use crate::tune::Adjustment;
use crate::workers::Workers;

/// A pipeline and all it needs to run.
pub(crate) struct Machine {
    stages: Vec<Box<dyn Stage>>,
    network: Network,
    budget: Budget,
    limit_origin: LimitOrigin,
    pub(super) threads: usize,
    pub(super) workers: Option<Workers>,
    progress: Option<Progress>,
    told: Mutex<Duration>,
    recent: Mutex<Recent>,
    recent_beat: Beat,
    history: Option<(Beat, Mutex<Ring>)>,
    tuning: Option<Tuning>,
    degrading: Option<Degrading>,
    pub(super) clock: Clock,
    pub(super) signal: Arc<Signal>,
    executor: OnceLock<Executor>,
    schedule: Option<Schedule>,
    pub(super) pressure: Pressure,
    /// When to give back buffers that lie idle.
    give_back: Option<Beat>,
    given_back_bytes: AtomicU64,
    pub(super) watch: Option<Watch>,
    pub(super) checkpoints: Option<Checkpoints>,
    resume_from: Mutex<Option<Box<dyn StateStore>>>,
    is_exact: bool,
    delivery: Delivery,
    /// The epoch it went on from, and what was wrong with newer ones.
    resumed: OnceLock<(Epoch, Vec<String>)>,
    pub(super) trace: Trace,
    /// When each stage last finished something, in nanoseconds, if anybody wants to know.
    moved: Vec<AtomicU64>,
    latency: Latency,
    #[cfg(feature = "profiling")]
    is_profiled: bool,
    stopping: AtomicBool,
    paused: AtomicBool,
    draining: AtomicBool,
    failure: Mutex<Option<(Option<usize>, Failure)>>,
    /// A stage was left in the middle of something, so its counts do not add up.
    has_panicked: AtomicBool,
    /// The run has returned.
    finished: AtomicBool,
}

impl Machine {
    pub(crate) fn new(pipeline: Pipeline) -> Self {
        let plan = pipeline.explain();
        let options = pipeline.options;
        let (budget, limit_origin) = match options.budget {
            Some(budget) => (budget, LimitOrigin::Set),
            None => {
                let (bytes, origin) = memory::default_limit();
                (Budget::new(bytes), origin)
            }
        };
        let workers_max = options.workers.as_ref().map_or(usize::MAX, Workers::count);
        let schedule = options.seed.map(Schedule::new);
        let pipeline_moves = pipeline.stages.iter().map(|_| AtomicU64::new(0)).collect();
        let checkpoints = options.keeping.map(|keeping| Checkpoints::new(keeping, &pipeline.stages));
        Self {
            checkpoints,
            resume_from: Mutex::new(options.resume_from),
            is_exact: options.is_exact,
            delivery: plan.delivery.clone(),
            resumed: OnceLock::new(),
            network: Network::of(&pipeline.stages),
            stages: pipeline.stages,
            pressure: Pressure::new(options.pressure),
            give_back: options.give_back.map(Beat::every),
            given_back_bytes: AtomicU64::new(0),
            budget,
            limit_origin,
            threads: options.threads.unwrap_or(plan.lanes_max()).min(plan.lanes()).min(workers_max),
            workers: options.workers,
            progress: options.progress,
            told: Mutex::new(Duration::ZERO),
            clock: if schedule.is_some() { Clock::start_virtual() } else { Clock::start() },
            recent: Mutex::default(),
            recent_beat: Beat::every(NOTE_EVERY),
            history: options.history.map(|it| (Beat::every(it.every), Mutex::new(Ring::of(it.count)))),
            tuning: options.tuning.map(|(every, tuner)| Tuning::new(every, tuner)),
            degrading: options.degrade.map(Degrading::new),
            signal: Arc::new(Signal::default()),
            executor: OnceLock::new(),
            schedule,
            moved: pipeline_moves,
            watch: options.stall.map(|(after, tell)| Watch::new(after, tell)),
            trace: Trace::new(&plan),
            latency: Latency::default(),
            #[cfg(feature = "profiling")]
            is_profiled: options.is_profiled,
            stopping: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            failure: Mutex::new(None),
            has_panicked: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        }
    }

    /// Works until the end, and reports.
    pub(crate) fn run(&self) -> Result<Report, PipelineError> {
        let _subscribed = self.trace.attend();
        self.prepare();
        match self.resume() {
            Err(failure) => self.stop(None, failure),
            Ok(Begin::Complete) => {}
            Ok(Begin::Run) => {
                match &self.schedule {
                    Some(schedule) => self.run_simulated(schedule),
                    None => self.run_threads(),
                }
                self.complete();
            }
        }
        for index in 0..self.stages.len() {
            self.guarded(index, |stage| stage.abandon());
        }
        self.checkpoints.iter().for_each(Checkpoints::close);
        self.finished.store(true, Ordering::Release);
        self.signal.changed();
        // Whoever told last may have looked before the last items came.
        if let Some(progress) = &self.progress {
            (progress.tell.lock().unwrap_or_else(PoisonError::into_inner))(&self.metrics());
        }
        let edges = self.network.edges();
        let is_exact = !self.has_panicked.load(Ordering::Acquire);
        let history = self.history.as_ref().map(|(_, ring)| lock(ring).take()).unwrap_or_default();
        let report = Report::new(self.metrics(), self.limit_origin, is_exact.then_some(edges))
            .with_past(history, self.adjustments())
            .with_checkpoints(CheckpointSummary {
                delivery: self.delivery.clone(),
                resumed: self.resumed.get().map(|(epoch, _)| *epoch),
                passed_over: self.resumed.get().map(|(_, faults)| faults.clone()).unwrap_or_default(),
                stored: self.checkpoints.as_ref().map_or(0, Checkpoints::stored),
            });
        let outcome = match self.first_failure().take() {
            None => Ok(report),
            Some((index, failure)) => {
                let stage = index.map(|index| (index, self.stages[index].plan().name.clone()));
                Err(PipelineError { stage, failure, report: Box::new(report) })
            }
        };
        self.trace.ended(&outcome);
        outcome
    }

    /// Refuses to start, or takes up what a checkpoint holds.
    fn resume(&self) -> Result<Begin, Failure> {
        let other = lock(&self.resume_from).take();
        if let Some((stage, name)) =
            stops_barriers(&self.stages).filter(|_| self.checkpoints.is_some() || other.is_some())
        {
            return Err(Failure::Refused(format!("no checkpoint barrier passes `{name}` (stage {stage})")));
        }
        if self.is_exact && self.delivery != Delivery::ExactlyOnce {
            let delivery = &self.delivery;
            return Err(Failure::Refused(format!("exactly once was asked for, and this is {delivery}")));
        }
        let loaded = match other {
            Some(mut store) => {
                let loaded = store.load().map_err(CheckpointError::new)?;
                let place = store.place();
                Some(loaded.ok_or_else(|| Failure::Refused(format!("{place}: there is no checkpoint")))?)
            }
            None => match &self.checkpoints {
                Some(checkpoints) => checkpoints.load()?,
                None => return Ok(Begin::Run),
            },
        };
        let from = loaded.as_ref().map(|loaded| &loaded.checkpoint);
        resume(&self.stages, from, self.checkpoints.is_some())?;
        let Some(Loaded { checkpoint: from, passed_over }) = &loaded else { return Ok(Begin::Run) };
        let _ = self.resumed.set((from.epoch, passed_over.iter().map(StoreError::to_string).collect()));
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.begin_behind(from, &self.stages);
        }
        Ok(if from.is_complete { Begin::Complete } else { Begin::Run })
    }

    /// Stores that everything was delivered, if it was.
    fn complete(&self) {
        let Some(checkpoints) = &self.checkpoints else { return };
        let is_good = self.first_failure().is_none() && !self.is_stopping();
        if is_good && let Err(error) = checkpoints.complete() {
            self.first_failure().get_or_insert((None, error.into()));
        }
    }

    /// Stores epochs as they become ready, until the run is over.
    pub(super) fn keep_checkpoints(&self, checkpoints: &Checkpoints) {
        let kept = checkpoints.keep(|| self.has_committed(checkpoints));
        if let Err(error) = kept {
            // Also where every stage has ended since: what they gave may not be durable, so that nothing is complete.
            self.first_failure().get_or_insert((None, error.into()));
            self.abort();
        }
    }

    /// An epoch is committed: the next may end, or the run if it is to be suspended.
    fn has_committed(&self, checkpoints: &Checkpoints) {
        if checkpoints.is_suspending() {
            // One that was ending when it was asked for says nothing of what came behind it, and is as good.
            self.stop(None, Failure::Suspended(epoch_of(checkpoints.committed())));
        }
        self.signal.changed();
    }

    /// Ends an epoch, keeps its checkpoint and stops; without checkpoints it is cancelled.
    pub(crate) fn suspend(&self) {
        match &self.checkpoints {
            Some(checkpoints) => checkpoints.suspend(),
            None => self.cancel(),
        }
        self.signal.changed();
    }

    /// Takes all that was set while it ran, in the order of time.
    fn adjustments(&self) -> Vec<Adjustment> {
        let mut made = self.tuning.as_ref().map(Tuning::take).unwrap_or_default();
        made.extend(self.degrading.iter().flat_map(Degrading::take));
        made.sort_by_key(|made| made.at);
        made
    }

    fn first_failure(&self) -> MutexGuard<'_, Option<(Option<usize>, Failure)>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn cancel(&self) {
        self.stop(None, Failure::Cancelled);
    }

    pub(crate) fn pause(&self, is_paused: bool) {
        self.paused.store(is_paused, Ordering::Release);
        self.signal.changed();
    }

    /// Lets sources give nothing more. With checkpoints it is suspended: what they have yet to give must not count as
    /// delivered.
    pub(crate) fn drain(&self) {
        if self.checkpoints.is_some() {
            return self.suspend();
        }
        self.draining.store(true, Ordering::Release);
        self.signal.changed();
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Waits for the end of the run, at most so long; returns whether it has come.
    pub(crate) fn wait_until_finished(&self, limit: Duration) -> bool {
        let until = self.clock.elapsed().saturating_add(limit);
        loop {
            let ticket = self.signal.ticket();
            let left = until.saturating_sub(self.clock.elapsed());
            let is_finished = self.is_finished();
            if is_finished || left.is_zero() {
                return is_finished;
            }
            self.signal.wait(ticket, left);
        }
    }

    pub(crate) fn memory(&self) -> MemoryStats {
        MemoryStats {
            reserved_bytes: self.budget.reserved(),
            reserved_bytes_peak: self.budget.peak(),
            limit_bytes: self.budget.limit(),
            threshold_bytes: self.pressure.threshold_bytes(&self.budget),
            pressure_events: self.pressure.events(),
        }
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let now = self.clock.elapsed();
        let stages: Vec<_> = self.stages.iter().map(|stage| StageMetrics::of(&**stage, now)).collect();
        let items = stages.first().map_or(0, |stage| stage.tally.taken);
        Metrics {
            stages,
            elapsed: now,
            threads: self.threads,
            throughput: lock(&self.recent).per_second(now, items),
            reserved_bytes: self.budget.reserved(),
            reserved_bytes_peak: self.budget.peak(),
            limit_bytes: self.budget.limit(),
            pressure_events: self.pressure.events(),
            given_back_bytes: self.given_back_bytes.load(Ordering::Relaxed),
            latency: self.latency.percentiles(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_stopping() || self.network.lasts().iter().all(|&last| self.stages[last].is_finished())
    }

    /// Asks one stage for a step.
    pub(super) fn step(&self, index: usize, worker: Worker) -> Step {
        let _context = self.executor().map(Executor::enter);
        let _span = self.trace.enter(index);
        let step = self.guarded(index, |stage| stage.step(index, self, worker)).unwrap_or(Step::Worked);
        if step == Step::Worked {
            let stage = &self.stages[index];
            self.trace.stepped(index, || stage.given_up(), || stage.reading(self.clock.elapsed()).tally);
        }
        if self.watch.is_some() && step == Step::Worked {
            let now = u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.moved[index].store(now, Ordering::Relaxed);
        }
        step
    }

    /// Returns when a stage last finished something and how long ago that is, if it has something to do
    /// and has not for `after`. One that waits for a time of its own does not count, nor does a source.
    pub(super) fn stalled(&self, index: usize, after: Duration) -> Option<(Duration, Duration)> {
        let stage = &self.stages[index];
        let moved = Duration::from_nanos(self.moved[index].load(Ordering::Relaxed));
        let time = self.clock.elapsed().saturating_sub(moved);
        let waits = time < after || stage.links().inlets.is_empty() || self.is_paused();
        (!waits && !stage.is_quiet() && stage.due().is_none()).then_some((moved, time))
    }

    /// Returns the name of a stage.
    pub(super) fn name(&self, index: usize) -> String {
        self.stages[index].plan().name.clone()
    }

    /// Does something with a stage. A panic that gets this far is no item's: it stops the pipeline.
    fn guarded<R>(&self, index: usize, act: impl FnOnce(&dyn Stage) -> R) -> Option<R> {
        let caught = catch_unwind(AssertUnwindSafe(|| act(&*self.stages[index])));
        caught
            .map_err(|payload| {
                self.has_panicked.store(true, Ordering::Release);
                let failure = Failure::Panicked(panic_message(&*payload));
                self.first_failure().get_or_insert((Some(index), failure));
                self.abort();
            })
            .ok()
    }

    /// Asks all stages for a step, those nearest to the sinks first, and then for what others would rather
    /// do themselves.
    pub(super) fn step_any(&self, number: usize) -> Step {
        let is_stepping = |helps| {
            let mut stages = (0..self.stages.len()).rev();
            stages.any(|index| self.step(index, Worker { number, helps }) == Step::Worked)
        };
        if is_stepping(false) || self.threads > 1 && is_stepping(true) { Step::Worked } else { Step::Waiting }
    }

    pub(super) fn stages_count(&self) -> usize {
        self.stages.len()
    }

    /// Returns what drives futures, if a stage makes any.
    pub(super) fn executor(&self) -> Option<&Executor> {
        self.executor.get()
    }

    /// Lets futures be driven by somebody else's executor.
    pub(super) fn drive_with(&self, executor: Executor) {
        if self.drive().is_some() {
            let _ = self.executor.set(executor);
        }
    }

    /// Makes an executor if one is needed and nobody gave one.
    fn prepare(&self) {
        let Some(drive) = self.drive().filter(|_| self.executor().is_none()) else { return };
        match Executor::own(drive) {
            Ok(executor) => {
                let _ = self.executor.set(executor);
            }
            Err(error) => self.stop(None, Failure::Executor(error)),
        }
    }

    /// Returns what is to drive the futures of all stages, if there are any.
    fn drive(&self) -> Option<Drive> {
        self.stages.iter().filter_map(|stage| stage.needs_executor()).max()
    }

    /// Returns when something is to be done although nothing changes.
    pub(super) fn due(&self) -> Option<Duration> {
        self.stages.iter().filter_map(|stage| stage.due()).min()
    }

    pub(super) fn stop(&self, stage: Option<usize>, failure: Failure) {
        if !self.is_over() {
            self.first_failure().get_or_insert((stage, failure));
            self.stopping.store(true, Ordering::Release);
        }
        self.signal.changed();
    }

    /// Stops without a reason: one of us is unwinding, and its panic says why.
    pub(super) fn abort(&self) {
        self.stopping.store(true, Ordering::Release);
        self.signal.changed();
    }

    /// Tells of pressure, and of progress if it is time and nobody else is telling.
    pub(super) fn tell(&self) {
        if let Some(level) = self.pressure.look(&self.budget) {
            self.trace.pressure(level, self.memory());
        }
        let now = self.clock.elapsed();
        if self.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.look(now)) {
            self.signal.changed();
        }
        if self.recent_beat.is_due(now)
            && let Some(first) = self.stages.first()
        {
            let items = first.reading(now).tally.taken;
            lock(&self.recent).note(now, items);
        }
        if let Some((beat, ring)) = &self.history
            && beat.is_due(now)
        {
            let metrics = self.metrics();
            lock(ring).push(metrics);
        }
        if self.give_back.as_ref().is_some_and(|beat| beat.is_due(now)) {
            let lines = self.stages.iter().flat_map(|stage| stage.lines());
            self.given_back_bytes.fetch_add(lines.map(|line| line.give_back_idle()).sum(), Ordering::Relaxed);
        }
        let (has_set, is_degraded) = match &self.degrading {
            Some(degrading) => degrading.look(now, self.memory(), &self.stages, &self.trace),
            None => (false, false),
        };
        if has_set {
            self.signal.changed();
        }
        if let Some(tuning) = &self.tuning
            && !tuning.rests(is_degraded)
            && tuning.look(now, (&self.stages, &self.trace), || self.metrics())
        {
            self.signal.changed();
        }
        let Some(progress) = &self.progress else { return };
        let Ok(mut told) = self.told.try_lock() else { return };
        if now.saturating_sub(*told) >= progress.every {
            *told = now;
            let metrics = self.metrics();
            (progress.tell.lock().unwrap_or_else(PoisonError::into_inner))(&metrics);
        }
    }

    /// Returns how long nobody has to be told anything.
    pub(super) fn untold(&self) -> Duration {
        let progress = self.progress.as_ref().map(|progress| progress.every);
        let history = self.history.as_ref().map(|(beat, _)| beat.interval());
        let give_back = self.give_back.as_ref().map(Beat::interval);
        let degrading = self.degrading.as_ref().map(Degrading::interval);
        let checkpoints = self.checkpoints.as_ref().and_then(|it| it.every().time);
        let soonest = [progress, history, give_back, degrading, checkpoints].into_iter().flatten().min();
        soonest.unwrap_or(LONGEST_SLEEP).max(SHORTEST_SLEEP)
    }
}

/// How a run begins.
enum Begin {
    Run,
    /// Everything was delivered by an earlier one.
    Complete,
}

/// The last snapshots.
struct Ring {
    count: usize,
    kept: VecDeque<Metrics>,
}

impl Ring {
    fn of(count: usize) -> Self {
        Self { count, kept: VecDeque::new() }
    }

    fn push(&mut self, metrics: Metrics) {
        if self.kept.len() >= self.count {
            self.kept.pop_front();
        }
        if self.count > 0 {
            self.kept.push_back(metrics);
        }
    }

    fn take(&mut self) -> Vec<Metrics> {
        std::mem::take(&mut self.kept).into()
    }
}

/// Locks what no user's function is called under.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host for Machine {
    fn budget(&self) -> &Budget {
        &self.budget
    }

    fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    fn is_pressed(&self) -> bool {
        self.pressure.is_reached(&self.budget)
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    fn is_quiet_behind(&self, stage: usize) -> bool {
        // In the direction of the flow: what moves on while we look is met again further on.
        self.network.behind(stage).iter().all(|&stage| self.stages[stage].is_quiet())
    }

    fn items_between_looks(&self) -> usize {
        self.schedule.as_ref().map_or(ITEMS_BETWEEN_LOOKS, Schedule::items)
    }

    fn is_turn_over(&self) -> bool {
        self.schedule.as_ref().is_some_and(Schedule::is_turn_over)
    }

    fn changed(&self) {
        self.signal.changed();
    }

    fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.signal))
    }

    fn spawner(&self) -> Option<Spawner> {
        self.executor().map(Executor::spawner)
    }

    #[cfg(feature = "profiling")]
    fn is_profiled(&self) -> bool {
        self.is_profiled
    }

    fn epoch_wanted(&self) -> Option<Epoch> {
        self.checkpoints.as_ref().and_then(|checkpoints| Epoch::new(checkpoints.wanted()))
    }

    fn is_suspending(&self) -> bool {
        self.checkpoints.as_ref().is_some_and(Checkpoints::is_suspending)
    }

    fn gave(&self, items: u64, bytes: u64) {
        if self.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.gave(items, bytes)) {
            self.signal.changed();
        }
    }

    fn save(&self, stage: usize, saved: Saved) {
        let Some(checkpoints) = &self.checkpoints else { return };
        let is_ready = checkpoints.take(stage, saved);
        if is_ready && self.schedule.is_some() {
            match checkpoints.store_ready() {
                Ok(()) => self.has_committed(checkpoints),
                Err(error) => self.stop(Some(stage), error.into()),
            }
        }
    }

    fn epoch_of_end(&self, stage: usize, group: usize) -> Option<Epoch> {
        self.checkpoints.as_ref().map(|checkpoints| checkpoints.epoch_of_end(stage, group))
    }

    fn arrived(&self, latency: Duration) {
        self.latency.record(latency);
    }

    fn fail(&self, stage: usize, reason: Interrupt) {
        if let Some(failure) = Failure::of(reason) {
            self.stop(Some(stage), failure);
        }
    }
}

/// A worker with nothing to do is woken by the change that gives it something; it never looks by itself.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Who wants to be told at every step is not told by a worker that spins for want of work.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// Items between two looks at whether the pipeline is stopping.
///
/// More delays a cancellation where the chunks are the user's own, fewer costs a load for each.
const ITEMS_BETWEEN_LOOKS: usize = 2048;
