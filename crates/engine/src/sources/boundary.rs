//! Where records end in a flow of bytes.

/// Where a record ends in a flow of bytes, and how long it may be.
///
/// Bytes after the last end are a record too, unless there are none. How the bytes arrive never changes
/// the records.
#[derive(Clone, Copy, Debug)]
pub struct Boundary {
    end: End,
    record_bytes_max: usize,
}

/// How the end of a record is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// At a byte; with `takes_cr`, a carriage return before it belongs to it.
    Byte { delimiter: u8, takes_cr: bool },
    /// At several bytes.
    Sequence(Delimiter),
    /// Where a function says.
    Found(fn(&[u8]) -> Option<usize>),
    /// After as many bytes as a number before them says.
    Length(LengthPrefix),
}

/// A delimiter of at least one byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delimiter {
    bytes: [u8; DELIMITER_BYTES_MAX],
    len: usize,
}

impl Delimiter {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Returns the byte by which the delimiter is looked for.
    pub(crate) fn last(&self) -> u8 {
        self.bytes[self.len - 1]
    }
}

/// The number before each record that counts its bytes, itself not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthPrefix {
    /// One byte.
    U8,
    /// Two bytes, the low one first.
    U16Le,
    /// Two bytes, the high one first.
    U16Be,
    /// Four bytes, the lowest first.
    U32Le,
    /// Four bytes, the highest first.
    U32Be,
    /// Eight bytes, the lowest first.
    U64Le,
    /// Eight bytes, the highest first.
    U64Be,
}

impl LengthPrefix {
    /// Returns the bytes of the number.
    pub(crate) fn width(self) -> usize {
        match self {
            LengthPrefix::U8 => 1,
            LengthPrefix::U16Le | LengthPrefix::U16Be => 2,
            LengthPrefix::U32Le | LengthPrefix::U32Be => 4,
            LengthPrefix::U64Le | LengthPrefix::U64Be => 8,
        }
    }

    /// Reads the number from exactly its bytes.
    pub(crate) fn read(self, bytes: &[u8]) -> u64 {
        let high_first = matches!(self, LengthPrefix::U16Be | LengthPrefix::U32Be | LengthPrefix::U64Be);
        let shift_in = |length: u64, &byte: &u8| length << 8 | u64::from(byte);
        if high_first { bytes.iter().fold(0, shift_in) } else { bytes.iter().rev().fold(0, shift_in) }
    }
}

impl Boundary {
    /// Ends records at a line feed, with or without a carriage return before it.
    pub const fn line() -> Self {
        Self::at(End::Byte { delimiter: b'\n', takes_cr: true })
    }

    /// Ends records at a byte.
    pub const fn delimiter(byte: u8) -> Self {
        Self::at(End::Byte { delimiter: byte, takes_cr: false })
    }

    /// Ends records at the first place where `delimiter` is complete.
    ///
    /// ```
    /// use primestream_engine::{Boundary, Stream};
    ///
    /// let parts = Stream::records(&b"head\r\n\r\nbody"[..], Boundary::sequence(b"\r\n\r\n"));
    /// assert_eq!(parts.collect::<Vec<_>>()?, [b"head", b"body"]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `delimiter` is empty or has more than 72 bytes.
    pub const fn sequence(delimiter: &[u8]) -> Self {
        assert!(!delimiter.is_empty(), "a delimiter has at least one byte");
        assert!(delimiter.len() <= DELIMITER_BYTES_MAX, "a delimiter has at most 72 bytes");
        let mut bytes = [0; DELIMITER_BYTES_MAX];
        bytes.split_at_mut(delimiter.len()).0.copy_from_slice(delimiter);
        Self::at(End::Sequence(Delimiter { bytes, len: delimiter.len() }))
    }

    /// Ends records where a function finds their end. It is shown the bytes from the begin of a record
    /// on, as many as have come, and answers how many of them the record has, its end included, or `None`
    /// to be shown more. Nothing is taken off the record.
    ///
    /// The answer must not depend on how many bytes come after the end, or records would depend on how the
    /// bytes arrive. A record above the limit stops the pipeline: where the next one begins, only the
    /// function could have said.
    ///
    /// ```
    /// use primestream_engine::{Boundary, Stream};
    ///
    /// // A record is everything up to a digit.
    /// let upto_digit = |bytes: &[u8]| Some(1 + bytes.iter().position(u8::is_ascii_digit)?);
    /// let records = Stream::lines_within(&b"ab1c2d"[..], Boundary::found_by(upto_digit));
    /// assert_eq!(records.collect::<Vec<_>>()?, ["ab1", "c2", "d"]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub const fn found_by(find_end: fn(&[u8]) -> Option<usize>) -> Self {
        Self::at(End::Found(find_end))
    }

    /// Takes records that are each preceded by the number of their bytes.
    ///
    /// A record the bytes end in the middle of is an item that fails. So is one above the limit, which is
    /// passed over; but a length that no offset can reach stops the pipeline, since where the next record
    /// begins is then not known.
    ///
    /// ```
    /// use primestream_engine::{Boundary, LengthPrefix, Stream};
    ///
    /// let boundary = Boundary::length_prefixed(LengthPrefix::U16Be);
    /// let records = Stream::lines_within(&b"\0\x03abc\0\0\0\x01d"[..], boundary);
    /// assert_eq!(records.collect::<Vec<_>>()?, ["abc", "", "d"]);
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub const fn length_prefixed(prefix: LengthPrefix) -> Self {
        Self::at(End::Length(prefix))
    }

    const fn at(end: End) -> Self {
        Self { end, record_bytes_max: RECORD_BYTES_MAX }
    }

    /// Sets the most bytes a record may have without its end; a longer one is an error of that record
    /// alone. It is 1 MiB unless set.
    #[must_use]
    pub const fn record_bytes_max(mut self, bytes: usize) -> Self {
        self.record_bytes_max = bytes;
        self
    }

    #[inline]
    pub(crate) fn end(&self) -> &End {
        &self.end
    }

    #[inline]
    pub(crate) fn bytes_max(&self) -> usize {
        self.record_bytes_max
    }
}

/// Longest record where nothing else is said.
///
/// Larger lets a file without line ends fill the memory; smaller refuses real lines of JSON.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// Longest delimiter: that of a MIME part, 70 characters behind two dashes.
///
/// It lies inside the boundary, which can so be copied and be a constant.
const DELIMITER_BYTES_MAX: usize = 72;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_from_either_end() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(LengthPrefix::U8.read(&bytes[..1]), 1);
        assert_eq!(LengthPrefix::U16Le.read(&bytes[..2]), 0x0201);
        assert_eq!(LengthPrefix::U16Be.read(&bytes[..2]), 0x0102);
        assert_eq!(LengthPrefix::U32Le.read(&bytes[..4]), 0x0403_0201);
        assert_eq!(LengthPrefix::U32Be.read(&bytes[..4]), 0x0102_0304);
        assert_eq!(LengthPrefix::U64Le.read(&bytes), 0x0807_0605_0403_0201);
        assert_eq!(LengthPrefix::U64Be.read(&bytes), 0x0102_0304_0506_0708);
    }
}
