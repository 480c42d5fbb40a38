//! The records of a reader: lines, or whatever ends at a delimiter.
//!
//! Records are handed on as soon as the bytes of one read are used up, so that somebody typing gets
//! an answer to each line. A record above the limit is passed over to its end, with no more memory
//! than the limit, and becomes an error of its own.

use std::fmt;
use std::io::{BufRead, BufReader, ErrorKind, Read};

use super::Boundary;
use crate::error::{Interrupt, Outcome, SourceError};
use crate::operator::{Emit, Operator};
use crate::source::{Intake, Source, Supply};
use crate::weigh::Weigh;

/// The records of a reader, each without its delimiter.
#[derive(Debug)]
pub struct Records<R> {
    reader: BufReader<R>,
    boundary: Boundary,
    /// What is known of the record that is being read.
    bytes: Vec<u8>,
    start: u64,
    bytes_taken: u64,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(reader: R, boundary: Boundary) -> Self {
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        Self { reader, boundary, bytes: Vec::new(), start: 0, bytes_taken: 0 }
    }

    /// Takes what the buffer holds of the record; returns whether the record is complete.
    fn gather(&mut self) -> Result<Gathered, SourceError> {
        let available = match self.reader.fill_buf() {
            Ok([]) => return Ok(Gathered::EndOfBytes),
            Ok(available) => available,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(Gathered::Part),
            Err(error) => return Err(error.into()),
        };
        let room = self.boundary.bytes_max().saturating_add(DELIMITER_BYTES_MAX) - self.bytes.len();
        // `read_until` on a slice is the standard library's own fast search.
        let mut rest = available;
        let used = if room == 0 {
            rest.skip_until(self.boundary.byte())
        } else {
            rest = rest.get(..room).unwrap_or(rest);
            rest.read_until(self.boundary.byte(), &mut self.bytes)
        }?;
        let is_complete = used > 0 && available.get(used - 1) == Some(&self.boundary.byte());
        self.reader.consume(used);
        self.bytes_taken += used as u64;
        Ok(if is_complete { Gathered::Whole } else { Gathered::Part })
    }

    fn take_record(&mut self) -> Record {
        let mut bytes = std::mem::take(&mut self.bytes);
        self.boundary.trim(&mut bytes);
        let offset = std::mem::replace(&mut self.start, self.bytes_taken);
        let too_long = (bytes.len() > self.boundary.bytes_max()).then(|| self.boundary.bytes_max());
        if too_long.is_some() {
            bytes = Vec::new();
        }
        Record { bytes, offset, too_long }
    }
}

enum Gathered {
    Part,
    Whole,
    EndOfBytes,
}

impl<R: Read + Send + 'static> Source for Records<R> {
    type Item = Record;

    fn pull(&mut self, out: &mut impl Intake<Record>) -> Result<Supply, Interrupt> {
        let mut has_emitted = false;
        while !out.is_satisfied() {
            if has_emitted && self.reader.buffer().is_empty() {
                return Ok(Supply::More); // whoever feeds us may be waiting for the answer
            }
            match self.gather()? {
                Gathered::Part => {}
                Gathered::Whole => {
                    let record = self.take_record();
                    has_emitted = true;
                    out.emit(record)?;
                }
                Gathered::EndOfBytes => {
                    if !self.bytes.is_empty() {
                        let record = self.take_record();
                        out.emit(record)?;
                    }
                    return Ok(Supply::End);
                }
            }
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "records"
    }

    fn bytes_taken(&self) -> u64 {
        self.bytes_taken
    }
}

/// A record as it was found, before it is known to be good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    bytes: Vec<u8>,
    offset: u64,
    too_long: Option<usize>,
}

impl Record {
    /// Returns the offset of its first byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the bytes, without the delimiter.
    ///
    /// # Errors
    ///
    /// If the record is above the limit, of which nothing was kept.
    pub fn into_bytes(self) -> Result<Vec<u8>, LineError> {
        match self.too_long {
            Some(bytes_max) => Err(LineError::TooLong { offset: self.offset, bytes_max }),
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
            LineError::NotUtf8 { offset } => write!(f, "byte {offset} is not UTF-8"),
        }
    }
}

