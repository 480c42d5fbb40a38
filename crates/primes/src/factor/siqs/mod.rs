//! The self-initialising quadratic sieve, for composites of 64 to about 350 bits, whatever their factors.
//!
//! It looks for `x` and `y` with `x² ≡ y² mod n`, which is a factor in half of all cases. Each *relation* is a
//! square that is congruent to a product of primes of the base; when there are more relations
//! than primes, some of them multiply to a square on the other side too. Its time depends on `n` alone:
//! about 15 ms at 128 bits, and ten times as long for every 32 bits more. Sources: \[Pomerance1985\],
//! \[Silverman1987\], \[Contini1997\].
//!
//! The work comes in units: a leading coefficient is a unit, a sieve works it off without knowing of
//! the others, and what it finds is handed in. Who does that, and on how many threads, is not known here.
//!
//! By file: `parameters`, `base` (primes), `polynomial` (coefficients), `roots` with `residues` (where primes divide), `sieve` with
//! `medium` and `large` (primes by size), `candidate` with `rest`, `relation`, `matrix` (which relations multiply to a
//! square); `kernel` lets loops use wide vectors.

mod base;
mod candidate;
mod kernel;
mod large;
mod matrix;
mod medium;
mod memory;
mod parameters;
mod polynomial;
mod relation;
mod residues;
mod rest;
mod roots;
mod sieve;

use std::sync::Arc;

use crate::Natural;
use base::Base;
use parameters::Parameters;
use polynomial::{Chooser, log2};
use relation::Relations;

pub(crate) use memory::memory_bytes;
pub(crate) use polynomial::Leading;
pub(crate) use relation::Relation;
pub(crate) use sieve::Sieve;

/// What is the same for all units of a number.
#[derive(Debug)]
pub(crate) struct Setting {
    n: Natural,
    /// The number with its multiplier.
    kn: Natural,
    base: Base,
    parameters: Parameters,
}

impl Setting {
    /// Returns the length of the interval that each polynomial is sieved over.
    fn length(&self) -> u32 {
        u32::try_from(self.parameters.blocks * sieve::BLOCK).expect("an interval is far below 2^32")
    }

    /// Returns about how many nanoseconds a unit takes.
    pub(crate) fn unit_work(&self) -> u64 {
        self.parameters.unit_work(log2(&self.kn))
    }
}

/// A number on the way to its factors: units that are handed out, and relations that came in.
#[derive(Debug)]
pub(crate) struct Siqs {
    setting: Arc<Setting>,
    chooser: Chooser,
    relations: Relations,
    /// Relations wanted beyond the columns of the matrix.
    excess: usize,
    units_given: u64,
}

impl Siqs {
    /// Begins with an odd composite above 2^60 that is no perfect power.
    pub(crate) fn new(n: &Natural) -> Self {
        let parameters = Parameters::of_bits(n.bits());
        let kn = n * u64::from(base::multiplier(n));
        let base = Base::new(&kn, parameters.base_len);
        let chooser = Chooser::new(&kn, &base, parameters.blocks * sieve::BLOCK);
        let setting = Arc::new(Setting { n: n.clone(), kn, base, parameters });
        let relations = Relations::of_at_most(parameters.waiting_max());
        Self { setting, chooser, relations, excess: EXCESS, units_given: 0 }
    }

    /// Returns a prime of the base that divides the number, which trial division would have found.
    fn small_factor(&self) -> Option<u64> {
        let primes = self.setting.base.primes.iter().zip(&self.setting.base.roots);
        let candidates = primes.filter(|&(_, &root)| root == 0).map(|(&prime, _)| u64::from(prime));
        candidates.into_iter().find(|&prime| self.setting.n.rem_u64(prime) == 0)
    }

    /// Returns a unit of work that was not handed out before.
    pub(crate) fn unit(&mut self) -> Leading {
        self.units_given += 1;
        self.chooser.next(&self.setting.base)
    }

