//! Complete factors of one machine word, without touching the heap.
//!
//! Trial division takes the primes below 2^8, then every piece is tested for
//! primality, for being a power, and split: by Hart's method if it is short, else by elliptic
//! curves, eight at once up to 48 bits where the processor has the instructions. The worst words are products of two primes of 32 bits: some ten thousand
//! modular products. A random word takes a tenth of that.

use std::fmt;
use std::iter;

use super::factorization::write_product;
use super::{ecm, hart, perfect_power, rho, trial};
use crate::lanes::{SHORT_BITS_MAX, prefers_short};
use crate::montgomery::Montgomery;
use crate::primality::is_prime_without_small_factor;
use crate::tuning::{HART_BITS_MAX, HART_BITS_MAX_BESIDE_LANES};

/// A prime below 2^64 and how often it divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrimePowerU64 {
    /// The prime.
    pub prime: u64,
    /// How often it divides, at least once.
    pub exponent: u32,
}

/// The prime factors of a number below 2^64, complete and proved.
///
/// Fixed in size and free of the heap: no such number has more than fifteen
/// different primes.
#[derive(Clone, Copy)]
pub struct FactorizationU64 {
    powers: [PrimePowerU64; PRIMES_MAX],
    len: usize,
    cofactor: u64,
}

impl FactorizationU64 {
    pub(super) const fn empty(cofactor: u64) -> Self {
        Self { powers: [PrimePowerU64 { prime: 0, exponent: 0 }; PRIMES_MAX], len: 0, cofactor }
    }

    /// Returns the prime powers, primes ascending.
    #[must_use]
    pub fn powers(&self) -> &[PrimePowerU64] {
        &self.powers[..self.len]
    }

    /// Returns 1, or 0 for the number 0, which has no factorisation.
    #[must_use]
    pub fn cofactor(&self) -> u64 {
        self.cofactor
    }

    /// Returns whether all prime factors are there: always, but for 0.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.cofactor == 1
    }

    /// Returns the primes, ascending, each as often as it divides.
    pub fn primes(&self) -> impl Iterator<Item = u64> {
        self.powers().iter().flat_map(|power| iter::repeat_n(power.prime, power.exponent as usize))
    }

    /// Returns the number factored.
    #[must_use]
    pub fn product(&self) -> u64 {
        self.powers().iter().fold(self.cofactor, |product, power| product * power.prime.pow(power.exponent))
    }

    /// Adds a prime in its place, or to the exponent it has.
    pub(super) fn push(&mut self, prime: u64, exponent: u32) {
        let place = self.powers().partition_point(|power| power.prime < prime);
        if place < self.len && self.powers[place].prime == prime {
            self.powers[place].exponent += exponent;
            return;
        }
        assert!(self.len < PRIMES_MAX, "the product of the first sixteen primes is beyond 2^64");
        self.powers.copy_within(place..self.len, place + 1);
        self.powers[place] = PrimePowerU64 { prime, exponent };
        self.len += 1;
    }
}

impl PartialEq for FactorizationU64 {
    fn eq(&self, other: &Self) -> bool {
        (self.powers(), self.cofactor) == (other.powers(), other.cofactor)
    }
}

impl Eq for FactorizationU64 {}

impl fmt::Debug for FactorizationU64 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for FactorizationU64 {
    /// Writes `2^3 · 3^2 · 5`; `1` for 1, `(0)` for 0.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let powers = self.powers().iter().map(|power| (power.prime, power.exponent));
        write_product(formatter, powers, (!self.is_complete()).then_some(self.cofactor))
    }
}

/// Returns the prime factors of `n`, all of them and proved.
///
/// 1 has none. 0 has no factorisation: its answer has no primes and the cofactor 0.
///
/// # Examples
///
/// ```
/// use primestream_primes::factor_u64;
///
/// let factors = factor_u64(u64::MAX);
/// assert_eq!(factors.to_string(), "3 · 5 · 17 · 257 · 641 · 65537 · 6700417");
/// assert!(factor_u64(12).primes().eq([2, 2, 3]));
/// assert!(factor_u64(1).powers().is_empty());
/// assert_eq!(factor_u64(0).cofactor(), 0);
/// ```
#[must_use]
pub fn factor_u64(n: u64) -> FactorizationU64 {
    if n == 0 {
        return FactorizationU64::empty(0);
    }
    let mut factors = FactorizationU64::empty(1);
    let rest = trial::divide_out_u64(n, &mut factors);
    if rest > 1 {
        split(rest, 1, &mut factors);
    }
    factors
}

