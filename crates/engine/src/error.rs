//! What may go wrong on the way of an item, and how a step says so.
//!
//! Three kinds, never mixed: an *item* failed ([`ItemError`]; it meets the step's `OnError`), a *stage*
//! cannot go on ([`SourceError`], [`SinkError`], `BudgetError`; the pipeline stops), or *we* are wrong
//! (an assertion).

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::budget::BudgetError;

/// Any error of a user's function.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// What a step answers for one item: go on, or an interrupt that travels back to the runtime.
pub type Outcome = Result<(), Interrupt>;

/// Why a run over items stops before its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Interrupt {
    /// The step needs no more items; what came before stands.
    Done,
    /// This item failed; the others are not touched.
    Item(Box<ItemError>),
    /// The source cannot go on.
    Source(SourceError),
    /// The sink cannot go on.
    Sink(SinkError),
    /// An item can never fit into memory.
    Budget(BudgetError),
    /// What is remembered cannot be saved or taken up again.
    Checkpoint(CheckpointError),
    /// The pipeline is stopping for a reason known elsewhere.
    Stopped,
}

impl Interrupt {
    /// Makes the interrupt of an item whose function answered with an error.
    #[cold]
    pub fn failed(step: &'static str, error: impl Into<BoxError>) -> Self {
        Interrupt::Item(Box::new(ItemError::new(step, Cause::Failed(error.into()))))
    }
}

impl Interrupt {
    /// Adds the position to the failure of an item that does not know it yet.
    pub(crate) fn at(self, position: u64) -> Self {
        match self {
            Interrupt::Item(error) => Interrupt::Item(Box::new(error.at(position))),
            other => other,
        }
    }
}

impl From<CheckpointError> for Interrupt {
    fn from(error: CheckpointError) -> Self {
        Interrupt::Checkpoint(error)
    }
}

impl From<BudgetError> for Interrupt {
    fn from(error: BudgetError) -> Self {
        Interrupt::Budget(error)
    }
}

impl From<SourceError> for Interrupt {
    fn from(error: SourceError) -> Self {
        Interrupt::Source(error)
    }
}

impl From<SinkError> for Interrupt {
    fn from(error: SinkError) -> Self {
        Interrupt::Sink(error)
    }
}

/// One item could not be processed.
#[derive(Debug)]
pub struct ItemError {
    step: &'static str,
    position: Option<u64>,
    cause: Cause,
    /// It would have been tolerated, but for too many others.
    is_one_too_many: bool,
}

/// How a user's function failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// It answered with an error.
    Failed(BoxError),
    /// It panicked with this message.
    Panicked(String),
    /// It took longer than this.
    TimedOut(Duration),
    /// It was not called, since it kept failing.
    BreakerOpen,
}

impl ItemError {
    pub(crate) fn new(step: &'static str, cause: Cause) -> Self {
        Self { step, position: None, cause, is_one_too_many: false }
    }

    pub(crate) fn at(mut self, position: u64) -> Self {
        self.position.get_or_insert(position);
        self
    }

    pub(crate) fn beyond_tolerance(mut self) -> Self {
        self.is_one_too_many = true;
        self
    }

    /// Returns the step that failed, by the name of its verb; `"a step"` if a panic left it unknown.
    pub fn step(&self) -> &'static str {
        self.step
    }

    /// Returns the position, from 0, of the item among those its stage took.
    pub fn position(&self) -> Option<u64> {
        self.position
    }

    /// Returns how it failed.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Returns the user's error, if one was answered.
    pub fn user_error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match &self.cause {
            Cause::Failed(error) => Some(error.as_ref()),
            Cause::Panicked(_) | Cause::TimedOut(_) | Cause::BreakerOpen => None,
        }
    }
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "item {position} failed in {}", self.step)?,
            None => write!(f, "an item failed in {}", self.step)?,
        }
        match &self.cause {
            Cause::Failed(error) => write!(f, ": {error}"),
            Cause::Panicked(message) => write!(f, ": panicked: {message}"),
            Cause::TimedOut(limit) => write!(f, ": took longer than {limit:?}"),
            Cause::BreakerOpen => f.write_str(": not called, since its circuit breaker is open"),
        }?;
        if self.is_one_too_many { f.write_str("; more failed than is tolerated") } else { Ok(()) }
    }
}

impl Error for ItemError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Failed(error) => Some(error.as_ref()),
            Cause::Panicked(_) | Cause::TimedOut(_) | Cause::BreakerOpen => None,
        }
    }
}

/// Returns the words of a panic that was caught.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

macro_rules! carries_an_error {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(BoxError);

        impl $name {
            /// Wraps the error that stopped it.
            pub fn new(error: impl Into<BoxError>) -> Self {
                Self(error.into())
            }

            /// Returns the error that stopped it.
            pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
                self.0.as_ref()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Error for $name {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                self.0.source()
            }
        }

        impl From<std::io::Error> for $name {
            fn from(error: std::io::Error) -> Self {
                Self(error.into())
            }
        }
    };
}

carries_an_error!(
    /// A source cannot go on; what it gave before stands.
    SourceError
);
carries_an_error!(
    /// A sink cannot go on; what it took before may or may not have arrived.
    SinkError
);

carries_an_error!(
    /// A checkpoint cannot be made, kept or gone on from. The pipeline stops, or does not start.
    CheckpointError
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_error_names_step_position_and_cause() {
        let error = ItemError::new("try_map", Cause::Failed("no such key".into())).at(7).at(9);
        assert_eq!(error.to_string(), "item 7 failed in try_map: no such key");
        let error = ItemError::new("map", Cause::Panicked(panic_message(&"out of range")));
        assert_eq!(error.to_string(), "an item failed in map: panicked: out of range");
        assert_eq!(panic_message(&7u8), "a panic without a message");
    }
}
