//! Why a pipeline ended before its end.

use std::error::Error;
use std::fmt;

use crate::budget::BudgetError;
use crate::checkpoint::Epoch;
use crate::error::{CheckpointError, Interrupt, ItemError, SinkError, SourceError};
use crate::metrics::Report;

/// Why a pipeline ended before its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// An item failed and its step says stop.
    Item(ItemError),
    /// The source cannot go on.
    Source(SourceError),
    /// The sink cannot go on.
    Sink(SinkError),
    /// An item, or what a step holds, is larger than the memory limit.
    Budget(BudgetError),
    /// Something panicked that is no step at work on an item, as the `drop` of an item or of a sink. What
    /// it held is not accounted for.
    Panicked(String),
    /// The executor of its futures could not be made.
    Executor(std::io::Error),
    /// A checkpoint could not be made or gone on from.
    Checkpoint(CheckpointError),
    /// It was not started, and why.
    Refused(String),
    /// Somebody suspended it; a checkpoint of this epoch holds all it needs to go on.
    Suspended(Epoch),
    /// Somebody cancelled it.
    Cancelled,
}

impl Failure {
    pub(crate) fn of(reason: Interrupt) -> Option<Self> {
        match reason {
            Interrupt::Item(error) => Some(Failure::Item(*error)),
            Interrupt::Source(error) => Some(Failure::Source(error)),
            Interrupt::Sink(error) => Some(Failure::Sink(error)),
            Interrupt::Budget(error) => Some(Failure::Budget(error)),
            Interrupt::Checkpoint(error) => Some(Failure::Checkpoint(error)),
            Interrupt::Done | Interrupt::Stopped => None,
        }
    }
}

/// A pipeline ended before its end: where, why, and what it had done by then.
pub struct PipelineError {
    pub(crate) stage: Option<(usize, String)>,
    pub(crate) failure: Failure,
    pub(crate) report: Box<Report>,
}

impl PipelineError {
    /// Returns why it ended.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Returns the number and name of the stage that failed, unless it was cancelled.
    pub fn stage(&self) -> Option<(usize, &str)> {
        self.stage.as_ref().map(|(index, name)| (*index, name.as_str()))
    }

    /// Returns what was done by then.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Takes out why it ended.
    pub fn into_failure(self) -> Failure {
        self.failure
    }
}

/// Shown as it is told: a program whose `main` answers with it prints this.
impl fmt::Debug for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PipelineError({self})")
    }
}

impl fmt::Display for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((index, name)) = &self.stage {
            write!(f, "stage {index} ({name}): ")?;
        }
        match &self.failure {
            Failure::Item(error) => error.fmt(f),
            Failure::Source(error) => write!(f, "the source failed: {error}"),
            Failure::Sink(error) => write!(f, "the sink failed: {error}"),
            Failure::Budget(error) => error.fmt(f),
            Failure::Panicked(message) => write!(f, "panicked: {message}"),
            Failure::Executor(error) => write!(f, "no executor for futures: {error}"),
            Failure::Checkpoint(error) => write!(f, "the checkpoint failed: {error}"),
            Failure::Refused(reason) => write!(f, "not started: {reason}"),
            Failure::Suspended(epoch) => write!(f, "suspended at the end of epoch {}", epoch.get()),
            Failure::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl Error for PipelineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.failure {
            Failure::Item(error) => error.source(),
            Failure::Source(error) => Some(error.get_ref()),
            Failure::Sink(error) => Some(error.get_ref()),
            Failure::Executor(error) => Some(error),
            Failure::Checkpoint(error) => Some(error.get_ref()),
            Failure::Budget(_)
            | Failure::Panicked(_)
            | Failure::Refused(_)
            | Failure::Suspended(_)
            | Failure::Cancelled => None,
        }
    }
}
