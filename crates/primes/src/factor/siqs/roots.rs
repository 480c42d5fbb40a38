//! Where in the interval each prime of the base divides the values of a polynomial.
//!
//! That are two places in every stretch of a prime's length. From one polynomial of a leading coefficient to the next
//! each moves by a step that is known. Source: \[Contini1997\].

use std::ops::Range;

use super::base::{Base, inverse, product};
use super::kernel::{Loop, with_wide_vectors};
use super::polynomial::{Change, Polynomial};
use crate::Natural;

/// The places of all primes, for one polynomial after the other.
pub(super) struct Roots {
    primes: Vec<u32>,
    /// The first places in the interval.
    places: [Vec<u32>; 2],
    /// Logarithms; 0 of a prime that is not sieved with this leading coefficient.
    logs: Vec<u8>,
    /// What places change by when a term changes its sign.
    steps: Vec<Vec<u32>>,
    /// Inverses modulo 2^32, of odd primes.
    inverses: Vec<u32>,
    /// How often each prime fits in the interval.
    quotients_max: Vec<u32>,
    /// Where 0 stands in the interval.
    middle: u32,
}

impl Roots {
    /// Makes them for an interval of this length around 0.
    pub(super) fn new(base: &Base, length: u32) -> Self {
        // What fills the last group up divides nothing.
        let groups = |of: &dyn Fn(u32) -> u32, rest: u32| {
            let mut values: Vec<u32> = base.primes.iter().map(|&prime| of(prime)).collect();
            values.resize(base.len().next_multiple_of(GROUP), rest);
            values
        };
        Self {
            primes: base.primes.clone(),
            places: [groups(&|_| 0, u32::MAX), groups(&|_| 0, u32::MAX)],
            logs: base.logs.clone(),
            steps: Vec::new(),
            inverses: groups(&inverse_of_32_bits, 1),
            quotients_max: groups(&|prime| length / prime, 0),
            middle: length / 2,
        }
    }

    /// Returns the primes of a range with their logarithms and places.
    pub(super) fn of(&self, range: Range<usize>) -> (&[u32], &[u8], [&[u32]; 2]) {
        let [first, second] = &self.places;
        (&self.primes[range.clone()], &self.logs[range.clone()], [&first[range.clone()], &second[range]])
    }

    /// Begins with the first polynomial of a leading coefficient.
    pub(super) fn set_up(&mut self, polynomial: &Polynomial, base: &Base) {
        self.logs.copy_from_slice(&base.logs);
        self.steps.resize_with(polynomial.terms.len(), Vec::new);
        self.steps.iter_mut().for_each(|steps| steps.resize(base.len(), 0));
        for (index, (&prime, &root)) in base.primes.iter().zip(&base.roots).enumerate() {
            let rem = |n: &Natural| u32::try_from(n.rem_u64(prime.into())).expect("a remainder");
            let a = rem(&polynomial.a);
            if a == 0 || prime == 2 {
                // One of the two places is at infinity: such primes are not sieved.
                self.logs[index] = 0;
                self.places.iter_mut().for_each(|places| places[index] = 0);
                self.steps.iter_mut().for_each(|steps| steps[index] = 0);
                continue;
            }
            let inverse = inverse(a, prime);
            let b = polynomial.b.rem(prime);
            for (places, root) in self.places.iter_mut().zip([root, prime - root]) {
                places[index] = (product(inverse, root + (prime - b), prime) + self.middle % prime) % prime;
            }
            for (steps, term) in self.steps.iter_mut().zip(&polynomial.terms) {
                steps[index] = product(inverse, 2 * rem(term) % prime, prime);
            }
        }
    }

    /// Brings them to the next polynomial.
    pub(super) fn change(&mut self, change: Change) {
        let (primes, steps) = (&self.primes, &self.steps[change.term]);
        for places in &mut self.places {
            with_wide_vectors(Move { places, primes, steps, is_forward: change.is_taken });
        }
    }

    /// Lists the primes of some groups, by index, that divide at a place. Of those that are not sieved it may list
    /// some that do not.
    pub(super) fn divisors(&self, place: u32, groups: Range<usize>, found: &mut Vec<usize>) {
        with_wide_vectors(Divisors { roots: self, place, groups, found });
    }

    /// Returns how many groups of primes there are.
    pub(super) fn groups(&self) -> usize {
        self.inverses.len() / GROUP
    }
}

/// Moves places by a step each.
struct Move<'a> {
    places: &'a mut [u32],
    primes: &'a [u32],
    steps: &'a [u32],
    is_forward: bool,
}

