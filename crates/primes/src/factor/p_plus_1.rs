//! Williams' P+1: finds a prime `p` if all primes of `p + 1` are small but one that is not large.
//!
//! It is P−1 in a quadratic ring. Begun with 2/7, whose discriminant is -3 times a square, it works in that ring for every `p`
//! that is 2 modulo 3, where 6 divides `p + 1`; for the others it is a slower P−1. About 2.9 products for
//! each unit of the first bound. Sources: [Williams1982], [Montgomery1987].

use super::divisor::Divisor;
use super::lucas_sequence::{multiple, second_stage};
use super::p_minus_1::words_of_prime_powers;
use crate::Natural;
use crate::montgomery::{Ring, Task, with_ring};

/// Returns a proper factor of an odd `n > 7`, not necessarily prime, if these bounds find one.
pub(crate) fn p_plus_1(n: &Natural, first_bound: u64, second_bound: u64) -> Option<Natural> {
    with_ring(n, Bounds { first_bound, second_bound })
}

struct Bounds {
    first_bound: u64,
    second_bound: u64,
}

impl Task for Bounds {
    type Answer = Option<Natural>;

    fn in_ring<R: Ring>(self, ring: &R) -> Option<Natural> {
        if ring.modulus_rem(7) == 0 {
            return Some(Natural::from(7_u64));
        }
        let two = ring.residue(2);
        let mut v = ring.divide(&two, 7);
        // Once more 2 and 3, which divide the order anyway.
        for word in words_of_prime_powers(self.first_bound).chain([6]) {
            let before = v.clone();
            v = multiple(ring, &v, word);
            if v == two {
                return replay(ring, before, word);
            }
        }
        match Divisor::of(ring, &ring.sub(&v, &two)) {
            Divisor::One => {}
            found => return found.proper(),
        }
        Divisor::of(ring, &second_stage(ring, &v, self.first_bound, self.second_bound)).proper()
    }
}

/// Repeats the word in which the last factor fell, prime by prime: the others may have fallen before.
fn replay<R: Ring>(ring: &R, mut v: R::Number, mut word: u64) -> Option<Natural> {
    let two = ring.residue(2);
    for prime in 2.. {
        match Divisor::of(ring, &ring.sub(&v, &two)) {
            Divisor::One if word > 1 => {}
            found => return found.proper(),
        }
        while word.is_multiple_of(prime) {
            v = multiple(ring, &v, prime);
            word /= prime;
            if let Divisor::Proper(factor) = Divisor::of(ring, &ring.sub(&v, &two)) {
                return Some(factor);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_factors_are_found() {
        // p + 1 is a product of small primes and 10007; p is 2 modulo 3, since 3 divides p + 1.
        let smooth: Natural =
            [16_u64, 9, 7, 11, 13, 17, 19, 997, 991, 10_007].map(Natural::from).into_iter().product();
        let p =
            (1_u64..).map(|k| &smooth * k - 1).find(|p| crate::primality(p) != crate::Primality::Composite);
        let p = p.expect("there are primes in every such progression");
        for cofactor in [
            Natural::from(18_446_744_073_709_551_557_u64),
            (Natural::ONE << 127) - 1,
            (Natural::ONE << 521) - 1,
        ] {
            let n = &p * &cofactor;
            assert_eq!(p_plus_1(&n, 1_000, 20_000), Some(p.clone()), "by the second stage");
            assert_eq!(p_plus_1(&n, 11_000, 11_000), Some(p.clone()), "by the first");
            assert_eq!(p_plus_1(&n, 500, 20_000), None, "two primes are too large");
        }
    }

    #[test]
    fn factors_that_fall_at_once_are_told_apart() {
        let smooth = |step: u64| (1..).map(|k| k * step - 1).find(|&p| crate::is_prime_u64(p)).unwrap();
        let (p, q) = (smooth(2 * 3 * 5 * 7), smooth(2 * 3 * 5 * 11 * 13));
        let factor = p_plus_1(&Natural::from(p * q), 100, 1_000);
        assert!([p, q].map(|prime| Some(prime.into())).contains(&factor), "{p}·{q}");
        assert_eq!(p_plus_1(&Natural::from(7 * p), 10, 10), Some(7_u64.into()));
    }
}
