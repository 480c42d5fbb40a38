//! A record of a reader, and what may be wrong with it.

use std::fmt;

use crate::weigh::Weigh;

/// A record as it was found, before it is known to be good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    bytes: Vec<u8>,
    offset: u64,
    fault: Option<Fault>,
}

/// What is wrong with a record, of which then nothing was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has more bytes than these.
    TooLong(usize),
    /// The bytes end before it does.
    Truncated,
}

impl Record {
    #[inline]
    pub(super) fn new(offset: u64, bytes: Vec<u8>) -> Self {
        Self { bytes, offset, fault: None }
    }

    pub(super) fn damaged(offset: u64, fault: Fault) -> Self {
        Self { bytes: Vec::new(), offset, fault: Some(fault) }
    }

    /// Returns the offset of its first byte, behind the length before it if it has one.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the bytes, without the delimiter.
    ///
    /// # Errors
    ///
    /// If the record is above the limit or cut short; nothing was kept of it.
    pub fn into_bytes(self) -> Result<Vec<u8>, LineError> {
        match self.fault {
            Some(Fault::TooLong(bytes_max)) => Err(LineError::TooLong { offset: self.offset, bytes_max }),
            Some(Fault::Truncated) => Err(LineError::Truncated { offset: self.offset }),
            None => Ok(self.bytes),
        }
    }
}

impl Weigh for Record {
    fn heap_bytes(&self) -> usize {
        self.bytes.heap_bytes()
    }
}

/// A record is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineError {
    /// It has no end within the limit.
    TooLong {
        /// The offset of its first byte.
        offset: u64,
        /// The most bytes a record may have.
        bytes_max: usize,
    },
    /// The bytes end before it does.
    Truncated {
        /// The offset of its first byte, or of its length if not even that is whole.
        offset: u64,
    },
    /// The length before it leads beyond every offset.
    ImpossibleLength {
        /// The offset of that length.
        offset: u64,
        /// What it says.
        length: u64,
    },
    /// It is not text.
    NotUtf8 {
        /// The offset of the first byte that is not UTF-8.
        offset: u64,
    },
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineError::TooLong { offset, bytes_max } => {
                write!(f, "the record at byte {offset} has no end within {bytes_max} bytes")
            }
            LineError::Truncated { offset } => write!(f, "the bytes end within the record at byte {offset}"),
            LineError::ImpossibleLength { offset, length } => {
                write!(f, "the length at byte {offset} is {length}, more than there can be")
            }
            LineError::NotUtf8 { offset } => write!(f, "byte {offset} is not UTF-8"),
        }
    }
}

impl std::error::Error for LineError {}
