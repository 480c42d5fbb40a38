//! Several numbers side by side, so that one waits for the multiplier while another is there.
//!
//! Eight numbers in step are worth the instructions that take four at once: `kernel` has them for processors with AVX2,
//! and [`Lanes`] serves all others, with the same answers. Which of the two it is, is asked of the processor when the
//! program runs.

mod in_step;
#[cfg(target_arch = "x86_64")]
mod kernel;

pub(crate) use in_step::Lanes;

use std::hint::select_unpredictable;

use crate::montgomery::{Arithmetic, Montgomery, Ring};
use crate::natural::gcd_u64;

/// Residues modulo eight odd numbers, each in its lane.
///
/// A product takes residues, and sums and differences of two of them; nothing longer.
pub(crate) trait Eight: Arithmetic<Number: Copy> {
    /// Reads integers as residues times one and the same unit, which fractions do not mind. None is longer
    /// than [`LOADED_BITS_MAX`].
    fn load(&self, values: [i64; 8]) -> Self::Number;

    /// The greatest common divisors of residues and their moduli; of 0 it is the modulus.
    fn common_divisors(&self, a: &Self::Number) -> [u64; 8];

    /// The residues of 1, which are in the unit of products.
    fn one(&self) -> Self::Number;

    /// Which residues are the same.
    fn are_equal(&self, a: &Self::Number, b: &Self::Number) -> [bool; 8];

    /// A residue in each lane by the highest bit of its word. Nothing branches on it.
    fn select(&self, words: &Words, set: &Self::Number, clear: &Self::Number) -> Self::Number;
}

/// Words whose bits are taken from the highest on, one for each lane.
#[derive(Clone, Copy)]
pub(crate) struct Words(pub(crate) [u64; 8]);

impl Words {
    /// Puts the next bit in the place of the highest.
    #[inline(always)]
    pub(crate) fn shift(&mut self) {
        for word in &mut self.0 {
            *word <<= 1;
        }
    }
}

/// Something to do with eight numbers.
pub(crate) trait Work {
    type Answer;

    /// Does it. To be inlined with all it calls, since whoever calls has instructions that no other function has.
    fn run<E: Eight>(self, field: &E) -> Self::Answer;
}

/// Does it modulo eight odd numbers above 2.
pub(crate) fn with_eight<W: Work>(numbers: [u64; 8], work: W) -> W::Answer {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = kernel::Avx2::detect() {
        return kernel::with_eight(avx2, numbers, work);
    }
    work.run(&Lanes(numbers.map(Montgomery::new)))
}

/// Whether products modulo eight numbers of at most [`SHORT_BITS_MAX`] bits are cheaper by far than modulo longer ones.
pub(crate) fn prefers_short() -> bool {
    #[cfg(target_arch = "x86_64")]
    return kernel::Avx2::detect().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

impl Eight for Lanes<Montgomery, 8> {
    fn load(&self, values: [i64; 8]) -> [u64; 8] {
        std::array::from_fn(|lane| least_residue(values[lane], *self.0[lane].modulus()))
    }

    fn common_divisors(&self, a: &[u64; 8]) -> [u64; 8] {
        std::array::from_fn(|lane| gcd_u64(a[lane], *self.0[lane].modulus()))
    }

    fn one(&self) -> [u64; 8] {
        self.0.each_ref().map(|ring| ring.residue(1))
    }

    fn are_equal(&self, a: &[u64; 8], b: &[u64; 8]) -> [bool; 8] {
        std::array::from_fn(|lane| a[lane] == b[lane])
    }

    fn select(&self, words: &Words, set: &[u64; 8], clear: &[u64; 8]) -> [u64; 8] {
        std::array::from_fn(|lane| select_unpredictable(words.0[lane] >> 63 == 1, set[lane], clear[lane]))
    }
}

/// Returns the remainder that is not negative.
fn least_residue(value: i64, n: u64) -> u64 {
    let size = value.unsigned_abs() % n;
    if value < 0 && size > 0 { n - size } else { size }
}

/// Longest modulus, in bits, for which a processor may have something better than for others.
pub(crate) const SHORT_BITS_MAX: u32 = 48;

/// Longest integer that [`Eight::load`] reads, in bits.
pub(crate) const LOADED_BITS_MAX: u32 = 48;

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums, differences and products of loaded numbers, deep enough to use what is allowed of their size.
    struct Mixed {
        a: [i64; 8],
        b: [i64; 8],
    }

    impl Work for Mixed {
        type Answer = [u64; 8];

        #[inline(always)]
        fn run<E: Eight>(self, field: &E) -> [u64; 8] {
            let (mut a, mut b) = (field.load(self.a), field.load(self.b));
            for _ in 0..50 {
                let (sum, difference) = (field.add(&a, &b), field.sub(&a, &b));
                (a, b) = (field.mul(&sum, &difference), field.mul(&sum, &sum));
            }
            field.common_divisors(&field.mul(&field.sub(&a, &b), &field.add(&b, &a)))
        }
    }

    /// The same with division. The unit of what is loaded goes through powers of itself, and no divisor tells.
    fn naive_mixed(n: u64, a: i64, b: i64) -> u64 {
        let mul = |a: u64, b: u64| u64::try_from(u128::from(a) * u128::from(b) % u128::from(n)).unwrap();
        let add = |a: u64, b: u64| u64::try_from((u128::from(a) + u128::from(b)) % u128::from(n)).unwrap();
        let sub = |a: u64, b: u64| add(a, n - b);
        let (mut a, mut b) = (least_residue(a, n), least_residue(b, n));
        for _ in 0..50 {
            let (sum, difference) = (add(a, b), sub(a, b));
            (a, b) = (mul(sum, difference), mul(sum, sum));
        }
        gcd_u64(mul(sub(a, b), add(b, a)), n)
    }

    #[test]
    fn eight_as_one_by_one() {
        let mut seed = 3_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed
        };
        let mut proper = 0;
        for round in 0..20_000 {
            // All up to 48 bits, or some beyond; products of small primes, so that divisors tell something.
            let bits = if round % 2 == 0 { 48 } else { 64 };
            let numbers = std::array::from_fn(|lane| {
                let bits = bits - next() % 8 * u64::from(lane > 0);
                let mut n = 3;
                while let Some(longer) =
                    u64::checked_mul(n, (next() >> 54) | 1).filter(|n| n >> (bits - 1) <= 1)
                {
                    n = longer;
                }
                if round % 3 == 0 { (u64::MAX >> (64 - bits)) - 2 * (next() >> 60) } else { n }
            });
            let loaded = |next: u64| next.cast_signed() >> 16;
            let (a, b) = (std::array::from_fn(|_| loaded(next())), std::array::from_fn(|_| loaded(next())));
            let expected = std::array::from_fn(|lane| naive_mixed(numbers[lane], a[lane], b[lane]));
            proper +=
                expected.iter().zip(numbers).filter(|&(&divisor, n)| divisor != 1 && divisor != n).count();
            assert_eq!(with_eight(numbers, Mixed { a, b }), expected, "{numbers:?} {a:?} {b:?}");
            let portable = Mixed { a, b }.run(&Lanes(numbers.map(Montgomery::new)));
            assert_eq!(portable, expected, "{numbers:?} {a:?} {b:?}");
        }
        assert!(proper > 10_000, "{proper}");
    }
}
