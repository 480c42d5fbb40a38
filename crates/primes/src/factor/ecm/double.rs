//! Curves for numbers of two words, two in step, as `word` has them for one word.

use super::super::divisor::Divisor;
use super::super::pairs::Pairs;
use super::continuation::{Continuation, wheel};
use super::curve::{A24, Curve, Point, first_stage};
use crate::lanes::Lanes;
use crate::montgomery::DoubleMontgomery;

/// Returns a proper factor of an odd `n ≥ 3`, not necessarily prime, if one of two curves finds one.
///
/// Takes little more than half the time of two [`CurveUnit`](super::CurveUnit)s.
pub(crate) fn try_pair(n: u128, sigmas: [u64; 2], first_bound: u64, second_bound: u64) -> Option<u128> {
    let rings = sigmas.map(|_| DoubleMontgomery::new(n));
    let mut curves = [Curve { a24: A24::whole(0), start: Point { x: 0, z: 0 } }; 2];
    for (curve, (ring, sigma)) in curves.iter_mut().zip(rings.iter().zip(sigmas)) {
        match Curve::suyama(ring, sigma) {
            Ok(made) => *curve = made,
            Err(factor) if factor != n => return Some(factor),
            // A curve of nothing but zeros finds nothing.
            Err(_) => {}
        }
    }
    let field = Lanes(rings);
    let curve = Curve {
        a24: A24::whole(curves.map(|curve| curve.a24.numerator)),
        start: Point { x: curves.map(|curve| curve.start.x), z: curves.map(|curve| curve.start.z) },
    };
    let point = first_stage(&field, &curve, first_bound);
    let mut product = point.z;
    let factor = |residues: [u128; 2]| {
        let found = field.0.iter().zip(residues).map(|(ring, residue)| Divisor::of(ring, &residue).proper());
        found.flatten().next().and_then(|factor| factor.to_u128())
    };
    if let Some(found) = factor(product) {
        return Some(found);
    }
    for pairs in Pairs::blocks(first_bound, second_bound, wheel(second_bound)) {
        product = Continuation::of(pairs).run(&field, &curve, &point, product);
    }
    factor(product)
}

#[cfg(test)]
mod tests {
    use super::super::large::CurveUnit;
    use super::*;
    use crate::Natural;

    #[test]
    fn two_in_step_find_what_either_finds() {
        let (p, q) = (4_294_967_291_u128, 4_611_686_018_427_387_847_u128);
        let n = p * q;
        let (first_bound, second_bound) = (200, 4_000);
        let mut found = 0;
        for sigma in (6..60).step_by(2) {
            let alone = [sigma, sigma + 1]
                .map(|sigma| CurveUnit { sigma, first_bound, second_bound }.run(&Natural::from(n)));
            let together = try_pair(n, [sigma, sigma + 1], first_bound, second_bound);
            assert_eq!(together.is_some(), alone.iter().any(Option::is_some), "{sigma}");
            assert!(together.is_none_or(|factor| factor == p || factor == q));
            found += usize::from(together.is_some());
        }
        assert!(found > 3, "{found}");
    }
}
