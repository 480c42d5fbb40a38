//! Montgomery's arithmetic modulo an odd number of a fixed number of words, off the heap.
//!
//! Right from three words up to 64. A product costs `2·L² + L` multiplications of words. With the
//! number of words fixed when it is compiled, loops of short numbers are unrolled and residues
//! are copied like words; `choice` picks the least number of words that serves a modulus. Source: [Montgomery1985].

use super::rows;
use super::{Arithmetic, Exponent, Ring};
use crate::Natural;

/// The integers modulo an odd number below `2^(64·L)`, in the form `a·2^(64·L) mod n`.
pub(crate) struct LimbMontgomery<const L: usize> {
    n: [u64; L],
    /// `-n^-1 mod 2^64`.
    negative_inverse: u64,
    /// `2^(64·L) mod n`, the form of 1.
    one: [u64; L],
    /// `2^(128·L) mod n`, which carries a number into the form.
    into: [u64; L],
}

impl<const L: usize> LimbMontgomery<L> {
    /// Sets up for an odd `n ≥ 3` of at most `L` words.
    pub(crate) fn new(n: &Natural) -> Self {
        debug_assert!(!n.is_even() && !n.is_one(), "Montgomery's form needs an odd modulus");
        // Five bits are right in the first guess; each step doubles them.
        let low = n.low_word();
        let mut inverse = low.wrapping_mul(3) ^ 2;
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(low.wrapping_mul(inverse)));
        }
        let one = (Natural::ONE << (64 * L as u64)) % n;
        let into = &one * &one % n;
        Self {
            n: n.to_words(),
            negative_inverse: inverse.wrapping_neg(),
            one: one.to_words(),
            into: into.to_words(),
        }
    }
}

impl<const L: usize> Arithmetic for LimbMontgomery<L> {
    type Number = [u64; L];

    #[inline]
    fn add(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        // Taking away what b lacks of n needs no look at a carry.
        self.sub(a, &rows::sub(&self.n, b).0)
    }

    #[inline]
    fn sub(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        let (difference, borrow) = rows::sub(a, b);
        let mask = u64::from(borrow).wrapping_neg();
        rows::add(&difference, &self.n.map(|word| word & mask)).0
    }

    #[inline]
    fn mul(&self, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
        rows::mul(a, b, &self.n, self.negative_inverse)
    }

    #[inline]
    fn square(&self, a: &[u64; L]) -> [u64; L] {
        rows::square(a, &self.n, self.negative_inverse)
    }
}

impl<const L: usize> Ring for LimbMontgomery<L> {
    fn modulus(&self) -> &[u64; L] {
        &self.n
    }

    fn residue(&self, value: u64) -> [u64; L] {
        match value {
            0 => [0; L],
            1 => self.one,
            2 => self.double(&self.one),
            _ => {
                let value = Natural::from(value) % Natural::from_words(&self.n);
                self.mul(&value.to_words(), &self.into)
            }
        }
    }

    fn invert(&self, a: &[u64; L]) -> Result<[u64; L], [u64; L]> {
        let n = Natural::from_words(&self.n);
        match Natural::from_words(a).inverse_mod(&n) {
            Ok(inverse) => Ok(self.mul(&self.mul(&inverse.to_words(), &self.into), &self.into)),
            Err(divisor) => Err(divisor.to_words()),
        }
    }

    #[inline]
    fn half(&self, a: &[u64; L]) -> [u64; L] {
        let mask = (a[0] & 1).wrapping_neg();
        let (sum, carry) = rows::add(a, &self.n.map(|word| word & mask));
        shifted_right_once(&sum, carry)
    }

    fn divide(&self, a: &[u64; L], divisor: u64) -> [u64; L] {
        let ((quotient, rest), (n_quotient, n_rest)) = (div_rem(a, divisor), div_rem(&self.n, divisor));
        let multiple = super::multiple_to_divide(rest, n_rest, divisor);
        // (a + multiple·n) / divisor, part by part; it is below n.
        let mut carry = (u128::from(rest) + u128::from(multiple) * u128::from(n_rest)) / u128::from(divisor);
        std::array::from_fn(|index| {
            let product = u128::from(multiple) * u128::from(n_quotient[index]);
            let sum = carry + (product & u128::from(u64::MAX)) + u128::from(quotient[index]);
            carry = (sum >> 64) + (product >> 64);
            super::split(sum).0
        })
    }

    fn common_divisor(&self, a: &[u64; L]) -> [u64; L] {
        Natural::from_words(&self.n).gcd(&Natural::from_words(a)).to_words()
    }

    fn is_unit(divisor: &[u64; L]) -> bool {
        divisor[0] == 1 && divisor[1..].iter().all(|&word| word == 0)
    }

    fn natural(divisor: &[u64; L]) -> Natural {
        Natural::from_words(divisor)
    }

    fn modulus_rem(&self, divisor: u64) -> u64 {
        div_rem(&self.n, divisor).1
    }

    fn is_square(&self) -> bool {
        let n = Natural::from_words(&self.n);
        n.isqrt().pow(2) == n
    }

    fn below(&self) -> Exponent<[u64; L]> {
        let mut even = self.n;
        even[0] -= 1;
        exponent(&even, 0)
    }

