//! Integrity of a stream of codewords: a verdict on each, and what they amount to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use primestream_codec::{Kind, Limits, Unreadable};
use primestream_engine::stream::Head;
use primestream_engine::{Operator, Order, Stream};

use super::{Decode, Decoded};
use crate::factor::Number;

/// What was verified so far, to be read while the stream runs and afterwards.
#[derive(Clone, Debug, Default)]
pub struct IntegrityReport(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Good ones by kind, in the order of [`KINDS`].
    good: [AtomicU64; KINDS.len()],
    corrupt: AtomicU64,
    checksum: AtomicU64,
    ambiguous: AtomicU64,
    too_large: AtomicU64,
}

const KINDS: [Kind; 5] = [Kind::Data, Kind::Operation, Kind::Header, Kind::NttHeader, Kind::Trailer];

impl IntegrityReport {
    /// Returns how many codewords of a kind were good.
    pub fn good(&self, kind: Kind) -> u64 {
        let counts = KINDS.iter().zip(&self.0.good).filter(|(known, _)| **known == kind);
        counts.map(|(_, count)| count.load(Ordering::Relaxed)).sum()
    }

    /// Returns how many integers had the form of no codeword.
    pub fn corrupt(&self) -> u64 {
        self.0.corrupt.load(Ordering::Relaxed)
    }

    /// Returns how many integers had the form of a data codeword and the checksum prime of another.
    pub fn wrong_checksum(&self) -> u64 {
        self.0.checksum.load(Ordering::Relaxed)
    }

    /// Returns how many integers had more than one reading.
    pub fn ambiguous(&self) -> u64 {
        self.0.ambiguous.load(Ordering::Relaxed)
    }

    /// Returns how many integers were above the limit, and not looked at.
    pub fn too_large(&self) -> u64 {
        self.0.too_large.load(Ordering::Relaxed)
    }

    /// Returns how many integers there were.
    pub fn total(&self) -> u64 {
        let good: u64 = self.0.good.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        good + self.corrupt() + self.wrong_checksum() + self.ambiguous() + self.too_large()
    }

    fn note(&self, decoded: &Decoded) {
        let counts = &self.0;
        let count = match &decoded.reading {
            Ok(reading) => {
                let place = KINDS.iter().position(|kind| *kind == reading.kind());
                place.and_then(|place| counts.good.get(place)).unwrap_or(&counts.corrupt)
            }
            Err(Unreadable::Ambiguous { .. }) => &counts.ambiguous,
            Err(Unreadable::Checksum { .. }) => &counts.checksum,
            Err(Unreadable::TooLarge { .. }) => &counts.too_large,
            Err(_) => &counts.corrupt,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Streams a verdict on each integer, in order, and counts them. What is bad stops nothing.
///
/// Integers that follow one another are verified together: a lane that has just seen a position writes what it expects
/// at the next and compares, which for long codewords takes a fraction of reading each by itself.
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Examples
///
/// ```
/// use primestream::{codewords, prelude::*};
/// use primestream_codec::Kind;
///
/// let text = codewords::encode_text_stream(Stream::iter(["integrity".to_owned()]));
/// let damaged = text.map(|number| if number.0.rem_u64(4_094) == 7 { number } else { Number(number.0 + 1) });
/// let (verdicts, report) = codewords::verify_stream_integrity(damaged, 2, Limits::default());
/// let bad = verdicts.filter(|decoded| decoded.reading.is_err()).count()?;
/// assert_eq!((bad, report.total()), (report.corrupt(), 9));
/// assert_eq!(report.good(Kind::Data), 9 - bad);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn verify_stream_integrity<H, C>(
    numbers: Stream<Number, H, C>,
    lanes: usize,
    limits: Limits,
) -> (Stream<Decoded>, IntegrityReport)
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    let report = IntegrityReport::default();
    let noted = report.clone();
    let verdicts = numbers
        .boxed()
        .parallel(lanes, Order::Input)
        .through(Decode::new(limits))
        .inspect(move |decoded| noted.note(decoded))
        .named("verify codewords")
        .boxed();
    (verdicts, report)
}
