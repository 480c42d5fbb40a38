//! The records of a reader: lines, or whatever else a `Boundary` ends.
//!
//! Records are handed on as soon as the bytes of one read are used up, so that somebody typing gets
//! an answer to each line.

use std::io::{BufRead, BufReader, ErrorKind, Read};

use super::boundary::Boundary;
use super::cutter::{Cut, Cutter};
use super::record::{LineError, Record};
use super::replayed;
use crate::checkpoint::Memory;
use crate::error::{CheckpointError, Interrupt, Outcome, SourceError};
use crate::operator::{Emit, Operator};
use crate::source::{Intake, Replay, Source, Supply};

/// The records of a reader, each without its delimiter: a source, and an iterator for a source or a step that
/// is to take them one by one. Holds one record and 128 KiB of what comes behind it.
///
/// ```
/// use primestream_engine::{Boundary, sources::Records};
///
/// // What a reader gives from its byte 5 on.
/// let mut records = Records::new(&b"bc\nd"[..], Boundary::line()).starting_at(5);
/// let first = records.next().expect("there are two")?;
/// assert_eq!((first.offset(), first.into_bytes()?), (5, b"bc".to_vec()));
/// assert_eq!(records.offset(), 8); // where the next one begins
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Records<R> {
    reader: BufReader<R>,
    cutter: Cutter,
    /// The offset of the first byte of the reader.
    begin: u64,
}

impl<R: Read> Records<R> {
    /// Cuts what a reader gives at a boundary.
    pub fn new(reader: R, boundary: Boundary) -> Self {
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        Self { reader, cutter: Cutter::new(boundary), begin: 0 }
    }

    /// Counts the offsets of records from that of the first byte of the reader, where it begins within
    /// something larger. To be said before the first record is taken.
    #[must_use]
    pub fn starting_at(self, offset: u64) -> Self {
        Self { cutter: self.cutter.starting_at(offset), begin: offset, ..self }
    }

    /// Returns the offset at which the next record begins.
    pub fn offset(&self) -> u64 {
        self.cutter.offset()
    }

    /// Takes what the buffer holds of the record; returns whether the record is complete.
    fn gather(&mut self) -> Result<Gathered, SourceError> {
        let available = match self.reader.fill_buf() {
            Ok([]) => return Ok(Gathered::EndOfBytes),
            Ok(available) => available,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(Gathered::Part),
            Err(error) => return Err(error.into()),
        };
        let Cut { used, is_whole } = self.cutter.take(available)?;
        self.reader.consume(used);
        Ok(if is_whole { Gathered::Whole } else { Gathered::Part })
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
                    let record = self.cutter.take_record();
                    has_emitted = true;
                    out.emit(record)?;
                }
                Gathered::EndOfBytes => {
                    if let Some(record) = self.cutter.take_rest() {
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
        self.cutter.offset() - self.begin
    }

    fn replay(&mut self) -> Option<&mut dyn Replay> {
        replayed::file(self.reader.get_ref()).is_some().then_some(self as &mut dyn Replay)
    }
}

impl<R: Read + 'static> Replay for Records<R> {
    fn save(&mut self, state: &mut Vec<u8>) -> Result<(), CheckpointError> {
        // What is there of the next record is read again.
        replayed::save(self.reader.get_ref(), self.cutter.begin() - self.begin, state)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), CheckpointError> {
        let at = replayed::restore(self.reader.get_mut(), state)?;
        self.cutter.begin_at(self.begin + at);
        Ok(())
    }
}

/// The records one by one. An error is one of the reader, or that the next record can never be found; nothing
/// of use comes after it.
impl<R: Read> Iterator for Records<R> {
    type Item = Result<Record, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.gather() {
                Ok(Gathered::Part) => {}
                Ok(Gathered::Whole) => return Some(Ok(self.cutter.take_record())),
                Ok(Gathered::EndOfBytes) => return self.cutter.take_rest().map(Ok),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

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

    fn memory(&self) -> Memory {
        Memory::None
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
        let start = record.offset();
        let line = record.into_bytes().and_then(|bytes| {
            String::from_utf8(bytes).map_err(|error| LineError::NotUtf8 {
                offset: start + error.utf8_error().valid_up_to() as u64,
            })
        });
        out.emit(line.map_err(|error| Interrupt::failed("lines", error))?)
    }

    fn memory(&self) -> Memory {
        Memory::None
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
