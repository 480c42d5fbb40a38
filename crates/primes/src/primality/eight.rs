//! Many words at once: the same two tests, several numbers in step.
//!
//! One number's powers wait for one another; those of another number do not. Numbers of one kind make a turn of
//! eight, which is tested to base 2; what passes waits for a turn of the second test. That is one to
//! a few bases more for short numbers, for which they are known to suffice, and the Lucas test for the others, two at a time.

use super::lanes::{are_primes_if_they_pass_base_2, pass_base_2};
use super::lucas::{Pair, Parameters};
use super::{has_small_factor_u64, is_prime_without_small_factor};
use crate::lanes::SHORT_BITS_MAX;
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
    let (mut places, mut rest, mut len) = ([0; 8], [0; 8], 0);
    for (place, &n) in numbers.iter().enumerate() {
        if n < 1 << 16 {
            answers[place] = table::index_of(n).is_some();
        } else if n % 2 == 1 && !has_small_factor_u64(n) {
            (places[len], rest[len]) = (place, n);
            len += 1;
        }
    }
    for_each_prime(&rest[..len], |index| answers[places[index]] = true);
    answers
}

/// Calls `found` with the index of each prime among odd numbers from 2^16 on, in any order, without looking for small factors
/// first.
pub(crate) fn for_each_prime(numbers: &[u64], mut found: impl FnMut(usize)) {
    let mut first = [const { Turn::EMPTY }; KINDS];
    let mut second = [const { Turn::EMPTY }; KINDS];
    for (index, &n) in numbers.iter().enumerate() {
        let kind = usize::from(n >> 32 != 0) + usize::from(n >> SHORT_BITS_MAX != 0);
        first[kind].push(index);
        if first[kind].len == TURN {
            pass_on(numbers, &mut first[kind], &mut second[kind], kind, &mut found);
        }
    }
    for (kind, (first, second)) in first.iter_mut().zip(&mut second).enumerate() {
        if first.len < TURN_MIN {
            first.take(|index| {
                if is_prime_without_small_factor(numbers[index]) {
                    found(index)
                }
            });
        } else {
            pass_on(numbers, first, second, kind, &mut found);
        }
        confirm(numbers, second, kind, &mut found);
    }
}

/// Tests a turn to base 2. What passes joins those that wait for the second test, who have it when they are many.
fn pass_on(numbers: &[u64], first: &mut Turn, second: &mut Turn, kind: usize, found: &mut impl FnMut(usize)) {
    let mut passes = pass_base_2(first.numbers(numbers)).into_iter();
    first.take(|index| {
        if passes.next() == Some(true) {
            second.push(index);
            if second.len == TURN {
                confirm(numbers, second, kind, found);
            }
        }
    });
}

/// Gives a turn the second test.
fn confirm(numbers: &[u64], turn: &mut Turn, kind: usize, found: &mut impl FnMut(usize)) {
    if turn.len == 0 {
        return;
    }
    let eight = turn.numbers(numbers);
    let are_primes = if kind == KINDS - 1 {
        let mut are_primes = [false; TURN];
        for lane in (0..turn.len).step_by(LUCAS_LANES) {
            let rings = std::array::from_fn::<_, LUCAS_LANES, _>(|next| Montgomery::new(eight[lane + next]));
            are_primes[lane..lane + LUCAS_LANES].copy_from_slice(&strong_lucas(&rings));
        }
        are_primes
    } else {
        are_primes_if_they_pass_base_2(eight)
    };
    let mut are_primes = are_primes.into_iter();
    turn.take(|index| {
        if are_primes.next() == Some(true) {
            found(index)
        }
    });
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

/// Numbers that are tested together, by their indices.
#[derive(Clone, Copy)]
struct Turn {
    indices: [usize; TURN],
    len: usize,
}

impl Turn {
    const EMPTY: Self = Self { indices: [0; TURN], len: 0 };

    fn push(&mut self, index: usize) {
        self.indices[self.len] = index;
        self.len += 1;
    }

    /// The numbers of a turn that is not empty; if it is not full, the last stands in all lanes that are left.
    fn numbers(&self, numbers: &[u64]) -> [u64; TURN] {
        std::array::from_fn(|lane| numbers[self.indices[lane.min(self.len - 1)]])
    }

    fn take(&mut self, each: impl FnMut(usize)) {
        self.indices[..self.len].iter().copied().for_each(each);
        self.len = 0;
    }
}

/// Numbers of a turn.
const TURN: usize = 8;

/// Numbers that are worth a turn.
const TURN_MIN: usize = 3;

/// Up to 32 bits, up to 48, and beyond.
const KINDS: usize = 3;

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
