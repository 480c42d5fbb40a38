//! The strong test of Miller and Rabin to one base; nearly every composite fails it.
//!
//! Cost: one modular squaring per bit. For a prime `n = 1 + d·2^s`, squaring `b^d`
//! reaches 1 only through -1; a composite that does likewise is a *strong
//! pseudoprime* to base `b`. Below 2^64 there are 31 894 014 of them to base 2.
//! Sources: [Rabin1980], [Feitsma2013].

use crate::Natural;
use crate::montgomery::{Exponent, Ring};

/// Returns whether the modulus passes the strong test to a base it does not divide.
pub(super) fn passes<R: Ring>(ring: &R, base: u64) -> bool {
    let exponent = ring.below();
    let power = match base {
        2 => ring.two_pow_odd(&exponent),
        _ => ring.pow_odd(&ring.residue(base), &exponent),
    };
    verdict(ring, &exponent, power)
}

/// Whether the test is passed, from a base to the power of the odd part of `n - 1`.
#[inline(always)]
pub(super) fn verdict<R: Ring>(ring: &R, below: &Exponent<R::Number>, mut power: R::Number) -> bool {
    let one = ring.residue(1);
    let minus_one = ring.negate(&one);
    if power == one || power == minus_one {
        return true;
    }
    for _ in 1..below.twos {
        power = ring.square(&power);
        if power == minus_one {
            return true;
        }
    }
    false
}

/// The same to base 2 for an odd number too long for a ring without division, where
/// the library's own power is several times faster.
pub(super) fn passes_base_2_large(n: &Natural) -> bool {
    let minus_one = n - 1;
    let Some(twos) = minus_one.trailing_zeros() else { return false };
    let mut power = Natural::from(2_u64).pow_mod(&(&minus_one >> twos), n);
    if power.is_one() || power == minus_one {
        return true;
    }
    for _ in 1..twos {
        power = &power * &power % n;
        if power == minus_one {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::montgomery::{DoubleMontgomery, LargeRing, LimbMontgomery, Montgomery};
    use crate::table;

    #[test]
    fn strong_pseudoprimes_to_base_2() {
        // OEIS A001262, all below 2^17, and the count below 10^6: [BailliePSW1980], table 1.
        let listed = [
            2047, 3277, 4033, 4681, 8321, 15841, 29341, 42799, 49141, 52633, 65281, 74665, 80581, 85489,
            88357, 90751, 104653, 130561,
        ];
        let composite = |n: &u64| table::index_of(*n).is_none();
        let found: Vec<u64> =
            (3..1_000_000).step_by(2).filter(composite).filter(|&n| passes(&Montgomery::new(n), 2)).collect();
        assert_eq!(found[..listed.len()], listed);
        assert_eq!(found.len(), 46);
        assert!(found.iter().all(|&n| !crate::is_prime_u64(n)));
    }

    #[test]
    fn rings_and_the_library_agree() {
        for n in (3..2_000).step_by(2).chain([2047, 3277, (1 << 61) - 1, (1 << 61) + 1]) {
            let expected = passes(&Montgomery::new(n), 2);
            assert_eq!(passes(&DoubleMontgomery::new(n.into()), 2), expected, "{n}");
            assert_eq!(passes(&LimbMontgomery::<3>::new(&n.into()), 2), expected, "{n}");
            assert_eq!(passes(&LargeRing::new(n.into()), 2), expected, "{n}");
            assert_eq!(passes_base_2_large(&n.into()), expected, "{n}");
        }
    }
}
