//! Candidates: is what the primes of the base leave of a value small enough for a relation?
//!
//! The sieve knows the logarithms of the primes it took from a byte, each rounded, and nothing of small primes. So a
//! candidate is divided by these first, which are few; most of those that only looked good are
//! known by then. What is left is held against all other primes.

use super::Setting;
use super::polynomial::{Leading, Polynomial};
use super::relation::Relation;
use super::residues::GROUP;
use super::rest::Rest;
use super::roots::Roots;

/// What a value is examined with.
pub(super) struct Examination<'a> {
    pub(super) setting: &'a Setting,
    pub(super) roots: &'a Roots,
    pub(super) leading: &'a Leading,
    pub(super) polynomial: &'a Polynomial,
    /// How many primes, the first ones, are not sieved.
    pub(super) small: usize,
    pub(super) large_max: u64,
}

impl Examination<'_> {
    /// Divides the value at a place by the primes of the base; a relation if little enough is left. The sieve
    /// has met primes of so many bits there.
    pub(super) fn run(&self, place: u32, bits_sieved: u32, found: &mut Vec<usize>) -> Option<Relation> {
        let primes = &self.setting.base.primes;
        let x = i64::from(place) - i64::from(self.setting.length() / 2);
        let (is_negative, value) = self.polynomial.value(x);
        let mut rest = Rest::new(value);
        found.clear();
        let twos = rest.take_twos();
        let groups = self.small.div_ceil(GROUP);
        self.roots.divisors(place, 0..groups, found);
        let powers = |rest: &mut Rest, factors: &mut Vec<u32>, index: usize| {
            while rest.divide(primes[index]) {
                factors.push(u32::try_from(index).expect("a base is small"));
            }
        };
        let mut factors = Vec::with_capacity(32);
        found.iter().for_each(|&index| powers(&mut rest, &mut factors, index));
        if rest.bits() > bits_sieved + self.large_max.ilog2() + SLACK_BITS {
            return None;
        }
        found.clear();
        self.roots.divisors(place, groups..self.roots.groups(), found);
        found.extend(self.leading.factors.iter().map(|&index| index as usize));
        found.iter().for_each(|&index| powers(&mut rest, &mut factors, index));
        let large = rest.to_u64().filter(|large| (1..=self.large_max).contains(large))?;
        factors.extend(&self.leading.factors);
        factors.extend(std::iter::repeat_n(0, twos as usize));
        factors.sort_unstable();
        Some(Relation::new(self.polynomial.root(x).size, is_negative, factors, large, false))
    }
}

/// What a value may be longer than the sieve knows it to be: logarithms are rounded, and powers are not sieved.
const SLACK_BITS: u32 = 6;
