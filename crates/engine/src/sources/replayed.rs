//! A reader that turns out to be a file one can come back to.

use std::any::Any;

use crate::error::CheckpointError;
use crate::files::ReplayFile;

/// Returns the file that a reader is, if it is one that can be come back to.
pub(super) fn file<R: 'static>(reader: &R) -> Option<&ReplayFile> {
    (reader as &dyn Any).downcast_ref()
}

/// As [`file`], to read it from another place.
pub(super) fn file_mut<R: 'static>(reader: &mut R) -> Option<&mut ReplayFile> {
    (reader as &mut dyn Any).downcast_mut()
}

/// Appends what it takes to come back to byte `at`.
pub(super) fn save<R: 'static>(reader: &R, at: u64, state: &mut Vec<u8>) -> Result<(), CheckpointError> {
    let file = file(reader).ok_or_else(no_file)?;
    file.save(at, state);
    Ok(())
}

/// Comes back to where it was; returns the byte.
pub(super) fn restore<R: 'static>(reader: &mut R, state: &[u8]) -> Result<u64, CheckpointError> {
    let file = file_mut(reader).ok_or_else(no_file)?;
    file.restore(state).map_err(CheckpointError::new)
}

fn no_file() -> CheckpointError {
    CheckpointError::new("the reader is no file that can be come back to")
}
