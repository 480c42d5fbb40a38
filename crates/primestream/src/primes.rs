//! Primes as a stream.

use std::ops::RangeBounds;

use primestream_engine::Stream;
use primestream_engine::sources::Iter;
use primestream_engine::stream::Fresh;
use primestream_primes::Primes;

/// Streams the primes of a range in ascending order, in bounded memory from any start below 2^64.
///
/// # Examples
///
/// ```
/// use primestream::prelude::*;
///
/// let twins: Vec<u64> = primes(1_000_000..)
///     .filter(|p| primestream_primes::is_prime_u64(p + 2))
///     .take(3)
///     .collect()?;
/// assert_eq!(twins, [1_000_037, 1_000_211, 1_000_289]);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn primes(range: impl RangeBounds<u64>) -> Fresh<Iter<Primes>> {
    Stream::iter(primestream_primes::primes(range))
}
