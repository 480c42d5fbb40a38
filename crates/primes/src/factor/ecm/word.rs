//! Curves for numbers of one word, two in step.
//!
//! The bounds grow with the curves tried, since nothing is known of the factors but that they are no
//! smaller than trial division has left them: the first curves find the short ones for little.

use std::sync::LazyLock;

use super::chain::{self, Step};
use super::continuation::Continuation;
use super::curve::{A24, Curve, Point, follow};
use crate::lanes::Lanes;
use crate::montgomery::Montgomery;
use crate::natural::gcd_u64;
use crate::tuning::{WORD_ECM, WORD_ECM_LEVEL_BITS as LEVEL_BITS};

/// What came of some curves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A proper factor, not necessarily prime.
    Factor(u64),
    /// Every factor at once: each is so short that other methods find it sooner.
    Collapsed,
    /// Nothing yet.
    Nothing,
}

/// Looks for a proper factor of an odd composite that is no perfect power.
pub(crate) fn search(n: u64) -> Found {
    let bits = u64::BITS - n.leading_zeros();
    let level = LEVEL_BITS.iter().filter(|&&longest| bits > longest).count();
    let levels = std::iter::once(0).chain(std::iter::repeat_n(level, PAIRS_MAX));
    let mut collapsed = 0;
    for (pair, level) in levels.enumerate() {
        let first = SIGMA_FIRST + (LANES * pair) as u64;
        match try_pair(n, std::array::from_fn(|lane| first + lane as u64), &LEVELS[level]) {
            Found::Nothing => {}
            Found::Collapsed if collapsed < COLLAPSED_MAX => collapsed += 1,
            found => return found,
        }
    }
    Found::Nothing
}

/// Tries two curves.
fn try_pair(n: u64, sigmas: [u64; LANES], level: &Level) -> Found {
    let ring = Montgomery::new(n);
    let curves = match Curve::several(&ring, sigmas) {
        Ok(curves) => curves,
        Err(factor) if factor != n => return Found::Factor(factor),
        Err(_) => return Found::Collapsed,
    };
    let field = Lanes([(); LANES].map(|()| ring));
    let curve = Curve {
        a24: A24::whole(curves.map(|curve| curve.a24.numerator)),
        start: Point { x: curves.map(|curve| curve.start.x), z: curves.map(|curve| curve.start.z) },
    };
    let point = follow(&field, &curve.a24, curve.start, (&level.steps, level.result));
    let product = level.continuation.run(&field, &curve, &point, point.z);
    let mut found = Found::Nothing;
    for (product, z) in product.into_iter().zip(point.z) {
        match gcd_u64(product, n) {
            1 => {}
            divisor if divisor == n => {
                // Every factor at once: perhaps they were not at once after the first stage.
                match gcd_u64(z, n) {
                    divisor if divisor != 1 && divisor != n => return Found::Factor(divisor),
                    _ => found = Found::Collapsed,
                }
            }
            divisor => return Found::Factor(divisor),
        }
    }
    found
}

/// Bounds of the two stages, and what follows from them.
pub(super) struct Level {
    pub(super) steps: Vec<Step>,
    pub(super) result: u8,
    pub(super) continuation: Continuation,
}

impl Level {
    pub(super) fn new((first_bound, second_bound, wheel): (u64, u64, u64)) -> Self {
        let (mut steps, mut result) = (Vec::new(), 0);
        for prime in crate::primes(..=first_bound) {
            let mut power = prime;
            // Two more for the group's order, which 4 divides anyway.
            let bound = if prime == 2 { first_bound * 4 } else { first_bound };
            while power <= bound {
                result = chain::append(prime, result, &mut steps);
                power *= prime;
            }
        }
        Self { steps, result, continuation: Continuation::new(first_bound, second_bound, wheel) }
    }
}

/// Curves in step. With three nothing is gained, with one a third is lost.
const LANES: usize = 2;

/// Pairs that may find every factor at once before the curves are given up: long factors seldom do it twice.
const COLLAPSED_MAX: u32 = 4;

/// The first parameter that names a curve.
const SIGMA_FIRST: u64 = 6;

/// Pairs of curves after which a factor of 32 bits is missed with a chance of one in 10^9.
const PAIRS_MAX: usize = 100;

/// Bounds of the stages, by the length of the factors that are looked for.
static LEVELS: LazyLock<[Level; 4]> = LazyLock::new(|| WORD_ECM.map(Level::new));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_proper_and_rarely_missed() {
        let mut missed = 0;
        for bits in 24..=31 {
            for (p, q) in crate::primes((1 << bits) - 4_000..1 << bits)
                .zip(crate::primes((1 << bits) - 2_000..))
                .take(40)
            {
                match search(p * q) {
                    Found::Factor(factor) => assert!([p, q].contains(&factor), "{p}·{q}"),
                    Found::Collapsed | Found::Nothing => missed += 1,
                }
            }
        }
        assert!(missed < 5, "{missed} of 320");
    }

    #[test]
    fn a_prime_has_no_factor() {
        assert_eq!(search(18_446_744_073_709_551_557), Found::Nothing);
    }
}
