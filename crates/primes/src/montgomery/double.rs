//! Montgomery's arithmetic modulo an odd number of two words, 65 to 128 bits.
//!
//! A product costs eleven multiplications of words, where the ring of one word needs
//! three. Source: [Montgomery1985].

use std::hint::select_unpredictable;

use super::{Arithmetic, Exponent, Ring};
use crate::Natural;
use crate::natural::{gcd_u64, inverse_u128};

/// The integers modulo an odd number below 2^128, in the form `a·2^128 mod n`.
pub(crate) struct DoubleMontgomery {
    n: u128,
    /// `n^-1 mod 2^128`.
    inverse: u128,
    /// `2^128 mod n`, the form of 1.
    one: u128,
    /// `2^256 mod n`, which carries a number into the form.
    into: u128,
}

impl DoubleMontgomery {
    /// Sets up for an odd `n ≥ 3`.
    pub(crate) fn new(n: u128) -> Self {
        debug_assert!(n % 2 == 1 && n >= 3, "Montgomery's form needs an odd modulus");
        let mut inverse = n.wrapping_mul(3) ^ 2;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u128.wrapping_sub(n.wrapping_mul(inverse)));
        }
        let one = n.wrapping_neg() % n;
        let mut ring = Self { n, inverse, one, into: one };
        // In the form, 2 squared seven times is 2^128.
        let mut power = ring.add(&one, &one);
        for _ in 0..7 {
            power = ring.square(&power);
        }
        ring.into = power;
        ring
    }
}

impl Arithmetic for DoubleMontgomery {
    type Number = u128;

    #[inline]
    fn add(&self, a: &u128, b: &u128) -> u128 {
        // Taking away what b lacks of n needs no look at a carry.
        self.sub(a, &(self.n - b))
    }

    #[inline]
    fn sub(&self, a: &u128, b: &u128) -> u128 {
        let (difference, borrow) = a.overflowing_sub(*b);
        select_unpredictable(borrow, difference.wrapping_add(self.n), difference)
    }

    #[inline]
    fn mul(&self, a: &u128, b: &u128) -> u128 {
        let (low, high) = wide_mul(*a, *b);
        let (_, reduced) = wide_mul(low.wrapping_mul(self.inverse), self.n);
        self.sub(&high, &reduced)
    }
}

impl Ring for DoubleMontgomery {
    fn modulus(&self) -> &u128 {
        &self.n
    }

    fn residue(&self, value: u64) -> u128 {
        match value {
            0 => 0,
            1 => self.one,
            2 => self.double(&self.one),
            _ => self.mul(&(u128::from(value) % self.n), &self.into),
        }
    }

    fn invert(&self, a: &u128) -> Result<u128, u128> {
        let inverse = inverse_u128(*a, self.n)?;
        Ok(self.mul(&self.mul(&inverse, &self.into), &self.into))
    }

    #[inline]
    fn square_add(&self, a: &u128, b: &u128) -> u128 {
        let (low, high) = wide_mul(*a, *a);
        let (_, reduced) = wide_mul(low.wrapping_mul(self.inverse), self.n);
        // Added before the reduction is known, so that it waits for nothing.
        self.sub(&self.add(&high, b), &reduced)
    }

    #[inline]
    fn half(&self, a: &u128) -> u128 {
        if a.is_multiple_of(2) { a / 2 } else { a / 2 + self.n / 2 + 1 }
    }

    #[inline]
    fn divide(&self, a: &u128, divisor: u64) -> u128 {
        let wide = u128::from(divisor);
        let [rest, n_rest] =
            [a % wide, self.n % wide].map(|rest| u64::try_from(rest).expect("below the divisor"));
        let multiple = u128::from(super::multiple_to_divide(rest, n_rest, divisor));
        // (a + multiple·n) / divisor, part by part; it is below n.
        a / wide + multiple * (self.n / wide) + (u128::from(rest) + multiple * u128::from(n_rest)) / wide
    }

    fn common_divisor(&self, a: &u128) -> u128 {
        gcd_u128(*a, self.n)
    }

    fn is_unit(divisor: &u128) -> bool {
        *divisor == 1
    }

    fn natural(divisor: &u128) -> Natural {
        Natural::from(*divisor)
    }

