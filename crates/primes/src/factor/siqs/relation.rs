//! Relations, and how those with a large prime are joined in pairs.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::Natural;

/// `root² ≡ ± Π primes · Π large` modulo the number that is factored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(super) root: Natural,
    pub(super) is_negative: bool,
    /// Indices into the base, ascending, each as often as its prime divides.
    pub(super) factors: Vec<u32>,
    /// A prime beyond the base, or 1; of two relations that were joined, the square of this.
    pub(super) large: u64,
}

impl Relation {
    /// Returns the bytes of heap it fills.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.root.heap_bytes() + size_of_val(self.factors.as_slice())
    }
}

/// Relations whose large primes are all there twice.
#[derive(Debug, Default)]
pub(super) struct Relations {
    complete: Vec<Relation>,
    /// The first relation of each large prime.
    partial: HashMap<u64, Relation>,
    /// What each root leaves modulo a prime of 61 bits: a relation often comes from two coefficients, and would make
    /// dependencies that say nothing.
    known: HashSet<u64>,
}

impl Relations {
    /// Adds one, joining it with the first of the same large prime.
    pub(super) fn add(&mut self, relation: Relation, n: &Natural) {
        if !self.known.insert(relation.root.rem_u64(MERSENNE_61)) {
            return;
        }
        if relation.large == 1 {
            self.complete.push(relation);
            return;
        }
        match self.partial.entry(relation.large) {
            Entry::Vacant(place) => {
                place.insert(relation);
            }
            Entry::Occupied(first) => self.complete.push(join(first.get(), &relation, n)),
        }
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
    Relation { root, is_negative: a.is_negative != b.is_negative, factors, large: a.large }
}

const MERSENNE_61: u64 = (1 << 61) - 1;
