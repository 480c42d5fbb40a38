//! The canonical table: the prime with a given index, and the index of a prime.
//!
//! Index 0 is 2, index 1 is 3, and so on to [`TABLE_LEN`] primes. Encodings rest on
//! these numbers, so the table is a constant: nothing anybody asks to be factored or
//! tested can change it.
//!
//! Primes below 2^16 are computed by the compiler and answer with one or two memory
//! reads. The others are sieved at the first question beyond them, in some
//! milliseconds, into 2 MiB; the way back is a binary search.

use std::sync::OnceLock;

pub use crate::tuning::TABLE_LEN;
use crate::tuning::TABLE_SIEVE_END;

/// Returns the prime with the given index, or `None` from [`TABLE_LEN`] on.
///
/// # Examples
///
/// ```
/// use primestream_primes::table;
///
/// assert_eq!(table::prime(0), Some(2));
/// assert_eq!(table::prime(4), Some(11));
/// assert_eq!(table::prime(table::TABLE_LEN), None);
/// ```
#[must_use]
#[inline]
pub fn prime(index: usize) -> Option<u64> {
    match SMALL_PRIMES.get(index) {
        Some(&prime) => Some(u64::from(prime)),
        None if index < TABLE_LEN => primes().get(index).map(|&prime| u64::from(prime)),
        None => None,
    }
}

/// Returns the index of a prime, or `None` if `prime` is composite or beyond the table.
///
/// # Examples
///
/// ```
/// use primestream_primes::table;
///
/// assert_eq!(table::index_of(2), Some(0));
/// assert_eq!(table::index_of(65_521), Some(6541));
/// assert_eq!(table::index_of(9), None);
/// assert_eq!(table::index_of(u64::MAX), None);
/// ```
#[must_use]
#[inline]
pub fn index_of(prime: u64) -> Option<usize> {
    match usize::try_from(prime) {
        Ok(small) if small < SMALL_END => small_index_of(small),
        _ => u32::try_from(prime).ok().and_then(|prime| primes().binary_search(&prime).ok()),
    }
}

/// Returns the primes below 2^16, ascending.
///
/// # Examples
///
/// ```
/// # use primestream_primes::table;
/// assert_eq!(table::small_primes()[..5], [2, 3, 5, 7, 11]);
/// assert_eq!(table::small_primes().len(), 6542);
/// ```
#[must_use]
pub fn small_primes() -> &'static [u16] {
    &SMALL_PRIMES
}

/// The whole table, sieved at the first call.
pub(crate) fn primes() -> &'static [u32] {
    static PRIMES: OnceLock<Box<[u32]>> = OnceLock::new();
    PRIMES.get_or_init(|| {
        let mut composite = vec![false; TABLE_SIEVE_END / 2];
        for &prime in
            SMALL_PRIMES[1..].iter().take_while(|&&prime| usize::from(prime).pow(2) < TABLE_SIEVE_END)
        {
            let prime = usize::from(prime);
            // Slot k stands for 2k + 1, so a step of one slot is a step of two.
            for slot in (prime * prime / 2..composite.len()).step_by(prime) {
                composite[slot] = true;
            }
        }
        let odd = composite.iter().zip(0_u32..).skip(1).filter(|(composite, _)| !**composite);
        let table: Box<[u32]> =
            std::iter::once(2).chain(odd.map(|(_, slot)| 2 * slot + 1)).take(TABLE_LEN).collect();
        assert!(table.len() == TABLE_LEN, "the sieve ends beyond the last prime of the table");
        table
    })
}

fn small_index_of(n: usize) -> Option<usize> {
    if n == 2 {
        return Some(0);
    }
    let (word, bit) = (n / 128, n / 2 % 64);
    let odd_primes = SMALL_BITS.bits[word];
    if n.is_multiple_of(2) || odd_primes >> bit & 1 == 0 {
        return None;
    }
    // Primes in the words before, those before it in its own, and one for the prime 2.
    let before = (odd_primes & ((1 << bit) - 1)).count_ones();
    Some(usize::from(SMALL_BITS.before[word]) + before as usize + 1)
}

/// First number beyond the table the compiler computes.
const SMALL_END: usize = 1 << 16;
const SMALL_LEN: usize = 6542;
const SMALL_WORDS: usize = SMALL_END / 128;

/// Bit k of word w tells whether 128w + 2k + 1 is prime.
struct SmallBits {
    bits: [u64; SMALL_WORDS],
    /// Odd primes in all the words before.
    before: [u16; SMALL_WORDS],
}

static SMALL_BITS: SmallBits = small_bits();
static SMALL_PRIMES: [u16; SMALL_LEN] = small_table();

const fn small_bits() -> SmallBits {
    let mut small = SmallBits { bits: [u64::MAX; SMALL_WORDS], before: [0; SMALL_WORDS] };
    small.bits[0] ^= 1; // 1 is not a prime
    let mut p = 3;
    while p * p < SMALL_END {
        let mut multiple = p * p;
        while multiple < SMALL_END {
            small.bits[multiple / 128] &= !(1 << (multiple / 2 % 64));
            multiple += 2 * p;
        }
        p += 2;
    }
    let mut word = 1;
    while word < SMALL_WORDS {
        #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
        let count = small.bits[word - 1].count_ones() as u16;
        small.before[word] = small.before[word - 1] + count;
        word += 1;
    }
    small
}

const fn small_table() -> [u16; SMALL_LEN] {
    let small = small_bits();
    let mut table = [0; SMALL_LEN];
    table[0] = 2;
    let mut len = 1;
    let mut n = 3;
    while n < SMALL_END {
        if small.bits[n / 128] >> (n / 2 % 64) & 1 == 1 {
            #[expect(clippy::cast_possible_truncation, reason = "below 2^16")]
            let prime = n as u16;
            table[len] = prime;
            len += 1;
        }
        n += 2;
    }
    assert!(len == SMALL_LEN, "there are 6542 primes below 2^16");
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive_is_prime(n: u64) -> bool {
        n >= 2 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
    }

    #[test]
    fn small_indexes_count_the_primes() {
        let mut index = 0;
        for n in 0..1 << 16 {
            if naive_is_prime(n) {
                assert_eq!(prime(index), Some(n));
                assert_eq!(index_of(n), Some(index));
                index += 1;
            } else {
                assert_eq!(index_of(n), None, "{n}");
            }
        }
        assert_eq!(index, SMALL_LEN);
    }

    #[test]
    fn large_indexes() {
        // The 10^k-th prime, OEIS A006988; the last line is the end of the table.
        for (count, expected) in [
            (1, 2),
            (10, 29),
            (100, 541),
            (1_000, 7_919),
            (10_000, 104_729),
            (100_000, 1_299_709),
            (TABLE_LEN, 7_754_077),
        ] {
            assert_eq!(prime(count - 1), Some(expected));
            assert_eq!(index_of(expected), Some(count - 1));
            assert_eq!(index_of(expected + 1), if expected == 2 { Some(1) } else { None });
        }
        assert_eq!(prime(TABLE_LEN), None);
        assert_eq!(prime(usize::MAX), None);
        assert_eq!(index_of(7_754_099), None);
        assert_eq!(index_of(u64::MAX), None);
    }

    #[test]
    fn both_tables_agree_and_go_up() {
        let all = primes();
        assert!(all.is_sorted_by(|a, b| a < b));
        assert!(SMALL_PRIMES.iter().zip(all).all(|(&small, &large)| u32::from(small) == large));
        assert!(
            all.iter().enumerate().step_by(997).all(|(index, &prime)| index_of(prime.into()) == Some(index))
        );
    }
}
