//! The walk along a range, one segment at a time.
//!
//! Segments start small, so that the first prime of a range comes at once, and double
//! up to a size the second-level cache holds. The sieving primes in use grow with
//! them: a segment is never prepared by more primes than it can repay.

use super::iter::Bits;
use super::medium::Medium;
use super::presieve;
use super::wheel::{NUMBERS_PER_BYTE, RESIDUES};
use crate::primality::is_prime_without_small_factor;
use crate::tuning::{SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, SIEVING_PRIME_MAX};

/// A range of numbers, and the segment of it last sieved.
#[derive(Clone)]
pub(super) struct Segments {
    first: u64,
    last: u64,
    /// Byte where the next segment starts; beyond that of `last` at the end.
    next_byte: u64,
    /// Byte where the present segment starts.
    byte: u64,
    /// The present segment: a bit for each number that may be prime.
    groups: Vec<[u8; 8]>,
    medium: Medium,
    /// Whether every number left in the segment is prime.
    proven: bool,
}

impl Segments {
    /// Stands before the numbers from `first` to `last`, both included.
    pub(super) fn new(first: u64, last: u64) -> Self {
        let byte = first / NUMBERS_PER_BYTE;
        Self { first, last, next_byte: byte, byte, groups: Vec::new(), medium: Medium::new(), proven: true }
    }

    /// Sieves the next segment; `false` at the end of the range.
    pub(super) fn advance(&mut self) -> bool {
        let last_byte = self.last / NUMBERS_PER_BYTE;
        if self.next_byte > last_byte {
            self.groups.clear();
            return false;
        }
        self.byte = self.next_byte;
        let len_wanted =
            (2 * size_of_val(self.groups.as_slice())).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
        // Whole groups always; what lies beyond the range is cleared in the end.
        let groups = (last_byte - self.byte + 1).min(len_wanted as u64).div_ceil(8);
        self.groups.resize(usize::try_from(groups).expect("at most the size wanted"), [0; 8]);
        self.next_byte += 8 * groups;

        let last = self.next_byte.saturating_mul(NUMBERS_PER_BYTE).saturating_sub(1).min(self.last);
        let limit = last.isqrt();
        self.medium.extend(limit.min(8 * groups * NUMBERS_PER_BYTE).min(SIEVING_PRIME_MAX), self.byte);
        self.proven = limit <= self.medium.sieved_to();

        let bytes = self.groups.as_flattened_mut();
        presieve::fill(bytes, self.byte);
        self.medium.cross_off(bytes);
        if self.byte == 0 {
            bytes[0] = FIRST_BYTE;
        }
        clip(bytes, self.byte, self.first, self.last);
        true
    }

    /// The bits of the present segment as words, each with the number before its first.
    pub(super) fn word(&self, index: usize) -> Option<(u64, u64)> {
        let group = self.groups.get(index)?;
        Some((u64::from_le_bytes(*group), (self.byte + 8 * index as u64) * NUMBERS_PER_BYTE))
    }

    /// Whether what the sieve has left standing is prime without a test.
    pub(super) fn is_proven(&self) -> bool {
        self.proven
    }

    /// The primes of the present segment.
    pub(super) fn primes(&self) -> impl Iterator<Item = u64> {
        let words = (0..self.groups.len()).filter_map(|index| self.word(index));
        words
            .flat_map(|(word, base)| Bits::new(word, base))
            .filter(|&n| self.proven || is_prime_without_small_factor(n))
    }

    /// How many primes the present segment holds.
    pub(super) fn count(&self) -> u64 {
        if self.proven {
            self.groups.iter().map(|group| u64::from(u64::from_le_bytes(*group).count_ones())).sum()
        } else {
            self.primes().count() as u64
        }
    }
}

/// Clears the bits of numbers before `first` and after `last`.
fn clip(bytes: &mut [u8], start: u64, first: u64, last: u64) {
    let mask = |keep: &dyn Fn(u64) -> bool| {
        (0..8).filter(|&bit| keep(RESIDUES[bit])).fold(0, |mask, bit| mask | 1_u8 << bit)
    };
    if first / NUMBERS_PER_BYTE == start {
        bytes[0] &= mask(&|residue| residue >= first % NUMBERS_PER_BYTE);
    }
    let last_byte = usize::try_from(last / NUMBERS_PER_BYTE - start).unwrap_or(usize::MAX);
    if let Some(byte) = bytes.get_mut(last_byte) {
        *byte &= mask(&|residue| residue <= last % NUMBERS_PER_BYTE);
        bytes[last_byte + 1..].fill(0);
    }
}

/// The primes from 7 to 29, which the patterns have cleared; 1 is not one.
const FIRST_BYTE: u8 = 0b1111_1110;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_both_ends() {
        let mut bytes = [0xff; 8];
        clip(&mut bytes, 0, 11, 60 + 13);
        assert_eq!(bytes, [0b1111_1100, 0xff, 0b0000_1111, 0, 0, 0, 0, 0]);
        let mut bytes = [0xff; 8];
        clip(&mut bytes, 10, 8, 100_000);
        assert_eq!(bytes, [0xff; 8]);
    }

    #[test]
    fn segments_grow_and_stay_bounded() {
        let mut segments = Segments::new(0, u64::MAX);
        let mut len = 0;
        for _ in 0..12 {
            assert!(segments.advance());
            let grown = size_of_val(segments.groups.as_slice());
            assert!(grown >= len && grown <= SEGMENT_BYTES_MAX);
            assert!(segments.is_proven());
            len = grown;
        }
        assert_eq!(len, SEGMENT_BYTES_MAX);
        let mut far = Segments::new(1 << 60, u64::MAX);
        assert!(far.advance() && !far.is_proven());
    }

    #[test]
    fn the_last_segment_ends_the_walk() {
        let mut segments = Segments::new(u64::MAX - 100, u64::MAX);
        assert!(segments.advance());
        assert_eq!(segments.primes().collect::<Vec<_>>(), [u64::MAX - 94, u64::MAX - 82, u64::MAX - 58]);
        assert!(!segments.advance());
        assert_eq!(segments.count(), 0);
        assert!(!segments.advance());
    }
}
