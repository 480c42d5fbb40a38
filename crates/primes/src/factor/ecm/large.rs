//! One curve for a number of any length, as a value.
//!
//! A unit knows nothing of the others and shares nothing with them: it can be made anywhere, run on any thread, and what it
//! finds is merged by whoever made it. Chains are made prime by prime and the second stage is planned block
//! by block, so that no bound costs memory.

use super::super::divisor::Divisor;
use super::super::pairs::Pairs;
use super::continuation::{Continuation, wheel};
use super::curve::{Curve, first_stage};
use crate::Natural;
use crate::montgomery::{Ring, Task, with_ring};

/// A curve and how far to go on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CurveUnit {
    /// Suyama's parameter, at least 6, which names the curve.
    pub(crate) sigma: u64,
    /// All primes of the group's order but one are below this,
    pub(crate) first_bound: u64,
    /// and that one below this.
    pub(crate) second_bound: u64,
}

impl CurveUnit {
    /// Returns a proper factor of an odd `n ≥ 3`, not necessarily prime, if this curve finds one.
    pub(crate) fn run(&self, n: &Natural) -> Option<Natural> {
        with_ring(n, *self)
    }
}

impl Task for CurveUnit {
    type Answer = Option<Natural>;

    fn in_ring<R: Ring>(self, ring: &R) -> Option<Natural> {
        let curve = match Curve::suyama(ring, self.sigma) {
            Ok(curve) => curve,
            Err(divisor) => return Divisor::from_common(ring, &divisor).proper(),
        };
        let point = first_stage(ring, &curve, self.first_bound);
        match Divisor::of(ring, &point.z) {
            Divisor::One => {}
            found => return found.proper(),
        }
        let mut product = ring.residue(1);
        for pairs in Pairs::blocks(self.first_bound, self.second_bound, wheel(self.second_bound)) {
            product = Continuation::of(pairs).run(ring, &curve, &point, product);
        }
        Divisor::of(ring, &product).proper()
    }
}

#[cfg(test)]
mod tests {
    use super::super::schedule::ecm_schedule;
    use super::*;

    /// The first factor that curves of these bounds find.
    fn first_found(n: &Natural, first_bound: u64, curves: u64) -> Option<Natural> {
        let second_bound = 100 * first_bound;
        (6..6 + curves).find_map(|sigma| CurveUnit { sigma, first_bound, second_bound }.run(n))
    }

    #[test]
    fn factors_of_numbers_of_every_length() {
        let p = Natural::from(1_000_000_000_039_u64);
        for bits in [61, 89, 127, 521, 607, 1_279, 4_253] {
            let n = &p * ((Natural::ONE << bits) - 1);
            assert_eq!(first_found(&n, 300, 60), Some(p.clone()), "2^{bits} - 1 and p");
        }
    }

    #[test]
    fn fifteen_digits_by_their_schedule() {
        let level = ecm_schedule(15)[0];
        let (p, q) = (Natural::from(999_999_999_999_989_u64), (Natural::ONE << 127) - 1);
        assert_eq!(first_found(&(&p * &q), level.first_bound, 2 * level.curves), Some(p));
    }

    #[test]
    fn the_same_unit_gives_the_same_answer_and_a_prime_gives_none() {
        let n = (Natural::ONE << 101) - 1;
        let unit = CurveUnit { sigma: 11, first_bound: 500, second_bound: 20_000 };
        assert_eq!(unit.run(&n), unit.run(&n));
        assert_eq!(first_found(&((Natural::ONE << 127) - 1), 100, 20), None);
        let none = CurveUnit { sigma: 6, first_bound: 0, second_bound: 0 };
        assert_eq!(none.run(&n), None);
    }
}