    fn above(&self) -> Exponent<[u64; L]> {
        // Halving first keeps the sum in L words.
        let mut one = [0; L];
        one[0] = 1;
        exponent(&rows::add(&shifted_right_once(&self.n, false), &one).0, 1)
    }

    #[inline]
    fn bit(exponent: &[u64; L], index: u64) -> bool {
        let (word, bit) = (usize::try_from(index / 64), index % 64);
        word.is_ok_and(|word| exponent[word] >> bit & 1 == 1)
    }
}

fn shifted_right_once<const L: usize>(a: &[u64; L], top: bool) -> [u64; L] {
    std::array::from_fn(|index| {
        let above = if index + 1 < L { a[index + 1] & 1 } else { u64::from(top) };
        a[index] >> 1 | above << 63
    })
}

/// Returns quotient and remainder by a word.
fn div_rem<const L: usize>(a: &[u64; L], divisor: u64) -> ([u64; L], u64) {
    let (mut quotient, mut rest) = ([0; L], 0);
    for (quotient, &word) in quotient.iter_mut().zip(a).rev() {
        let dividend = u128::from(rest) << 64 | u128::from(word);
        *quotient = super::split(dividend / u128::from(divisor)).0;
        rest = super::split(dividend % u128::from(divisor)).0;
    }
    (quotient, rest)
}

fn exponent<const L: usize>(even: &[u64; L], twos_before: u64) -> Exponent<[u64; L]> {
    let even = Natural::from_words(even);
    let twos = even.trailing_zeros().expect("neighbours of an odd number above 1 are not 0");
    let odd = even >> twos;
    Exponent { odd_bits: odd.bits(), odd: odd.to_words(), twos: twos + twos_before }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of so many bits: the least, the greatest, and some in between.
    fn numbers(bits: u64) -> Vec<Natural> {
        let end = Natural::ONE << bits;
        let third = &end / 3;
        vec![&end >> 1, (&end >> 1) + 1, third.clone(), &end - &third, &end - 59, &end - 2, end - 1]
    }

    fn agrees_with_division<const L: usize>() {
        let words = L as u64;
        for bits in [64 * words, 64 * words - 1, 64 * words - 64, 130, 7] {
            for n in numbers(bits).into_iter().filter(|n| !n.is_even()) {
                let ring = LimbMontgomery::<L>::new(&n);
                let form = |a: &Natural| ring.mul(&a.to_words(), &ring.into);
                let samples = [
                    Natural::ZERO,
                    Natural::ONE,
                    &n / 2,
                    &n / 3 + 1,
                    &n - 2,
                    &n - 1,
                    (Natural::ONE << (bits / 2)) - 1,
                ];
                for a in &samples {
                    let x = form(a);
                    for b in &samples {
                        let y = form(b);
                        assert_eq!(ring.mul(&x, &y), form(&(a * b % &n)), "{a}·{b} mod {n}");
                        assert_eq!(ring.add(&x, &y), form(&((a + b) % &n)), "{a}+{b} mod {n}");
                        assert_eq!(ring.sub(&x, &y), form(&((a + &n - b) % &n)), "{a}-{b} mod {n}");
                    }
                    assert_eq!(ring.square(&x), form(&(a * a % &n)), "{a}² mod {n}");
                    assert_eq!(ring.double(&ring.half(&x)), x, "{a}/2 mod {n}");
                    assert_eq!(Natural::from_words(&ring.common_divisor(&x)), n.gcd(a), "gcd({a}, {n})");
                    let inverse = ring.invert(&x).map(|inverse| ring.mul(&inverse, &x));
                    match n.gcd(a).is_one() {
                        true => assert_eq!(inverse, Ok(ring.residue(1)), "1/{a} mod {n}"),
                        false => assert_eq!(inverse, Err(n.gcd(a).to_words()), "1/{a} mod {n}"),
                    }
                    for divisor in [1, 2, 3, 5, 7, 1_000_003] {
                        if n.rem_u64(divisor) == 0 || n.gcd(&divisor.into()) != 1 {
                            continue;
                        }
                        let quotient = ring.divide(&x, divisor);
                        assert_eq!(ring.mul(&quotient, &ring.residue(divisor)), x, "{a}/{divisor} mod {n}");
                    }
                }
                assert_eq!(ring.residue(1), form(&Natural::ONE));
                assert_eq!(ring.modulus_rem(1_000_003), n.rem_u64(1_000_003));
                for (exponent, expected) in [(ring.below(), &n - 1), (ring.above(), &n + 1)] {
                    let odd = Natural::from_words(&exponent.odd);
                    assert_eq!((odd.bits(), odd.is_even()), (exponent.odd_bits, false));
                    assert!(
                        (0..odd.bits())
                            .all(|index| LimbMontgomery::<L>::bit(&exponent.odd, index) == odd.bit(index))
                    );
                    assert_eq!(odd << exponent.twos, expected);
                }
            }
        }
    }

    #[test]
    fn every_length_agrees_with_division() {
        agrees_with_division::<3>();
        agrees_with_division::<4>();
        agrees_with_division::<5>();
        agrees_with_division::<6>();
        agrees_with_division::<7>();
        agrees_with_division::<8>();
        agrees_with_division::<10>();
        agrees_with_division::<12>();
        agrees_with_division::<16>();
        agrees_with_division::<24>();
        agrees_with_division::<32>();
        agrees_with_division::<48>();
        agrees_with_division::<64>();
    }
}
