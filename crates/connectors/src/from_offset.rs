//! A file that many read at once, each from an offset of its own.
//!
//! The file is opened once and has no place in it that readers could move for each other: every read says
//! where it begins.

use std::fs::File;
use std::io::{self, Read};
#[cfg(unix)]
use std::os::unix::fs::FileExt;
#[cfg(windows)]
use std::os::windows::fs::FileExt;
use std::sync::Arc;

#[cfg(not(any(unix, windows)))]
compile_error!("a file is read at offsets, which the standard library can on Unix and on Windows");

/// Reads a file from an offset to its end.
#[derive(Debug)]
pub(crate) struct FromOffset {
    file: Arc<File>,
    offset: u64,
}

impl FromOffset {
    pub(crate) fn new(file: &Arc<File>, offset: u64) -> Self {
        Self { file: Arc::clone(file), offset }
    }
}

impl Read for FromOffset {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = self.file.read_at(buffer, self.offset)?;
        #[cfg(windows)]
        let read = self.file.seek_read(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}
