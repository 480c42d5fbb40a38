//! Where in the interval each prime of the base divides the values of a polynomial.
//!
//! That are two places in every stretch of a prime's length. From one polynomial of a leading coefficient to the next
//! each moves by a step that is known. Source: \[Contini1997\].

use std::ops::Range;

use super::base::Base;
use super::kernel::{Loop, with_wide_vectors};
use super::polynomial::{Change, Leading, PARTS_MAX, Polynomial};
use super::residues::{GROUP, Lanes, Moduli, to_integers};

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
    moduli: Vec<Moduli>,
    /// Square roots of `k·n`.
    square_roots: Vec<Lanes>,
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
        let primes = groups(&|prime| prime, 1);
        let mut square_roots = base.roots.clone();
        square_roots.resize(primes.len(), 0);
        Self {
            primes: base.primes.clone(),
            places: [vec![0; primes.len()], vec![0; primes.len()]],
            logs: base.logs.clone(),
            steps: Vec::new(),
            inverses: groups(&inverse_of_32_bits, 1),
            quotients_max: groups(&|prime| length / prime, 0),
            middle: length / 2,
            moduli: primes.as_chunks().0.iter().map(|&primes| Moduli::new(primes)).collect(),
            square_roots: square_roots.as_chunks().0.iter().map(|roots| roots.map(f64::from)).collect(),
        }
    }

    /// Returns the primes of a range with their logarithms and places.
    pub(super) fn of(&self, range: Range<usize>) -> (&[u32], &[u8], [&[u32]; 2]) {
        let [first, second] = &self.places;
        (&self.primes[range.clone()], &self.logs[range.clone()], [&first[range.clone()], &second[range]])
    }

    /// Begins with the first polynomial of a leading coefficient.
    pub(super) fn set_up(&mut self, polynomial: &Polynomial, leading: &Leading, base: &Base) {
        self.logs.copy_from_slice(&base.logs);
        // One of the two places is at infinity: such primes are not sieved.
        leading.factors.iter().chain(&[0]).for_each(|&index| self.logs[index as usize] = 0);
        self.steps.resize_with(polynomial.parts.len(), Vec::new);
        self.steps.iter_mut().for_each(|steps| steps.resize(self.inverses.len(), 0));
        with_wide_vectors(SetUp { roots: self, parts: &polynomial.parts });
        self.places.iter_mut().for_each(|places| places[base.len()..].fill(u32::MAX));
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

/// Computes places and steps.
///
/// A term of a coefficient is the coefficient divided by one of its primes and multiplied by a number. So all that is
/// asked for follows from the inverses of these primes, and they from one inverse of their product.
struct SetUp<'a> {
    roots: &'a mut Roots,
    parts: &'a [(u32, u32)],
}

impl Loop for SetUp<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { roots: Roots { places, steps, moduli, square_roots, middle, .. }, parts } = self;
        for (group, (moduli, square_roots)) in moduli.iter().zip(square_roots.iter()).enumerate() {
            // Products of the primes before each.
            let mut before = [[1.0; GROUP]; PARTS_MAX];
            let mut product = [1.0; GROUP];
            for (before, &(prime, _)) in before.iter_mut().zip(parts) {
                *before = product;
                product = moduli.product(&product, &[prime.into(); GROUP]);
            }
            let inverse = moduli.inverse(&product);
            let mut inverse_behind = inverse;
            let mut sum = [0.0; GROUP];
            for (index, &(prime, factor)) in parts.iter().enumerate().rev() {
                let of_prime = moduli.product(&before[index], &inverse_behind);
                inverse_behind = moduli.product(&inverse_behind, &[prime.into(); GROUP]);
                let term = moduli.product(&of_prime, &[factor.into(); GROUP]);
                let step = to_integers(&moduli.product(&term, &[2.0; GROUP]));
                steps[index][group * GROUP..][..GROUP].copy_from_slice(&step);
                for lane in 0..GROUP {
                    sum[lane] += term[lane];
                }
            }
            let root = moduli.product(&inverse, square_roots);
            for (places, sign) in places.iter_mut().zip([1.0, -1.0]) {
                let mut place = [0.0; GROUP];
                for lane in 0..GROUP {
                    place[lane] = f64::from(*middle) + sign * root[lane] - sum[lane];
                }
                let place = to_integers(&moduli.product(&place, &[1.0; GROUP]));
                places[group * GROUP..][..GROUP].copy_from_slice(&place);
            }
        }
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::polynomial::Chooser;
    use super::*;
    use crate::Natural;

    #[test]
    fn places_and_divisors_are_what_division_finds_for_every_polynomial() {
        let kn = Natural::from(0xffff_ffff_ffff_ffc5_u64) * Natural::from(0xffff_ffff_ffff_ff53_u64);
        let base = Base::new(&kn, 300);
        let length = 1 << 15;
        let leading = Chooser::new(&kn, &base, length as usize).next(&base);
        let mut polynomial = Polynomial::first(&leading, &base, &kn);
        let mut roots = Roots::new(&base, length);
        roots.set_up(&polynomial, &leading, &base);
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
