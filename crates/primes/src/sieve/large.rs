//! Sieving primes that miss most segments: all their multiples in a window, sorted by segment.
//!
//! Far out a range is sieved by tens of millions of primes, and keeping them would cost
//! hundreds of megabytes. So nothing is kept of them: for a window of many segments the
//! primes are sieved anew, each is divided into the start of the window, the few that
//! meet it note their multiples in the list of the segment they fall in, and the rest is
//! forgotten. A note is four bytes: byte and bit within the segment. Opening a window
//! costs a walk along all sieving primes, so it must be long enough to repay that
//! (`segment` decides); its length is bounded by the room for notes. The lists are the
//! buckets of [Oliveira2002], filled at once instead of handed on from segment to segment.

use super::iter::Primes;
use super::medium::first_multiple;
use super::wheel::{BIT_OF, BITS, CARRIES, GAPS, NUMBERS_PER_BYTE};
use crate::tuning::{SEGMENT_BYTES_MAX, WINDOW_NOTES_MAX, WINDOW_SEGMENTS_MAX};

/// A stretch of segments of full size, and the multiples in each that are not crossed off yet.
#[derive(Clone)]
pub(super) struct Window {
    segments: Vec<Vec<u32>>,
    /// The segment to cross off next.
    next: usize,
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { segments: Vec::new(), next: 0 }
    }

    /// Whether segments are left.
    pub(super) fn is_open(&self) -> bool {
        self.next < self.segments.len()
    }

    /// How many segments a window may have that is sieved by the primes from `from` to `limit`.
    pub(super) fn segments_max(from: u64, limit: u64) -> usize {
        let notes = notes_per_number(from, limit) * SEGMENT_NUMBERS as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive count, rounded down"
        )]
        let segments = (WINDOW_NOTES_MAX as f64 / notes) as usize;
        segments.clamp(1, WINDOW_SEGMENTS_MAX)
    }

    /// Opens at a byte, for so many segments, with the primes above `above` up to `limit`.
    pub(super) fn open(&mut self, start_byte: u64, segments: usize, above: u64, limit: u64) {
        let notes = notes_per_number(above, limit) * SEGMENT_NUMBERS as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive count")]
        let notes = (notes * 1.02) as usize + 1024;
        self.next = 0;
        self.segments.resize_with(segments, Vec::new);
        for segment in &mut self.segments {
            segment.clear();
            segment.reserve(notes);
        }
        let start = start_byte * NUMBERS_PER_BYTE;
        let numbers = segments as u64 * SEGMENT_NUMBERS;
        let settled = start.isqrt().min(limit);
        Primes::<u64>::new(Some((above + 1, settled)))
            .for_each_batch(|primes| self.note_all(primes, start, numbers));
        // Those whose square lies in the window begin there.
        Primes::<u64>::new(Some((above.max(settled) + 1, limit))).for_each(|prime| {
            let ahead = u128::from(prime) * u128::from(prime) - u128::from(start);
            if let Some(ahead) = u64::try_from(ahead).ok().filter(|&ahead| ahead < numbers) {
                self.note(prime, ahead);
            }
        });
    }

    /// Notes the multiples of many primes that lie less than so many numbers from the start.
    #[inline]
    fn note_all(&mut self, primes: &[u64], start: u64, numbers: u64) {
        for &prime in primes {
            let distance = distance(prime, start);
            // Multiples by an even number are on no wheel.
            let distance = distance + (prime & (distance & 1).wrapping_sub(1));
            if distance < numbers {
                self.note(prime, distance);
            }
        }
    }

    /// Notes the multiples of a prime from one on that lies so far from the start.
    #[inline]
    fn note(&mut self, prime: u64, distance: u64) {
        let group = usize::from(BIT_OF[index(prime % NUMBERS_PER_BYTE)]);
        let (byte, phase) = first_multiple(prime, group, distance);
        let (mut byte, mut phase) = (index(byte), usize::from(phase));
        let quotient = index(prime / NUMBERS_PER_BYTE);
        while let Some(segment) = self.segments.get_mut(byte / SEGMENT_BYTES_MAX) {
            #[expect(clippy::cast_possible_truncation, reason = "a segment has fewer than 2^29 bytes")]
            let place = (byte % SEGMENT_BYTES_MAX) as u32;
            segment.push(place << 3 | u32::from(BITS[group][phase]));
            byte += quotient * GAPS[phase] as usize + CARRIES[group][phase] as usize;
            phase = (phase + 1) % 8;
        }
    }

    /// Clears the bits that are noted for the next segment, which may end sooner than in full.
    pub(super) fn cross_off(&mut self, bytes: &mut [u8]) {
        let Some(segment) = self.segments.get_mut(self.next) else { return };
        self.next += 1;
        for note in segment.drain(..) {
            if let Some(byte) = bytes.get_mut(note as usize >> 3) {
                *byte &= !(1 << (note & 7));
            }
        }
    }
}

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

/// Multiples on the wheel of the primes between two bounds, for each number.
fn notes_per_number(above: u64, limit: u64) -> f64 {
    // The sum of 1/p, by Mertens' theorem.
    let iterated = |n: u64| (n.max(16) as f64).ln().ln();
    (iterated(limit) - iterated(above)).max(1e-9) * 8.0 / 30.0
}

fn index(small: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "a place in a window or a few primes on")]
    let index = small as usize;
    index
}

const TWO_TO_52: f64 = 4_503_599_627_370_496.0;

/// Numbers of a segment of full size.
pub(super) const SEGMENT_NUMBERS: u64 = SEGMENT_BYTES_MAX as u64 * NUMBERS_PER_BYTE;
const _: () = assert!(SEGMENT_BYTES_MAX <= 1 << 29, "a note has 29 bits for the byte");

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
    fn notes_are_the_multiples_of_the_window() {
        let (above, limit) = (1 << 22, (1 << 22) + 20_000);
        let primes: Vec<u64> = Primes::<u64>::new(Some((above + 1, limit))).collect();
        for start in [(1_u64 << 44) / 30 - 40_000, 10_u64.pow(15) / 30, u64::MAX / 30 - 3 * (1 << 18)] {
            let mut window = Window::new();
            window.open(start, 3, above, limit);
            for segment in 0..3 {
                assert!(window.is_open());
                let mut bytes = vec![0xff; SEGMENT_BYTES_MAX];
                window.cross_off(&mut bytes);
                let first = (start + segment * SEGMENT_BYTES_MAX as u64) * 30;
                let mut expected = vec![0xff; SEGMENT_BYTES_MAX];
                for prime in primes.iter().copied().map(u128::from) {
                    let start = u128::from(first);
                    let multiples = (start.div_ceil(prime).max(prime)..).map(|m| m * prime - start);
                    for ahead in multiples.take_while(|&ahead| ahead < u128::from(SEGMENT_NUMBERS)) {
                        if let Some(bit) = RESIDUES.iter().position(|&r| u128::from(r) == ahead % 30) {
                            expected[(ahead / 30) as usize] &= !(1_u8 << bit);
                        }
                    }
                }
                assert!(bytes == expected, "segment {segment} from byte {start}");
            }
            assert!(!window.is_open());
        }
    }
}
