//! Sieving primes that miss most segments: all their multiples in a window, cleared before it is walked.
//!
//! Far out a range is sieved by tens of millions of primes, and keeping them would cost
//! hundreds of megabytes. So nothing is kept of them: for a window of many segments the
//! primes are sieved anew, each is divided into the start of the window, clears the bits of its multiples there,
//! and is forgotten. A window is a byte for 30 numbers, so that a thousand million of them fit
//! where the primes would not. Opening one costs a walk along all sieving primes and must be repaid
//! (`segment` decides); how the bits are cleared at a bearable price is told in `marks`.

use super::iter::Primes;
use super::marks::Marks;
use super::medium::first_multiple;
use super::wheel::{BIT_OF, BITS, CARRIES, GAPS, NUMBERS_PER_BYTE};
use crate::tuning::{SEGMENT_BYTES_MAX, WINDOW_BYTES_MAX, WINDOW_FIRST};

/// A stretch of bytes, and which of their bits the large primes leave standing.
#[derive(Clone)]
pub(super) struct Window {
    marks: Marks,
    /// The byte to hand out next.
    next: usize,
    /// Multiples of a batch of primes, one of each.
    batch: Box<[Multiple; BATCH_LEN]>,
}

#[derive(Clone, Copy, Default)]
struct Multiple {
    /// Its byte in the window.
    byte: u32,
    /// Its prime divided by 30.
    quotient: u32,
    /// The residues of prime and multiplier: an index into the wheel.
    turn: u8,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { marks: Marks::new(), next: 0, batch: Box::new([Multiple::default(); BATCH_LEN]) }
    }

    /// Whether bytes are left.
    pub(super) fn is_open(&self) -> bool {
        self.next < self.marks.len()
    }

    /// Bytes of the window after this one while it is not known that more are wanted, for sieving primes up to `root`.
    pub(super) fn len_after(&self, root: u64) -> usize {
        let first = index(root / WINDOW_FIRST / NUMBERS_PER_BYTE).max(SEGMENT_BYTES_MAX);
        (2 * self.marks.len()).max(first).min(WINDOW_BYTES_MAX)
    }

    /// Opens at a byte, for so many bytes, with the primes above `above` up to `limit`.
    pub(super) fn open(&mut self, start_byte: u64, bytes: usize, above: u64, limit: u64) {
        self.next = 0;
        self.marks.renew(bytes);
        let start = start_byte * NUMBERS_PER_BYTE;
        let numbers = bytes as u64 * NUMBERS_PER_BYTE;
        let settled = start.isqrt().min(limit);
        Primes::<u64>::new(Some((above + 1, settled))).for_each_batch(|primes| {
            let multiples = primes.iter().map(|&prime| Multiple::first(prime, distance(prime, start)));
            match primes.last() {
                Some(&last) if last < numbers / IN_A_ROW => multiples.for_each(|first| self.note_each(first)),
                _ => self.note_in_turn(multiples),
            }
        });
        // Those whose square lies in the window begin there.
        Primes::<u64>::new(Some((above.max(settled) + 1, limit))).for_each(|prime| {
            let ahead = u128::from(prime) * u128::from(prime) - u128::from(start);
            if let Some(ahead) = u64::try_from(ahead).ok().filter(|&ahead| ahead < numbers) {
                self.note_each(Multiple::first(prime, ahead));
            }
        });
        self.marks.settle_all();
    }

    /// Notes the multiples of a prime from one on.
    #[inline(always)]
    fn note_each(&mut self, first: Multiple) {
        let end = self.end();
        let (group, mut phase) = (usize::from(first.turn) / 8 % 8, usize::from(first.turn) % 8);
        let steps: [u32; 8] =
            std::array::from_fn(|phase| first.quotient * GAPS[phase] + CARRIES[group][phase]);
        let mut byte = first.byte;
        while byte < end {
            self.marks.note(byte, BITS[group][phase]);
            byte += steps[phase];
            phase = (phase + 1) % 8;
        }
    }

    /// Notes the multiples of up to [`BATCH_LEN`] primes, each from one on.
    ///
    /// How many multiples a large prime has in the window cannot be guessed. So they are noted one of each prime at a
    /// time, and primes that have no more fall out of the list without a branch.
    #[inline(always)]
    fn note_in_turn(&mut self, firsts: impl Iterator<Item = Multiple>) {
        let end = self.end();
        let mut left = 0;
        for first in firsts {
            self.batch[left % BATCH_LEN] = first;
            left += usize::from(first.byte < end);
        }
        while left > 0 {
            let mut next_left = 0;
            for index in 0..left {
                let multiple = self.batch[index % BATCH_LEN];
                self.marks.note(multiple.byte, multiple.bit());
                let next = multiple.next();
                self.batch[next_left % BATCH_LEN] = next;
                next_left += usize::from(next.byte < end);
            }
            left = next_left;
        }
    }

    /// The byte behind the last.
    fn end(&self) -> u32 {
        u32::try_from(self.marks.len()).expect("a window has fewer than 2^28 bytes")
    }

    /// Clears the bits of multiples in the next bytes.
    pub(super) fn cross_off(&mut self, bytes: &mut [u8]) {
        for (byte, marks) in bytes.iter_mut().zip(&self.marks.bytes()[self.next..]) {
            *byte &= marks;
        }
        self.next += bytes.len();
    }
}