/// Factors `n^multiplicity` for an `n > 1` without prime factors below 2^8.
pub(super) fn split(n: u64, multiplicity: u32, factors: &mut FactorizationU64) {
    if is_prime_without_small_factor(n) {
        factors.push(n, multiplicity);
    } else if let Some((root, exponent)) = perfect_power::root_u64(n) {
        split(root, multiplicity * exponent, factors);
    } else {
        let factor = proper_factor(n);
        split(factor, multiplicity, factors);
        split(n / factor, multiplicity, factors);
    }
}

/// Returns a proper factor of an odd composite without small factors that is no perfect power.
fn proper_factor(n: u64) -> u64 {
    let hart_bits_max = if prefers_short() { HART_BITS_MAX_BESIDE_LANES } else { HART_BITS_MAX };
    if n >> hart_bits_max == 0
        && let Some(factor) = hart::proper_factor(n)
    {
        return factor;
    }
    if n >> SHORT_BITS_MAX == 0
        && prefers_short()
        && let ecm::Found::Factor(factor) = ecm::search_short(n)
    {
        return factor;
    }
    if let ecm::Found::Factor(factor) = ecm::search(n) {
        return factor;
    }
    // Where curves find every factor at once, the factors are short.
    rho::rho(&Montgomery::new(n), &mut u64::MAX.clone()).unwrap_or_else(|| trial::least_factor(n))
}

/// Most different primes of a number below 2^64: the first sixteen multiply beyond.
const PRIMES_MAX: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{is_prime_u64, primes};

    fn naive_factor(mut n: u64) -> FactorizationU64 {
        let mut factors = FactorizationU64::empty(1);
        for divisor in 2.. {
            if divisor * divisor > n {
                break;
            }
            while n.is_multiple_of(divisor) {
                factors.push(divisor, 1);
                n /= divisor;
            }
        }
        if n > 1 {
            factors.push(n, 1);
        }
        factors
    }

    #[test]
    fn agrees_with_the_naive_one() {
        for n in (1..30_000).chain((1 << 32) - 50..(1 << 32) + 50) {
            assert_eq!(factor_u64(n), naive_factor(n), "{n}");
        }
    }

    #[test]
    fn known_factorizations() {
        let cases = [
            (0, "(0)"),
            (1, "1"),
            (2, "2"),
            (1 << 63, "2^63"),
            (u64::MAX, "3 · 5 · 17 · 257 · 641 · 65537 · 6700417"),
            (18_446_744_073_709_551_557, "18446744073709551557"),
            // The two largest primes below 2^32, and their squares.
            (4_294_967_291 * 4_294_967_279, "4294967279 · 4294967291"),
            (4_294_967_291 * 4_294_967_291, "4294967291^2"),
            // The largest cube, fifth and seventh power of a prime below 2^64.
            (2_642_239_u64.pow(3), "2642239^3"),
            (7_129_u64.pow(5), "7129^5"),
            (563_u64.pow(7), "563^7"),
            (257_u64.pow(7), "257^7"),
            (3_u64.pow(40), "3^40"),
            // The product of the first fifteen primes.
            (614_889_782_588_491_410, "2 · 3 · 5 · 7 · 11 · 13 · 17 · 19 · 23 · 29 · 31 · 37 · 41 · 43 · 47"),
            (65_537 * 65_537 * 65_539 * 65_521, "65521 · 65537^2 · 65539"),
            (1_000_000_007 * 1_000_000_009, "1000000007 · 1000000009"),
            (3_825_123_056_546_413_051, "149491 · 747451 · 34233211"),
            ((1 << 62) - 1, "3 · 715827883 · 2147483647"),
        ];
        for (n, expected) in cases {
            assert_eq!(factor_u64(n).to_string(), expected);
            assert_eq!(factor_u64(n).product(), n);
        }
    }

    #[test]
    fn semiprimes_of_every_balance() {
        for bits in 9..=32 {
            let p = primes((1 << bits) - 200..1 << bits).next_back().unwrap_or(257);
            for q in primes(u64::MAX / p / 2..).take(3).chain(primes(p..).take(3)) {
                let Some(n) = p.checked_mul(q) else { continue };
                let mut pair = [p, q];
                pair.sort_unstable();
                assert!(factor_u64(n).primes().eq(pair), "{p}·{q}");
            }
        }
    }

    #[test]
    fn random_words_multiply_back() {
        let mut seed = 42_u64;
        for round in 0..3_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let n = seed >> (round % 40);
            let factors = factor_u64(n);
            assert_eq!(factors.product(), n);
            assert!(factors.primes().all(is_prime_u64), "{n}");
            assert!(factors.powers().is_sorted_by(|a, b| a.prime < b.prime), "{n}");
        }
    }
}
