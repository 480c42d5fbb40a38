//! The check a codeword carries: one prime, to the sixth power.
//!
//! The exclusive or of index times exponent over all factors is the index of the
//! checksum prime. It costs nothing and detects little: exponents of 2 do not count
//! (2 has index 0), and errors that cancel pass; `docs/encoding.md` has the measured
//! shares. Blocks and frames carry real checks. Source: \[PrimeOS\].

use primestream_primes::table;

use crate::role::Role;

/// Returns the index of the checksum prime for `factors`, pairs of prime index and exponent.
///
/// The factors are those *before* equal primes are merged; a prime may occur twice.
///
/// # Examples
///
/// ```
/// use primestream_codec::checksum::checksum_index;
///
/// // 2^2 · 3^3 · 5 · 7: 0·2 ^ 1·3 ^ 2·1 ^ 3·1
/// assert_eq!(checksum_index([(0, 2), (1, 3), (2, 1), (3, 1)]), 2);
/// assert_eq!(checksum_index([]), 0);
/// ```
#[must_use]
pub fn checksum_index(factors: impl IntoIterator<Item = (u64, u64)>) -> u64 {
    factors.into_iter().fold(0, |index, (prime, exponent)| index ^ prime.wrapping_mul(exponent))
}

/// Returns every prime `q` whose sixth power can be taken out of `factors` so that what is left has the checksum prime `q`.
///
/// `factors` are pairs of a table prime and its exponent, each prime once. None means
/// corrupt, one valid, more ambiguous. This is the check without regard to what the factors
/// stand for; [`read`](crate::read) asks for more. Primes beyond the table count as corrupt.
///
/// # Examples
///
/// ```
/// use primestream_codec::checksum::checksum_primes;
///
/// assert_eq!(checksum_primes(&[(3, 7)]), [3]); // 3 with its check 3^6
/// assert_eq!(checksum_primes(&[(3, 1)]), []);
/// ```
#[must_use]
pub fn checksum_primes(factors: &[(u64, u64)]) -> Vec<u64> {
    let attached = Role::Checksum.base_exponent();
    let indexed: Option<Vec<(u64, u64)>> =
        factors.iter().map(|&(prime, exponent)| Some((table::index_of(prime)? as u64, exponent))).collect();
    let Some(indexed) = indexed else { return Vec::new() };
    let all = checksum_index(indexed.iter().copied());
    let fits = |&(index, exponent): &(u64, u64)| {
        let Some(rest) = exponent.checked_sub(attached) else { return false };
        index == all ^ checksum_index([(index, exponent), (index, rest)])
    };
    indexed.iter().zip(factors).filter(|(pair, _)| fits(pair)).map(|(_, &(prime, _))| prime).collect()
}

/// Returns the checksum prime with the given index, or `None` beyond the table.
pub(crate) fn checksum_prime(index: u64) -> Option<u64> {
    table::prime(usize::try_from(index).ok()?)
}
