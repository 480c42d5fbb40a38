//! Content to transformed blocks and back, as decimal lines.
//!
//! A block is the header 11^7·13^n, data codewords of the transformed values, padded to a power of two, and a trailer
//! whose check is that of the content itself, so that what comes back is known to be what it was. The flow ends as blocks do.

use std::error::Error;
use std::fmt;
use std::io::Read;

use primestream_codec::block::{block_check, end_check};
use primestream_codec::container::Settings;
use primestream_codec::transform::{forward, inverse};
use primestream_codec::{BlockLen, Limits, Reading};
use primestream_engine::{Bytes, Emit, Interrupt, Operator, Order, Outcome, Stream, Tally};

use super::{Instruction, instructions_of_lines};
use crate::container::{Content, ContentReader};

/// Streams the decimal lines of the transformed blocks of a content, in order.
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Examples
///
/// ```
/// use primestream::codewords::{inverse_transform, transform};
/// use primestream::prelude::*;
///
/// let lines: Vec<u8> = transform(&b"there and back"[..], BlockLen::MIN, 1).collect::<Vec<_>>()?.concat();
/// let again = inverse_transform(std::io::Cursor::new(lines), 1, Limits::default());
/// assert_eq!(again.collect::<Vec<_>>()?.concat(), b"there and back");
/// # Ok::<(), PipelineError>(())
/// ```
pub fn transform<R>(content: R, block_len: BlockLen, lanes: usize) -> Stream<Vec<u8>>
where
    R: Read + Send + 'static,
{
    let settings = Settings::default().with_block_len(block_len);
    let settings = settings.with_frame_blocks(BLOCKS_AT_ONCE).unwrap_or(settings);
    Stream::from_source(ContentReader::new(content, &settings))
        .chunked(Bytes(1 << 16))
        .parallel(lanes, Order::Input)
        .try_map(move |part| lines_of(&part, &settings))
        .named("transform")
        .boxed()
}

/// Returns the lines of a part of a content.
fn lines_of(part: &Content, settings: &Settings) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let mut readings = Vec::new();
    let block_len = settings.block_len().get();
    match part {
        Content::Frame { number, symbols } => {
            let first = number * u64::from(settings.frame_blocks());
            for (block, sequence) in symbols.as_ref().pieces(block_len).zip(first..) {
                let values: Vec<u32> = (0..block.len()).filter_map(|index| block.get(index)).collect();
                readings.push(Reading::NttHeader { length: block.len() as u64 });
                let transformed = (0..).zip(forward(&values)?);
                readings.extend(transformed.map(|(position, value)| Reading::Data { position, value }));
                readings.push(Reading::Trailer { check: block_check(STREAM_ID, sequence, block) });
            }
        }
        Content::End { symbols, .. } => {
            let blocks = symbols.div_ceil(block_len as u64);
            readings.push(Reading::Header { length: 0, sequence: Some(blocks) });
            readings.push(Reading::Trailer { check: end_check(STREAM_ID, blocks, *symbols) });
        }
        Content::Start => {}
    }
    let mut lines = String::new();
    for reading in readings {
        lines += &reading.to_codeword()?.to_decimal();
        lines.push('\n');
    }
    Ok(lines.into_bytes())
}

/// Streams the content of transformed blocks, in order. What is wrong fails as an item, with the number of the codeword,
/// and stops the pipeline; so does a flow without its end.
///
/// # Panics
///
/// If `lanes` is 0.
pub fn inverse_transform<R>(lines: R, lanes: usize, limits: Limits) -> Stream<Vec<u8>>
where
    R: Read + Send + 'static,
{
    let codewords = instructions_of_lines(lines, lanes, limits).try_map(|read| read);
    codewords.through(InverseBlocks::default()).boxed()
}

/// Transforms blocks back. Holds one.
#[derive(Default)]
struct InverseBlocks {
    /// Codewords taken.
    taken: u64,
    blocks: u64,
    bytes: u64,
    /// Length of the block that is open, and its values so far.
    open: Option<(usize, Vec<u32>)>,
    end: End,
    tally: Tally,
}

