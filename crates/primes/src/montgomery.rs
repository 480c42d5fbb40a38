//! Modular arithmetic without division, in one and two machine words.
//!
//! Right wherever many products are taken modulo the same odd number: primality
//! tests and rho. A product costs three multiplications of words (eleven, in two
//! words) where a division costs ten times as much. Setting up costs one division
//! and a few products. Source: [Montgomery1985].
//!
//! The algorithms are written once, over [`Ring`]; `montgomery/` holds the rings in two words, in a
//! fixed number of them and in any, and the choice between all of them.

mod choice;
mod double;
mod large;
mod limbs;
mod rows;

pub(crate) use choice::{LIMB_BITS_MAX, Task, with_ring};
pub(crate) use double::DoubleMontgomery;
pub(crate) use large::LargeRing;
pub(crate) use limbs::LimbMontgomery;

use std::hint::select_unpredictable;

use crate::Natural;
use crate::natural::{gcd_u64, inverse_u64};

/// Sums and products of residues, of one number or of several side by side.
pub(crate) trait Arithmetic {
    /// The form of a residue.
    type Number: Clone;

    fn add(&self, a: &Self::Number, b: &Self::Number) -> Self::Number;
    fn sub(&self, a: &Self::Number, b: &Self::Number) -> Self::Number;
    fn mul(&self, a: &Self::Number, b: &Self::Number) -> Self::Number;

    fn square(&self, a: &Self::Number) -> Self::Number {
        self.mul(a, a)
    }

    fn double(&self, a: &Self::Number) -> Self::Number {
        self.add(a, a)
    }
}

/// The integers modulo an odd number `n ≥ 3`.
///
/// A residue is kept in a form of the ring's own, with one form per residue, so
/// that equality is equality of residues. Its greatest common divisor with `n` is
/// that of the residue it stands for. The modulus has the type of a residue's form.
pub(crate) trait Ring: Arithmetic<Number: PartialEq> {
    fn modulus(&self) -> &Self::Number;
    fn residue(&self, value: u64) -> Self::Number;
    fn half(&self, a: &Self::Number) -> Self::Number;

    /// A residue over a number that shares no factor with the modulus, without an inverse.
    fn divide(&self, a: &Self::Number, divisor: u64) -> Self::Number;

    /// The inverse of a residue that shares no factor with the modulus; of another one,
    /// the common divisor.
    fn invert(&self, a: &Self::Number) -> Result<Self::Number, Self::Number>;

    /// The greatest common divisor of a residue and the modulus; of 0 it is the modulus.
    fn common_divisor(&self, a: &Self::Number) -> Self::Number;

    /// Whether a common divisor is 1.
    fn is_unit(divisor: &Self::Number) -> bool;

    /// A common divisor, or the modulus, as an integer.
    fn natural(divisor: &Self::Number) -> Natural;

    /// `n mod divisor`, for a divisor other than 0.
    fn modulus_rem(&self, divisor: u64) -> u64;

    fn is_square(&self) -> bool;

    /// `n - 1` as an odd number and an exponent of two.
    fn below(&self) -> Exponent<Self::Number>;

    /// `n + 1` as an odd number and an exponent of two.
    fn above(&self) -> Exponent<Self::Number>;

    fn bit(exponent: &Self::Number, index: u64) -> bool;

    /// `a² + b`, the step of rho, where it can be had for the price of `a²`.
    fn square_add(&self, a: &Self::Number, b: &Self::Number) -> Self::Number {
        self.add(&self.square(a), b)
    }

    fn negate(&self, a: &Self::Number) -> Self::Number {
        self.sub(&self.residue(0), a)
    }

    /// Raises `base` to the odd part of an exponent.
    fn pow_odd(&self, base: &Self::Number, exponent: &Exponent<Self::Number>) -> Self::Number {
        let mut power = base.clone();
        for index in (0..exponent.odd_bits - 1).rev() {
            power = self.square(&power);
            if Self::bit(&exponent.odd, index) {
                power = self.mul(&power, base);
            }
        }
        power
    }

    /// Raises 2 to the odd part of an exponent.
    fn two_pow_odd(&self, exponent: &Exponent<Self::Number>) -> Self::Number {
        let mut power = self.residue(2);
        for index in (0..exponent.odd_bits - 1).rev() {
            power = self.two_step(&power, Self::bit(&exponent.odd, index));
        }
        power
    }

