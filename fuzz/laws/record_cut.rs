//! The law of records: they are those of the whole bytes, in whatever pieces these come, and those that a plain search
//! for their ends finds.

use std::io::{self, Read};

use primestream_engine::sources::{LineError, Records};
use primestream_engine::{Boundary, LengthPrefix, Stream};

use crate::draw::Draw;

/// Panics if the law does not hold for a boundary, pieces and bytes that some bytes describe.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    let max = draw.below(64);
    let (boundary, end) = drawn(&mut draw);
    let boundary = boundary.record_bytes_max(max);
    let steps: Vec<usize> = (0..4).map(|_| 1 + draw.below(16)).collect();
    let seed = draw.below(256) as u64;
    let text = draw.bytes(usize::MAX).to_vec();

    let (whole, failed) = taken(Records::new(&text[..], boundary));
    let pieces = || Pieces { bytes: text.clone(), at: 0, steps: steps.clone(), turn: 0 };
    assert_eq!(
        taken(Records::new(pieces(), boundary)),
        (whole.clone(), failed.clone()),
        "in pieces of {steps:?}"
    );
    let expected = match end {
        End::Bytes { delimiter, takes_cr } => Some(searched(&text, &delimiter, takes_cr, max)),
        End::Length { width, high_first } => counted(&text, width, high_first, max),
        End::Elsewhere => None,
    };
    if let Some(expected) = expected {
        assert_eq!((&whole, &failed), (&expected, &None));
    }
    let streamed = Stream::raw_records(pieces(), boundary).simulated(seed).collect::<Vec<_>>();
    match (streamed, failed) {
        (Ok(records), None) => {
            let records: Found =
                records.into_iter().map(|record| (record.offset(), record.into_bytes())).collect();
            assert_eq!(records, whole);
        }
        (Err(error), Some(failed)) => assert!(error.to_string().ends_with(&failed), "{error} for {failed}"),
        (streamed, failed) => panic!("{streamed:?} where {failed:?} was expected"),
    }
}

/// Records with their offsets.
type Found = Vec<(u64, Result<Vec<u8>, LineError>)>;

/// How the end of a record is known.
enum End {
    Bytes {
        delimiter: Vec<u8>,
        takes_cr: bool,
    },
    Length {
        width: usize,
        high_first: bool,
    },
    /// A function says it.
    Elsewhere,
}

fn drawn(draw: &mut Draw<'_>) -> (Boundary, End) {
    let counted =
        |prefix, width, high_first| (Boundary::length_prefixed(prefix), End::Length { width, high_first });
    match draw.below(11) {
        0 => (Boundary::line(), End::Bytes { delimiter: vec![b'\n'], takes_cr: true }),
        1 => {
            let delimiter = draw.bytes(1).to_vec();
            let byte = delimiter.first().copied().unwrap_or_default();
            (Boundary::delimiter(byte), End::Bytes { delimiter: vec![byte], takes_cr: false })
        }
        2 => {
            let len = 1 + draw.below(6);
            let mut delimiter = draw.bytes(len).to_vec();
            if delimiter.is_empty() {
                delimiter.push(0);
            }
            (Boundary::sequence(&delimiter), End::Bytes { delimiter, takes_cr: false })
        }
        3 => {
            let upto_digit = |bytes: &[u8]| Some(1 + bytes.iter().position(u8::is_ascii_digit)?);
            (Boundary::found_by(upto_digit), End::Elsewhere)
        }
        4 => counted(LengthPrefix::U8, 1, false),
        5 => counted(LengthPrefix::U16Le, 2, false),
        6 => counted(LengthPrefix::U16Be, 2, true),
        7 => counted(LengthPrefix::U32Le, 4, false),
        8 => counted(LengthPrefix::U32Be, 4, true),
        9 => counted(LengthPrefix::U64Le, 8, false),
        _ => counted(LengthPrefix::U64Be, 8, true),
    }
}

/// Takes all records; returns them and why there can be no more, if that is so.
fn taken<R: Read>(records: Records<R>) -> (Found, Option<String>) {
    let mut found = Vec::new();
    for record in records {
        match record {
            Ok(record) => found.push((record.offset(), record.into_bytes())),
            Err(error) => return (found, Some(error.to_string())),
        }
    }
    (found, None)
}

/// Looks for each delimiter in all the bytes.
fn searched(text: &[u8], delimiter: &[u8], takes_cr: bool, max: usize) -> Found {
    let (mut found, mut start) = (Vec::new(), 0);
    while start < text.len() {
        let rest = &text[start..];
        let at = rest.windows(delimiter.len()).position(|window| window == delimiter);
        let mut record = &rest[..at.unwrap_or(rest.len())];
        if takes_cr && at.is_some() {
            record = record.strip_suffix(b"\r").unwrap_or(record);
        }
        let offset = start as u64;
        let whole = if record.len() > max {
            Err(LineError::TooLong { offset, bytes_max: max })
        } else {
            Ok(record.to_vec())
        };
        found.push((offset, whole));
        start = at.map_or(text.len(), |at| start + at + delimiter.len());
    }
    found
}

/// Follows the lengths through all the bytes; nothing if one of them leads beyond every offset.
fn counted(text: &[u8], width: usize, high_first: bool, max: usize) -> Option<Found> {
    let (mut found, mut start) = (Vec::new(), 0);
    while start < text.len() {
        let Some((length, rest)) = text[start..].split_at_checked(width) else {
            let offset = start as u64;
            found.push((offset, Err(LineError::Truncated { offset })));
            break;
        };
        let shift_in = |length: u64, &byte: &u8| length << 8 | u64::from(byte);
        let length =
            if high_first { length.iter().fold(0, shift_in) } else { length.iter().rev().fold(0, shift_in) };
        let offset = (start + width) as u64;
        offset.checked_add(length)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        found.push((
            offset,
            match rest.get(..length) {
                _ if length > max => Err(LineError::TooLong { offset, bytes_max: max }),
                Some(record) => Ok(record.to_vec()),
                None => Err(LineError::Truncated { offset }),
            },
        ));
        start = (start + width).saturating_add(length);
    }
    Some(found)
}

/// Gives bytes in pieces of sizes that follow each other, with an interruption before every third.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    steps: Vec<usize>,
    turn: usize,
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let step = self.steps[self.turn % self.steps.len()];
        let count = step.min(out.len()).min(self.bytes.len() - self.at);
        out[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
