//! Streams of codewords as integers: text to codewords, codewords to what they stand for, to what they do, and back.
//!
//! [`container`](crate::container) and [`decimal`](crate::decimal) are the right thing for files. These are the verbs for
//! programs that have the integers themselves, from a channel or a calculation: [`encode_text_stream`],
//! [`decode_text_stream`], [`decode_chunk_stream`], [`process_prime_stream`], [`verify_stream_integrity`], [`execute_streaming_program`].
//! An integer that is no codeword is an item like any other, and ends nothing.

mod convert;
mod execute;
mod fault;
mod process;
mod read;
mod text;
mod transform;
mod verify;

pub use convert::{lines_of_numbers, numbers_of_container, numbers_of_lines};
pub use execute::{Execution, Happening, Instruction, execute, execute_streaming_program, execute_watched};
pub use fault::ProgramFault;
pub use process::{Processed, process_prime_stream};
pub use read::{NoProgramError, instructions_of_container, instructions_of_lines};
pub use text::{decode_text_stream, encode_text_stream};
pub use transform::{TransformFault, TransformedError, inverse_transform, transform};
pub use verify::{IntegrityReport, verify_stream_integrity};

use primestream_codec::{Limits, Reading, SequenceReader, Unreadable};
use primestream_engine::stream::Head;
use primestream_engine::{Emit, Operator, Order, Outcome, Stream, Weigh};

use crate::factor::Number;

/// An integer, and what strict reading says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The integer.
    pub number: Number,
    /// Its one reading, if there is one.
    pub reading: Result<Reading, Unreadable>,
}

impl Weigh for Decoded {
    fn heap_bytes(&self) -> usize {
        self.number.heap_bytes()
    }
}

/// Streams what each integer stands for, in order, read on so many lanes.
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Examples
///
/// ```
/// use primestream::{codewords, prelude::*};
///
/// let numbers = Stream::iter([59_062_500u64, 1024, 12_345].map(Number::from));
/// let read: Vec<String> = codewords::decode_chunk_stream(numbers, 2, Limits::default())
///     .map(|decoded| decoded.reading.map_or_else(|why| why.to_string(), |reading| reading.kind().to_string()))
///     .collect()?;
/// assert_eq!(read, ["data", "operation", "corrupt: no reading"]);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn decode_chunk_stream<H, C>(
    numbers: Stream<Number, H, C>,
    lanes: usize,
    limits: Limits,
) -> Stream<Decoded>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    numbers.boxed().parallel(lanes, Order::Input).through(Decode::new(limits)).boxed()
}

/// Reads integers strictly. Preserves order; holds nothing.
struct Decode {
    limits: Limits,
    reader: SequenceReader,
}

impl Decode {
    fn new(limits: Limits) -> Self {
        Self { limits, reader: SequenceReader::new(limits) }
    }
}

impl Operator for Decode {
    type In = Number;
    type Out = Decoded;

    fn on_item(&mut self, number: Number, out: &mut impl Emit<Decoded>) -> Outcome {
        let reading = self.reader.read(&number.0);
        out.emit(Decoded { number, reading })
    }

    fn fork(&self) -> Self {
        Self::new(self.limits)
    }

    fn name(&self) -> &'static str {
        "decode codewords"
    }
}
