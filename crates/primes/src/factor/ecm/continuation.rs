//! The second stage: one prime of the group's order may be larger than all others.
//!
//! With `Q` the point after the first stage, a prime `q = m·D ± j` annihilates it if `m·D·Q` and `j·Q`
//! have the same x-coordinate; `pairs` tells which are needed. One product for each pair gathers all differences. All points
//! of a block are brought to one denominator first, which costs four products each and halves the
//! price of a pair. Source: \[Montgomery1987\], section 4.

use super::super::pairs::Pairs;
use super::chain::{self, Step};
use super::curve::{A24, Curve, Point, add, double, follow};
use crate::montgomery::Arithmetic;
use crate::tuning::{ECM_WHEEL, SHORT_WHEEL, SHORT_WHEEL_END};

/// What the second stage does on any curve, for the primes between two bounds.
#[derive(Debug)]
pub(super) struct Continuation {
    pairs: Pairs,
    /// Steps from a point to `wheel` times it.
    to_wheel: (Vec<Step>, u8),
}

impl Continuation {
    /// Plans for the primes above `after` and up to `last`. The wheel is a multiple of 6.
    pub(super) fn new(after: u64, last: u64, wheel: u64) -> Self {
        Self::of(Pairs::new(after, last, wheel))
    }

    /// Plans for these pairs.
    pub(super) fn of(pairs: Pairs) -> Self {
        let (mut steps, mut place, mut rest) = (Vec::new(), 0, pairs.wheel);
        for prime in [2, 3, 5, 7, 11, 13] {
            while rest.is_multiple_of(prime) {
                place = chain::append(prime, place, &mut steps);
                rest /= prime;
            }
        }
        assert_eq!(rest, 1, "a wheel is a product of the first primes");
        Self { pairs, to_wheel: (steps, place) }
    }

    /// Returns the product of the differences of all pairs, times `product`.
    #[inline(always)]
    pub(super) fn run<A: Arithmetic>(
        &self,
        field: &A,
        curve: &Curve<A::Number>,
        point: &Point<A::Number>,
        product: A::Number,
    ) -> A::Number {
        let a24 = &curve.a24;
        let babies = self.babies(field, a24, point);
        let mut product = self
            .pairs
            .alone
            .iter()
            .fold(product, |product, &baby| field.mul(&product, &babies[usize::from(baby)].z));
        let (steps, result) = &self.to_wheel;
        let stride = follow(field, a24, point.clone(), (steps, *result));
        let (mut before, mut giant) = consecutive(field, a24, &stride, self.pairs.first_giant);
        let mut points = babies;
        let babies_count = points.len();
        let mut left = self.pairs.of_giants.as_slice();
        while !left.is_empty() {
            let (block, rest) = left.split_at(left.len().min(BLOCK_GIANTS));
            left = rest;
            points.truncate(babies_count);
            for _ in block {
                points.push(before.clone());
                let next = add(field, &giant, &stride, &before);
                (before, giant) = (giant, next);
            }
            let x = with_one_denominator(field, &points);
            let (babies, giants) = x.split_at(babies_count);
            for (giant, pairs) in giants.iter().zip(block) {
                for &baby in pairs {
                    product = field.mul(&product, &field.sub(giant, &babies[usize::from(baby)]));
                }
            }
        }
        product
    }

    /// Returns the multiples of a point by each of the babies.
    #[inline(always)]
    fn babies<A: Arithmetic>(
        &self,
        field: &A,
        a24: &A24<A::Number>,
        point: &Point<A::Number>,
    ) -> Vec<Point<A::Number>> {
        let two = double(field, a24, point);
        let three = add(field, &two, point, point);
        let five = add(field, &three, &two, point);
        let six = double(field, a24, &three);
        // Two rows in steps of six: from 1 and from 5, whose element before the first is -5 and -1.
        let mut rows = [(five.clone(), point.clone()), (point.clone(), five)];
        let mut multiples = Vec::with_capacity(self.pairs.babies.len());
        let mut wanted = self.pairs.babies.iter().copied().peekable();
        for multiple in (0..self.pairs.wheel / 2).filter(|j| j % 6 == 1 || j % 6 == 5) {
            let (before, now) = &mut rows[usize::from(multiple % 6 == 5)];
            if wanted.next_if_eq(&multiple).is_some() {
                multiples.push(now.clone());
            }
            let next = add(field, now, &six, before);
            *before = std::mem::replace(now, next);
        }
        multiples
    }
}

/// Returns a point times `multiple ≥ 1` and times the next number.
#[inline(always)]
fn consecutive<A: Arithmetic>(
    field: &A,
    a24: &A24<A::Number>,
    point: &Point<A::Number>,
    multiple: u64,
) -> (Point<A::Number>, Point<A::Number>) {
    let (mut low, mut high) = (point.clone(), double(field, a24, point));
    for bit in (0..multiple.ilog2()).rev() {
        let sum = add(field, &high, &low, point);
        if multiple >> bit & 1 == 1 {
            (low, high) = (sum, double(field, a24, &high));
        } else {
            (low, high) = (double(field, a24, &low), sum);
        }
    }
    (low, high)
}

/// Returns the x-coordinates of the points over the product of all their denominators.
#[inline(always)]
fn with_one_denominator<A: Arithmetic>(field: &A, points: &[Point<A::Number>]) -> Vec<A::Number> {
    let mut before = Vec::with_capacity(points.len());
    before.push(points[0].x.clone());
    let mut product = points[0].z.clone();
    for point in &points[1..] {
        before.push(field.mul(&point.x, &product));
        product = field.mul(&product, &point.z);
    }
    let mut behind: Option<A::Number> = None;
    for (x, point) in before.iter_mut().zip(points).rev() {
        if let Some(behind) = &behind {
            *x = field.mul(x, behind);
        }
        behind = Some(behind.map_or_else(|| point.z.clone(), |behind| field.mul(&behind, &point.z)));
    }
    before
}

/// Giants brought to one denominator together with the babies.
///
/// More of them spread the cost of the babies thinner, fewer stay in the cache.
const BLOCK_GIANTS: usize = 256;

/// Returns the wheel for a second bound.
pub(super) fn wheel(second_bound: u64) -> u64 {
    if second_bound < SHORT_WHEEL_END { SHORT_WHEEL } else { ECM_WHEEL }
}
