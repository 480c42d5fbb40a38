//! Codewords of any kind from files: decimal lines, or a container that holds codewords.

use std::fmt;
use std::io::Read;

use primestream_codec::container::{ContainerError, Header};
use primestream_codec::{Limits, Symbols, Units, Unreadable, read};
use primestream_engine::sources::Record;
use primestream_engine::{Fixed, Order, Stream};

use super::{Instruction, ProgramFault};
use crate::container::{Decode, Found, verify};
use crate::decimal::{lines_within, read_digits};

/// Streams what the codewords of decimal lines stand for, in order, read on so many lanes. Empty lines are passed over.
///
/// A line that is no codeword is an item like any other, with its number, and stops nothing.
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Examples
///
/// ```
/// use primestream::codewords::instructions_of_lines;
/// use primestream::prelude::*;
///
/// let program = instructions_of_lines("1024\n1025\n".as_bytes(), 1, Limits::default());
/// let read: Vec<_> = program.collect()?;
/// assert!(read[0].is_ok());
/// assert_eq!(read[1].unwrap_err().to_string(), "line 2, byte 5: corrupt: no reading");
/// # Ok::<(), PipelineError>(())
/// ```
pub fn instructions_of_lines<R>(
    lines: R,
    lanes: usize,
    limits: Limits,
) -> Stream<Result<Instruction, ProgramFault>>
where
    R: Read + Send + 'static,
{
    Stream::raw_records(lines, lines_within(&limits))
        .enumerate()
        .parallel(lanes, Order::Input)
        .filter_map(move |(index, record)| {
            let offset = record.offset();
            let read = strict(record, &limits).transpose()?;
            Some(read.map_err(|unreadable| ProgramFault::Line { line: index + 1, offset, unreadable }))
        })
        .boxed()
}

fn strict(record: Record, limits: &Limits) -> Result<Option<Instruction>, Option<Unreadable>> {
    let line = record.into_bytes().map_err(|_| None)?;
    let digits = line.trim_ascii();
    if digits.is_empty() {
        return Ok(None);
    }
    read_digits(digits, limits).map(|reading| Some(Instruction(reading)))
}

/// Streams what the codewords of a container, or of several one behind the other, stand for, in order. Damage is an item
/// like any other and stops nothing.
///
/// # Errors
///
/// If this is no container, its header is damaged, it was written by a newer version, or it does not hold codewords.
pub fn instructions_of_container<R>(
    container: R,
    how: Decode,
) -> Result<(Header, Stream<Result<Instruction, ProgramFault>>), NoProgramError>
where
    R: Read + Send + 'static,
{
    let (header, found) = codewords_in(container, how)?;
    let limits = how.limits;
    // A frame is read for its check and once more for its meaning, each time on any lane.
    let frames = found.chunked(Fixed(1)).parallel(how.lanes, Order::Input);
    Ok((header, frames.flat_map(move |found| instructions_of(found, &limits)).boxed()))
}

/// Opens a container of codewords.
pub(super) fn codewords_in<R>(container: R, how: Decode) -> Result<(Header, Stream<Found>), NoProgramError>
where
    R: Read + Send + 'static,
{
    let (header, found) = verify(container, how).map_err(NoProgramError::Container)?;
    let units = header.settings().units();
    if units != Units::Codewords {
        return Err(NoProgramError::Units { units });
    }
    Ok((header, found))
}

fn instructions_of(found: Found, limits: &Limits) -> Vec<Result<Instruction, ProgramFault>> {
    let fault = match found {
        Found::Symbols { symbols: Symbols::Codewords(run), .. } => {
            // The frame was decoded, so that each of them has a reading.
            return run
                .iter()
                .filter_map(|codeword| read(codeword.as_natural(), limits).ok().map(|it| Ok(Instruction(it))))
                .collect();
        }
        Found::Frame(damage) => ProgramFault::Damage(damage.summary()),
        Found::Damage(damage) => ProgramFault::Damage(damage),
        Found::Member { header, offset } if header.settings().units() != Units::Codewords => {
            ProgramFault::Units { offset, units: header.settings().units() }
        }
        // Symbols of such a member, which was told where it began.
        Found::Member { .. } | Found::Symbols { .. } => return Vec::new(),
    };
    vec![Err(fault)]
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
