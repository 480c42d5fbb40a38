//! Modular arithmetic of any size, by division; right beyond 64 words.
//!
//! A product allocates, and costs a multiplication and a division by the library
//! behind [`Natural`].

use super::{Arithmetic, Exponent, Ring};
use crate::Natural;

/// The integers modulo an odd `n ≥ 3`, each kept as itself.
pub(crate) struct LargeRing {
    n: Natural,
}

impl LargeRing {
    /// Sets up for an odd `n ≥ 3`.
    pub(crate) fn new(n: Natural) -> Self {
        debug_assert!(!n.is_even() && !n.is_one(), "halving needs an odd modulus");
        Self { n }
    }
}

impl Arithmetic for LargeRing {
    type Number = Natural;

    fn add(&self, a: &Natural, b: &Natural) -> Natural {
        let sum = a + b;
        if sum >= self.n { sum - &self.n } else { sum }
    }

    fn sub(&self, a: &Natural, b: &Natural) -> Natural {
        if a >= b { a - b } else { a + &self.n - b }
    }

    fn mul(&self, a: &Natural, b: &Natural) -> Natural {
        a * b % &self.n
    }
}

impl Ring for LargeRing {
    fn modulus(&self) -> &Natural {
        &self.n
    }

    fn residue(&self, value: u64) -> Natural {
        Natural::from(value) % &self.n
    }

    fn invert(&self, a: &Natural) -> Result<Natural, Natural> {
        a.inverse_mod(&self.n)
    }

    fn half(&self, a: &Natural) -> Natural {
        if a.is_even() { a >> 1 } else { (a + &self.n) >> 1 }
    }

    fn divide(&self, a: &Natural, divisor: u64) -> Natural {
        let multiple = super::multiple_to_divide(a.rem_u64(divisor), self.n.rem_u64(divisor), divisor);
        (&self.n * multiple + a) / divisor
    }

    fn common_divisor(&self, a: &Natural) -> Natural {
        self.n.gcd(a)
    }

    fn is_unit(divisor: &Natural) -> bool {
        divisor.is_one()
    }

    fn natural(divisor: &Natural) -> Natural {
        divisor.clone()
    }

    fn modulus_rem(&self, divisor: u64) -> u64 {
        self.n.rem_u64(divisor)
    }

    fn is_square(&self) -> bool {
        let root = self.n.isqrt();
        &root * &root == self.n
    }

    fn below(&self) -> Exponent<Natural> {
        exponent(&self.n - 1)
    }

    fn above(&self) -> Exponent<Natural> {
        exponent(&self.n + 1)
    }

    fn bit(exponent: &Natural, index: u64) -> bool {
        exponent.bit(index)
    }
}

fn exponent(even: Natural) -> Exponent<Natural> {
    let twos = even.trailing_zeros().expect("neighbours of an odd number above 1 are not 0");
    let odd = even >> twos;
    Exponent { odd_bits: odd.bits(), odd, twos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_moduli_by_hand() {
        let ring = LargeRing::new(Natural::from(15_u64));
        let r = |value| ring.residue(value);
        assert_eq!(ring.mul(&r(7), &r(11)), 2);
        assert_eq!(ring.add(&r(7), &r(11)), 3);
        assert_eq!(ring.sub(&r(7), &r(11)), 11);
        assert_eq!((ring.half(&r(7)), ring.half(&r(8))), (Natural::from(11_u64), Natural::from(4_u64)));
        assert_eq!(ring.divide(&r(7), 4), 13);
        assert_eq!(ring.common_divisor(&r(10)), 5);
        assert_eq!(ring.common_divisor(&r(0)), 15);
        assert_eq!((ring.below().odd, ring.below().twos), (Natural::from(7_u64), 1));
        assert_eq!((ring.above().odd, ring.above().twos), (Natural::ONE, 4));
        assert!(!ring.is_square() && LargeRing::new(Natural::from(25_u64)).is_square());
    }
}
