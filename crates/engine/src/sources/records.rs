//! The records of a reader: lines, or whatever else a `Boundary` ends.
//!
//! Records are handed on as soon as the bytes of one read are used up, so that somebody typing gets
//! an answer to each line.

use std::io::{BufRead, BufReader, ErrorKind, Read};

use super::boundary::Boundary;
use super::cutter::{Cut, Cutter};
use super::record::{LineError, Record};
use crate::error::{Interrupt, Outcome, SourceError};
use crate::operator::{Emit, Operator};
use crate::source::{Intake, Source, Supply};

/// The records of a reader, each without its delimiter.
#[derive(Debug)]
pub struct Records<R> {
    reader: BufReader<R>,
    cutter: Cutter,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(reader: R, boundary: Boundary) -> Self {
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        Self { reader, cutter: Cutter::new(boundary) }
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
        self.cutter.bytes_taken()
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

    fn fork(&self) -> Self {
        Self
    }

    fn name(&self) -> &'static str {
        "lines"
    }
}

/// Bytes asked of the reader at once: enough that system calls cost nothing, little enough for a cache.
const BUFFER_BYTES: usize = 1 << 17;
