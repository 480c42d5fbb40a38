//! Sieving primes from 101 up, taken into use as segments reach their squares.
//!
//! The smaller ones are left to `turns`. Each of the others remembers the byte of its next multiple and where on
//! the wheel that is. Primes are kept by residue, so that a pass knows its bits and steps as constants and the
//! turn of eight unrolls. A prime costs something in every segment, multiples or none; those that meet few
//! segments are for `large`. Source: [Walisch].

use super::presieve::PRESIEVE_END;
use super::turns::Turns;
use super::wheel::{CARRIES, ENTRIES, GAPS, MASKS, NUMBERS_PER_BYTE, RESIDUES, bit_of, remainder};
use crate::table;
use crate::tuning::TURNING_PRIME_END;

/// The sieving primes in use, each at its next multiple.
#[derive(Clone)]
pub(super) struct Medium {
    turns: Turns,
    others: ByResidue,
    /// Table index of the first prime not yet in use.
    next_index: usize,
    /// No prime up to here is missing.
    sieved_to: u64,
}

type ByResidue = [Vec<SievingPrime>; 8];

#[derive(Clone, Copy)]
struct SievingPrime {
    /// The prime divided by 30; its residue is that of the group it is in.
    quotient: u32,
    /// Byte of the next multiple, counted from the start of the next piece or segment.
    next: u32,
    /// Residue of the next multiplier, as an index into the wheel.
    phase: u8,
}

impl Medium {
    pub(super) fn new() -> Self {
        let next_index = table::index_of(PRESIEVE_END).expect("a prime of the table");
        let sieved_to = PRESIEVE_END - 1;
        Self { turns: Turns::new(), others: Default::default(), next_index, sieved_to }
    }

    /// All primes up to and including this one are in use.
    pub(super) fn sieved_to(&self) -> u64 {
        self.sieved_to
    }

    /// Takes the primes up to `limit` into use, for a segment whose first byte is
    /// `start`, and in which the square of each of them lies, or before.
    pub(super) fn extend(&mut self, limit: u64, start: u128) {
        let first = start * u128::from(NUMBERS_PER_BYTE);
        while let Some(prime) = table::prime(self.next_index).filter(|&prime| prime <= limit) {
            self.next_index += 1;
            let group = bit_of(prime % NUMBERS_PER_BYTE);
            if prime < TURNING_PRIME_END {
                self.turns.push(prime, group, start);
                continue;
            }
            let (next, phase) = first_multiple(prime, group, distance(prime, first));
            self.others[group].push(SievingPrime {
                quotient: u32::try_from(prime / NUMBERS_PER_BYTE).expect("the table ends below 2^32"),
                next: u32::try_from(next).expect("the next multiple is in this segment or a few primes away"),
                phase,
            });
        }
        self.sieved_to = self.sieved_to.max(limit);
    }

    /// Bytes that must lie behind a segment.
    pub(super) fn margin(&self) -> usize {
        self.turns.margin()
    }

    /// Clears the bits of multiples in the first `len` of some bytes, the next segment, behind which the margin lies.
    pub(super) fn cross_off(&mut self, bytes: &mut [u8], len: usize) {
        self.turns.cross_off(bytes, len);
        cross_off_all(&mut bytes[..len], &mut self.others);
    }
}

/// How far on from `start` the first multiple of a prime is that no smaller prime divides for certain.
fn distance(prime: u64, start: u128) -> u64 {
    let square = u128::from(prime) * u128::from(prime);
    if let Some(ahead) = square.checked_sub(start) {
        // Smaller multiples have a smaller factor, and were crossed off by it.
        return u64::try_from(ahead).expect("the square lies in this segment");
    }
    let beyond = remainder(start, prime);
    if beyond == 0 { 0 } else { prime - beyond }
}

/// The byte of the first multiple on the wheel at least a distance on, and its phase, given the
/// distance of a multiple from the start of a byte.
#[inline]
pub(super) fn first_multiple(prime: u64, group: usize, distance: u64) -> (u64, u8) {
    let (phase, more) = ENTRIES[group][index(distance % NUMBERS_PER_BYTE)];
    ((distance + prime * u64::from(more)) / NUMBERS_PER_BYTE, phase)
}

fn cross_off_all(bytes: &mut [u8], [r1, r7, r11, r13, r17, r19, r23, r29]: &mut ByResidue) {
    cross_off::<0>(bytes, r1);
    cross_off::<1>(bytes, r7);
    cross_off::<2>(bytes, r11);
    cross_off::<3>(bytes, r13);
    cross_off::<4>(bytes, r17);
    cross_off::<5>(bytes, r19);
    cross_off::<6>(bytes, r23);
    cross_off::<7>(bytes, r29);
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
        const LEN: usize = (TURNING_PRIME_END / 8) as usize;
        for start in
            [0, 5, 1_000, 33_333_333, u128::from(u64::MAX / 30) - 2_000, u128::MAX / 30 - 20 * LEN as u128]
        {
            let mut medium = Medium::new();
            let mut start = start;
            // The margin of large primes is longer than some of these segments.
            for (round, len) in [LEN, 1_000, 64, 10_000].into_iter().enumerate() {
                let end = (start + len as u128) * 30;
                let limit = u64::try_from((end - 1).isqrt()).unwrap().min(TURNING_PRIME_END + 500);
                if round == 0 {
                    medium.extend(limit, start);
                }
                let limit = medium.sieved_to();
                // The primes between would cost the oracle minutes: it looks at both ends of what is in use.
                let sieving: Vec<u128> = (PRESIEVE_END..=limit)
                    .filter(|&p| table::index_of(p).is_some() && (p < 200 || p > limit - 300))
                    .map(u128::from)
                    .collect();
                let mut bytes = vec![0xff_u8; len + medium.margin()];
                medium.cross_off(&mut bytes, len);
                for (index, &byte) in (start..).zip(&bytes[..len]) {
                    for (bit, residue) in RESIDUES.iter().enumerate() {
                        let n = 30 * index + u128::from(*residue);
                        if sieving.iter().any(|&p| n.is_multiple_of(p) && n >= p * p) {
                            assert_eq!(byte >> bit & 1, 0, "{n}");
                        }
                    }
                }
                start += len as u128;
            }
        }
    }
}
