//! Where checkpoints are kept.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use super::{Checkpoint, Epoch, FormatError};
use crate::disk::DiskError;

/// Where checkpoints are kept.
pub trait StateStore: Send {
    /// Returns the newest whole checkpoint, `None` if there never was one. What is damaged is passed over for the one
    /// before, and said.
    ///
    /// # Errors
    ///
    /// If there are checkpoints and none is whole, if one is by a newer version, or if the disk refuses. It is never
    /// taken for a fresh start.
    fn load(&mut self) -> Result<Option<Loaded>, StoreError>;

    /// Stores a checkpoint, which is durable when this returns. Keeps the two newest.
    ///
    /// # Errors
    ///
    /// If the epoch is not above the newest, or the disk refuses. The checkpoint counts as not stored, what was
    /// stored before is there, and nothing more can be stored: the run must end.
    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError>;

    /// Removes all checkpoints, so that the next run starts afresh. Interrupted, it leaves the newest or none.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    fn clear(&mut self) -> Result<(), StoreError>;

    /// Returns where that is, for messages.
    fn place(&self) -> String;
}

/// A checkpoint that was found.
#[derive(Debug)]
pub struct Loaded {
    /// The newest that is whole.
    pub checkpoint: Checkpoint,
    /// What is wrong with newer ones, the newest first.
    pub passed_over: Vec<StoreError>,
}

/// A checkpoint cannot be stored or found.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk refused.
    Disk(DiskError),
    /// Somebody else uses the folder.
    Locked {
        /// The folder.
        folder: PathBuf,
        /// What the holder wrote into the lock: the number of its process, or nothing.
        holder: String,
    },
    /// A file is no whole checkpoint.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FormatError,
    },
    /// There are checkpoints, and none is whole.
    NoneWhole {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with each, the newest first.
        damaged: Vec<StoreError>,
    },
    /// The epoch is not above the newest that is stored.
    NotNewer {
        /// The folder.
        folder: PathBuf,
        /// The epoch to be stored.
        epoch: Epoch,
        /// The newest that is stored.
        newest: Epoch,
    },
    /// The checkpoint does not fit the format.
    Unfit(FormatError),
    /// Something failed before, and nobody knows what is on the disk.
    Broken {
        /// The folder.
        folder: PathBuf,
    },
}

impl From<DiskError> for StoreError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(error) => error.fmt(f),
            Self::Locked { folder, holder } if holder.is_empty() => {
                write!(f, "{}: in use by another process", folder.display())
            }
            Self::Locked { folder, holder } => {
                write!(f, "{}: in use by process {}", folder.display(), holder.escape_default())
            }
            Self::Damaged { path, fault } => write!(f, "{}: {fault}", path.display()),
            Self::NoneWhole { folder, damaged } => {
                write!(f, "{}: no checkpoint there is whole", folder.display())?;
                damaged.iter().try_for_each(|error| write!(f, "; {error}"))?;
                f.write_str("; clear it to start afresh")
            }
            Self::NotNewer { folder, epoch, newest } => write!(
                f,
                "{}: holds epoch {newest}, so epoch {epoch} cannot follow; clear it to start afresh",
                folder.display()
            ),
            Self::Unfit(fault) => write!(f, "the checkpoint cannot be written: {fault}"),
            Self::Broken { folder } => {
                write!(f, "{}: a write failed before, and nothing more is stored", folder.display())
            }
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Disk(error) => error.source(),
            Self::Damaged { fault, .. } | Self::Unfit(fault) => Some(fault),
            _ => None,
        }
    }
}