impl Loop for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let both = self.places.iter_mut().zip(self.primes).zip(self.steps);
        if self.is_forward {
            // The sum stays below 2^31, as primes of the base do below 2^30.
            for ((place, &prime), &step) in both {
                let sum = *place + step;
                *place = sum.wrapping_sub(prime).min(sum);
            }
        } else {
            for ((place, &prime), &step) in both {
                let difference = place.wrapping_sub(step);
                *place = difference.wrapping_add(prime).min(difference);
            }
        }
    }
}

/// Holds primes against a place.
struct Divisors<'a> {
    roots: &'a Roots,
    place: u32,
    groups: Range<usize>,
    found: &'a mut Vec<usize>,
}

impl Loop for Divisors<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Roots { places: [first, second], inverses, quotients_max, .. } = self.roots;
        let [first, second, inverses, quotients_max] = [first, second, inverses, quotients_max]
            .map(|values| &values.as_chunks::<GROUP>().0[self.groups.clone()]);
        let all = first.iter().zip(second).zip(inverses.iter().zip(quotients_max));
        for (group, ((first, second), (inverses, quotients_max))) in self.groups.zip(all) {
            // A multiple of the prime from 0 to the length of the interval becomes its quotient, and nothing else
            // becomes so small.
            let divides = |index: usize| {
                let quotient = |place: u32| self.place.wrapping_sub(place).wrapping_mul(inverses[index]);
                quotient(first[index]).min(quotient(second[index])) <= quotients_max[index]
            };
            let mut any = false;
            for index in 0..GROUP {
                any |= divides(index);
            }
            if !any {
                continue;
            }
            for index in 0..GROUP {
                if divides(index) {
                    self.found.push(group * GROUP + index);
                }
            }
        }
    }
}

/// Returns the inverse of an odd number modulo 2^32.
fn inverse_of_32_bits(odd: u32) -> u32 {
    // Right in 5 bits, and each step doubles that.
    let mut inverse = odd.wrapping_mul(3) ^ 2;
    for _ in 0..3 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

/// Primes held against a place together.
pub(super) const GROUP: usize = 16;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::polynomial::Chooser;
    use super::*;

    #[test]
    fn places_and_divisors_are_what_division_finds_for_every_polynomial() {
        let kn = Natural::from(0xffff_ffff_ffff_ffc5_u64) * Natural::from(0xffff_ffff_ffff_ff53_u64);
        let base = Base::new(&kn, 300);
        let length = 1 << 15;
        let leading = Chooser::new(&kn, &base, length as usize).next(&base);
        let mut polynomial = Polynomial::first(&leading, &base, &kn);
        let mut roots = Roots::new(&base, length);
        roots.set_up(&polynomial, &base);
        let is_sieved =
            |index: usize| index > 0 && !leading.factors.iter().any(|&factor| factor as usize == index);
        loop {
            let (_, _, places) = roots.of(0..base.len());
            for index in (0..base.len()).filter(|&index| is_sieved(index)) {
                assert!(places.iter().all(|places| places[index] < base.primes[index]));
            }
            for place in [0, 1, 1_234, 20_000, length - 1] {
                let (_, value) = polynomial.value(i64::from(place) - i64::from(length / 2));
                let value = Natural::from_words(&value);
                let expected: HashSet<usize> = (0..base.len())
                    .filter(|&index| is_sieved(index) && value.rem_u64(base.primes[index].into()) == 0)
                    .collect();
                let mut found = Vec::new();
                roots.divisors(place, 0..roots.groups(), &mut found);
                let mut plain = Vec::new();
                Divisors { roots: &roots, place, groups: 0..roots.groups(), found: &mut plain }.run();
                assert_eq!(found, plain, "wide vectors find the same");
                assert_eq!(
                    found.into_iter().filter(|&index| is_sieved(index)).collect::<HashSet<_>>(),
                    expected
                );
            }
            let mut plain = roots.places.clone();
            let Some(change) = polynomial.advance(&kn) else { break };
            for places in &mut plain {
                let (primes, steps) = (&roots.primes, &roots.steps[change.term]);
                Move { places, primes, steps, is_forward: change.is_taken }.run();
            }
            roots.change(change);
            assert_eq!(roots.places, plain, "wide vectors move as far");
        }
    }

    #[test]
    fn inverses_of_32_bits() {
        for odd in (1..10_000).step_by(2).chain([u32::MAX, (1 << 31) - 1]) {
            assert_eq!(odd.wrapping_mul(inverse_of_32_bits(odd)), 1);
        }
    }
}
