//! Text to codewords, as the reference's text encoder makes them.

use primestream_codec::{Limits, Units, data};
use primestream_engine::stream::Head;
use primestream_engine::{Emit, Interrupt, Operator, Outcome, Stream, Tally};

use super::decode_chunk_stream;
use crate::decimal::content_of;
use crate::factor::Number;

/// Streams a codeword for each UTF-16 unit of the texts, positions counting through.
///
/// Codewords grow with their positions; [`container::encode`](crate::container::encode) keeps them short.
///
/// # Examples
///
/// ```
/// use primestream::{codewords, prelude::*};
///
/// let texts = Stream::iter(["U", "OR"].map(String::from));
/// let numbers: Vec<Number> = codewords::encode_text_stream(texts).collect()?;
/// assert_eq!(numbers.len(), 3);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn encode_text_stream<H, C>(texts: Stream<String, H, C>) -> Stream<Number>
where
    H: Head,
    C: Operator<In = H::Item, Out = String>,
{
    texts.boxed().through(EncodeText::default()).boxed()
}

/// Streams the text of data codewords, in order, read on so many lanes: what [`encode_text_stream`] makes, or blocks of
/// UTF-16 units.
///
/// Pieces are as long as what came at once. An integer that is no codeword, one that does not belong in its place, and half a
/// character fail as items and stop the pipeline; the place is told as that of a line, from 1.
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
/// let texts = Stream::iter(["Hello, ", "wörld", "!"].map(String::from));
/// let numbers = codewords::encode_text_stream(texts);
/// let text: Vec<String> = codewords::decode_text_stream(numbers, 2, Limits::default()).collect()?;
/// assert_eq!(text.concat(), "Hello, wörld!");
/// # Ok::<(), PipelineError>(())
/// ```
pub fn decode_text_stream<H, C>(numbers: Stream<Number, H, C>, lanes: usize, limits: Limits) -> Stream<String>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    content_of(decode_chunk_stream(numbers, lanes, limits), Units::Utf16, limits)
        .try_map(String::from_utf8)
        .filter(|text| !text.is_empty())
        .boxed()
}

/// Makes codewords of texts. Preserves order; holds the position.
#[derive(Debug, Default)]
struct EncodeText {
    position: u64,
    tally: Tally,
}

impl Operator for EncodeText {
    type In = String;
    type Out = Number;

    fn on_item(&mut self, text: String, out: &mut impl Emit<Number>) -> Outcome {
        self.tally.absorbed += 1;
        for unit in text.encode_utf16() {
            let codeword = data(self.position, unit.into()).map_err(|error| {
                // The text in hand fails, and so does not become anything.
                self.tally.absorbed -= 1;
                Interrupt::failed("encode text", error)
            })?;
            self.position += 1;
            self.tally.created += 1;
            out.emit(Number(codeword.into_natural()))?;
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn name(&self) -> &'static str {
        "encode text"
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}
