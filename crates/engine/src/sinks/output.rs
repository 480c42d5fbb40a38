//! A writer that turns out to be a file which shows what is committed.

use std::any::Any;
use std::io::Write;

use crate::checkpoint::Transactional;
use crate::error::SinkError;
use crate::files::{PartsFolder, TransactionalFile};

/// Returns what a writer is that shows what is committed, if it is that.
pub(super) fn transactional<W: 'static>(writer: &mut W) -> Option<&mut dyn Transactional> {
    let writer = writer as &mut dyn Any;
    if writer.is::<TransactionalFile>() {
        return writer.downcast_mut::<TransactionalFile>().map(|file| file as &mut dyn Transactional);
    }
    writer.downcast_mut::<PartsFolder>().map(|parts| parts as &mut dyn Transactional)
}

/// Ends the output well: what hides until then appears.
pub(super) fn finish<W: Write + 'static>(writer: &mut W) -> Result<(), SinkError> {
    writer.flush()?;
    let writer = writer as &mut dyn Any;
    if let Some(file) = writer.downcast_mut::<TransactionalFile>() {
        file.finish()?;
    } else if let Some(parts) = writer.downcast_mut::<PartsFolder>() {
        parts.finish()?;
    }
    Ok(())
}
