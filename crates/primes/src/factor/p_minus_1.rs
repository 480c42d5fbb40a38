//! Pollard's P−1: finds a prime `p` if all primes of `p - 1` are small but one that is not large.
//!
//! Right once for every number that resists shorter methods, before the curves: it costs little more than one of them. A power
//! of 3 whose exponent all prime powers up to the first bound divide is 1 modulo `p`; the second stage allows for one
//! prime more, up to the second bound. About 1.8 products for each unit of the first bound, and one for every
//! second prime of the second stage. Sources: [Pollard1974], [Montgomery1987].

use super::divisor::Divisor;
use super::lucas_sequence::second_stage;
use crate::montgomery::{Ring, Task, with_ring};
use crate::{Natural, tree};

/// Returns a proper factor of an odd `n ≥ 3`, not necessarily prime, if these bounds find one.
pub(crate) fn p_minus_1(n: &Natural, first_bound: u64, second_bound: u64) -> Option<Natural> {
    with_ring(n, Bounds { first_bound, second_bound })
}

struct Bounds {
    first_bound: u64,
    second_bound: u64,
}

impl Task for Bounds {
    type Answer = Option<Natural>;

    fn in_ring<R: Ring>(self, ring: &R) -> Option<Natural> {
        let one = ring.residue(1);
        let mut power = ring.residue(3);
        let mut exponents = Vec::with_capacity(EXPONENT_WORDS);
        for exponent in words_of_prime_powers(self.first_bound) {
            exponents.push(Natural::from(exponent));
            if exponents.len() == EXPONENT_WORDS {
                power = pow(ring, &power, &tree::product(&exponents));
                exponents.clear();
            }
        }
        power = pow(ring, &power, &tree::product(&exponents));
        match Divisor::of(ring, &ring.sub(&power, &one)) {
            Divisor::Proper(factor) => return Some(factor),
            Divisor::All => return self.replay(ring),
            Divisor::One => {}
        }
        let inverse = match ring.invert(&power) {
            Ok(inverse) => inverse,
            Err(divisor) => return Divisor::from_common(ring, &divisor).proper(),
        };
        let v = ring.add(&power, &inverse);
        Divisor::of(ring, &second_stage(ring, &v, self.first_bound, self.second_bound)).proper()
    }
}

impl Bounds {
    /// Repeats a first stage in which all factors fell at once, with a divisor after each prime.
    fn replay<R: Ring>(&self, ring: &R) -> Option<Natural> {
        let one = ring.residue(1);
        let mut power = ring.residue(3);
        for prime in crate::primes(..=self.first_bound) {
            let mut reached = prime;
            while reached <= self.first_bound {
                power = pow(ring, &power, &prime.into());
                match Divisor::of(ring, &ring.sub(&power, &one)) {
                    Divisor::One => {}
                    found => return found.proper(),
                }
                reached = reached.saturating_mul(prime);
            }
        }
        None
    }
}

/// Returns words whose product is that of the largest power of each prime up to a bound.
pub(super) fn words_of_prime_powers(bound: u64) -> impl Iterator<Item = u64> {
    let mut powers = crate::primes(..=bound).map(move |prime| prime.pow(bound.ilog(prime))).peekable();
    std::iter::from_fn(move || {
        let mut word = powers.next()?;
        while let Some(product) = powers.peek().and_then(|&power| word.checked_mul(power)) {
            powers.next();
            word = product;
        }
        Some(word)
    })
}

/// Raises to a power, four bits at a time: a product and a quarter for each.
fn pow<R: Ring>(ring: &R, base: &R::Number, exponent: &Natural) -> R::Number {
    let mut powers = vec![ring.residue(1)];
    while powers.len() < 1 << WINDOW_BITS {
        powers.push(ring.mul(&powers[powers.len() - 1], base));
    }
    let mut power = powers[0].clone();
    for window in (0..exponent.bits().div_ceil(WINDOW_BITS)).rev() {
        let bit = |index: u64| usize::from(exponent.bit(window * WINDOW_BITS + index)) << index;
        for _ in 0..WINDOW_BITS {
            power = ring.square(&power);
        }
        power = ring.mul(&power, &powers[(0..WINDOW_BITS).map(bit).sum::<usize>()]);
    }
    power
}

/// Bits of an exponent taken at once.
const WINDOW_BITS: u64 = 4;

/// Words of an exponent before it is used: longer ones make the table of powers cheaper, and more to hold.
const EXPONENT_WORDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::montgomery::Montgomery;

    #[test]
    fn powers_are_powers() {
        let ring = Montgomery::new(1_000_003);
        let five = ring.residue(5);
        for exponent in (0..70_u64).chain([1_000_002, 1 << 40]) {
            let naive =
                Natural::from(5_u64).pow_mod(&exponent.into(), &1_000_003_u64.into()).to_u64().unwrap();
            assert_eq!(pow(&ring, &five, &exponent.into()), ring.residue(naive), "5^{exponent}");
        }
    }

    #[test]
    fn words_multiply_to_the_least_common_multiple() {
        for bound in [1_u64, 2, 3, 10, 100, 1_000] {
            let naive = (1..=bound).fold(Natural::ONE, |multiple, k| {
                let divisor = multiple.gcd(&k.into());
                multiple * k / divisor
            });
            assert_eq!(
                words_of_prime_powers(bound).map(Natural::from).product::<Natural>(),
                naive,
                "{bound}"
            );
        }
    }

    #[test]
    fn smooth_factors_are_found() {
        let rest = (Natural::ONE << 521) - 1;
        // p - 1 = 2^4 · 5^2 · 7 · 11 · 13 · 17 · 19 · 1009 · 10007 with some cofactor kept small.
        let smooth: Natural =
            [16_u64, 9, 7, 11, 13, 17, 19, 997, 991, 10_007].map(Natural::from).into_iter().product();
        let p =
            (1_u64..).map(|k| &smooth * k + 1).find(|p| crate::primality(p) != crate::Primality::Composite);
        let p = p.expect("there are primes in every such progression");
        for cofactor in [Natural::from(18_446_744_073_709_551_557_u64), (Natural::ONE << 127) - 1, rest] {
            let n = &p * &cofactor;
            assert_eq!(p_minus_1(&n, 1_000, 20_000), Some(p.clone()), "by the second stage");
            assert_eq!(p_minus_1(&n, 11_000, 11_000), Some(p.clone()), "by the first");
            assert_eq!(p_minus_1(&n, 500, 20_000), None, "two primes are too large");
        }
    }

    #[test]
    fn factors_that_fall_at_once_are_told_apart() {
        let smooth = |step: u64| (1..).map(|k| k * step + 1).find(|&p| crate::is_prime_u64(p)).unwrap();
        let (p, q) = (smooth(2 * 3 * 5 * 7), smooth(2 * 3 * 5 * 11 * 13));
        let factor = p_minus_1(&Natural::from(p * q), 100, 1_000);
        assert!([p, q].map(|prime| Some(prime.into())).contains(&factor), "{p}·{q}");
    }
}
