//! Complete factors of many machine words, eight at a time.
//!
//! What is worked off together are not the numbers but what is left of them: pieces wait to be tested for primality, and
//! composite ones to be split, each among those for which the same curves are right. Eight of the same kind make
//! a turn; a piece that a curve did not split waits for its next one. Only the last few, which fill no turn any more, have several curves of one
//! number beside each other.

use super::word::{FactorizationU64, factor_u64, split};
use super::{ecm, trial};
use crate::lanes::SHORT_BITS_MAX;
use crate::primality::for_each_prime;
use crate::tuning::EIGHT_ECM;

/// Returns the prime factors of each number, all of them and proved.
///
/// The answers are those of [`factor_u64`](crate::factor_u64), in the order of the numbers, each in a fraction of
/// the time: numbers that need more than trial division are worked off eight at a time, by
/// the instructions that the processor has for it. A few dozen are enough to keep it busy. Takes 300 bytes of memory
/// for each number.
///
/// # Examples
///
/// ```
/// use primestream_primes::{factor_u64, factor_u64s};
///
/// let numbers = [0, 1, 97, 1_000_000_007 * 1_000_000_009, u64::MAX];
/// let answers = factor_u64s(&numbers);
/// assert!(answers.iter().eq(&numbers.map(factor_u64)));
/// assert_eq!(answers[3].to_string(), "1000000007 · 1000000009");
/// assert!(factor_u64s(&[]).is_empty());
/// ```
#[must_use]
pub fn factor_u64s(numbers: &[u64]) -> Vec<FactorizationU64> {
    if numbers.len() < FEW {
        return numbers.iter().map(|&n| factor_u64(n)).collect();
    }
    let mut answers = Vec::with_capacity(numbers.len());
    let mut pieces = Pieces::default();
    for (place, &n) in numbers.iter().enumerate() {
        let mut factors = FactorizationU64::empty(u64::from(n != 0));
        let rest = if n == 0 { 1 } else { trial::divide_out_u64(n, &mut factors) };
        answers.push(factors);
        if rest > 1 {
            pieces.untested.push(Piece { place, n: rest, curves: 0, collapsed: 0 });
        }
    }
    pieces.work_off(&mut answers);
    answers
}

/// A part of a number, without prime factors below 2^8.
#[derive(Clone, Copy)]
struct Piece {
    /// Where its number stands.
    place: usize,
    n: u64,
    /// Curves that were tried on it.
    curves: usize,
    /// Those of them that found every factor at once.
    collapsed: u32,
}

impl Piece {
    /// The level of the curve that is next: the first one is for short factors, of which nothing is known.
    fn level(&self) -> usize {
        let bits = u64::BITS - self.n.leading_zeros();
        let level = EIGHT_ECM.iter().filter(|&&(longest, ..)| bits > longest).count();
        if self.curves == 0 { level.min(FIRST_LEVEL_MAX) } else { level }
    }
}

/// What is left of all numbers.
#[derive(Default)]
struct Pieces {
    untested: Vec<Piece>,
    /// Composite ones by the level of their next curve, those of short numbers before those of long ones.
    composite: [[Vec<Piece>; EIGHT_ECM.len()]; 2],
    /// Those that are being tested, and what came of it.
    numbers: Vec<u64>,
    are_prime: Vec<bool>,
}

impl Pieces {
    fn work_off(&mut self, answers: &mut [FactorizationU64]) {
        loop {
            self.test(answers);
            let waiting = self.composite.as_flattened_mut().iter_mut().enumerate();
            // A turn that is full goes before one that is not.
            let next = waiting.max_by_key(|(_, pieces)| pieces.len().min(LANES));
            let Some((index, pieces)) = next.filter(|(_, pieces)| !pieces.is_empty()) else { return };
            let first = pieces.len().saturating_sub(LANES);
            let mut turn = [pieces[first]; LANES];
            let len = pieces.len() - first;
            turn[..len].copy_from_slice(&pieces[first..]);
            pieces.truncate(first);
            self.turn(&turn[..len], index % EIGHT_ECM.len(), answers);
        }
    }

    /// Tests what was not tested. Primes go to their numbers, composites wait for curves.
    fn test(&mut self, answers: &mut [FactorizationU64]) {
        let untested = std::mem::take(&mut self.untested);
        self.numbers.clear();
        self.numbers.extend(untested.iter().map(|piece| piece.n));
        self.are_prime.clear();
        self.are_prime.resize(untested.len(), false);
        for_each_prime(&self.numbers, |index| self.are_prime[index] = true);
        for (index, piece) in untested.iter().enumerate() {
            if self.are_prime[index] {
                answers[piece.place].push(piece.n, 1);
            } else {
                self.wait(*piece);
            }
        }
        self.untested = untested;
        self.untested.clear();
    }