#[derive(Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// The header of the end was there.
    Stated,
    Seen,
}

/// What is wrong with a flow of transformed blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransformFault {
    /// The codeword does not belong here.
    Unexpected,
    /// The values are no transform of bytes.
    Values,
    /// The block, or the totals at the end, do not fit their check.
    Check,
    /// The end is missing.
    NoEnd,
}

/// What is wrong, and at which codeword, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransformedError {
    /// The number of the codeword.
    pub codeword: u64,
    /// What is wrong.
    pub fault: TransformFault,
}

impl fmt::Display for TransformedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.fault {
            TransformFault::Unexpected => "does not belong here",
            TransformFault::Values => "ends values that are no transform of bytes",
            TransformFault::Check => "does not fit what came before",
            TransformFault::NoEnd => "is the last, and there is no end",
        };
        write!(f, "codeword {} {why}", self.codeword)
    }
}

impl Error for TransformedError {}

impl InverseBlocks {
    fn take(&mut self, reading: Reading) -> Result<Option<Vec<u8>>, TransformFault> {
        match (reading, &mut self.open, &self.end) {
            (Reading::NttHeader { length }, open @ None, End::Open) if length <= LENGTH_MAX => {
                *open = Some((usize::try_from(length).unwrap_or(0), Vec::new()));
                Ok(None)
            }
            (Reading::Data { position, value }, Some((length, values)), _)
                if position == values.len() as u64 && values.len() < length.next_power_of_two() =>
            {
                values.push(value);
                Ok(None)
            }
            (Reading::Trailer { check }, Some((length, values)), _) => {
                let values = inverse(values, *length).map_err(|_| TransformFault::Values)?;
                let bytes: Result<Vec<u8>, _> = values.into_iter().map(u8::try_from).collect();
                let bytes = bytes.map_err(|_| TransformFault::Values)?;
                if block_check(STREAM_ID, self.blocks, bytes.as_slice().into()) != check {
                    return Err(TransformFault::Check);
                }
                self.open = None;
                self.blocks += 1;
                self.bytes += bytes.len() as u64;
                Ok(Some(bytes))
            }
            (Reading::Header { length: 0, sequence: Some(blocks) }, None, End::Open) => {
                self.end = End::Stated;
                if blocks == self.blocks { Ok(None) } else { Err(TransformFault::Check) }
            }
            (Reading::Trailer { check }, None, End::Stated) => {
                self.end = End::Seen;
                let stated = end_check(STREAM_ID, self.blocks, self.bytes);
                if check == stated { Ok(None) } else { Err(TransformFault::Check) }
            }
            _ => Err(TransformFault::Unexpected),
        }
    }

    fn failed(&self, fault: TransformFault) -> Interrupt {
        Interrupt::failed("transform back", TransformedError { codeword: self.taken, fault })
    }
}

impl Operator for InverseBlocks {
    type In = Instruction;
    type Out = Vec<u8>;

    fn on_item(&mut self, Instruction(reading): Instruction, out: &mut impl Emit<Vec<u8>>) -> Outcome {
        self.taken += 1;
        let taken = self.take(reading).map_err(|fault| self.failed(fault))?;
        self.tally.absorbed += 1;
        match taken {
            Some(bytes) => {
                self.tally.created += 1;
                out.emit(bytes)
            }
            None => Ok(()),
        }
    }

    fn on_end(&mut self, _: &mut impl Emit<Vec<u8>>) -> Outcome {
        if self.end == End::Seen { Ok(()) } else { Err(self.failed(TransformFault::NoEnd)) }
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn name(&self) -> &'static str {
        "transform back"
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

/// Blocks whose lines are made at once: a value takes some 300 digits, so that those of more would not fit small limits.
const BLOCKS_AT_ONCE: u32 = 4;

/// Longest block that is written.
const LENGTH_MAX: u64 = BlockLen::MAX.get() as u64;

/// The stream id of decimal exchange.
const STREAM_ID: [u8; 16] = [0; 16];
