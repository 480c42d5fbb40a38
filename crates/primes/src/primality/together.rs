//! Both halves of Baillie–PSW side by side, for numbers of one or two words.
//!
//! Either half is a chain of products, each waiting for the one before, and leaves the multiplier idle most of the
//! time. In step they take little longer than one alone. A composite would fail the first half, so
//! that this is for short numbers, where the second comes almost for nothing.

use super::lucas::{Pair, Parameters};
use super::miller_rabin::verdict;
use crate::montgomery::Ring;

/// Returns whether an odd modulus `n ≥ 3` passes a strong test to base 2 and a strong Lucas test.
#[inline(always)]
pub(super) fn passes<R: Ring>(ring: &R) -> bool {
    let Some(parameters) = Parameters::selfridge(ring) else { return false };
    let (below, above) = (ring.below(), ring.above());
    let mut power = ring.residue(2);
    let mut pair = Pair::first(ring, parameters.p_in(ring));
    // One of the exponents is a little longer; it goes ahead.
    let (mut below_left, mut above_left) = (below.odd_bits - 1, above.odd_bits - 1);
    let square = |power: &R::Number, bits_left: u64| ring.two_step(power, R::bit(&below.odd, bits_left));
    while below_left > above_left {
        below_left -= 1;
        power = square(&power, below_left);
    }
    while above_left > below_left {
        above_left -= 1;
        pair.step(ring, R::bit(&above.odd, above_left));
    }
    for index in (0..below_left).rev() {
        power = square(&power, index);
        pair.step(ring, R::bit(&above.odd, index));
    }
    verdict(ring, &below, power) && pair.verdict(ring, &above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::montgomery::{DoubleMontgomery, Montgomery};
    use crate::primality::{lucas, miller_rabin};

    #[test]
    fn together_as_apart() {
        let edges = [(1 << 61) - 1, (1 << 61) + 1, u64::MAX - 58, u64::MAX];
        for n in (3..100_000).step_by(2).chain(edges) {
            let ring = Montgomery::new(n);
            let expected = miller_rabin::passes(&ring, 2) && lucas::passes(&ring);
            assert_eq!(passes(&ring), expected, "{n}");
            assert_eq!(passes(&DoubleMontgomery::new(n.into())), expected, "{n}");
        }
    }
}
