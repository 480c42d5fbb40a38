//! Codewords to codewords: read, changed, written again, with what becomes of each.

use primestream_codec::{Limits, Reading, SymbolError, Unreadable};
use primestream_engine::stream::Head;
use primestream_engine::{Operator, Order, Stream, Weigh};

use super::{Decode, Decoded};
use crate::factor::Number;

/// What became of a codeword.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Processed {
    /// It was read and changed, and this is the new one.
    Changed {
        /// What it stood for.
        before: Reading,
        /// What it stands for now.
        after: Reading,
        /// The codeword of that.
        number: Number,
    },
    /// It cannot be read; nothing was done with it.
    Unreadable {
        /// The integer.
        number: Number,
        /// Why.
        unreadable: Unreadable,
    },
    /// No codeword stands for what it was changed into.
    Unwritable {
        /// What it stood for.
        before: Reading,
        /// Why.
        error: SymbolError,
    },
}

impl Processed {
    /// Returns the new codeword, if there is one.
    pub fn into_number(self) -> Option<Number> {
        match self {
            Self::Changed { number, .. } => Some(number),
            Self::Unreadable { .. } | Self::Unwritable { .. } => None,
        }
    }
}

impl Weigh for Processed {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Changed { number, .. } | Self::Unreadable { number, .. } => number.heap_bytes(),
            Self::Unwritable { .. } => 0,
        }
    }
}

/// Streams each codeword decoded, changed, and encoded again with a check of its own, in order, on so many lanes.
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Examples
///
/// ```
/// use primestream::{codewords, prelude::*};
/// use primestream_codec::Reading;
///
/// let text = codewords::encode_text_stream(Stream::iter(["ok".to_owned()]));
/// let louder = codewords::process_prime_stream(text, 2, Limits::default(), |reading| match reading {
///     Reading::Data { position, value } if value < 128 => Reading::Data { position, value: value & !32 },
///     other => other,
/// });
/// let numbers = louder.filter_map(codewords::Processed::into_number).boxed();
/// let expected = codewords::encode_text_stream(Stream::iter(["OK".to_owned()]));
/// assert_eq!(numbers.collect::<Vec<_>>()?, expected.collect::<Vec<_>>()?);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn process_prime_stream<H, C, F>(
    numbers: Stream<Number, H, C>,
    lanes: usize,
    limits: Limits,
    change: F,
) -> Stream<Processed>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
    F: Fn(Reading) -> Reading + Send + Sync + 'static,
{
    numbers
        .boxed()
        .parallel(lanes, Order::Input)
        .through(Decode::new(limits))
        .map(move |Decoded { number, reading }| match reading {
            Err(unreadable) => Processed::Unreadable { number, unreadable },
            Ok(before) => {
                let after = change(before);
                match after.to_codeword() {
                    Ok(codeword) => {
                        Processed::Changed { before, after, number: Number(codeword.into_natural()) }
                    }
                    Err(error) => Processed::Unwritable { before, error },
                }
            }
        })
        .named("process codewords")
        .boxed()
}
