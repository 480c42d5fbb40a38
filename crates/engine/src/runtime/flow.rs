//! The hand on a running pipeline.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::PipelineError;
use super::asynchronous::Executor;
use super::machine::Machine;
use super::pressure::Level;
use crate::metrics::{Metrics, Report};
use crate::pipeline::Pipeline;

/// A hand on a running pipeline; cloning it gives another.
///
/// # Examples
///
/// ```
/// use primestream_engine::{Stream, runtime::Failure};
///
/// let running = Stream::iter(0u64..).sink(|_| Ok::<(), std::io::Error>(())).start();
/// let flow = running.flow();
/// while flow.metrics().items_out() == 0 {
///     std::thread::yield_now();
/// }
/// flow.cancel();
/// let error = running.join().unwrap_err();
/// assert!(matches!(error.failure(), Failure::Cancelled));
/// assert!(error.report().items_out() > 0);
/// ```
#[derive(Clone)]
pub struct Flow {
    machine: Arc<Machine>,
}

impl Flow {
    /// Stops the pipeline soon: after the items in hand, which take a lane a millisecond or so, and at most
    /// 2048 where the chunks are the user's own. A source or sink that is waiting for something outside is
    /// not interrupted.
    pub fn cancel(&self) {
        self.machine.cancel();
    }

    /// Stops the pipeline, and waits until it is over.
    ///
    /// # Errors
    ///
    /// If it is not over in time, since something outside keeps a source, a step or a sink waiting. It
    /// will stop when that is over.
    pub fn cancel_within(&self, limit: Duration) -> Result<(), NotInTime> {
        self.cancel();
        self.wait(limit)
    }

    /// Lets the sources give nothing until [`resume`](Self::resume). What they gave goes on to the end.
    pub fn pause(&self) {
        self.machine.pause(true);
    }

    /// Lets the sources go on.
    pub fn resume(&self) {
        self.machine.pause(false);
    }

    /// Lets the sources give nothing more, as if they had ended, and waits until all they gave has arrived.
    /// The pipeline then ends well; one that keeps checkpoints is [suspended](Self::suspend), since what the sources
    /// have yet to give is not delivered.
    ///
    /// # Errors
    ///
    /// If it is not over in time. It goes on.
    pub fn drain(&self, limit: Duration) -> Result<(), NotInTime> {
        self.machine.drain();
        self.wait(limit)
    }

    /// Ends an epoch now, keeps its checkpoint and stops; waits for that, at most so long. The run ends with
    /// [`Failure::Suspended`](super::Failure::Suspended), and one that is started again goes on from there. Without
    /// checkpoints it is cancelled.
    ///
    /// # Errors
    ///
    /// If it was not over in time.
    pub fn suspend(&self, limit: Duration) -> Result<(), NotInTime> {
        self.machine.suspend();
        self.wait(limit)
    }

    fn wait(&self, limit: Duration) -> Result<(), NotInTime> {
        if self.machine.wait_until_finished(limit) {
            Ok(())
        } else {
            Err(NotInTime { limit, reserved_bytes: self.machine.budget().reserved() })
        }
    }

    /// Returns whether the run is over.
    pub fn is_finished(&self) -> bool {
        self.machine.is_finished()
    }

    /// Returns what was done so far.
    pub fn metrics(&self) -> Metrics {
        self.machine.metrics()
    }

    /// Returns how full the memory is: bytes held as a share of those that may be, from 0 to a little above
    /// 1.
    pub fn level(&self) -> f64 {
        let budget = self.machine.budget();
        budget.reserved() as f64 / budget.limit() as f64
    }

    /// Returns the bytes held, the most there were, and how many may be.
    pub fn memory(&self) -> MemoryStats {
        self.machine.memory()
    }

    /// Calls a function when the bytes held rise to the
    /// [threshold](crate::Pipeline::backpressure_threshold), and when they come back below it, from one of
    /// the threads of the pipeline.
    pub fn on_pressure(&self, tell: impl FnMut(Level) + Send + 'static) {
        self.machine.pressure.listen(Box::new(tell));
    }

    /// Says that something outside has changed.
    pub(super) fn changed(&self) {
        self.machine.signal.changed();
    }
}

/// What a pipeline holds in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStats {
    /// Bytes held now.
    pub reserved_bytes: usize,
    /// Most bytes held at once so far.
    pub reserved_bytes_peak: usize,
    /// Bytes that may be held.
    pub limit_bytes: usize,
    /// Bytes from which on sources are held: the share of what is not parted off, above what is.
    pub threshold_bytes: usize,
    /// How often the bytes held rose to the threshold.
    pub pressure_events: u64,
}

/// A pipeline was not over in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotInTime {
    /// The time it was given.
    pub limit: Duration,
    /// The bytes it still held.
    pub reserved_bytes: usize,
}

impl fmt::Display for NotInTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not over within {:?}, {} bytes are still held", self.limit, self.reserved_bytes)
    }
}

impl std::error::Error for NotInTime {}

/// A pipeline that is running in threads of its own.
///
/// Dropping it lets the pipeline go on by itself.
#[must_use = "join it to learn how it ended"]
pub struct Running {
    machine: Arc<Machine>,
    thread: JoinHandle<Result<Report, PipelineError>>,
}

impl Running {
    /// Returns a hand on it.
    pub fn flow(&self) -> Flow {
        Flow { machine: Arc::clone(&self.machine) }
    }

    /// Returns whether it is over.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// If the pipeline failed or was cancelled.
    pub fn join(self) -> Result<Report, PipelineError> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Pipeline {
    /// Runs the pipeline to its end; this thread is one of the workers.
    ///
    /// # Errors
    ///
    /// If an item, the source or the sink fails.
    ///
    /// # Panics
    ///
    /// If an operator does not account for its items.
    pub fn run(self) -> Result<Report, PipelineError> {
        Machine::new(self).run()
    }

    /// Runs the pipeline in threads of its own.
    pub fn start(self) -> Running {
        self.start_with(None, |_| ())
    }

    /// Runs the pipeline in threads of its own, its futures on an executor; says when it is over.
    #[expect(clippy::disallowed_methods, reason = "this is the room that has threads")]
    pub(super) fn start_with(
        self,
        executor: Option<Executor>,
        over: impl FnOnce(&Result<Report, PipelineError>) + Send + 'static,
    ) -> Running {
        let machine = Arc::new(Machine::new(self));
        executor.into_iter().for_each(|executor| machine.drive_with(executor));
        let worker = Arc::clone(&machine);
        let thread = std::thread::spawn(move || {
            let outcome = worker.run();
            over(&outcome);
            outcome
        });
        Running { machine, thread }
    }
}
