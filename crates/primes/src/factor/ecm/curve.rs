//! Elliptic curves in Montgomery's form, by x-coordinates alone.
//!
//! A point is `x : z`; doubling costs five products, adding two points whose difference is known
//! six. The curves have a point whose order 12 divides that of the group, so that what must be smooth is
//! a twelfth of it. Sources: \[Montgomery1987\], \[Suyama1985\] by way of \[ZimmermannDodson2006\].

use super::chain::{self, PLACES, Step};
use crate::montgomery::{Arithmetic, Ring};

/// A point by its x-coordinate, as a fraction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point<N> {
    pub(super) x: N,
    pub(super) z: N,
}

/// A curve modulo a number, and a point to begin with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curve<N> {
    pub(super) a24: A24<N>,
    pub(super) start: Point<N>,
}

/// `(A + 2) / 4` of the curve `B·y² = x³ + A·x² + x`, as a fraction.
///
/// With the denominator a doubling costs a sixth product, and the curve no inverse.
#[derive(Debug, Clone, Copy)]
pub(super) struct A24<N> {
    pub(super) numerator: N,
    /// `None` stands for 1.
    pub(super) denominator: Option<N>,
}

impl<N> A24<N> {
    pub(super) const fn whole(numerator: N) -> Self {
        Self { numerator, denominator: None }
    }
}

impl<N> Curve<N> {
    /// Makes the curve that Suyama's parameter `sigma ≥ 6` names.
    ///
    /// `Err`: what it divides by shares this factor with the modulus, which may be the modulus itself.
    pub(super) fn suyama<R: Ring + Arithmetic<Number = N>>(ring: &R, sigma: u64) -> Result<Self, N>
    where
        N: Clone,
    {
        Self::several(ring, [sigma]).map(|[curve]| curve)
    }

    /// Makes several curves at once, which takes one inverse instead of one for each.
    pub(super) fn several<R: Ring + Arithmetic<Number = N>, const CURVES: usize>(
        ring: &R,
        sigmas: [u64; CURVES],
    ) -> Result<[Self; CURVES], N>
    where
        N: Clone,
    {
        let parts = sigmas.map(|sigma| Fraction::suyama(ring, sigma));
        let mut product = ring.residue(1);
        let before = parts.each_ref().map(|part| {
            let before = product.clone();
            product = ring.mul(&product, &part.divisor);
            before
        });
        let mut inverse = ring.invert(&product)?;
        let mut curves: [Option<Self>; CURVES] = [const { None }; CURVES];
        for ((curve, part), before) in curves.iter_mut().zip(parts).zip(before).rev() {
            let a24 = ring.mul(&part.numerator, &ring.mul(&inverse, &before));
            inverse = ring.mul(&inverse, &part.divisor);
            *curve = Some(Self { a24: A24::whole(a24), start: part.start });
        }
        Ok(curves.map(|curve| curve.expect("each was made")))
    }
}

/// A curve whose parameter is still a fraction.
struct Fraction<N> {
    numerator: N,
    divisor: N,
    start: Point<N>,
}

impl<N: Clone> Fraction<N> {
    fn suyama<R: Ring + Arithmetic<Number = N>>(ring: &R, sigma: u64) -> Self {
        let sigma = ring.residue(sigma);
        let u = ring.sub(&ring.square(&sigma), &ring.residue(5));
        let v = ring.double(&ring.double(&sigma));
        let cube = |a: &N| ring.mul(&ring.square(a), a);
        let (u_cubed, v_cubed) = (cube(&u), cube(&v));
        let three_u_and_v = ring.add(&ring.add(&ring.double(&u), &u), &v);
        let numerator = ring.mul(&cube(&ring.sub(&v, &u)), &three_u_and_v);
        let four_times = |a: &N| ring.double(&ring.double(a));
        let divisor = four_times(&four_times(&ring.mul(&u_cubed, &v)));
        Self { numerator, divisor, start: Point { x: u_cubed, z: v_cubed } }
    }
}

/// Returns twice a point.
#[inline(always)]
pub(super) fn double<A: Arithmetic>(
    field: &A,
    a24: &A24<A::Number>,
    point: &Point<A::Number>,
) -> Point<A::Number> {
    let sum = field.square(&field.add(&point.x, &point.z));
    let difference = field.square(&field.sub(&point.x, &point.z));
    let both = field.sub(&sum, &difference);
    let difference = match &a24.denominator {
        None => difference,
        Some(denominator) => field.mul(denominator, &difference),
    };
    Point {
        x: field.mul(&sum, &difference),
        z: field.mul(&both, &field.add(&difference, &field.mul(&a24.numerator, &both))),
    }
}

/// Returns the sum of two points whose difference is known.
#[inline(always)]
pub(super) fn add<A: Arithmetic>(
    field: &A,
    a: &Point<A::Number>,
    b: &Point<A::Number>,
    difference: &Point<A::Number>,
) -> Point<A::Number> {
    let left = field.mul(&field.sub(&a.x, &a.z), &field.add(&b.x, &b.z));
    let right = field.mul(&field.add(&a.x, &a.z), &field.sub(&b.x, &b.z));
    Point {
        x: field.mul(&difference.z, &field.square(&field.add(&left, &right))),
        z: field.mul(&difference.x, &field.square(&field.sub(&left, &right))),
    }
}

/// The first stage: multiplies the start of a curve by all prime powers up to a bound. Chains are made prime by prime.
pub(super) fn first_stage<A: Arithmetic>(
    field: &A,
    curve: &Curve<A::Number>,
    first_bound: u64,
) -> Point<A::Number> {
    let mut point = curve.start.clone();
    let mut steps = Vec::new();
    for prime in crate::primes(..=first_bound) {
        steps.clear();
        let result = chain::append_soon(prime, 0, &mut steps);
        // Two more for the group's order, which 4 divides anyway.
        let bound = if prime == 2 { first_bound.saturating_mul(4) } else { first_bound };
        let mut power = 1;
        while power <= bound / prime {
            point = follow(field, &curve.a24, point, (&steps, result));
            power *= prime;
        }
    }
    point
}

/// Follows a chain from `point`, which stands in place 0, and returns what then stands in `result`.
#[inline(always)]
pub(super) fn follow<A: Arithmetic>(
    field: &A,
    a24: &A24<A::Number>,
    point: Point<A::Number>,
    (steps, result): (&[Step], u8),
) -> Point<A::Number> {
    let mut points: [Point<A::Number>; PLACES] = std::array::from_fn(|_| point.clone());
    for step in steps {
        match *step {
            Step::Double { from, to } => {
                points[place(to)] = double(field, a24, &points[place(from)]);
            }
            Step::Add { a, b, difference, to } => {
                let sum = add(field, &points[place(a)], &points[place(b)], &points[place(difference)]);
                points[place(to)] = sum;
            }
        }
    }
    points[place(result)].clone()
}

fn place(number: u8) -> usize {
    usize::from(number) % PLACES
}
