//! What is left to do for an epoch that a sink has prepared.

use std::fmt;

use crate::error::SinkError;

type Deed = Box<dyn FnOnce() -> Result<(), SinkError> + Send>;

/// What makes durable what a sink has prepared: to be waited for once, on whatever thread, while the sink takes more.
#[must_use = "what is prepared is not durable before this is done"]
pub struct Pending(Deed);

impl Pending {
    /// Makes it of what is to be done.
    pub fn new(deed: impl FnOnce() -> Result<(), SinkError> + Send + 'static) -> Self {
        Self(Box::new(deed))
    }

    /// Makes one with nothing to be done.
    pub fn done() -> Self {
        Self::new(|| Ok(()))
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// If what was prepared is not durable. The epoch must not be committed, and the sink takes nothing any more.
    pub fn wait(self) -> Result<(), SinkError> {
        (self.0)()
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending")
    }
}

/// What is left to do for an epoch that a sink has prepared, on whatever thread.
pub(crate) struct Prepared {
    sync: Pending,
    commit: Deed,
}

impl Prepared {
    /// Makes it of what must have happened before the checkpoint is stored, and of what shows the writes once it is.
    pub(crate) fn new(
        sync: Pending,
        commit: impl FnOnce() -> Result<(), SinkError> + Send + 'static,
    ) -> Self {
        Self { sync, commit: Box::new(commit) }
    }

    /// Makes what was prepared durable, and returns what shows it.
    pub(crate) fn sync(self) -> Result<Commit, SinkError> {
        self.sync.wait()?;
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
