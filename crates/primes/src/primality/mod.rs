//! Is it prime? Proved below 2^64, probable above, never wrong about a composite.
//!
//! One test serves every size: Baillie and PSW's, a strong test to base 2 followed
//! by a strong Lucas test with Selfridge's parameters. No composite passing both is
//! known. Below 2^64 there is none: all pseudoprimes to base 2 there have been
//! listed, and none passes the second test. Hence [`Primality::Prime`] there, and
//! [`Primality::Probable`] above. Sources: \[BailliePSW1980\], \[Feitsma2013\].
//!
//! Cost: three modular products per bit for a prime, one for most long composites.
//! In one word that is below a microsecond; above two, the cube of the length.

mod eight;
mod lanes;
mod lucas;
mod miller_rabin;
mod together;

pub use eight::are_primes;
pub(crate) use eight::for_each_prime;

use crate::Natural;
use crate::montgomery::{DoubleMontgomery, LIMB_BITS_MAX, Montgomery, Ring, Task, with_ring};
use crate::table;

/// How far the primality of a number is known.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, Primality, primality};
///
/// let mersenne = |exponent| (Natural::ONE << exponent) - 1;
/// assert_eq!(primality(&mersenne(61)), Primality::Prime);
/// assert_eq!(primality(&mersenne(67)), Primality::Composite);
/// assert_eq!(primality(&mersenne(89)), Primality::Probable); // it is one; not proved here
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Primality {
    /// Not a prime: composite, or 0 or 1. Certain.
    Composite,
    /// Passed every test, which is no proof; no composite is known to do so.
    Probable,
    /// A prime. Certain.
    Prime,
}

/// Returns whether `n` is prime, with certainty.
///
/// # Examples
///
/// ```
/// use primestream_primes::is_prime_u64;
///
/// assert!(is_prime_u64(18_446_744_073_709_551_557)); // the last below 2^64
/// assert!(!is_prime_u64(3_215_031_751)); // a strong pseudoprime to bases 2, 3, 5 and 7
/// assert!(!is_prime_u64(1));
/// ```
#[must_use]
pub fn is_prime_u64(n: u64) -> bool {
    if n < 1 << 16 {
        return table::index_of(n).is_some();
    }
    if n.is_multiple_of(2) || has_small_factor_u64(n) {
        return false;
    }
    is_prime_without_small_factor(n)
}

/// Returns whether an odd `n ≥ 3` is prime, without looking for small factors
/// first: for numbers that come out of a sieve.
pub(crate) fn is_prime_without_small_factor(n: u64) -> bool {
    together::passes(&Montgomery::new(n))
}

/// Returns how far the primality of `n` is known.
///
/// `n` may have any length; 1000 bits take a millisecond or two, and ten times the
/// length takes about a thousand times as long.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, Primality, primality};
///
/// assert_eq!(primality(&Natural::from(97_u64)), Primality::Prime);
/// assert_eq!(primality(&Natural::ZERO), Primality::Composite);
/// let googol = Natural::from(10_u64).pow(100);
/// assert_eq!(primality(&(&googol + 267)), Primality::Probable); // the next prime after it
/// ```
#[must_use]
pub fn primality(n: &Natural) -> Primality {
    if let Some(word) = n.to_u64() {
        return if is_prime_u64(word) { Primality::Prime } else { Primality::Composite };
    }
    if n.is_even() || has_small_factor(n) {
        return Primality::Composite;
    }
    let passes = match n.to_u128() {
        Some(double) => together::passes(&DoubleMontgomery::new(double)),
        None if n.bits() > LIMB_BITS_MAX => passes_base_2(n) && passes_lucas(n),
        None => with_ring(n, BailliePsw),
    };
    if passes { Primality::Probable } else { Primality::Composite }
}

/// Returns whether an odd `n > 2^64` passes the first half of the test, which most composites fail.
pub(crate) fn passes_base_2(n: &Natural) -> bool {
    if n.bits() > LIMB_BITS_MAX { miller_rabin::passes_base_2_large(n) } else { with_ring(n, Strong) }
}

/// Returns whether an odd `n > 2^64` passes the second half of the test.
pub(crate) fn passes_lucas(n: &Natural) -> bool {
    with_ring(n, Lucas)
}

struct Strong;

impl Task for Strong {
    type Answer = bool;

    fn in_ring<R: Ring>(self, ring: &R) -> bool {
        miller_rabin::passes(ring, 2)
    }
}

struct Lucas;

impl Task for Lucas {
    type Answer = bool;

    fn in_ring<R: Ring>(self, ring: &R) -> bool {
        lucas::passes(ring)
    }
}

/// The test of Baillie and PSW, one half behind the other: most composites fail the first.
struct BailliePsw;

impl Task for BailliePsw {
    type Answer = bool;

    fn in_ring<R: Ring>(self, ring: &R) -> bool {
        miller_rabin::passes(ring, 2) && lucas::passes(ring)
    }
}

/// Whether one of the odd primes below 54 divides `n`.
fn has_small_factor_u64(n: u64) -> bool {
    ODD_TRIAL.iter().any(|&prime| n.is_multiple_of(prime))
}

/// Whether one of the odd primes below 54 divides `n`, found in one pass over it.
fn has_small_factor(n: &Natural) -> bool {
    let remainder = n.rem_u64(ODD_TRIAL_PRODUCT);
    ODD_TRIAL.iter().any(|&prime| remainder.is_multiple_of(prime))
}