    /// Doubles the exponent of a power of 2, and adds 1 if the bit is set. Nothing branches on the
    /// bit, which no processor predicts.
    #[inline(always)]
    fn two_step(&self, power: &Self::Number, bit: bool) -> Self::Number {
        let square = self.square(power);
        let double = self.double(&square);
        select_unpredictable(bit, double, square)
    }
}

/// The number `odd · 2^twos`, as the tests of primality want it.
pub(crate) struct Exponent<N> {
    pub(crate) odd: N,
    /// Length of `odd`, at least 1.
    pub(crate) odd_bits: u64,
    pub(crate) twos: u64,
}

/// The integers modulo an odd word, in Montgomery's form `a·2^64 mod n`.
#[derive(Clone, Copy)]
pub(crate) struct Montgomery {
    n: u64,
    /// `n^-1 mod 2^64`.
    inverse: u64,
    /// `2^64 mod n`, the form of 1.
    one: u64,
    /// `2^128 mod n`, which carries a number into the form.
    into: u64,
}

impl Montgomery {
    /// Sets up for an odd `n ≥ 3`.
    pub(crate) fn new(n: u64) -> Self {
        debug_assert!(n % 2 == 1 && n >= 3, "Montgomery's form needs an odd modulus");
        // Five bits are right in the first guess; each step doubles them.
        let mut inverse = n.wrapping_mul(3) ^ 2;
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(n.wrapping_mul(inverse)));
        }
        let one = n.wrapping_neg() % n;
        let mut ring = Self { n, inverse, one, into: one };
        // Doubling 2^64 six times gives 2^70; six squarings of 2^k·2^64 then reach 2^128:
        // in the form, 2^1 squared six times is 2^64.
        let mut power = ring.add(&one, &one);
        for _ in 0..6 {
            power = ring.square(&power);
        }
        ring.into = power;
        ring
    }
}

impl Arithmetic for Montgomery {
    type Number = u64;

    #[inline]
    fn add(&self, a: &u64, b: &u64) -> u64 {
        // Taking away what b lacks of n needs no look at a carry.
        self.sub(a, &(self.n - b))
    }

    #[inline]
    fn sub(&self, a: &u64, b: &u64) -> u64 {
        let (difference, borrow) = a.overflowing_sub(*b);
        select_unpredictable(borrow, difference.wrapping_add(self.n), difference)
    }

    #[inline]
    fn mul(&self, a: &u64, b: &u64) -> u64 {
        let (low, high) = split(u128::from(*a) * u128::from(*b));
        let (_, reduced) = split(u128::from(low.wrapping_mul(self.inverse)) * u128::from(self.n));
        // Both are below n, so their difference needs at most one correction.
        self.sub(&high, &reduced)
    }
}

impl Ring for Montgomery {
    fn modulus(&self) -> &u64 {
        &self.n
    }

    #[inline]
    fn residue(&self, value: u64) -> u64 {
        match value {
            0 => 0,
            1 => self.one,
            _ if value < self.n => self.mul(&value, &self.into),
            2 => self.double(&self.one),
            _ => self.mul(&(value % self.n), &self.into),
        }
    }

    fn invert(&self, a: &u64) -> Result<u64, u64> {
        // The inverse of a·2^64 is a^-1·2^-64: two products carry it into the form.
        let inverse = inverse_u64(*a, self.n)?;
        Ok(self.mul(&self.mul(&inverse, &self.into), &self.into))
    }

    #[inline]
    fn square_add(&self, a: &u64, b: &u64) -> u64 {
        let (low, high) = split(u128::from(*a) * u128::from(*a));
        let (_, reduced) = split(u128::from(low.wrapping_mul(self.inverse)) * u128::from(self.n));
        // Added before the reduction is known, so that it waits for nothing.
        self.sub(&self.add(&high, b), &reduced)
    }

    #[inline]
    fn half(&self, a: &u64) -> u64 {
        if a.is_multiple_of(2) { a / 2 } else { a / 2 + self.n / 2 + 1 }
    }

    #[inline]
    fn divide(&self, a: &u64, divisor: u64) -> u64 {
        let multiple = multiple_to_divide(a % divisor, self.n % divisor, divisor);
        let (quotient, _) =
            split((u128::from(*a) + u128::from(multiple) * u128::from(self.n)) / u128::from(divisor));
        quotient
    }

    fn common_divisor(&self, a: &u64) -> u64 {
        gcd_u64(*a, self.n)
    }

    fn is_unit(divisor: &u64) -> bool {
        *divisor == 1
    }

