//! The sequence `V_k = x^k + x^(-k)`, which needs neither `x` nor its inverse, and the second stage over it.
//!
//! `V_2k = V_k² - 2` and `V_(j+k) = V_j·V_k - V_(j-k)`. Where `x` has order `q`, a prime `q = m·D ± j` makes `V_(m·D)` and
//! `V_j` equal, so that one product a pair gathers all differences. Serves P−1, where `x` is a residue, and P+1, where it is in
//! a quadratic ring. Source: [Montgomery1987].

use super::pairs::Pairs;
use crate::montgomery::Ring;

/// Returns `V_(j·k)` from `V_j`, for a `k ≥ 1`. Two products a bit.
pub(super) fn multiple<R: Ring>(ring: &R, v: &R::Number, k: u64) -> R::Number {
    let two = ring.residue(2);
    let (mut low, mut high) = (v.clone(), ring.sub(&ring.square(v), &two));
    for bit in (0..k.ilog2()).rev() {
        let middle = ring.sub(&ring.mul(&low, &high), v);
        if k >> bit & 1 == 1 {
            (low, high) = (middle, ring.sub(&ring.square(&high), &two));
        } else {
            (low, high) = (ring.sub(&ring.square(&low), &two), middle);
        }
    }
    low
}

/// Returns the product of `V_(m·D) - V_j` over pairs that meet every prime above `after` and up to `last`.
pub(super) fn second_stage<R: Ring>(ring: &R, v: &R::Number, after: u64, last: u64) -> R::Number {
    let two = ring.residue(2);
    let mut product = ring.residue(1);
    for pairs in Pairs::blocks(after, last, WHEEL) {
        let babies = babies(ring, v, &pairs.babies);
        for &baby in &pairs.alone {
            product = ring.mul(&product, &ring.sub(&babies[usize::from(baby)], &two));
        }
        let stride = multiple(ring, v, pairs.wheel);
        let mut giant = multiple(ring, &stride, pairs.first_giant);
        let mut next = multiple(ring, &stride, pairs.first_giant + 1);
        for wanted in &pairs.of_giants {
            for &baby in wanted {
                product = ring.mul(&product, &ring.sub(&giant, &babies[usize::from(baby)]));
            }
            let after_next = ring.sub(&ring.mul(&next, &stride), &giant);
            (giant, next) = (next, after_next);
        }
    }
    product
}

/// Returns `V_j` for these numbers, which ascend and are odd.
fn babies<R: Ring>(ring: &R, v: &R::Number, wanted: &[u64]) -> Vec<R::Number> {
    let two = ring.sub(&ring.square(v), &ring.residue(2));
    // V_(-1) = V_1.
    let (mut before, mut now) = (v.clone(), v.clone());
    let mut index = 1;
    let mut babies = Vec::with_capacity(wanted.len());
    for &baby in wanted {
        while index < baby {
            let next = ring.sub(&ring.mul(&now, &two), &before);
            (before, now) = (now, next);
            index += 2;
        }
        babies.push(now.clone());
    }
    babies
}

/// The wheel of the second stage, 2·3·5·7·11: babies are a fifth of the numbers below its half.
const WHEEL: u64 = 2_310;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::montgomery::{Arithmetic, Montgomery};

    #[test]
    fn multiples_are_sums_of_powers() {
        let n = 1_000_003;
        let ring = Montgomery::new(n);
        let x = ring.residue(5);
        let inverse = ring.invert(&x).unwrap();
        let naive = |k: u64| {
            let power = |x: &u64| (0..k).fold(ring.residue(1), |power, _| ring.mul(&power, x));
            ring.add(&power(&x), &power(&inverse))
        };
        let v = naive(1);
        for k in 1..200 {
            assert_eq!(multiple(&ring, &v, k), naive(k), "V_{k}");
        }
        let odd: Vec<u64> = (1..100).step_by(2).filter(|j| j % 3 != 0).collect();
        assert!(babies(&ring, &v, &odd).into_iter().eq(odd.iter().map(|&j| naive(j))));
    }

    #[test]
    fn every_prime_order_is_met() {
        // Modulo a prime p = 2·k·q + 1, an x of order q makes the product 0.
        for q in crate::primes(200..3_000).chain(crate::primes(2_400_000..2_400_100)) {
            let p = (1..).map(|k| 2 * k * q + 1).find(|&p| crate::is_prime_u64(p)).unwrap();
            let ring = Montgomery::new(p);
            let cofactor = (p - 1) / q;
            let power = |base: u64| {
                (0..cofactor).fold(ring.residue(1), |power, _| ring.mul(&power, &ring.residue(base)))
            };
            let x = (2..).map(power).find(|x| *x != ring.residue(1)).unwrap();
            let v = ring.add(&x, &ring.invert(&x).unwrap());
            assert_eq!(second_stage(&ring, &v, q - 1, q), 0, "{q}");
            assert_eq!(second_stage(&ring, &v, 150, 2_500_000), 0, "{q}");
        }
    }
}
