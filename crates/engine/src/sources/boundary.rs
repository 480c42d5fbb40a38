//! Where records end in a flow of bytes.

/// Where a record ends in a flow of bytes, and how long it may be.
///
/// Bytes after the last end are a record too, unless there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    delimiter: u8,
    /// Whether a carriage return before the delimiter belongs to it.
    takes_cr: bool,
    record_bytes_max: usize,
}

impl Boundary {
    /// Ends records at a line feed, with or without a carriage return before it.
    pub const fn line() -> Self {
        Self { delimiter: b'\n', takes_cr: true, record_bytes_max: RECORD_BYTES_MAX }
    }

    /// Ends records at a byte.
    pub const fn delimiter(byte: u8) -> Self {
        Self { delimiter: byte, takes_cr: false, record_bytes_max: RECORD_BYTES_MAX }
    }

    /// Sets the most bytes a record may have without its end; a longer one is an error of that record
    /// alone. It is 1 MiB unless set.
    #[must_use]
    pub const fn record_bytes_max(mut self, bytes: usize) -> Self {
        self.record_bytes_max = bytes;
        self
    }

    pub(crate) fn byte(self) -> u8 {
        self.delimiter
    }

    pub(crate) fn bytes_max(self) -> usize {
        self.record_bytes_max
    }

    /// Takes the end off a record.
    pub(crate) fn trim(self, record: &mut Vec<u8>) {
        if record.last() == Some(&self.delimiter) {
            record.pop();
            if self.takes_cr && record.last() == Some(&b'\r') {
                record.pop();
            }
        }
    }
}

/// Longest record where nothing else is said.
///
/// Larger lets a file without line ends fill the memory; smaller refuses real lines of JSON.
const RECORD_BYTES_MAX: usize = 1 << 20;
