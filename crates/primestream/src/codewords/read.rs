//! Codewords of any kind from files: decimal lines, or a container that holds codewords.

use std::fmt;
use std::io::Read;

use primestream_codec::container::{ContainerError, Header};
use primestream_codec::{Limits, Symbols, Units, Unreadable, read};
use primestream_engine::sources::Record;
use primestream_engine::{Boundary, Order, Stream};
use primestream_primes::Natural;

use super::Instruction;
use crate::container::{Decode, symbols_of, verify};

/// Streams what the codewords of decimal lines stand for, in order, read on so many lanes. Empty lines are passed over.
///
/// A line that is no codeword fails as an item, with its number, and stops the pipeline.
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Examples
///
/// ```
/// use primestream::codewords::{Execution, execute, instructions_of_lines};
/// use primestream::prelude::*;
///
/// let program = instructions_of_lines("1024000000\n".as_bytes(), 1, Limits::default());
/// assert!(execute(program, Execution::default()).collect::<Vec<_>>().is_err()); // no codeword
/// # Ok::<(), PipelineError>(())
/// ```
pub fn instructions_of_lines<R>(lines: R, lanes: usize, limits: Limits) -> Stream<Instruction>
where
    R: Read + Send + 'static,
{
    // A decimal digit carries more than three bits.
    let digits_max = usize::try_from(limits.codeword_bits_max / 3).unwrap_or(usize::MAX);
    Stream::raw_records(lines, Boundary::line().record_bytes_max(digits_max))
        .enumerate()
        .parallel(lanes, Order::Input)
        .try_map(move |(index, record)| {
            strict(record, &limits).map_err(|fault| LineFault { line: index + 1, fault })
        })
        .filter_map(|instruction| instruction)
        .boxed()
}

/// A line that is no codeword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// The line, from 1.
    pub line: u64,
    /// Why it is none; `None` if it is no decimal number at all.
    pub fault: Option<Unreadable>,
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Some(unreadable) => write!(f, "line {}: {unreadable}", self.line),
            None => write!(f, "line {}: not a decimal number", self.line),
        }
    }
}

impl std::error::Error for LineFault {}

fn strict(record: Record, limits: &Limits) -> Result<Option<Instruction>, Option<Unreadable>> {
    let line = record.into_bytes().map_err(|_| None)?;
    let digits = line.trim_ascii();
    if digits.is_empty() {
        return Ok(None);
    }
    let number = Natural::parse_decimal(digits).map_err(|_| None)?;
    read(&number, limits).map(|reading| Some(Instruction(reading))).map_err(Some)
}

/// Streams what the codewords of a container stand for, in order. Damage fails as an item and stops the pipeline.
///
/// # Errors
///
/// If this is no container, its header is damaged, it was written by a newer version, or it does not hold codewords.
pub fn instructions_of_container<R>(
    container: R,
    how: Decode,
) -> Result<(Header, Stream<Instruction>), NoProgramError>
where
    R: Read + Send + 'static,
{
    let (header, found) = verify(container, how).map_err(NoProgramError::Container)?;
    let units = header.settings().units();
    if units != Units::Codewords {
        return Err(NoProgramError::Units { units });
    }
    let limits = how.limits;
    let instructions = found
        .try_map(move |found| symbols_of(found, &header))
        .flat_map(move |symbols| {
            let run = if let Some(Symbols::Codewords(run)) = symbols { run } else { Default::default() };
            // The frame was decoded, so that each of them has a reading.
            run.iter()
                .filter_map(|codeword| read(codeword.as_natural(), &limits).ok().map(Instruction))
                .collect::<Vec<_>>()
        })
        .boxed();
    Ok((header, instructions))
}

/// A container is none of a program.
#[derive(Debug)]
#[non_exhaustive]
pub enum NoProgramError {
    /// It cannot be read.
    Container(ContainerError),
    /// It holds other symbols.
    Units {
        /// The kind it holds.
        units: Units,
    },
}

impl fmt::Display for NoProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(error) => error.fmt(f),
            Self::Units { units } => write!(f, "the container holds {units:?}, not codewords of a program"),
        }
    }
}

impl std::error::Error for NoProgramError {}
