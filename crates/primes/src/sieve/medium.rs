//! Sieving primes from 29 up: crossed off one by one, eight multiples to a turn.
//!
//! Each prime remembers the byte of its next multiple and where on the wheel that is.
//! Primes are kept by residue, so that a pass knows its bits and steps as constants
//! and the turn of eight unrolls. A prime costs something in every segment, multiples
//! or none, so segments should hold several multiples of most primes; far beyond, a
//! sieve by buckets would be better. Source: [Walisch].

use super::presieve::PRESIEVE_END;
use super::wheel::{CARRIES, GAPS, MASKS, NUMBERS_PER_BYTE, RESIDUES, bit_of};
use crate::table;

/// The sieving primes in use, each at its next multiple.
#[derive(Clone)]
pub(super) struct Medium {
    by_residue: [Vec<SievingPrime>; 8],
    /// Table index of the first prime not yet in use.
    next_index: usize,
    /// No prime up to here is missing.
    sieved_to: u64,
}

#[derive(Clone, Copy)]
struct SievingPrime {
    /// The prime divided by 30; its residue is that of the group it is in.
    quotient: u32,
    /// Byte of the next multiple, counted from the start of the next segment.
    next: u32,
    /// Residue of the next multiplier, as an index into the wheel.
    phase: u8,
}

impl Medium {
    pub(super) fn new() -> Self {
        let next_index = table::index_of(PRESIEVE_END).expect("a prime of the table");
        Self { by_residue: Default::default(), next_index, sieved_to: PRESIEVE_END - 1 }
    }

    /// All primes up to and including this one are in use.
    pub(super) fn sieved_to(&self) -> u64 {
        self.sieved_to
    }

    /// Takes the primes up to `limit` into use, for a segment whose first byte is
    /// `start`, and in which the square of each of them lies, or before.
    pub(super) fn extend(&mut self, limit: u64, start: u64) {
        while let Some(prime) = table::prime(self.next_index).filter(|&prime| prime <= limit) {
            self.next_index += 1;
            // Smaller multiples have a smaller factor, and were crossed off by it.
            let multiplier = prime.max((start * NUMBERS_PER_BYTE).div_ceil(prime));
            let phase = bit_of(multiplier % NUMBERS_PER_BYTE);
            let multiplier = multiplier - multiplier % NUMBERS_PER_BYTE + RESIDUES[phase];
            // The product may be beyond 2^64, in the byte after the last or further.
            let byte = u128::from(prime) * u128::from(multiplier) / u128::from(NUMBERS_PER_BYTE);
            let next = byte - u128::from(start);
            self.by_residue[bit_of(prime % NUMBERS_PER_BYTE)].push(SievingPrime {
                quotient: u32::try_from(prime / NUMBERS_PER_BYTE).expect("the table ends below 2^32"),
                next: u32::try_from(next).expect("the next multiple is a few primes away"),
                phase: u8::try_from(phase).expect("eight residues"),
            });
        }
        self.sieved_to = self.sieved_to.max(limit);
    }

    /// Clears the bits of all multiples in a segment, and moves on to the next one.
    pub(super) fn cross_off(&mut self, bytes: &mut [u8]) {
        let [r1, r7, r11, r13, r17, r19, r23, r29] = &mut self.by_residue;
        cross_off::<0>(bytes, r1);
        cross_off::<1>(bytes, r7);
        cross_off::<2>(bytes, r11);
        cross_off::<3>(bytes, r13);
        cross_off::<4>(bytes, r17);
        cross_off::<5>(bytes, r19);
        cross_off::<6>(bytes, r23);
        cross_off::<7>(bytes, r29);
    }
}

/// Crosses off the multiples of primes whose residue has index `R` on the wheel.
fn cross_off<const R: usize>(bytes: &mut [u8], primes: &mut [SievingPrime]) {
    for prime in primes {
        let quotient = prime.quotient as usize;
        let mut at = prime.next as usize;
        let mut phase = usize::from(prime.phase);
        while phase != 0 && at < bytes.len() {
            bytes[at] &= MASKS[R][phase];
            at += step::<R>(quotient, phase);
            phase = (phase + 1) % 8;
        }
        if phase == 0 {
            at = whole_turns::<R>(bytes, at, quotient);
            while at < bytes.len() {
                bytes[at] &= MASKS[R][phase];
                at += step::<R>(quotient, phase);
                phase += 1;
            }
        }
        let next = at - bytes.len();
        #[expect(clippy::cast_possible_truncation, reason = "below 2^32 before, or less than one step here")]
        let (next, phase) = (next as u32, phase as u8);
        (prime.next, prime.phase) = (next, phase);
    }
}

/// Crosses off eight multiples at a time while all eight lie in the segment, and
/// returns the byte of the next one.
#[inline]
fn whole_turns<const R: usize>(bytes: &mut [u8], mut at: usize, quotient: usize) -> usize {
    let turn = quotient * 30 + index(RESIDUES[R]);
    let offsets = [
        0,
        offset::<R>(quotient, 1),
        offset::<R>(quotient, 2),
        offset::<R>(quotient, 3),
        offset::<R>(quotient, 4),
        offset::<R>(quotient, 5),
        offset::<R>(quotient, 6),
        offset::<R>(quotient, 7),
    ];
    while let Some(reached) = bytes.get_mut(at..=at + offsets[7]) {
        for (offset, mask) in offsets.into_iter().zip(MASKS[R]) {
            reached[offset] &= mask;
        }
        at += turn;
    }
    at
}

#[inline]
fn step<const R: usize>(quotient: usize, phase: usize) -> usize {
    quotient * GAPS[phase] as usize + CARRIES[R][phase] as usize
}

/// Bytes from the first multiple of a turn to the one of `phase`.
#[inline]
fn offset<const R: usize>(quotient: usize, phase: usize) -> usize {
    (0..phase).map(|before| step::<R>(quotient, before)).sum()
}

const fn index(residue: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "below 30")]
    let index = residue as usize;
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crosses_off_what_division_finds() {
        for start in [0_u64, 5, 1_000, 33_333_333, u64::MAX / 30 - 2_000] {
            let mut medium = Medium::new();
            let mut bytes = vec![0xff_u8; 1_000];
            let limit = ((start + 1_000) * 30 - 1).isqrt().min(500);
            medium.extend(limit, start);
            assert_eq!(medium.sieved_to(), limit);
            let sieving: Vec<u64> = (29..=limit)
                .filter(|&p| table::index_of(p).is_some() && p * p < (start + 1_000) * 30)
                .collect();
            for round in 0..2 {
                bytes.fill(0xff);
                medium.cross_off(&mut bytes);
                for (index, &byte) in (start + round * 1_000..).zip(&bytes) {
                    for (bit, residue) in RESIDUES.iter().enumerate() {
                        let n = 30 * index + residue;
                        let crossed = sieving.iter().any(|&p| n.is_multiple_of(p) && n >= p * p);
                        assert_eq!(byte >> bit & 1 == 0, crossed, "{n}");
                    }
                }
            }
        }
    }
}
