//! A stage that does not move.

use std::fmt;
use std::time::Duration;

/// A stage that has something in hand, or waiting for it, and has finished nothing for a while: a sink that
/// hangs, or a step that waits for something outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stall {
    /// The number of the stage.
    pub stage: usize,
    /// Its name.
    pub name: String,
    /// For how long it has finished nothing.
    pub time: Duration,
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stage {} (`{}`) has finished nothing for {:.1?}", self.stage, self.name, self.time)
    }
}
