//! The walk along a range, one segment at a time.
//!
//! Segments start small, so that the first prime of a range comes at once, and double
//! up to a size the second-level cache holds. The sieving primes in use grow with
//! them: a segment is never prepared by more primes than it can repay.
//!
//! Beyond about 10^13 not all primes that matter fit. A segment is then sieved by those
//! up to a bound and what it leaves is tested, which is right for a few primes; or it is
//! part of a `Window`, sieved in full. A window costs as much as the tests of a stretch
//! of numbers that is known beforehand; so one is opened once a share of such a stretch
//! has been tested, and from then on, each twice as long as the one before. Whoever is known to want a whole range opens it
//! at once, and at full length.

use super::block::Block;
use super::large::Window;
use super::medium::Medium;
use super::presieve;
use super::wheel::{NUMBERS_PER_BYTE, RESIDUES};
use crate::tuning::{
    KEPT_PRIME_MAX, PIECE_BYTES, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, SIEVING_PRIME_MAX, WINDOW_BYTES_MAX,
    WINDOW_PAYS, WINDOW_TRIES,
};

/// A range of numbers, of which what lies before has been sieved.
#[derive(Clone)]
pub(super) struct Segments {
    /// First and last number not yet sieved.
    ahead: Option<(u128, u128)>,
    /// Bytes of the segment before.
    len: usize,
    medium: Medium,
    window: Window,
    /// Numbers whose survivors had to be tested, since the beginning.
    tested: u64,
}

impl Segments {
    /// Stands before the numbers from `first` to `last`, both included; none if `first > last`.
    pub(super) fn new(first: u128, last: u128) -> Self {
        let ahead = (first <= last).then_some((first, last));
        Self { ahead, len: 0, medium: Medium::new(), window: Window::new(), tested: 0 }
    }

    /// What has not been sieved yet, both ends included.
    pub(super) fn ahead(&self) -> Option<(u128, u128)> {
        self.ahead
    }

    /// Takes away the end of what has not been sieved.
    pub(super) fn end_before(&mut self, end: u128) {
        self.ahead =
            self.ahead.filter(|&(first, _)| first < end).map(|(first, last)| (first, last.min(end - 1)));
    }

    /// Expects that the whole range will be walked.
    pub(super) fn expect_all(&mut self) {
        self.tested = u64::MAX;
        self.len = SEGMENT_BYTES_MAX;
    }

    /// Sieves the next segment; `false` at the end of the range.
    pub(super) fn advance(&mut self, block: &mut Block) -> bool {
        let Some((first, last)) = self.ahead else {
            block.clear();
            return false;
        };
        let (byte, last_byte) = (byte_of(first), byte_of(last));
        self.len = (2 * self.len).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
        let is_in_window = self.window.is_open() || self.open_window(first, last);
        if is_in_window {
            self.len = SEGMENT_BYTES_MAX;
        }
        // Whole words always; what lies beyond the range is cleared in the end.
        let bytes_left = u64::try_from(last_byte - byte + 1).unwrap_or(u64::MAX);
        let words = bytes_left.min(self.len as u64).div_ceil(8);
        let next_byte = byte + u128::from(8 * words);
        let segment_last = number_of(next_byte).saturating_sub(1).min(last);
        self.ahead = (next_byte <= last_byte).then(|| (number_of(next_byte), last));

        let limit = square_root(segment_last);
        if !is_in_window {
            self.medium.extend(limit.min(8 * words * NUMBERS_PER_BYTE).min(SIEVING_PRIME_MAX), byte);
        }
        let words = usize::try_from(words).expect("at most the size wanted");
        let all = block.renew(number_of(byte), words, self.medium.margin());
        let len = 8 * words;
        for (piece, byte) in all[..len].chunks_mut(PIECE_BYTES).zip((byte..).step_by(PIECE_BYTES)) {
            presieve::fill(piece, byte);
        }
        self.medium.cross_off(all, len);
        let bytes = &mut all[..len];
        let is_proven = is_in_window || limit <= self.medium.sieved_to();
        if is_in_window {
            self.window.cross_off(bytes);
        } else if !is_proven {
            self.tested = self.tested.saturating_add(len as u64 * NUMBERS_PER_BYTE);
        }
        clip(bytes, byte, first, last);
        block.set_proven(is_proven);
        true
    }

