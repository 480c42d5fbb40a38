//! Relations, and how those with a large prime are joined in pairs.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::base::Base;
use crate::Natural;

/// `root² ≡ ± Π primes · Π large` modulo the number that is factored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(in super::super) root: Natural,
    pub(in super::super) is_negative: bool,
    /// Indices into the base, ascending, each as often as its prime divides.
    pub(in super::super) factors: Vec<u32>,
    /// A prime beyond the base, or 1.
    large: u64,
    /// Two relations were joined, and the square of the large prime stands in its place.
    is_joined: bool,
}

impl Relation {
    /// Makes one, which may hold or not.
    pub(crate) fn new(
        root: Natural,
        is_negative: bool,
        factors: Vec<u32>,
        large: u64,
        is_joined: bool,
    ) -> Self {
        Self { root, is_negative, factors, large, is_joined }
    }

    pub(crate) fn large(&self) -> u64 {
        self.large
    }

    pub(crate) fn is_joined(&self) -> bool {
        self.is_joined
    }

    /// Returns whether the two sides are congruent modulo `n`.
    pub(super) fn holds(&self, base: &Base, n: &Natural) -> bool {
        let primes = self.factors.iter().map(|&index| base.primes.get(index as usize));
        let mut right = Natural::from(self.large).pow(if self.is_joined { 2 } else { 1 });
        for prime in primes {
            let Some(&prime) = prime else { return false };
            right = right.mul_u64(prime.into()) % n;
        }
        if self.is_negative && !right.is_zero() {
            right = n - right;
        }
        self.factors.is_sorted() && &self.root * &self.root % n == right
    }

    /// Returns the columns of the matrix where it has a one, ascending: 0 for its sign, and one for each prime that
    /// divides it an odd number of times.
    pub(super) fn columns(&self) -> impl Iterator<Item = u32> {
        let odd = self.factors.chunk_by(|a, b| a == b).filter(|run| run.len() % 2 == 1);
        self.is_negative.then_some(0).into_iter().chain(odd.map(|run| run[0] + 1))
    }

    /// Returns the bytes of heap it fills.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.root.heap_bytes() + size_of_val(self.factors.as_slice())
    }
}

/// Relations whose large primes are all there twice.
#[derive(Debug)]
pub(super) struct Relations {
    /// Relations that may wait for their partner.
    waiting_max: usize,
    complete: Vec<Relation>,
    /// The first relation of each large prime.
    partial: HashMap<u64, Relation>,
    /// What each root leaves modulo a prime of 61 bits: a relation often comes from two coefficients, and would make
    /// dependencies that say nothing.
    known: HashSet<u64>,
    /// The columns of the matrix that complete relations have. Most large primes are in none, and need none.
    columns: HashSet<u32>,
}

impl Relations {
    /// Makes a place for relations, of which so many may wait for their partner.
    pub(super) fn of_at_most(waiting_max: usize) -> Self {
        let (complete, partial, known, columns) = Default::default();
        Self { waiting_max, complete, partial, known, columns }
    }

    /// Adds one, joining it with the first of the same large prime.
    pub(super) fn add(&mut self, relation: Relation, n: &Natural) {
        let is_partial = relation.large != 1 && !relation.is_joined;
        if is_partial && self.partial.len() >= self.waiting_max && !self.partial.contains_key(&relation.large)
        {
            return;
        }
        if !self.known.insert(relation.root.rem_u64(MERSENNE_61)) {
            return;
        }
        if !is_partial {
            return self.push(relation);
        }
        match self.partial.entry(relation.large) {
            Entry::Vacant(place) => {
                place.insert(relation);
            }
            Entry::Occupied(first) => {
                let joined = join(first.get(), &relation, n);
                self.push(joined);
            }
        }
    }

    fn push(&mut self, relation: Relation) {
        self.columns.extend(relation.columns());
        self.complete.push(relation);
    }

    /// Returns how many columns of the matrix there are with a one in them.
    pub(super) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Returns all there are, those that wait for their partner last and by their large prime.
    pub(super) fn all(&self) -> impl Iterator<Item = &Relation> {
        let mut waiting: Vec<&Relation> = self.partial.values().collect();
        waiting.sort_unstable_by_key(|relation| relation.large);
        self.complete.iter().chain(waiting)
    }

    pub(super) fn complete(&self) -> &[Relation] {
        &self.complete
    }
}

/// Multiplies two relations of one large prime.
fn join(a: &Relation, b: &Relation, n: &Natural) -> Relation {
    let mut factors = [a.factors.as_slice(), &b.factors].concat();
    factors.sort_unstable();
    let root = &a.root * &b.root % n;
    Relation { root, is_negative: a.is_negative != b.is_negative, factors, large: a.large, is_joined: true }
}

const MERSENNE_61: u64 = (1 << 61) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_more_may_wait_those_with_a_partner_are_still_taken() {
        let n = Natural::from(1_000_003_u64);
        let mut relations = Relations::of_at_most(2);
        let mut root = 1_u64;
        for large in [101, 103, 107, 101, 107, 103] {
            root += 1;
            relations.add(Relation::new(root.into(), false, vec![1], large, false), &n);
        }
        let joined: Vec<u64> = relations.complete().iter().map(Relation::large).collect();
        assert_eq!(joined, [101, 103]);
        assert_eq!(relations.all().count(), 4);
    }
}