impl Multiple {
    /// The first one on the wheel that is not before a multiple that lies so far from the start.
    #[inline(always)]
    fn first(prime: u64, distance: u64) -> Self {
        let group = BIT_OF[index(prime % NUMBERS_PER_BYTE)];
        let (byte, phase) = first_multiple(prime, usize::from(group), distance);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a sieving prime is below 2^32, and so are seven thirtieths of it"
        )]
        let (byte, quotient) = (byte as u32, (prime / NUMBERS_PER_BYTE) as u32);
        Self { byte, quotient, turn: group << 3 | phase }
    }

    #[inline(always)]
    fn bit(self) -> u8 {
        TURNS[usize::from(self.turn) % 64][0]
    }

    #[inline(always)]
    fn next(self) -> Self {
        let [_, gap, carry, turn] = TURNS[usize::from(self.turn) % 64];
        Self { byte: self.byte + self.quotient * u32::from(gap) + u32::from(carry), turn, ..self }
    }
}

/// For the residues of a prime and a multiplier: bit of the product, distance to the next multiplier, carry, and the
/// residues then.
const TURNS: [[u8; 4]; 64] = {
    let mut turns = [[0; 4]; 64];
    let mut i = 0;
    while i < 64 {
        let (group, phase) = (i / 8, i % 8);
        #[expect(clippy::cast_possible_truncation, reason = "below 64")]
        let [gap, carry, next] =
            [GAPS[phase] as u8, CARRIES[group][phase] as u8, (8 * group + (phase + 1) % 8) as u8];
        turns[i] = [BITS[group][phase], gap, carry, next];
        i += 1;
    }
    turns
};

/// The distance from `start` to the first multiple of a prime that is not before it.
///
/// The quotient is found in floating point, where divisions follow each other twice as fast,
/// and is one too high or too low at worst: it is below 2^51 for any start and prime here.
#[inline]
fn distance(prime: u64, start: u64) -> u64 {
    debug_assert!((1 << 13..1 << 32).contains(&prime), "the quotient has fewer than 52 bits");
    #[expect(clippy::cast_possible_truncation, reason = "the root of a word is below 2^32")]
    let half = prime as u32;
    // Added to 2^52, the quotient is rounded and stands in the lower bits.
    let quotient = (start as f64 / f64::from(half) + TWO_TO_52).to_bits() - TWO_TO_52.to_bits();
    // What is left lies between -prime and twice the prime, so wrapping tells the sign.
    let left = start.wrapping_sub(quotient.wrapping_mul(prime)).cast_signed();
    let prime = prime.cast_signed();
    let left = if left < 0 { left + prime } else { left };
    let left = if left >= prime { left - prime } else { left };
    let distance = if left == 0 { 0 } else { prime - left };
    distance.cast_unsigned()
}

