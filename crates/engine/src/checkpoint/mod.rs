//! Checkpoints: what a pipeline needs to go on after a crash as if there had been none.
//!
//! A [`Checkpoint`] is the state of all parts of a pipeline at the end of an [`Epoch`]. A [`StateStore`] keeps it;
//! [`Directory`] is one in a folder, whose files `docs/checkpoints.md` describes byte by byte. What a
//! [`Transactional`] sink wrote in an epoch shows only once its checkpoint is stored.
//!
//! # Examples
//!
//! ```
//! use primestream_engine::checkpoint::{Checkpoint, Directory, Epoch, Part, StateStore};
//!
//! # let folder = std::env::temp_dir().join(format!("engine-checkpoint-{}", std::process::id()));
//! let mut store = Directory::open(&folder)?;
//! assert!(store.load()?.is_none());
//! let source = Part { stage: 0, lane: 0, step: 0, name: "lines".into(), state: vec![1, 2, 3] };
//! let checkpoint =
//!     Checkpoint { epoch: Epoch::FIRST, is_complete: false, parts: vec![source], note: "sums".into() };
//! store.save(&checkpoint)?;
//! drop(store); // or the process is killed
//!
//! let found = Directory::open(&folder)?.load()?.expect("it was saved");
//! assert_eq!(found.checkpoint, checkpoint);
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod delivery;
mod directory;
mod every;
mod format;
mod prepared;
mod state;
mod store;

use std::fmt;
use std::io::{BufWriter, Write};

pub use delivery::Delivery;
pub use directory::{Directory, Stored};
pub use every::Every;
pub use format::{FormatError, decode, encode};
pub use prepared::Pending;
pub(crate) use prepared::{Commit, Prepared};
pub(crate) use state::{Keep, memory_of, save_kept, take_kept};
pub use state::{Memory, Restorer, Saver};
#[cfg(feature = "stateful")]
pub(crate) use state::{read, write};
pub use store::{Loaded, StateStore, StoreError};

use crate::error::SinkError;

/// The span between two checkpoint barriers, counted from 1.
///
/// # Examples
///
/// ```
/// use primestream_engine::checkpoint::Epoch;
///
/// assert_eq!(Epoch::new(1), Some(Epoch::FIRST));
/// assert_eq!(Epoch::FIRST.next().get(), 2);
/// assert_eq!(Epoch::new(0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// The first.
    pub const FIRST: Self = Self(1);

    /// Returns the epoch of a number, which is not 0.
    pub fn new(number: u64) -> Option<Self> {
        (number != 0).then_some(Self(number))
    }

    /// Returns its number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// Returns the one behind it.
    ///
    /// # Panics
    ///
    /// Behind the last of 2^64 − 1, which nobody reaches.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("nobody counts so far"))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The state of a pipeline at the end of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The epoch at whose end it was taken.
    pub epoch: Epoch,
    /// Everything was delivered: nothing is left to do but to finish the sinks, which is done again.
    pub is_complete: bool,
    /// Source, operators and sink, in the order of the stages.
    pub parts: Vec<Part>,
    /// Free text of the program that made it.
    pub note: String,
}

/// What one part of a pipeline needs to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its stage, counted from 0.
    pub stage: u32,
    /// Its lane in the stage, counted from 0.
    pub lane: u32,
    /// Its step in the chain of the stage, counted from 0.
    pub step: u32,
    /// The name of its verb, or of the source or sink.
    pub name: String,
    /// What only it can read.
    pub state: Vec<u8>,
}

/// What a sink does so that the writes of an epoch show only once it is committed.
///
/// Epochs ascend. Whoever drives it calls, for each epoch, `prepare`, waits for what that returns, stores the checkpoint
/// with what it appended to `state`, and calls `commit`. After a crash it takes the newest checkpoint, calls `restore`
/// with its epoch and state on a sink that nothing was written to, then `commit` of the same epoch, and goes on. Of an
/// epoch that was prepared and not committed, a later commit shows what was written as well.
pub trait Transactional: Send {
    /// Ends an epoch without showing what was written in it, appends to `state` what `restore` needs to come back here,
    /// and returns what makes it durable. More may be written meanwhile; that belongs to the next epoch.
    ///
    /// # Errors
    ///
    /// If the system does not take it. The epoch must not be committed, and the sink takes nothing any more.
    fn prepare(&mut self, epoch: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError>;

    /// Shows what was prepared: the checkpoint of this epoch is stored. Idempotent; called again after `restore`.
    ///
    /// # Errors
    ///
    /// If it cannot be shown, or not durably; after a restart it is tried again.
    fn commit(&mut self, epoch: Epoch) -> Result<(), SinkError>;

    /// Comes back to what was prepared: throws away what was written behind it.
    ///
    /// # Errors
    ///
    /// If what was prepared is not there any more, or the state is of something else.
    fn restore(&mut self, epoch: Epoch, state: &[u8]) -> Result<(), SinkError>;
}

/// What it gathered belongs to the epoch that is prepared next.
impl<W: Transactional + Write> Transactional for BufWriter<W> {
    fn prepare(&mut self, epoch: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        self.flush()?;
        self.get_mut().prepare(epoch, state)
    }

    fn commit(&mut self, epoch: Epoch) -> Result<(), SinkError> {
        self.get_mut().commit(epoch)
    }

    fn restore(&mut self, epoch: Epoch, state: &[u8]) -> Result<(), SinkError> {
        self.get_mut().restore(epoch, state)
    }
}
