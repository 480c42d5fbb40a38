//! From bits to numbers: the iterator over the primes of a range.

use std::fmt;
use std::iter::FusedIterator;

use super::segment::Segments;
use super::wheel::{OFFSETS, OUTSIDE};
use crate::primality::is_prime_without_small_factor;

/// The primes of a range, ascending. Made by [`primes`](crate::primes).
///
/// Holds one segment and its sieving primes, less than 8 MiB, and sieves as it is
/// asked. `for_each` and its kin are faster than `next`.
#[derive(Clone)]
#[must_use = "an iterator does nothing until asked"]
pub struct Primes {
    segments: Segments,
    /// The primes 2, 3 and 5 of the range still to come, which no bit stands for.
    outside: std::ops::Range<usize>,
    bits: Bits,
    /// Word of the segment to take after `bits`.
    next_word: usize,
}

impl Primes {
    /// The primes between two numbers, both included; none for `None`.
    pub(super) fn new(range: Option<(u64, u64)>) -> Self {
        // An empty range is one that has already ended.
        let (first, last) = range.unwrap_or((u64::MAX, u64::MAX));
        let outside =
            OUTSIDE.partition_point(|&prime| prime < first)..OUTSIDE.partition_point(|&prime| prime <= last);
        Self { segments: Segments::new(first, last), outside, bits: Bits::new(0, 0), next_word: 0 }
    }

    /// The next number the sieve has left, prime or not.
    #[inline]
    fn next_survivor(&mut self) -> Option<u64> {
        loop {
            if let Some(n) = self.bits.next() {
                return Some(n);
            }
            if let Some((word, base)) = self.segments.word(self.next_word) {
                self.bits = Bits::new(word, base);
                self.next_word += 1;
            } else if self.segments.advance() {
                self.next_word = 0;
            } else {
                return None;
            }
        }
    }
}

impl Iterator for Primes {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        if let Some(index) = self.outside.next() {
            return OUTSIDE.get(index).copied();
        }
        loop {
            let n = self.next_survivor()?;
            if self.segments.is_proven() || is_prime_without_small_factor(n) {
                return Some(n);
            }
        }
    }

    fn fold<B, F: FnMut(B, u64) -> B>(mut self, initial: B, mut join: F) -> B {
        let mut value =
            self.outside.by_ref().filter_map(|index| OUTSIDE.get(index).copied()).fold(initial, &mut join);
        loop {
            let proven = self.segments.is_proven();
            for n in self.bits.by_ref().filter(|&n| proven || is_prime_without_small_factor(n)) {
                value = join(value, n);
            }
            while let Some((word, base)) = self.segments.word(self.next_word) {
                self.next_word += 1;
                for n in Bits::new(word, base) {
                    if proven || is_prime_without_small_factor(n) {
                        value = join(value, n);
                    }
                }
            }
            if !self.segments.advance() {
                return value;
            }
            self.next_word = 0;
        }
    }
}

impl FusedIterator for Primes {}

impl fmt::Debug for Primes {
    /// Leaves the segment out: nobody reads a million bits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Primes").finish_non_exhaustive()
    }
}

/// The numbers whose bits are set in one word of a segment.
#[derive(Clone)]
pub(super) struct Bits {
    word: u64,
    /// The number offsets are counted from.
    base: u64,
}

impl Bits {
    #[inline]
    pub(super) fn new(word: u64, base: u64) -> Self {
        Self { word, base }
    }
}

impl Iterator for Bits {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        if self.word == 0 {
            return None;
        }
        let offset = OFFSETS[self.word.trailing_zeros() as usize];
        self.word &= self.word - 1;
        Some(self.base + u64::from(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_goes_on_where_next_stopped() {
        for taken in [0, 1, 2, 3, 4, 5, 30, 5_000] {
            let mut iterator = Primes::new(Some((0, 100_000)));
            let mut all: Vec<u64> = iterator.by_ref().take(taken).collect();
            iterator.for_each(|prime| all.push(prime));
            assert_eq!(all.len(), 9_592, "{taken} taken first");
            assert!(all.is_sorted());
        }
    }

    #[test]
    fn the_end_is_the_end() {
        let mut iterator = Primes::new(Some((90, 100)));
        assert_eq!(iterator.next(), Some(97));
        assert_eq!((iterator.next(), iterator.next()), (None, None));
        assert_eq!(Primes::new(None).next(), None);
    }
}
