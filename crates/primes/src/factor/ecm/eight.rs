//! Curves for numbers of one word, eight in step: of eight numbers, or several of one.
//!
//! Which number stands in which lane is all that differs; a chain is the same for all. Curves begin with
//! integers and keep their parameter as a fraction, so that none needs an inverse.

use std::sync::LazyLock;

use super::curve::{A24, Curve, Point, follow};
use super::word::{Found, Level};
use crate::lanes::{Eight, LOADED_BITS_MAX, Work, with_eight};
use crate::tuning::EIGHT_ECM;

/// Tries a curve of each of eight odd composites. `curves` tells which, below [`CURVES_MAX`]; the level, which
/// bounds.
pub(crate) fn try_eight(numbers: [u64; 8], curves: [usize; 8], level: usize) -> [Found; 8] {
    with_eight(numbers, Curves { numbers, curves, level: &LEVELS[level] })
}

/// Looks for a proper factor of an odd composite of at most 48 bits that is no perfect power, with
/// eight curves at once.
pub(crate) fn search_short(n: u64) -> Found {
    let level = usize::from(n >> ALONE_BITS != 0) + 1;
    for turn in 0..TURNS_MAX {
        let found = try_eight([n; 8], std::array::from_fn(|lane| 8 * turn + lane), level);
        if let Some(found) = found.into_iter().find(|found| matches!(found, Found::Factor(_))) {
            return found;
        }
    }
    Found::Nothing
}

struct Curves<'a> {
    numbers: [u64; 8],
    curves: [usize; 8],
    level: &'a Level,
}

impl Work for Curves<'_> {
    type Answer = [Found; 8];

    #[inline(always)]
    fn run<E: Eight>(self, field: &E) -> [Found; 8] {
        let Self { numbers, curves, level } = self;
        let load = |part: fn(&Integers) -> i64| field.load(curves.map(|curve| part(&CURVES[curve])));
        let curve = Curve {
            a24: A24 {
                numerator: load(|curve| curve.numerator),
                denominator: Some(load(|curve| curve.denominator)),
            },
            start: Point { x: load(|curve| curve.x), z: load(|curve| curve.z) },
        };
        let point = follow(field, &curve.a24, curve.start, (&level.steps, level.result));
        let product = level.continuation.run(field, &curve, &point, point.z);
        let divisors = field.common_divisors(&product);
        // Every factor at once: perhaps they were not at once after the first stage.
        let is_whole = divisors.iter().zip(&numbers).any(|(divisor, n)| divisor == n);
        let earlier = if is_whole { field.common_divisors(&point.z) } else { [1; 8] };
        std::array::from_fn(|lane| {
            let n = numbers[lane];
            match (divisors[lane], earlier[lane]) {
                (1, _) => Found::Nothing,
                (divisor, _) if divisor != n => Found::Factor(divisor),
                (_, divisor) if divisor != 1 && divisor != n => Found::Factor(divisor),
                _ => Found::Collapsed,
            }
        })
    }
}

/// A curve in integers.
#[derive(Clone, Copy)]
struct Integers {
    numerator: i64,
    denominator: i64,
    x: i64,
    z: i64,
}

impl Integers {
    /// The curve that Suyama's parameter names.
    const fn suyama(sigma: i64) -> Self {
        let (u, v) = (sigma * sigma - 5, 4 * sigma);
        let cubed = (v - u) * (v - u) * (v - u);
        Self { numerator: cubed * (3 * u + v), denominator: 16 * u * u * u * v, x: u * u * u, z: v * v * v }
    }
}

/// The first parameter that names a curve.
const SIGMA_FIRST: i64 = 6;

/// Longest number that has the bounds of the second level of [`EIGHT_ECM`] when it is alone. Longer ones have those of the third.
const ALONE_BITS: u32 = 41;
const _: () = assert!(EIGHT_ECM.len() > 2, "there are both levels");

/// Eights of curves for a number that is alone.
const TURNS_MAX: usize = CURVES_MAX / 8;

/// Curves there are.
pub(crate) const CURVES_MAX: usize = 52;

static CURVES: [Integers; CURVES_MAX] = {
    let mut curves = [Integers::suyama(SIGMA_FIRST); CURVES_MAX];
    let mut sigma = SIGMA_FIRST;
    let mut index = 0;
    while index < CURVES_MAX {
        curves[index] = Integers::suyama(sigma);
        // The longest of the four.
        assert!(curves[index].denominator.ilog2() < LOADED_BITS_MAX);
        sigma += 1;
        index += 1;
    }
    curves
};

static LEVELS: LazyLock<[Level; EIGHT_ECM.len()]> =
    LazyLock::new(|| EIGHT_ECM.map(|(_, first, second, wheel)| Level::new((first, second, wheel))));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Lanes;
    use crate::montgomery::Montgomery;

    #[test]
    fn every_processor_finds_the_same() {
        let mut found = 0;
        for bits in [17, 20, 24, 28, 32] {
            let end: u64 = 1 << bits;
            let primes: Vec<u64> = crate::primes(end - 4_000..end).rev().take(64).collect();
            for (round, eight) in primes.as_chunks::<8>().0.iter().enumerate() {
                let numbers = std::array::from_fn(|lane| eight[lane] * primes[lane]);
                let curves = std::array::from_fn(|lane| (8 * round + lane) % CURVES_MAX);
                for level in 0..EIGHT_ECM.len() {
                    let here = try_eight(numbers, curves, level);
                    let work = Curves { numbers, curves, level: &LEVELS[level] };
                    assert_eq!(work.run(&Lanes(numbers.map(Montgomery::new))), here, "{numbers:?}");
                    found += here.iter().filter(|found| matches!(found, Found::Factor(_))).count();
                }
            }
        }
        assert!(found > 200, "{found}");
    }
}