impl std::error::Error for LineError {}

/// Makes bytes of records; one above the limit fails.
#[derive(Clone, Debug, Default)]
pub struct TakeRecord;

impl Operator for TakeRecord {
    type In = Record;
    type Out = Vec<u8>;

    fn on_item(&mut self, record: Record, out: &mut impl Emit<Vec<u8>>) -> Outcome {
        let bytes = record.into_bytes().map_err(|error| Interrupt::failed("records", error))?;
        out.emit(bytes)
    }

    fn fork(&self) -> Self {
        Self
    }

    fn name(&self) -> &'static str {
        "records"
    }

    fn describe(&self, _: &mut Vec<&'static str>) {}
}

/// Makes text of records; one above the limit, or not UTF-8, fails.
#[derive(Clone, Debug, Default)]
pub struct DecodeLine;

impl Operator for DecodeLine {
    type In = Record;
    type Out = String;

    fn on_item(&mut self, record: Record, out: &mut impl Emit<String>) -> Outcome {
        let start = record.offset;
        let line = record.into_bytes().and_then(|bytes| {
            String::from_utf8(bytes).map_err(|error| LineError::NotUtf8 {
                offset: start + error.utf8_error().valid_up_to() as u64,
            })
        });
        out.emit(line.map_err(|error| Interrupt::failed("lines", error))?)
    }

    fn fork(&self) -> Self {
        Self
    }

    fn name(&self) -> &'static str {
        "lines"
    }
}

/// Bytes asked of the reader at once: enough that system calls cost nothing, little enough for a cache.
const BUFFER_BYTES: usize = 1 << 17;

/// Bytes a record may have beyond its limit before it is known to be too long: its end.
const DELIMITER_BYTES_MAX: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads all records of some bytes that arrive `step` bytes at a time.
    fn records(bytes: &[u8], boundary: Boundary, step: usize) -> Vec<Record> {
        struct Slow<'a>(&'a [u8], usize);
        impl Read for Slow<'_> {
            fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
                let count = out.len().min(self.1);
                self.0.read(&mut out[..count])
            }
        }
        let mut source = Records::new(Slow(bytes, step), boundary);
        let mut found = Vec::new();
        loop {
            match source.gather().unwrap() {
                Gathered::Part => {}
                Gathered::Whole => found.push(source.take_record()),
                Gathered::EndOfBytes => {
                    if !source.bytes.is_empty() {
                        found.push(source.take_record());
                    }
                    return found;
                }
            }
        }
    }

    #[test]
    fn lines_end_at_line_feeds_however_the_bytes_arrive() {
        for step in [1, 2, 3, 100] {
            let found = records(b"a\n\nbc\r\nd", Boundary::line(), step);
            let texts: Vec<_> = found.iter().map(|r| (r.offset, r.bytes.as_slice())).collect();
            assert_eq!(texts, [(0, &b"a"[..]), (2, b""), (3, b"bc"), (7, b"d")]);
            assert!(records(b"", Boundary::line(), step).is_empty());
        }
    }

    #[test]
    fn a_record_above_the_limit_fails_alone_and_needs_no_more_memory() {
        for step in [1, 2, 3, 100] {
            let boundary = Boundary::delimiter(b',').record_bytes_max(3);
            let found = records(b"abc,abcd,abcdefghij,x,toolong", boundary, step);
            let kinds: Vec<_> = found.iter().map(|r| (r.offset, r.too_long.is_some())).collect();
            assert_eq!(kinds, [(0, false), (4, true), (9, true), (20, false), (22, true)]);
            assert!(found.iter().all(|r| r.bytes.capacity() <= 16));
        }
    }

    #[test]
    fn a_line_at_the_limit_may_end_with_both_characters() {
        let found = records(b"abc\r\nabc\rd\n", Boundary::line().record_bytes_max(3), 1);
        assert_eq!(found[0].bytes, b"abc");
        assert!(found[1].too_long.is_some());
    }
}
