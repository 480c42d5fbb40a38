//! Files for runs that may be cut short: outputs that show what is committed and nothing else, an input one can come
//! back to.
//!
//! [`TransactionalFile`] is one file that appears whole, [`PartsFolder`] a folder to which each epoch adds one.
//! [`ReplayFile`] reads a regular file and knows it again. None gathers small writes or reads: whoever hands them
//! pieces of 64 KiB, as the sinks of this crate do, pays nothing for the system calls. Those sinks see an output also
//! through a `BufWriter`, and through no other writer around it: behind that it is never finished, so it never appears.
//!
//! An output of which the disk refused something takes nothing more. In particular, after a sync that failed there is no
//! second one, since it may succeed though the bytes are lost, and no rename.

mod parts;
mod replay;
mod transactional;

pub use parts::PartsFolder;
pub use replay::ReplayFile;
pub use transactional::TransactionalFile;

use std::ffi::OsString;
use std::io;
use std::path::Path;

/// Returns what is wrong with a path, in words.
fn refused(kind: io::ErrorKind, path: &Path, what: impl std::fmt::Display) -> io::Error {
    io::Error::new(kind, format!("{}: {what}", path.display()))
}

/// Says that an output is not what it was when the checkpoint was taken.
fn changed(path: &Path, what: impl std::fmt::Display) -> io::Error {
    refused(
        io::ErrorKind::InvalidData,
        path,
        format_args!(
            "{what}: the output was changed since the checkpoint, which has to be cleared to start afresh"
        ),
    )
}

/// Says that something failed before.
fn broken(path: &Path) -> io::Error {
    refused(io::ErrorKind::Other, path, "a write failed before, and nothing more is written")
}

/// Returns the name of a path, as what a name is made of.
fn name_of(path: &Path) -> io::Result<OsString> {
    match path.file_name() {
        Some(name) => Ok(name.to_owned()),
        None => Err(refused(io::ErrorKind::InvalidInput, path, "no name of a file")),
    }
}

/// Takes fields from the front of a state.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")))
    }

    /// Returns whether nothing is left.
    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}