    fn wait(&mut self, piece: Piece) {
        let is_long = piece.n >> SHORT_BITS_MAX != 0;
        self.composite[usize::from(is_long)][piece.level()].push(piece);
    }

    /// Tries a curve of each of at most eight pieces; if they are fewer, several of some of them.
    fn turn(&mut self, pieces: &[Piece], level: usize, answers: &mut [FactorizationU64]) {
        let at = |lane: usize| (&pieces[lane % pieces.len()], lane / pieces.len());
        let numbers = std::array::from_fn(|lane| at(lane).0.n);
        let curves = std::array::from_fn(|lane| {
            let (piece, further) = at(lane);
            (piece.curves + further) % ecm::CURVES_MAX
        });
        let found = ecm::try_eight(numbers, curves, level);
        for (first, piece) in pieces.iter().enumerate() {
            let mut of_piece = found.iter().skip(first).step_by(pieces.len());
            let factor = of_piece.clone().find_map(|found| match found {
                ecm::Found::Factor(factor) => Some(*factor),
                _ => None,
            });
            if let Some(factor) = factor {
                for n in [factor, piece.n / factor] {
                    if n < trial::PRIME_END {
                        answers[piece.place].push(n, 1);
                    } else {
                        self.untested.push(Piece { n, curves: 0, collapsed: 0, ..*piece });
                    }
                }
                continue;
            }
            let collapsed =
                piece.collapsed + u32::from(of_piece.any(|found| *found == ecm::Found::Collapsed));
            let curves = piece.curves + LANES.div_ceil(pieces.len());
            if collapsed > COLLAPSED_MAX || curves > ecm::CURVES_MAX {
                // Perfect powers, and the few that no curve likes.
                split(piece.n, 1, &mut answers[piece.place]);
            } else {
                self.wait(Piece { curves, collapsed, ..*piece });
            }
        }
    }
}

/// Numbers of a turn.
const LANES: usize = 8;

/// Numbers that are worth working off together.
const FEW: usize = 4;

/// Highest level of the first curve of a number.
const FIRST_LEVEL_MAX: usize = 2;

/// Turns that may find every factor at once before curves are given up.
const COLLAPSED_MAX: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primes;

    fn assert_as_one_by_one(numbers: &[u64]) {
        for (n, answer) in numbers.iter().zip(factor_u64s(numbers)) {
            assert_eq!(answer, factor_u64(*n), "{n}");
        }
    }

    #[test]
    fn many_as_one_by_one() {
        assert_as_one_by_one(&(0..70_000).collect::<Vec<_>>());
        for bits in [32, 48, 63] {
            assert_as_one_by_one(&((1 << bits) - 500..(1 << bits) + 500).collect::<Vec<_>>());
        }
        assert_as_one_by_one(&(u64::MAX - 500..=u64::MAX).collect::<Vec<_>>());
        assert!(factor_u64s(&[]).is_empty());
    }

    #[test]
    fn random_words_as_one_by_one() {
        let mut seed = 7_u64;
        for len in [1, FEW, 7, 8, 9, 64, 3_000] {
            let numbers: Vec<u64> = (0..len)
                .map(|round| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    seed >> (round % 48)
                })
                .collect();
            assert_as_one_by_one(&numbers);
        }
    }

    #[test]
    fn products_of_primes_of_one_length() {
        let mut numbers = Vec::new();
        for bits in 9..=31 {
            let primes: Vec<u64> = primes(257..1 << bits).rev().take(6).collect();
            for (index, p) in primes.iter().enumerate() {
                numbers.extend(primes[index..].iter().map(|q| p * q));
                numbers.extend(primes.windows(2).filter_map(|pair| (p * pair[0]).checked_mul(pair[1])));
            }
        }
        assert_as_one_by_one(&numbers);
        for n in numbers.iter().step_by(5) {
            assert_as_one_by_one(&[1, 1, 1, *n]);
        }
    }

    #[test]
    fn numbers_whose_factors_are_found_at_once() {
        let mut numbers: Vec<u64> = primes(257..500).map(|p| p * p).collect();
        numbers.extend((3..=7).map(|exponent| 257_u64.pow(exponent)));
        numbers.extend([257 * 263, 257 * 263 * 269, 257 * 263 * 269 * 271, 257 * 263 * 269 * 271 * 277]);
        numbers.extend([4_294_967_291 * 4_294_967_291, 65_537 * 65_537 * 65_539 * 65_521]);
        assert_as_one_by_one(&numbers);
        for n in numbers {
            assert_as_one_by_one(&[n; FEW]);
        }
    }
}
