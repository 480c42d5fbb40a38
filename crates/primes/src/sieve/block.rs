//! A stretch of sieved numbers, and how much of it is still to be handed out from either end.

use std::ops::Range;

use super::batch::{Batch, WORDS_THAT_FIT};
use super::wheel::NUMBERS_PER_WORD;
use super::whole::Whole;

/// Bits for numbers that may be prime.
#[derive(Clone)]
pub(super) struct Block {
    /// The number that the first word is counted from.
    base: u128,
    /// Its words, and behind them what the sieve wants for its margin.
    groups: Vec<[u8; 8]>,
    words: usize,
    /// The words not yet decoded.
    left: Range<usize>,
    /// Whether every number left standing is prime.
    proven: bool,
}

impl Block {
    pub(super) const fn new() -> Self {
        Self { base: 0, groups: Vec::new(), words: 0, left: 0..0, proven: true }
    }

    /// Starts anew with so many words from a number on, for the sieve to fill, and so many bytes behind them.
    pub(super) fn renew(&mut self, base: u128, words: usize, margin: usize) -> &mut [u8] {
        self.base = base;
        self.groups.resize(words + margin.div_ceil(8), [0; 8]);
        self.words = words;
        self.left = 0..words;
        &mut self.groups.as_flattened_mut()[..8 * words + margin]
    }

    /// Says whether the sieve was complete.
    pub(super) fn set_proven(&mut self, proven: bool) {
        self.proven = proven;
    }

    /// Has nothing left.
    pub(super) fn clear(&mut self) {
        self.left = 0..0;
    }

    /// Adds the words of another block, which lies right behind this one.
    pub(super) fn append(&mut self, other: &Self) {
        debug_assert!(self.left.end == self.words, "nothing was taken from the end");
        self.groups.truncate(self.words);
        self.groups.extend_from_slice(&other.groups[..other.words]);
        self.words = self.groups.len();
        self.left.end = self.words;
        self.proven &= other.proven;
    }

    /// Decodes the next primes; `false` if none are left.
    pub(super) fn take_front<N: Whole>(&mut self, batch: &mut Batch<N>) -> bool {
        while !self.left.is_empty() {
            // A test costs more than all else: no more of them than may be needed.
            let end = if self.proven { self.left.end } else { self.left.start + 1 };
            self.left.start += batch.fill(&self.groups[self.left.start..end], self.base_of(self.left.start));
            if self.is_any_prime(batch) {
                return true;
            }
        }
        false
    }

    /// Decodes the last primes; `false` if none are left.
    pub(super) fn take_back<N: Whole>(&mut self, batch: &mut Batch<N>) -> bool {
        while !self.left.is_empty() {
            let words = if self.proven { WORDS_THAT_FIT } else { 1 };
            let start = self.left.start.max(self.left.end.saturating_sub(words));
            batch.fill(&self.groups[start..self.left.end], self.base_of(start));
            self.left.end = start;
            if self.is_any_prime(batch) {
                return true;
            }
        }
        false
    }

    fn is_any_prime<N: Whole>(&self, batch: &mut Batch<N>) -> bool {
        if !self.proven {
            batch.retain_primes();
        }
        !batch.as_slice().is_empty()
    }

    /// How many primes are left, not beyond the number of the type.
    pub(super) fn count<N: Whole>(&self) -> u64 {
        if self.proven {
            let words = self.groups[self.left.clone()].iter();
            return words.map(|group| u64::from(u64::from_le_bytes(*group).count_ones())).sum();
        }
        let (mut block, mut batch, mut count) = (self.clone(), Batch::<N>::new(), 0);
        while block.take_front(&mut batch) {
            count += batch.as_slice().len() as u64;
        }
        count
    }

    /// The first number not yet decoded, and the one before the first that has been from the other end.
    pub(super) fn span(&self) -> Option<(u128, u128)> {
        let base = |word: usize| self.base + u128::from(NUMBERS_PER_WORD) * word as u128;
        // The last word may reach beyond the last number there is.
        let last = self.base.saturating_add(
            u128::from(NUMBERS_PER_WORD) * self.left.end as u128 - u128::from(!self.left.is_empty()),
        );
        (!self.left.is_empty()).then(|| (base(self.left.start), last))
    }

    fn base_of<N: Whole>(&self, word: usize) -> N {
        N::narrow(self.base + u128::from(NUMBERS_PER_WORD) * word as u128)
    }
}