    fn natural(divisor: &u64) -> Natural {
        Natural::from(*divisor)
    }

    #[inline]
    fn modulus_rem(&self, divisor: u64) -> u64 {
        self.n % divisor
    }

    fn is_square(&self) -> bool {
        self.n.isqrt().pow(2) == self.n
    }

    fn below(&self) -> Exponent<u64> {
        let even = self.n - 1;
        exponent(even >> even.trailing_zeros(), even.trailing_zeros())
    }

    fn above(&self) -> Exponent<u64> {
        // Halving first keeps the sum in a word.
        let half = self.n / 2 + 1;
        exponent(half >> half.trailing_zeros(), half.trailing_zeros() + 1)
    }

    #[inline]
    fn bit(exponent: &u64, index: u64) -> bool {
        exponent >> index & 1 == 1
    }
}

/// How often the modulus must be added to a residue before a number divides it, both known by their remainders.
#[inline]
fn multiple_to_divide(rest: u64, modulus_rest: u64, divisor: u64) -> u64 {
    if rest == 0 {
        return 0;
    }
    let inverse = inverse_u64(modulus_rest, divisor).expect("the divisor has no factor of the modulus");
    let (multiple, _) = split(u128::from(divisor - rest) * u128::from(inverse) % u128::from(divisor));
    multiple
}

fn exponent(odd: u64, twos: u32) -> Exponent<u64> {
    Exponent { odd, odd_bits: u64::from(u64::BITS - odd.leading_zeros()), twos: u64::from(twos) }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the two halves are what is wanted")]
fn split(product: u128) -> (u64, u64) {
    (product as u64, (product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive_mul(a: u64, b: u64, n: u64) -> u64 {
        u64::try_from(u128::from(a) * u128::from(b) % u128::from(n)).unwrap()
    }

    #[test]
    fn agrees_with_division() {
        for n in [3, 5, 9, 15, 97, (1 << 32) - 1, (1 << 32) + 1, (1 << 63) - 25, u64::MAX - 58, u64::MAX] {
            let ring = Montgomery::new(n);
            for a in [0, 1, 2, 3, 1 << 20, n / 2, n - 2, n - 1] {
                for b in [0, 1, 2, 7, n / 3, n - 1] {
                    let (a, b) = (a % n, b % n);
                    let (x, y) = (ring.residue(a), ring.residue(b));
                    assert_eq!(ring.mul(&x, &y), ring.residue(naive_mul(a, b, n)), "{a}·{b} mod {n}");
                    assert_eq!(
                        ring.square_add(&x, &y),
                        ring.add(&ring.mul(&x, &x), &y),
                        "{a}² + {b} mod {n}"
                    );
                    assert_eq!(ring.double(&ring.half(&x)), x, "{a}/2 mod {n}");
                    for divisor in [1, 2, 3, 5, 7].into_iter().filter(|&divisor| gcd_u64(divisor, n) == 1) {
                        let quotient = ring.divide(&x, divisor);
                        assert_eq!(ring.mul(&quotient, &ring.residue(divisor)), x, "{a}/{divisor} mod {n}");
                    }
                    assert_eq!(ring.sub(&ring.add(&x, &y), &y), x, "{a}+{b} mod {n}");
                    assert_eq!(ring.add(&ring.negate(&x), &x), 0, "-{a} mod {n}");
                    assert_eq!(ring.common_divisor(&x), gcd_u64(a, n), "gcd({a}, {n})");
                }
            }
        }
    }

    #[test]
    fn powers_and_exponents() {
        for n in [3_u64, 7, 101, 0xffff_ffff_ffff_ffc5] {
            let ring = Montgomery::new(n);
            let below = ring.below();
            assert_eq!(below.odd << below.twos, n - 1);
            assert_eq!(below.odd_bits, u64::from(64 - below.odd.leading_zeros()));
            let above = ring.above();
            assert_eq!(u128::from(above.odd) << above.twos, u128::from(n) + 1);
            let five = ring.residue(5);
            let naive = (0..64).rev().fold(1, |power, index| {
                let square = naive_mul(power, power, n);
                if below.odd >> index & 1 == 1 { naive_mul(square, 5 % n, n) } else { square }
            });
            assert_eq!(ring.pow_odd(&five, &below), ring.residue(naive));
            assert_eq!(ring.two_pow_odd(&below), ring.pow_odd(&ring.residue(2), &below));
        }
    }
}
