//! Pollard's rho with Brent's cycle search, for odd composites that are no powers.
//!
//! Finds a factor `p` after about `√p` steps of two modular products, whatever the
//! size of the number. It comes after trial division and the test for powers, and
//! serves numbers of one word completely, longer ones as far as their work goes.
//!
//! Differences are multiplied together and tested with one gcd per batch; if a whole
//! batch collapses to `n`, it is replayed step by step. Start and polynomials are
//! fixed, so a run can be repeated. Source: [Brent1980].

use crate::montgomery::Ring;
use crate::tuning::{RHO_BATCH_STEPS, RHO_POLYNOMIALS_MAX};

/// Returns a proper factor of the modulus, not necessarily prime, or `None` if the
/// steps left or the polynomials did not suffice. Takes the steps made off `steps_left`.
pub(super) fn rho<R: Ring>(ring: &R, steps_left: &mut u64) -> Option<R::Number> {
    for constant in 1..=RHO_POLYNOMIALS_MAX {
        match run(ring, constant, steps_left) {
            Run::Found(factor) => return Some(factor),
            Run::Collapsed => {}
            Run::OutOfSteps => return None,
        }
    }
    None
}

enum Run<N> {
    Found(N),
    /// Every factor of the modulus showed in the same step.
    Collapsed,
    OutOfSteps,
}

/// Follows `x² + constant` from 2.
fn run<R: Ring>(ring: &R, constant: u64, steps_left: &mut u64) -> Run<R::Number> {
    let constant = ring.residue(constant);
    let next = |x: &R::Number| ring.square_add(x, &constant);
    let mut y = ring.residue(2);
    let mut product = ring.residue(1);
    let mut length: u64 = 1;
    loop {
        // Brent's search: compare with a fixed element over twice the distance each time.
        let fixed = y.clone();
        if *steps_left < length {
            return Run::OutOfSteps;
        }
        *steps_left -= length;
        for _ in 0..length {
            y = next(&y);
        }
        let mut done = 0;
        while done < length {
            let batch = RHO_BATCH_STEPS.min(length - done);
            if *steps_left < batch {
                return Run::OutOfSteps;
            }
            *steps_left -= batch;
            let batch_start = y.clone();
            for _ in 0..batch {
                y = next(&y);
                product = ring.mul(&product, &ring.sub(&fixed, &y));
            }
            let divisor = ring.common_divisor(&product);
            if !R::is_unit(&divisor) {
                return if divisor == *ring.modulus() {
                    replay(ring, &fixed, batch_start, next)
                } else {
                    Run::Found(divisor)
                };
            }
            done += batch;
        }
        length *= 2;
    }
}

/// Repeats a batch that collapsed, with a gcd after every step.
fn replay<R: Ring>(
    ring: &R,
    fixed: &R::Number,
    batch_start: R::Number,
    next: impl Fn(&R::Number) -> R::Number,
) -> Run<R::Number> {
    let mut y = batch_start;
    for _ in 0..RHO_BATCH_STEPS {
        y = next(&y);
        let divisor = ring.common_divisor(&ring.sub(fixed, &y));
        if divisor == *ring.modulus() {
            return Run::Collapsed;
        }
        if !R::is_unit(&divisor) {
            return Run::Found(divisor);
        }
    }
    Run::Collapsed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Natural;
    use crate::montgomery::{DoubleMontgomery, LargeRing, Montgomery};

    #[test]
    fn three_rings_split_small_semiprimes() {
        for (p, q) in [(3_u64, 5), (257, 263), (641, 6_700_417), (1_000_003, 1_000_033), (65_537, 65_539)] {
            let n = p * q;
            let factor = rho(&Montgomery::new(n), &mut 1_000_000).unwrap();
            assert!([p, q].contains(&factor), "{p}·{q}");
            let factor = rho(&DoubleMontgomery::new(n.into()), &mut 1_000_000).unwrap();
            assert!([p, q].map(u128::from).contains(&factor), "{p}·{q}");
            let factor = rho(&LargeRing::new(n.into()), &mut 1_000_000).unwrap();
            assert!([p, q].map(Natural::from).contains(&factor), "{p}·{q}");
        }
    }

    #[test]
    fn stops_when_told() {
        let ring = Montgomery::new(4_294_967_291 * 4_294_967_279);
        let mut steps_left = 1_000;
        assert_eq!(rho(&ring, &mut steps_left), None);
        assert!(steps_left < 1_000, "and tells what was used");
        assert_eq!(rho(&ring, &mut 0), None);
    }

    #[test]
    fn gives_up_on_a_prime() {
        assert_eq!(rho(&Montgomery::new(65_537), &mut u64::MAX.clone()), None);
    }
}