fn index(small: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "a place in a window or a few primes on")]
    let index = small as usize;
    index
}

const TWO_TO_52: f64 = 4_503_599_627_370_496.0;

/// Primes whose multiples are noted in turn: as many as come in a batch.
const BATCH_LEN: usize = 512;

/// Numbers of a window for each of a prime, from which on its multiples are noted one behind the other. That there are
/// some dozen of them is guessed right all but once.
const IN_A_ROW: u64 = 64;

#[cfg(test)]
mod tests {
    use super::super::wheel::RESIDUES;
    use super::*;

    #[test]
    fn distances_are_those_of_division() {
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 1 ^ seed << 40
        };
        for round in 0..1_000_000 {
            let prime = (random() >> (33 + round % 10)) | 1 << 21 | 1;
            let start = random() >> (round % 20);
            let near = start - start % prime; // and close to multiples, where rounding matters
            for start in [start, near, near.saturating_sub(1), near.saturating_add(1), u64::MAX - start % 64]
            {
                let expected = (prime - start % prime) % prime;
                assert_eq!(distance(prime, start), expected, "{start} and {prime}");
            }
        }
    }

    #[test]
    fn what_is_cleared_are_the_multiples_in_the_window() {
        // Primes of many multiples each and of few, the latter with their squares in the window and before it.
        let bytes = 3 * SEGMENT_BYTES_MAX;
        let numbers = bytes as u64 * NUMBERS_PER_BYTE;
        for (above, start) in [
            (1 << 17, (1_u64 << 44) / 30 - 40_000),
            (1 << 22, (1_u64 << 44) / 30 - 40_000),
            (1 << 22, 10_u64.pow(15) / 30),
            (1 << 26, u64::MAX / 30 - 3 * (1 << 18)),
        ] {
            let limit = above + 20_000;
            let mut window = Window::new();
            window.open(start, bytes, above, limit);
            let mut expected = vec![0xff; bytes];
            for prime in Primes::<u64>::new(Some((above + 1, limit))).map(u128::from) {
                let start = u128::from(start) * 30;
                let multiples = (start.div_ceil(prime).max(prime)..).map(|m| m * prime - start);
                for ahead in multiples.take_while(|&ahead| ahead < u128::from(numbers)) {
                    if let Some(bit) = RESIDUES.iter().position(|&r| u128::from(r) == ahead % 30) {
                        expected[(ahead / 30) as usize] &= !(1_u8 << bit);
                    }
                }
            }
            for (segment, expected) in expected.chunks(SEGMENT_BYTES_MAX).enumerate() {
                assert!(window.is_open());
                let mut bytes = vec![0xff; SEGMENT_BYTES_MAX];
                window.cross_off(&mut bytes);
                assert!(bytes == expected, "segment {segment} from byte {start} by primes above {above}");
            }
            assert!(!window.is_open());
        }
    }

    #[test]
    fn windows_double_up_to_their_limit() {
        let mut window = Window::new();
        assert_eq!(window.len_after(1 << 20), SEGMENT_BYTES_MAX);
        window.open(10_u64.pow(15) / 30, SEGMENT_BYTES_MAX, 1 << 20, 1 << 20);
        assert_eq!(window.len_after(1 << 20), 2 * SEGMENT_BYTES_MAX);
        assert!(Window::new().len_after(u64::from(u32::MAX)) < WINDOW_BYTES_MAX);
        window.marks.renew(WINDOW_BYTES_MAX);
        assert_eq!(window.len_after(1 << 20), WINDOW_BYTES_MAX);
    }
}