/// The odd primes whose product fits in a word; they divide three of four odd numbers.
const ODD_TRIAL: [u64; 15] = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53];

const ODD_TRIAL_PRODUCT: u64 = {
    let mut product: u64 = 1;
    let mut index = 0;
    while index < ODD_TRIAL.len() {
        product *= ODD_TRIAL[index];
        index += 1;
    }
    product
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Every composite below 2^64 fails a strong test to one of these seven bases
    /// [Sinclair2011]: a second proof, to hold against the first.
    fn sinclair_is_prime(n: u64) -> bool {
        if n < 2 || n.is_multiple_of(2) {
            return n == 2;
        }
        let ring = Montgomery::new(n);
        [2, 325, 9_375, 28_178, 450_775, 9_780_504, 1_795_265_022]
            .into_iter()
            .all(|base| base % n == 0 || miller_rabin::passes(&ring, base))
    }

    #[test]
    fn two_proofs_agree() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        for round in 0..200_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let n = seed >> (round % 48);
            assert_eq!(is_prime_u64(n), sinclair_is_prime(n), "{n}");
        }
        for n in
            (0..100_000).chain((1 << 32) - 20_000..(1 << 32) + 20_000).chain(u64::MAX - 20_000..=u64::MAX)
        {
            assert_eq!(is_prime_u64(n), sinclair_is_prime(n), "{n}");
        }
    }

    #[test]
    fn carmichael_numbers_are_composite() {
        // OEIS A002997, the first 33, and one of 19 digits: 1 is right to every base.
        let numbers = [
            561, 1105, 1729, 2465, 2821, 6601, 8911, 10585, 15841, 29341, 41041, 46657, 52633, 62745, 63973,
            75361, 101101, 115921, 126217, 162401, 172081, 188461, 252601, 278545, 294409, 314821, 334153,
            340561, 399001, 410041, 449065, 488881, 512461,
        ];
        for n in numbers {
            assert!(!is_prime_u64(n), "{n}");
        }
        // Chernick's form (6k+1)(12k+1)(18k+1), all three prime.
        for k in [1, 6, 35, 45, 51, 55, 56, 100, 121, 195, 206, 216, 255, 380_326] {
            let [a, b, c] = [6 * k + 1, 12 * k + 1, 18 * k + 1];
            let n = Natural::from(a) * b * c;
            assert_eq!(primality(&n), Primality::Composite, "{n}");
        }
    }

    #[test]
    fn squares_of_primes_are_composite() {
        for &p in table::small_primes() {
            assert!(!is_prime_u64(u64::from(p).pow(2)), "{p}²");
        }
        for p in [4_294_967_291_u64, 4_294_967_279, 1_093, 3_511] {
            assert!(!is_prime_u64(p * p), "{p}²"); // the last two are Wieferich's: pass base 2
        }
        let p = (Natural::ONE << 127) - 1;
        assert_eq!(primality(&(&p * &p)), Primality::Composite);
        let p = Natural::from(18_446_744_073_709_551_557_u64);
        assert_eq!(primality(&(&p * &p)), Primality::Composite);
    }

    #[test]
    fn mersenne_numbers() {
        // Exponents of Mersenne primes, OEIS A000043.
        let exponents = [2, 3, 5, 7, 13, 17, 19, 31, 61, 89, 107, 127, 521, 607, 1279];
        for exponent in (2..=128).chain([521, 523, 607, 613, 1279, 1283]) {
            let expected = match (exponents.contains(&exponent), exponent <= 64) {
                (false, _) => Primality::Composite,
                (true, true) => Primality::Prime,
                (true, false) => Primality::Probable,
            };
            assert_eq!(primality(&((Natural::ONE << exponent) - 1)), expected, "2^{exponent} - 1");
        }
    }

    #[test]
    fn strong_pseudoprimes_to_many_bases_are_composite() {
        // The least strong pseudoprimes to the first k primes, OEIS A014233.
        let numbers: [u128; 13] = [
            2_047,
            1_373_653,
            25_326_001,
            3_215_031_751,
            2_152_302_898_747,
            3_474_749_660_383,
            341_550_071_728_321,
            341_550_071_728_321,
            3_825_123_056_546_413_051,
            3_825_123_056_546_413_051,
            3_825_123_056_546_413_051,
            318_665_857_834_031_151_167_461,
            3_317_044_064_679_887_385_961_981,
        ];
        for (count, n) in (1..).zip(numbers) {
            let ring = DoubleMontgomery::new(n);
            let bases = &table::small_primes()[..count];
            assert!(bases.iter().all(|&base| miller_rabin::passes(&ring, base.into())), "{n}");
            assert_eq!(primality(&Natural::from(n)), Primality::Composite, "{n}");
        }
    }

    #[test]
    fn edges() {
        for n in [0, 1, 4, (1 << 16) + 2, u64::MAX] {
            assert!(!is_prime_u64(n), "{n}");
        }
        for n in [2, 3, 65_521, 65_537, 4_294_967_291, 4_294_967_311, 18_446_744_073_709_551_557] {
            assert!(is_prime_u64(n), "{n}");
        }
        let first_above = (Natural::ONE << 64) + 13;
        assert_eq!(primality(&first_above), Primality::Probable);
        let last_in_two_words = (Natural::ONE << 128) - 159;
        assert_eq!(primality(&last_in_two_words), Primality::Probable);
        let first_in_three_words = (Natural::ONE << 128) + 51;
        assert_eq!(primality(&first_in_three_words), Primality::Probable);
    }
}
