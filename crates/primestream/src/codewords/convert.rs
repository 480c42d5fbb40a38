//! Codewords as integers, as decimal lines, and in containers: from each to the others.
//!
//! The way into a container is [`container::encode_codewords`](crate::container::encode_codewords).

use std::io::Read;

use primestream_codec::container::Header;
use primestream_codec::{Limits, Symbols};
use primestream_engine::sources::Record;
use primestream_engine::stream::Head;
use primestream_engine::{Operator, Order, Stream};
use primestream_primes::Natural;

use super::read::{NoProgramError, codewords_in};
use crate::container::{Decode, symbols_of};
use crate::decimal::{NotDecimal, lines_within};
use crate::factor::Number;

/// Streams the integers of decimal lines, in order, read on so many lanes. Empty lines are passed over.
///
/// A line that is no number, or longer than `limits` allow a codeword, fails as an item, with its number, and stops the
/// pipeline.
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
/// let numbers = codewords::numbers_of_lines("59062500\n\n1024\n".as_bytes(), 2, Limits::default());
/// let lines = codewords::lines_of_numbers(numbers, 2).collect::<Vec<_>>()?.concat();
/// assert_eq!(lines, b"59062500\n1024\n");
/// # Ok::<(), PipelineError>(())
/// ```
pub fn numbers_of_lines<R>(lines: R, lanes: usize, limits: Limits) -> Stream<Number>
where
    R: Read + Send + 'static,
{
    Stream::raw_records(lines, lines_within(&limits))
        .enumerate()
        .parallel(lanes, Order::Input)
        .try_map(move |(index, record)| number(record).ok_or(NotDecimal { line: index + 1 }))
        .filter_map(|number| number)
        .boxed()
}

/// Reads a line; `None` if it is no number, `Some(None)` if it is empty.
#[expect(clippy::option_option, reason = "a number, none in an empty line, and none at all")]
fn number(record: Record) -> Option<Option<Number>> {
    let line = record.into_bytes().ok()?;
    match line.trim_ascii() {
        b"" => Some(None),
        digits => Natural::parse_decimal(digits).ok().map(|number| Some(Number(number))),
    }
}

/// Streams integers as decimal lines, in order, written on so many lanes.
///
/// # Panics
///
/// If `lanes` is 0.
pub fn lines_of_numbers<H, C>(numbers: Stream<Number, H, C>, lanes: usize) -> Stream<Vec<u8>>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    let line = |number: Number| (number.0.to_string() + "\n").into_bytes();
    numbers.boxed().parallel(lanes, Order::Input).map(line).boxed()
}

/// Streams the integers of a container of codewords, in order. Damage fails as an item and stops the pipeline.
///
/// # Errors
///
/// If this is no container, its header is damaged, it was written by a newer version, or it does not hold codewords.
///
/// # Examples
///
/// ```
/// use primestream::{codewords, prelude::*};
///
/// let settings = Settings::default().with_units(Units::Codewords);
/// let header = Header::new(settings, ContainerId([7; 16]));
/// let numbers = Stream::iter([59_062_500_u64, 1024].map(Number::from));
/// let bytes = container::encode_codewords(numbers, header, Encode::default()).collect::<Vec<_>>()?.concat();
/// let (_, numbers) = codewords::numbers_of_container(std::io::Cursor::new(bytes), Decode::default())?;
/// assert_eq!(numbers.collect::<Vec<_>>()?, [59_062_500_u64, 1024].map(Number::from));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn numbers_of_container<R>(container: R, how: Decode) -> Result<(Header, Stream<Number>), NoProgramError>
where
    R: Read + Send + 'static,
{
    let (header, found) = codewords_in(container, how)?;
    let numbers = found
        .try_map(move |found| symbols_of(found, &header))
        .flat_map(|symbols| {
            let run = if let Some(Symbols::Codewords(run)) = symbols { run } else { Default::default() };
            run.iter().map(|codeword| Number(codeword.into_natural())).collect::<Vec<_>>()
        })
        .boxed();
    Ok((header, numbers))
}
