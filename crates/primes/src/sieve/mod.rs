//! Which primes? A segmented sieve of Eratosthenes over any range below 2^128.
//!
//! Every range is walked in segments, forward or backward, so memory does not grow with
//! the range or with where it starts. Up to about 10^13 a segment is sieved by every
//! prime that matters. Beyond, the sieving primes alone would be tens of millions, and
//! there are two ways: sieve by those of bounded size and test what is left, which costs
//! no preparation worth the name and about a microsecond a prime; or sieve a window of
//! many segments by all of them, which costs one walk along them. The first is taken for
//! few primes, the second for many. Above 2^64 there is only the first, and the test has
//! no proof: see [`primes_u128`].
//!
//! By file: `wheel` (30 numbers in a byte), `presieve` (primes below 100 by copying),
//! `medium` and `turns` (those that meet most segments), `large` and `marks` (the others, by window), `segment`
//! (the walk), `block` and `batch` (bits to numbers), `iter` (both ends), `position`
//! (keep and return), `whole` (one word or two). Sources: \[BaysHudson1977\],
//! \[Oliveira2002\] for the large primes and \[Walisch\] for the order of the work.
//!
//! Cost: up to `n`, about `n · ln ln n / 4` bits cleared, less than a nanosecond each.
//! Far out, a window adds 5 to 10 nanoseconds for each prime below the root of `n`.

mod batch;
mod block;
mod iter;
mod large;
mod marks;
mod medium;
mod position;
mod presieve;
mod segment;
mod turns;
mod wheel;
mod whole;

use std::ops::{Bound, RangeBounds};

pub use iter::Primes;
pub use position::{ParsePositionError, Position};
pub use whole::Whole;

use crate::primality::is_prime_u64;
use crate::table::{self, TABLE_LEN};

/// Returns the primes of a range, ascending.
///
/// Memory is bounded whatever the range: see [`Primes`], which also runs backward. The last
/// prime there is to find is 18 446 744 073 709 551 557.
///
/// # Examples
///
/// ```
/// use primestream_primes::primes;
///
/// assert!(primes(..30).eq([2, 3, 5, 7, 11, 13, 17, 19, 23, 29]));
/// assert_eq!(primes(1_000_000_000_000..).next(), Some(1_000_000_000_039));
/// assert_eq!(primes(24..29).next(), None);
/// ```
pub fn primes(range: impl RangeBounds<u64>) -> Primes {
    Primes::new(inclusive(&range, u64::checked_add, u64::checked_sub))
}

/// Returns the primes of a range that may go beyond 2^64, ascending.
///
/// Below 2^64 these are the numbers of [`primes`], for some more time. Above, what the sieve
/// leaves is tested by [`primality()`](crate::primality()): no prime is missed, and no composite
/// is known that passes, but that none does is not proved.
///
/// # Examples
///
/// ```
/// use primestream_primes::primes_u128;
///
/// let mut above = primes_u128(1 << 64..);
/// assert_eq!(above.next(), Some((1 << 64) + 13));
/// assert_eq!(primes_u128(..1 << 64).next_back(), Some((1 << 64) - 59));
/// assert_eq!(primes_u128(..).next_back(), Some(u128::MAX - 158));
/// ```
pub fn primes_u128(range: impl RangeBounds<u128>) -> Primes<u128> {
    Primes::new(inclusive(&range, u128::checked_add, u128::checked_sub))
}

/// Returns how many primes a range holds, without listing them.
///
/// # Examples
///
/// ```
/// use primestream_primes::count;
///
/// assert_eq!(count(..=1_000_000), 78_498);
/// assert_eq!(count(7..7), 0);
/// ```
#[must_use]
pub fn count(range: impl RangeBounds<u64>) -> u64 {
    primes(range).count_all()
}

/// Returns the prime with the given index, counted from 0: the prime 2 has index 0.
///
/// Within the [table] it is a look-up. Beyond, everything below the
/// answer is sieved, so ask with care: the 10^9-th takes many seconds. `None` if
/// there are not so many primes below 2^64.
///
/// # Examples
///
/// ```
/// use primestream_primes::nth_prime;
///
/// assert_eq!(nth_prime(0), Some(2));
/// assert_eq!(nth_prime(999_999), Some(15_485_863)); // the millionth
/// assert_eq!(nth_prime(u64::MAX), None);
/// ```
#[must_use]
pub fn nth_prime(index: u64) -> Option<u64> {
    if index >= PRIMES_BELOW_2_64 {
        return None;
    }
    if let Some(prime) = usize::try_from(index).ok().and_then(table::prime) {
        return Some(prime);
    }
    let last_in_table = table::prime(TABLE_LEN - 1)?;
    primes(last_in_table + 1..).nth_fast(index - TABLE_LEN as u64)
}

/// Returns the index of a prime, counted from 0, or `None` for a number that is none.
///
/// The way back of [`nth_prime`], at the same cost: a look-up within the [table], and beyond
/// it everything below is sieved. That a number is no prime is found at once.
///
/// # Examples
///
/// ```
/// use primestream_primes::{index_of, nth_prime};
///
/// assert_eq!((index_of(2), index_of(4)), (Some(0), None));
/// assert_eq!(index_of(15_485_863), Some(999_999));
/// assert_eq!(index_of(u64::MAX), None);
/// ```
#[must_use]
pub fn index_of(prime: u64) -> Option<u64> {
    let last_in_table = table::prime(TABLE_LEN - 1)?;
    if prime <= last_in_table {
        return table::index_of(prime).map(|index| index as u64);
    }
    is_prime_u64(prime).then(|| TABLE_LEN as u64 + count(last_in_table + 1..prime))
}