    /// Opens a window from `first` on, if that pays.
    fn open_window(&mut self, first: u128, last: u128) -> bool {
        let (Ok(first), Ok(last)) = (u64::try_from(first), u64::try_from(last.min(u128::from(u64::MAX))))
        else {
            return false;
        };
        let root = first.isqrt();
        if root <= self.medium.sieved_to().max(KEPT_PRIME_MAX) {
            return false;
        }
        let repaid = root / WINDOW_PAYS;
        if last - first < repaid || self.tested < repaid / WINDOW_TRIES {
            return false;
        }
        let byte = first / NUMBERS_PER_BYTE;
        self.medium.extend(KEPT_PRIME_MAX, u128::from(byte));
        let kept = self.medium.sieved_to();
        let most = if self.tested == u64::MAX { WINDOW_BYTES_MAX } else { self.window.len_after(root) };
        let bytes = usize::try_from(last / NUMBERS_PER_BYTE - byte + 1).unwrap_or(most).min(most);
        let bytes = bytes.next_multiple_of(SEGMENT_BYTES_MAX);
        let window_last = first.saturating_add(bytes as u64 * NUMBERS_PER_BYTE).min(last);
        self.window.open(byte, bytes, kept, window_last.isqrt());
        true
    }
}

fn byte_of(number: u128) -> u128 {
    match u64::try_from(number) {
        Ok(number) => u128::from(number / NUMBERS_PER_BYTE),
        Err(_) => number / u128::from(NUMBERS_PER_BYTE),
    }
}

/// The number before the first of a byte, or the largest if it is beyond that.
fn number_of(byte: u128) -> u128 {
    byte.saturating_mul(u128::from(NUMBERS_PER_BYTE))
}

fn square_root(number: u128) -> u64 {
    match u64::try_from(number) {
        Ok(number) => number.isqrt(),
        Err(_) => u64::try_from(number.isqrt()).expect("half the bits"),
    }
}

/// Clears the bits of numbers before `first` and after `last`.
fn clip(bytes: &mut [u8], start: u128, first: u128, last: u128) {
    let mask = |keep: &dyn Fn(u128) -> bool| {
        (0..8).filter(|&bit| keep(u128::from(RESIDUES[bit]))).fold(0, |mask, bit| mask | 1_u8 << bit)
    };
    if byte_of(first) == start {
        bytes[0] &= mask(&|residue| residue >= first - number_of(start));
    }
    let last_byte = byte_of(last);
    if let Some(byte) = usize::try_from(last_byte - start).ok().filter(|&byte| byte < bytes.len()) {
        bytes[byte] &= mask(&|residue| residue <= last - number_of(last_byte));
        bytes[byte + 1..].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::Batch;
    use super::*;

    #[test]
    fn clips_both_ends() {
        let mut bytes = [0xff; 8];
        clip(&mut bytes, 0, 11, 60 + 13);
        assert_eq!(bytes, [0b1111_1100, 0xff, 0b0000_1111, 0, 0, 0, 0, 0]);
        let mut bytes = [0xff; 8];
        clip(&mut bytes, 10, 308, 100_000);
        assert_eq!(bytes, [0b1111_1100, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn segments_grow_and_stay_bounded() {
        let (mut segments, mut block) = (Segments::new(0, u128::MAX), Block::new());
        let segment_numbers = u128::from(NUMBERS_PER_BYTE) * SEGMENT_BYTES_MAX as u128;
        let mut len = 0;
        for _ in 0..12 {
            assert!(segments.advance(&mut block));
            let (first, last) = block.span().unwrap();
            assert!(last - first >= len && last - first < segment_numbers);
            len = last - first;
        }
        assert_eq!(len + 1, segment_numbers);
    }

    #[test]
    fn the_last_segment_ends_the_walk() {
        let max = u128::from(u64::MAX);
        let (mut segments, mut block) = (Segments::new(max - 100, max), Block::new());
        assert!(segments.advance(&mut block));
        let mut batch = Batch::<u64>::new();
        let mut found = Vec::new();
        while block.take_front(&mut batch) {
            found.extend_from_slice(batch.as_slice());
        }
        assert_eq!(found, [u64::MAX - 94, u64::MAX - 82, u64::MAX - 58]);
        assert!(!segments.advance(&mut block));
        assert_eq!(block.count::<u64>(), 0);
        assert!(!segments.advance(&mut block));
    }
}
