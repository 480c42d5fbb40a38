//! The runtime of threads: each looks for the work nearest to the sinks, and sleeps if there is none.
//!
//! There is no thread for a stage. Every worker, the calling thread among them, asks the stages from the
//! sinks to the sources for a step and begins again behind each one; so what is nearly done is done first,
//! a source is asked only when nothing else can be, and one worker alone runs everything inline.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use super::asynchronous::Executor;
use super::checkpoints::Checkpoints;
use super::machine::Machine;
use super::watch::Watch;
use crate::plan::stage::Step;

impl Machine {
    /// Works with all threads until the end.
    pub(super) fn run_threads(&self) {
        // Futures cannot be driven by a thread that is itself driven by an executor.
        let is_guest = self.executor().is_some() && Executor::ambient().is_some();
        // A step that runs a pipeline of shared workers has one turn for both, which serves one thread. Others would
        // wait for turns that such steps keep until these threads have ended.
        let shares_turn = self.workers.is_some() && HAS_TURN.get();
        let threads = if shares_turn { 1 } else { self.threads };
        thread::scope(|scope| {
            if let Some(watch) = &self.watch {
                scope.spawn(|| watch.keep(self));
            }
            if let Some(checkpoints) = &self.checkpoints {
                scope.spawn(|| self.keep_checkpoints(checkpoints));
            }
            for number in usize::from(!is_guest)..threads {
                scope.spawn(move || {
                    HAS_TURN.set(shares_turn);
                    self.work(number);
                });
            }
            if !is_guest {
                self.work(0);
            }
        });
    }

    fn work(&self, number: usize) {
        let _last_will = StopOnUnwind(self);
        let _subscribed = self.trace.attend();
        let mut looked_after = Duration::ZERO;
        let act = |ticket| {
            match self.step_in_turn(number) {
                Step::Worked => {
                    if let Some(executor) = self.executor() {
                        let now = self.clock.elapsed();
                        if now.saturating_sub(looked_after) >= LOOK_AFTER {
                            looked_after = now;
                            executor.look_after();
                        }
                    }
                }
                Step::Waiting => self.wait(ticket),
            }
            self.tell();
        };
        self.signal.until(|| self.is_over(), act);
        self.watch.iter().for_each(Watch::end);
        self.checkpoints.iter().for_each(Checkpoints::end);
    }

    /// Takes a step when it is this worker's turn, if workers are shared.
    fn step_in_turn(&self, number: usize) -> Step {
        // A step that runs a pipeline to its end has the turn for both.
        let Some(workers) = self.workers.as_ref().filter(|_| !HAS_TURN.get()) else {
            return self.step_any(number);
        };
        let _turn = workers.turn();
        HAS_TURN.set(true);
        let step = self.step_any(number);
        HAS_TURN.set(false);
        step
    }

    /// Waits until something changed since `ticket`, or is due.
    fn wait(&self, ticket: u64) {
        let until_due = self.due().map(|due| due.saturating_sub(self.clock.elapsed()));
        let at_most = until_due.unwrap_or(Duration::MAX).min(self.untold());
        let is_driven = self.executor().is_some_and(|it| it.wait(&self.signal, ticket, at_most));
        if !is_driven {
            self.signal.wait(ticket, at_most);
        }
    }
}

/// Stops all workers if one of them dies of a fault of ours, so that the panic is seen and nobody hangs.
struct StopOnUnwind<'a>(&'a Machine);

impl Drop for StopOnUnwind<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.abort();
            self.0.watch.iter().for_each(Watch::end);
            self.0.checkpoints.iter().for_each(Checkpoints::end);
        }
    }
}

thread_local! {
    /// Whether this thread has a turn of workers that are shared.
    static HAS_TURN: Cell<bool> = const { Cell::new(false) };
}

/// How long timers and sockets may go unattended while there is other work.
const LOOK_AFTER: Duration = Duration::from_micros(200);