/// The first and the last number of a range, or `None` when it is empty.
fn inclusive<N: Whole>(
    range: &impl RangeBounds<N>,
    add: impl Fn(N, N) -> Option<N>,
    sub: impl Fn(N, N) -> Option<N>,
) -> Option<(N, N)> {
    let one = N::narrow(1);
    let first = match range.start_bound() {
        Bound::Included(&first) => first,
        Bound::Excluded(&before) => add(before, one)?,
        Bound::Unbounded => N::narrow(0),
    };
    let last = match range.end_bound() {
        Bound::Included(&last) => last,
        Bound::Excluded(&end) => sub(end, one)?,
        Bound::Unbounded => N::MAX,
    };
    (first <= last).then_some((first, last))
}

/// π(2^64), OEIS A007053.
const PRIMES_BELOW_2_64: u64 = 425_656_284_035_217_743;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_prime_u64;

    fn naive_primes(first: u64, last: u64) -> Vec<u64> {
        (first..=last).filter(|&n| is_prime_u64(n)).collect()
    }

    #[test]
    fn prime_counting_function() {
        // π(10^k), OEIS A006880.
        let counts = [0, 4, 25, 168, 1_229, 9_592, 78_498, 664_579, 5_761_455];
        for (exponent, expected) in (0..).zip(counts) {
            let end = 10_u64.pow(exponent);
            assert_eq!(count(..=end), expected, "π(10^{exponent}) by counting");
            assert_eq!(primes(..=end).count() as u64, expected, "π(10^{exponent}) by iterating");
            let mut folded = 0;
            primes(..=end).for_each(|_| folded += 1);
            assert_eq!(folded, expected, "π(10^{exponent}) by folding");
        }
        // π(2^k), OEIS A007053.
        assert_eq!(count(..1 << 26), 3_957_809);
    }

    #[test]
    fn every_small_range() {
        for first in 0..70 {
            for last in first..70 {
                let expected = naive_primes(first, last);
                assert!(primes(first..=last).eq(expected.iter().copied()), "{first}..={last}");
                assert_eq!(count(first..=last), expected.len() as u64, "{first}..={last}");
            }
        }
    }

    #[test]
    fn windows_agree_with_the_primality_test() {
        let mut seed = 1_u64;
        let mut below = |limit: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 20) % limit
        };
        let places = [
            1 << 16,
            10_000_000,
            1 << 32,
            10_u64.pow(12),
            (1 << 44) - 50_000, // where full sieving ends
            10_u64.pow(15),
            1 << 53,
            10_u64.pow(18),
            u64::MAX - 200_000,
        ];
        for place in places {
            for _ in 0..4 {
                let first = place + below(60_000);
                let last = first + below(40_000);
                let expected = naive_primes(first, last);
                assert!(primes(first..=last).eq(expected.iter().copied()), "{first}..={last}");
                assert_eq!(count(first..=last), expected.len() as u64, "{first}..={last}");
            }
        }
    }

    #[test]
    fn the_top_of_the_range() {
        // The ten primes before 2^64, as 2^64 - k: [Caldwell].
        let distances = [59, 83, 95, 179, 189, 257, 279, 323, 353, 363];
        let expected: Vec<u64> = distances.iter().rev().map(|k| u64::MAX - (k - 1)).collect();
        assert!(primes(expected[0]..).eq(expected.iter().copied()));
        assert!(primes(expected[0]..=u64::MAX).eq(expected.iter().copied()));
        assert_eq!(count(expected[0]..), 10);
        assert_eq!(primes(u64::MAX..).next(), None);
        assert_eq!(primes(u64::MAX - 57..).next(), None);
    }

    #[test]
    fn long_ranges_cross_segments() {
        // Differences of π(10^k + x), counted by the test of primality in other ways above;
        // here that the seams between segments lose and repeat nothing.
        let (first, last) = (10_u64.pow(12), 10_u64.pow(12) + 30_000_000);
        let whole = count(first..=last);
        let parts: u64 =
            (0..30).map(|part| count(first + part * 1_000_000..first + (part + 1) * 1_000_000)).sum();
        assert_eq!(whole, parts + u64::from(is_prime_u64(last)));
        let mut before = first;
        let mut found = 0;
        for prime in primes(first..=last) {
            assert!(prime > before);
            before = prime;
            found += 1;
        }
        assert_eq!(found, whole);
    }

    #[test]
    fn bounds_of_every_kind() {
        use Bound::{Excluded, Included, Unbounded};
        assert!(primes((Excluded(2), Included(7))).eq([3, 5, 7]));
        assert!(primes((Unbounded, Excluded(3))).eq([2]));
        assert_eq!(primes(..0).next(), None);
        assert_eq!(primes((Excluded(u64::MAX), Unbounded)).next(), None);
        #[expect(clippy::reversed_empty_ranges, reason = "an empty range is no mistake")]
        let reversed = primes(10..5).next();
        assert_eq!(reversed, None);
    }

    #[test]
    fn nth_primes() {
        // OEIS A006988: the 10^k-th prime.
        for (place, expected) in
            [(1, 2), (10, 29), (100_000, 1_299_709), (1_000_000, 15_485_863), (10_000_000, 179_424_673)]
        {
            assert_eq!(nth_prime(place - 1), Some(expected));
        }
        let last = TABLE_LEN as u64 - 1;
        let around: Vec<u64> = (last - 1..last + 3).filter_map(nth_prime).collect();
        assert!(primes(around[0]..=around[3]).eq(around.iter().copied()));
        assert_eq!(nth_prime(PRIMES_BELOW_2_64), None);
    }
}
