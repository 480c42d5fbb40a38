//! Relations, and how those with a large prime are joined in pairs.

use std::collections::HashMap;

use crate::Natural;

/// `root² ≡ ± Π primes · large` modulo the number that is factored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(super) root: Natural,
    pub(super) is_negative: bool,
    /// Indices into the base, ascending, each as often as its prime divides.
    pub(super) factors: Vec<u32>,
    /// A prime beyond the base, or 1.
    pub(super) large: u64,
}

/// Relations whose large primes are all there twice.
#[derive(Debug, Default)]
pub(super) struct Relations {
    complete: Vec<Relation>,
    /// The first relation of each large prime.
    partial: HashMap<u64, Relation>,
}

impl Relations {
    /// Adds one, joining it with the first of the same large prime.
    pub(super) fn add(&mut self, relation: Relation, n: &Natural) {
        if relation.large == 1 {
            self.complete.push(relation);
            return;
        }
        match self.partial.entry(relation.large) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(relation);
            }
            std::collections::hash_map::Entry::Occupied(first) if *first.get() != relation => {
                let joined = join(first.get(), &relation, n);
                self.complete.extend(joined);
            }
            std::collections::hash_map::Entry::Occupied(_) => {}
        }
    }

    pub(super) fn complete(&self) -> &[Relation] {
        &self.complete
    }
}

/// Multiplies two relations and divides the square of their large prime out.
fn join(a: &Relation, b: &Relation, n: &Natural) -> Option<Relation> {
    // A large prime without an inverse divides n: trial division has taken those.
    let inverse = Natural::from(a.large).inverse_mod(n).ok()?;
    let mut factors = [a.factors.as_slice(), &b.factors].concat();
    factors.sort_unstable();
    let root = &a.root * &b.root % n * inverse % n;
    Some(Relation { root, is_negative: a.is_negative != b.is_negative, factors, large: 1 })
}
