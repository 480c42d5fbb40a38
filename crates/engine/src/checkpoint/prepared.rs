//! What is left to do for an epoch that a sink has prepared.

use std::fmt;

use crate::error::SinkError;

type Deed = Box<dyn FnOnce() -> Result<(), SinkError> + Send>;

/// What is left to do for an epoch that a sink has prepared, on whatever thread.
pub(crate) struct Prepared {
    sync: Deed,
    commit: Deed,
}

impl Prepared {
    /// Makes it of what must have happened before the checkpoint is stored, and of what shows the writes once it is.
    pub(crate) fn new(
        sync: impl FnOnce() -> Result<(), SinkError> + Send + 'static,
        commit: impl FnOnce() -> Result<(), SinkError> + Send + 'static,
    ) -> Self {
        Self { sync: Box::new(sync), commit: Box::new(commit) }
    }

    /// Makes what was prepared durable, and returns what shows it.
    pub(crate) fn sync(self) -> Result<Commit, SinkError> {
        (self.sync)()?;
        Ok(Commit(self.commit))
    }
}

/// What shows the writes of an epoch whose checkpoint is stored.
pub(crate) struct Commit(Deed);

impl Commit {
    pub(crate) fn run(self) -> Result<(), SinkError> {
        (self.0)()
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared")
    }
}
