//! Primes as a stream: in order from anywhere, in one lane or in many.

mod pieces;
mod range;

use std::ops::RangeBounds;

use primestream_engine::stream::Fresh;
use primestream_engine::{Fixed, Order, Stream};

pub use pieces::Pieces;
pub use range::PrimesOf;

/// Streams the primes of a range in ascending order, in bounded memory from any start below 2^64.
///
/// One lane sieves; [`primes_in_lanes`] takes several.
///
/// # Examples
///
/// ```
/// use primestream::prelude::*;
///
/// let twins: Vec<Vec<u64>> =
///     primes(1_000_000..).windows(2).filter(|pair| pair[1] - pair[0] == 2).take(10).collect()?;
/// assert_eq!(twins[0], [1_000_037, 1_000_039]);
/// assert_eq!(twins[9], [1_000_859, 1_000_861]);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn primes(range: impl RangeBounds<u64>) -> Fresh<PrimesOf> {
    Stream::from_source(PrimesOf::new(range))
}

/// Streams the primes of a range in ascending order, sieved by several lanes at once.
///
/// The range is cut into [`Pieces`], each is sieved by whichever lane is free, and what they find
/// comes out in order; a lane that is ahead waits for memory like any other. Nothing is cheaper this
/// way, so [`primes`] is better where few primes are wanted or other steps fill the cores.
///
/// # Examples
///
/// ```
/// use primestream::prelude::*;
///
/// let sum = primes_in_lanes(..10_000_000, 2).fold(0, |sum, prime| sum + prime)?;
/// assert_eq!(sum, 3_203_324_994_356); // OEIS A046731
/// # Ok::<(), PipelineError>(())
/// ```
pub fn primes_in_lanes(range: impl RangeBounds<u64>, lanes: usize) -> Stream<u64> {
    let range = range::ends(&range);
    let range = range.map(|(first, last)| (first.into(), last.into()));
    let pieces = Pieces::new(range);
    Stream::iter_from(move |position| pieces.clone().skip(usize::try_from(position).unwrap_or(usize::MAX)))
        .named("pieces")
        .chunked(Fixed(1))
        .parallel(lanes, Order::Input)
        .flat_map(|(first, last)| primestream_primes::primes(narrow(first)..=narrow(last)))
        .boxed()
}

/// Streams the first `count` primes, fewer if there are not so many below 2^64.
///
/// # Examples
///
/// ```
/// use primestream::{prelude::*, stream_prime_generation};
///
/// assert_eq!(stream_prime_generation(5).collect::<Vec<_>>()?, [2, 3, 5, 7, 11]);
/// assert_eq!(stream_prime_generation(0).count()?, 0);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn stream_prime_generation(count: u64) -> Stream<u64> {
    stream_prime_generation_from(0, count)
}

/// Streams the first `count` primes that are not below `start`.
///
/// # Examples
///
/// ```
/// use primestream::{prelude::*, stream_prime_generation_from};
///
/// let far: Vec<u64> = stream_prime_generation_from(1_000_000_000_000_000_000, 2).collect()?;
/// assert_eq!(far, [1_000_000_000_000_000_003, 1_000_000_000_000_000_009]);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn stream_prime_generation_from(start: u64, count: u64) -> Stream<u64> {
    primes(start..).take(count).boxed()
}

/// The numbers of pieces of a range of machine words.
fn narrow(number: u128) -> u64 {
    u64::try_from(number).expect("within the range that was cut")
}
