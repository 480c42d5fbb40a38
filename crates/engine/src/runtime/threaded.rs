//! The runtime of threads: each looks for the work nearest to the sink, and sleeps if there is none.
//!
//! There is no thread for a stage. Every worker, the calling thread among them, asks the stages from the
//! sink to the source for a step and begins again behind each one; so what is nearly done is done first,
//! a source is asked only when nothing else can be, and one worker alone runs everything inline.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::clock::Clock;
use super::failure::{Failure, PipelineError};
use super::memory;
use super::signal::Signal;
use crate::budget::Budget;
use crate::error::Interrupt;
use crate::metrics::{LimitOrigin, Metrics, Report, StageMetrics};
use crate::pipeline::{Pipeline, Progress};
use crate::plan::host::Host;
use crate::plan::stage::{Stage, Step};

/// A pipeline and all it needs to run.
pub(crate) struct Machine {
    stages: Vec<Box<dyn Stage>>,
    budget: Budget,
    limit_origin: LimitOrigin,
    threads: usize,
    progress: Option<Progress>,
    told: Mutex<Duration>,
    clock: Clock,
    signal: Signal,
    stopping: AtomicBool,
    failure: Mutex<Option<(Option<usize>, Failure)>>,
}

impl Machine {
    pub(crate) fn new(pipeline: Pipeline) -> Self {
        let lanes_max = pipeline.explain().lanes_max();
        let options = pipeline.options;
        let (budget, limit_origin) = match options.budget {
            Some(budget) => (budget, LimitOrigin::Set),
            None => {
                let (bytes, origin) = memory::default_limit();
                (Budget::new(bytes), origin)
            }
        };
        Self {
            stages: pipeline.stages,
            budget,
            limit_origin,
            threads: options.threads.map_or(lanes_max, |threads| threads.min(lanes_max)),
            progress: options.progress,
            told: Mutex::new(Duration::ZERO),
            clock: Clock::start(),
            signal: Signal::default(),
            stopping: AtomicBool::new(false),
            failure: Mutex::new(None),
        }
    }

    /// Works with all threads until the end, and reports.
    pub(crate) fn run(&self) -> Result<Report, PipelineError> {
        thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(|| self.work());
            }
            self.work();
        });
        for stage in &self.stages {
            stage.abandon();
        }
        let report = Report::new(self.metrics(), self.limit_origin, self.threads);
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => Ok(report),
            Some((index, failure)) => {
                let stage = index.map(|index| (index, self.stages[index].plan().name.clone()));
                Err(PipelineError { stage, failure, report: Box::new(report) })
            }
        }
    }

    pub(crate) fn cancel(&self) {
        self.stop(None, Failure::Cancelled);
    }

    pub(crate) fn metrics(&self) -> Metrics {
        Metrics {
            stages: self.stages.iter().map(|stage| StageMetrics::of(&**stage)).collect(),
            elapsed: self.clock.elapsed(),
            reserved_bytes: self.budget.reserved(),
            reserved_bytes_peak: self.budget.peak(),
            limit_bytes: self.budget.limit(),
        }
    }

    fn work(&self) {
        let _last_will = StopOnUnwind(self);
        loop {
            let ticket = self.signal.ticket();
            if self.is_over() {
                // Whoever sleeps must see it too.
                self.signal.changed();
                return;
            }
            match self.step_behind(None) {
                Step::Worked => self.tell_progress(),
                Step::Waiting => self.signal.wait(ticket, LONGEST_SLEEP),
                Step::Idle => self.signal.wait(ticket, IDLE_SLEEP),
            }
        }
    }

    fn is_over(&self) -> bool {
        self.is_stopping() || self.stages.last().is_none_or(|last| last.is_finished())
    }

    /// Asks the stages behind one, or all, for a step, those nearest to the sink first.
    fn step_behind(&self, stage: Option<usize>) -> Step {
        let first = stage.map_or(0, |stage| stage + 1);
        let mut found = Step::Waiting;
        for index in (first..self.stages.len()).rev() {
            match self.stages[index].step(index, self) {
                Step::Worked => return Step::Worked,
                Step::Idle => found = Step::Idle,
                Step::Waiting => {}
            }
        }
        found
    }

    fn stop(&self, stage: Option<usize>, failure: Failure) {
        if !self.is_over() {
            let mut first = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert((stage, failure));
            self.stopping.store(true, Ordering::Release);
        }
        self.signal.changed();
    }

    /// Tells of progress if it is time and nobody else is telling.
    fn tell_progress(&self) {
        let Some(progress) = &self.progress else { return };
        let Ok(mut told) = self.told.try_lock() else { return };
        let now = self.clock.elapsed();
        if now.saturating_sub(*told) >= progress.every {
            *told = now;
            let metrics = self.metrics();
            (progress.tell.lock().unwrap_or_else(PoisonError::into_inner))(&metrics);
        }
    }
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

    fn is_quiet_behind(&self, stage: usize) -> bool {
        // In the direction of the flow: what moves on while we look is met again further on.
        self.stages.iter().skip(stage + 1).all(|stage| stage.is_quiet())
    }

    fn ticket(&self) -> u64 {
        self.signal.ticket()
    }

    fn give_way(&self, stage: usize, ticket: u64) {
        if self.step_behind(Some(stage)) != Step::Worked {
            self.signal.wait(ticket, LONGEST_SLEEP);
        }
    }

    fn changed(&self) {
        self.signal.changed();
    }

    fn fail(&self, stage: usize, reason: Interrupt) {
        if let Some(failure) = Failure::of(reason) {
            self.stop(Some(stage), failure);
        }
    }
}

/// Stops all workers if one of them dies of a fault of ours, so that the panic is seen and nobody hangs.
struct StopOnUnwind<'a>(&'a Machine);

impl Drop for StopOnUnwind<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stopping.store(true, Ordering::Release);
            self.0.signal.changed();
        }
    }
}

/// How long a source that has nothing at the moment is left alone.
const IDLE_SLEEP: Duration = Duration::from_millis(1);

/// A worker with nothing to do is woken by the change that gives it something; it never looks by itself.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);
