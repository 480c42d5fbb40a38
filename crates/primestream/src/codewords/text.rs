//! Text to codewords, as the reference's text encoder makes them.

use primestream_codec::data;
use primestream_engine::stream::Head;
use primestream_engine::{Emit, Interrupt, Operator, Outcome, Stream, Tally};

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
