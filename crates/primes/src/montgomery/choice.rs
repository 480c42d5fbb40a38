//! The ring that serves a modulus: the least number of words that holds it.
//!
//! What is to be done in it is a value, since its code is made once for each length.

use super::{DoubleMontgomery, LargeRing, LimbMontgomery, Montgomery, Ring};
use crate::Natural;

/// Something to do in a ring of any kind.
pub(crate) trait Task {
    type Answer;

    fn in_ring<R: Ring>(self, ring: &R) -> Self::Answer;
}

/// Does it modulo an odd `n ≥ 3`.
pub(crate) fn with_ring<T: Task>(n: &Natural, task: T) -> T::Answer {
    macro_rules! least {
        ($($words:literal)*) => {
            match n.bits().div_ceil(64) {
                0..=1 => task.in_ring(&Montgomery::new(n.low_word())),
                2 => task.in_ring(&DoubleMontgomery::new(n.to_u128().expect("two words"))),
                $(..=$words => task.in_ring(&LimbMontgomery::<$words>::new(n)),)*
                _ => task.in_ring(&LargeRing::new(n.clone())),
            }
        };
    }
    const { assert!(LIMB_BITS_MAX == 64 * 64) };
    // A modulus in a ring of a third more words takes less than twice the time.
    least!(3 4 5 6 7 8 10 12 16 24 32 48 64)
}

/// Longest modulus, in bits, that is not divided by.
pub(crate) const LIMB_BITS_MAX: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    struct Fermat;

    impl Task for Fermat {
        type Answer = (bool, Natural);

        fn in_ring<R: Ring>(self, ring: &R) -> Self::Answer {
            let exponent = ring.below();
            let mut power = ring.pow_odd(&ring.residue(3), &exponent);
            for _ in 0..exponent.twos {
                power = ring.square(&power);
            }
            (power == ring.residue(1), R::natural(ring.modulus()))
        }
    }

    #[test]
    fn every_length_finds_its_ring() {
        for words in 1..=66_u64 {
            // A short number of so many words and a long one, against the library's power.
            for n in [(Natural::ONE << (64 * words - 63)) + 13, (Natural::ONE << (64 * words)) - 59] {
                let expected = Natural::from(3_u64).pow_mod(&(&n - 1), &n).is_one();
                assert_eq!(with_ring(&n, Fermat), (expected, n.clone()), "{n}");
            }
        }
    }
}