    /// Returns about how many nanoseconds it takes to begin with a number of so many bits, the first unit included.
    pub(crate) fn first_work(bits: u64) -> u64 {
        let parameters = Parameters::of_bits(bits);
        // The multiplier adds a few bits.
        parameters.preparation_work() + parameters.unit_work(bits as f64 + 3.0)
    }

    /// Returns how many units were handed out.
    pub(crate) fn units_given(&self) -> u64 {
        self.units_given
    }

    /// Goes on behind units that were worked off another day. A unit that comes again gives relations that are known.
    pub(crate) fn skip(&mut self, units: u64) {
        self.units_given = units;
        self.chooser.reseed(units);
    }

    /// Returns the relations there are.
    pub(crate) fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.all()
    }

    /// Takes in a relation of another day, if it holds; returns whether it does.
    pub(crate) fn restore(&mut self, relation: Relation) -> bool {
        let holds = relation.holds(&self.setting.base, &self.setting.n);
        if holds {
            self.relations.add(relation, &self.setting.n);
        }
        holds
    }

    /// Returns what units have in common.
    pub(crate) fn setting(&self) -> Arc<Setting> {
        Arc::clone(&self.setting)
    }

    /// Takes in what a unit gave.
    pub(crate) fn merge(&mut self, relations: Vec<Relation>) {
        for relation in relations {
            self.relations.add(relation, &self.setting.n);
        }
    }

    /// Returns how many relations there are, and how many are wanted.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.relations.complete().len(), self.relations.columns() + self.excess)
    }

    /// Returns a proper factor if there are relations enough; more are wanted if that fails.
    pub(crate) fn finish(&mut self) -> Option<Natural> {
        if let Some(prime) = self.small_factor() {
            return Some(prime.into());
        }
        let (found, wanted) = self.progress();
        if found < wanted {
            return None;
        }
        let relations = self.relations.complete();
        let rows: Vec<Vec<u32>> = relations.iter().map(|relation| relation.columns().collect()).collect();
        let factor = matrix::dependencies(&rows, self.setting.base.len() + 1, |members| self.split(members));
        if factor.is_none() {
            self.excess += EXCESS;
        }
        factor
    }

    /// Compares the two roots of a square.
    fn split(&self, members: &[u32]) -> Option<Natural> {
        let n = &self.setting.n;
        let mut exponents = vec![0_u32; self.setting.base.len()];
        let (mut left, mut right) = (Natural::ONE, Natural::ONE);
        for &member in members {
            let relation = &self.relations.complete()[member as usize];
            left = left * &relation.root % n;
            right = right * relation.large() % n;
            relation.factors.iter().for_each(|&index| exponents[index as usize] += 1);
        }
        let mut product = 1_u64;
        for (&prime, exponent) in self.setting.base.primes.iter().zip(exponents) {
            assert!(exponent % 2 == 0, "a dependency is a square");
            for _ in 0..exponent / 2 {
                product = product.checked_mul(prime.into()).unwrap_or_else(|| {
                    right = &right * product % n;
                    prime.into()
                });
            }
        }
        right = right * product % n;
        let factor = (left + right).gcd(n);
        (!factor.is_one() && factor != *n).then_some(factor)
    }
}

/// Relations beyond the columns of the matrix: each is a dependency more, of which half give a factor.
const EXCESS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn proper_factor(n: &Natural) -> Natural {
        let mut siqs = Siqs::new(n);
        let mut sieve = Sieve::new(siqs.setting());
        loop {
            let unit = siqs.unit();
            siqs.merge(sieve.run(&unit));
            if let Some(factor) = siqs.finish() {
                return factor;
            }
        }
    }

    #[test]
    fn semiprimes_are_split() {
        for (p, q) in [
            ("4294967291", "4294967279"),
            ("1000000007", "1000000000039"),
            ("1000000000039", "1000000000061"),
            ("281474976710597", "281474976710677"),
            ("18446744073709551557", "18446744073709551533"),
        ] {
            let [p, q]: [Natural; 2] = [p, q].map(|digits| digits.parse().unwrap());
            let factor = proper_factor(&(&p * &q));
            assert!([&p, &q].contains(&&factor), "{p}·{q}: {factor}");
        }
    }
}
