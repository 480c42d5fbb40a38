//! Eight words at once: the same two tests, several numbers in step.
//!
//! One number's powers wait for one another; those of another number do not. The strong test takes four numbers in
//! step, the Lucas test, which has two products a step of its own, two. Exponents are read from the highest bit of the
//! longest: leading zeros leave the power of 2 at 1 and the Lucas sequence at its beginning.

use super::lucas::{Pair, Parameters};
use super::{has_small_factor_u64, is_prime_without_small_factor, miller_rabin};
use crate::montgomery::{Montgomery, Ring};
use crate::table;

/// Returns which of eight numbers are prime, with certainty.
///
/// The answers are those of [`is_prime_u64`](crate::is_prime_u64), for less time each where several of the numbers have no
/// small factor.
///
/// # Examples
///
/// ```
/// use primestream_primes::are_primes;
///
/// let answers = are_primes(&[0, 1, 2, 91, 97, 3_215_031_751, u64::MAX, 18_446_744_073_709_551_557]);
/// assert_eq!(answers, [false, false, true, false, true, false, false, true]);
/// ```
#[must_use]
pub fn are_primes(numbers: &[u64; 8]) -> [bool; 8] {
    let mut answers = [false; 8];
    let mut left = Places::default();
    for (place, &n) in numbers.iter().enumerate() {
        if n < 1 << 16 {
            answers[place] = table::index_of(n).is_some();
        } else if n % 2 == 1 && !has_small_factor_u64(n) {
            left.push(place);
        }
    }
    if let [place] = left.places[..left.len] {
        answers[place] = is_prime_without_small_factor(numbers[place]);
        return answers;
    }
    let mut passed = Places::default();
    left.in_groups::<STRONG_LANES>(|places| {
        let passes = strong_to_base_2(&places.map(|place| Montgomery::new(numbers[place])));
        places
            .into_iter()
            .zip(passes)
            .filter(|(_, passes)| *passes)
            .for_each(|(place, _)| passed.push(place));
    });
    passed.in_groups::<LUCAS_LANES>(|places| {
        let passes = strong_lucas(&places.map(|place| Montgomery::new(numbers[place])));
        places.into_iter().zip(passes).for_each(|(place, passes)| answers[place] = passes);
    });
    answers
}

/// Which of the moduli pass the strong test to base 2.
fn strong_to_base_2<const LANES: usize>(rings: &[Montgomery; LANES]) -> [bool; LANES] {
    let below = rings.each_ref().map(Ring::below);
    let bits = below.iter().map(|exponent| exponent.odd_bits).max().unwrap_or(0);
    let mut powers = rings.each_ref().map(|ring| ring.residue(1));
    for index in (0..bits).rev() {
        powers = std::array::from_fn(|lane| {
            rings[lane].two_step(&powers[lane], Montgomery::bit(&below[lane].odd, index))
        });
    }
    std::array::from_fn(|lane| miller_rabin::verdict(&rings[lane], &below[lane], powers[lane]))
}

/// Which of the moduli pass the strong Lucas test.
fn strong_lucas<const LANES: usize>(rings: &[Montgomery; LANES]) -> [bool; LANES] {
    let parameters = rings.each_ref().map(Parameters::selfridge);
    let above = rings.each_ref().map(Ring::above);
    let bits = above.iter().map(|exponent| exponent.odd_bits).max().unwrap_or(0);
    let mut pairs: [Pair<Montgomery>; LANES] = std::array::from_fn(|lane| {
        let p = parameters[lane].as_ref().map_or(0, |parameters| parameters.p_in(&rings[lane]));
        Pair::before_first(&rings[lane], p)
    });
    for index in (0..bits).rev() {
        for lane in 0..LANES {
            pairs[lane].step(&rings[lane], Montgomery::bit(&above[lane].odd, index));
        }
    }
    let mut lanes = 0..LANES;
    pairs.map(|pair| {
        let lane = lanes.next().expect("as many lanes as pairs");
        parameters[lane].is_some() && pair.verdict(&rings[lane], &above[lane])
    })
}

/// Some of the eight places, in order.
#[derive(Default)]
struct Places {
    places: [usize; 8],
    len: usize,
}

impl Places {
    fn push(&mut self, place: usize) {
        // The last of a group that is not full stands in all its lanes.
        if self.len == 0 || self.places[self.len - 1] != place {
            self.places[self.len] = place;
            self.len += 1;
        }
    }

    /// Hands them on in groups; one that is not full repeats its last.
    fn in_groups<const SIZE: usize>(&self, mut each: impl FnMut([usize; SIZE])) {
        for start in (0..self.len).step_by(SIZE) {
            each(std::array::from_fn(|index| self.places[(start + index).min(self.len - 1)]));
        }
    }
}

/// Numbers in step in the strong test.
const STRONG_LANES: usize = 4;

/// Numbers in step in the Lucas test.
const LUCAS_LANES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_prime_u64;

    #[test]
    fn eight_as_one_by_one() {
        let mut seed = 1_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed
        };
        for round in 0..20_000 {
            let numbers = std::array::from_fn(|place| (next() | 1) >> ((round + 7 * place) % 60));
            assert_eq!(are_primes(&numbers), numbers.map(is_prime_u64), "{numbers:?}");
        }
        // Many primes together, all of one length, and strong pseudoprimes to base 2 among them.
        for first in [1 << 16, (1 << 32) - 1_000, 1 << 63] {
            let primes: Vec<u64> = crate::primes(first..).take(50).chain([2047, 3_215_031_751]).collect();
            for numbers in primes.windows(8) {
                let numbers: [u64; 8] = numbers.try_into().unwrap();
                assert_eq!(are_primes(&numbers), numbers.map(is_prime_u64), "{numbers:?}");
            }
        }
        assert_eq!(are_primes(&[18_446_744_073_709_551_557; 8]), [true; 8]);
    }
}
