//! A hand on a running pipeline.

use std::sync::Arc;
use std::thread::JoinHandle;

use super::PipelineError;
use super::machine::Machine;
use crate::metrics::{Metrics, Report};
use crate::pipeline::Pipeline;

/// A hand on a running pipeline; cloning it gives another hand.
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

    /// Returns what was done so far.
    pub fn metrics(&self) -> Metrics {
        self.machine.metrics()
    }
}

/// A pipeline that is running in threads of its own.
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
    #[expect(clippy::disallowed_methods, reason = "this is the room that has threads")]
    pub fn start(self) -> Running {
        let machine = Arc::new(Machine::new(self));
        let worker = Arc::clone(&machine);
        Running { machine, thread: std::thread::spawn(move || worker.run()) }
    }
}