    #[inline]
    fn modulus_rem(&self, divisor: u64) -> u64 {
        u64::try_from(self.n % u128::from(divisor)).expect("a remainder is below its divisor")
    }

    fn is_square(&self) -> bool {
        self.n.isqrt().pow(2) == self.n
    }

    fn below(&self) -> Exponent<u128> {
        let even = self.n - 1;
        exponent(even >> even.trailing_zeros(), even.trailing_zeros())
    }

    fn above(&self) -> Exponent<u128> {
        // Halving first keeps the sum in two words.
        let half = self.n / 2 + 1;
        exponent(half >> half.trailing_zeros(), half.trailing_zeros() + 1)
    }

    #[inline]
    fn bit(exponent: &u128, index: u64) -> bool {
        exponent >> index & 1 == 1
    }
}

fn exponent(odd: u128, twos: u32) -> Exponent<u128> {
    Exponent { odd, odd_bits: u64::from(u128::BITS - odd.leading_zeros()), twos: u64::from(twos) }
}

/// Returns the low and the high half of a product.
#[inline]
fn wide_mul(a: u128, b: u128) -> (u128, u128) {
    let (a_low, a_high) = (a & WORD, a >> 64);
    let (b_low, b_high) = (b & WORD, b >> 64);
    let low = a_low * b_low;
    // No sum here passes 2^128: (2^64 - 1)² + 2·(2^64 - 1) = 2^128 - 1.
    let middle = a_high * b_low + (low >> 64);
    let cross = a_low * b_high + (middle & WORD);
    let high = a_high * b_high + (middle >> 64) + (cross >> 64);
    (cross << 64 | low & WORD, high)
}

fn gcd_u128(mut a: u128, mut b: u128) -> u128 {
    while let (Err(_), _) | (_, Err(_)) = (u64::try_from(a), u64::try_from(b)) {
        if a == 0 || b == 0 {
            return a | b;
        }
        (a, b) = (b, a % b);
    }
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => gcd_u64(a, b).into(),
        _ => unreachable!("the loop ends with two words"),
    }
}

const WORD: u128 = u64::MAX as u128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_division() {
        for n in [3, 97, (1 << 64) + 13, (1 << 127) - 1, u128::MAX - 158, u128::MAX] {
            let ring = DoubleMontgomery::new(n);
            let form = |a: u128| ring.mul(&a, &ring.into);
            for a in [0, 1, 2, 1 << 70, n / 2, n - 2, n - 1] {
                for b in [0, 1, 3, 1 << 64, n / 3, n - 1] {
                    let (a, b) = (a % n, b % n);
                    let (x, y) = (form(a), form(b));
                    let naive = (Natural::from(a) * Natural::from(b) % Natural::from(n)).to_u128().unwrap();
                    assert_eq!(ring.mul(&x, &y), form(naive), "{a}·{b} mod {n}");
                    assert_eq!(
                        ring.square_add(&x, &y),
                        ring.add(&ring.mul(&x, &x), &y),
                        "{a}² + {b} mod {n}"
                    );
                    assert_eq!(ring.double(&ring.half(&x)), x, "{a}/2 mod {n}");
                    for divisor in
                        [1, 2, 3, 5, 7].into_iter().filter(|&divisor| gcd_u128(divisor.into(), n) == 1)
                    {
                        let quotient = ring.divide(&x, divisor);
                        assert_eq!(ring.mul(&quotient, &ring.residue(divisor)), x, "{a}/{divisor} mod {n}");
                    }
                    assert_eq!(ring.sub(&ring.add(&x, &y), &y), x, "{a}+{b} mod {n}");
                    let naive = Natural::from(a).gcd(&Natural::from(n)).to_u128().unwrap();
                    assert_eq!(ring.common_divisor(&x), naive, "gcd({a}, {n})");
                }
            }
            assert_eq!(ring.residue(1), form(1));
            let (below, above) = (ring.below(), ring.above());
            assert_eq!(below.odd << below.twos, n - 1);
            assert_eq!(
                Natural::from(above.odd) << above.twos,
                Natural::from(n) + 1,
                "the sum needs a third word for the largest n"
            );
        }
    }
}
