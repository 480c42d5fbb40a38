//! The smaller sieving primes from 101 up: crossed off by whole turns of the wheel.
//!
//! A turn is eight multiples in as many bytes as the prime is large, the same offsets and bits every time. Turns that
//! begin in a segment are done to their end, behind the end of the segment if need be: what falls there is kept and
//! joined to the next one. So a prime is one number, and the only branch that is guessed wrong is the end of
//! its turns. The smallest go over a segment in pieces that stay in the first-level cache. Source: [Walisch].

use super::wheel::{CARRIES, GAPS, MASKS, NUMBERS_PER_BYTE, RESIDUES, remainder};
use crate::tuning::{PIECE_BYTES, PIECE_PRIME_END};

/// Primes in use, each at its next turn.
#[derive(Clone)]
pub(super) struct Turns {
    /// Those that go over pieces.
    small: ByResidue,
    /// Those that go over segments.
    others: ByResidue,
    /// What remains of the bytes ahead of the next segment's start: as many as the largest prime.
    pending: Vec<u8>,
}

type ByResidue = [Vec<Turning>; 8];

#[derive(Clone, Copy)]
struct Turning {
    /// The prime divided by 30; its residue is that of the group it is in.
    quotient: u32,
    /// Byte at which the next turn begins, counted from the start of the next segment.
    next: u32,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { small: Default::default(), others: Default::default(), pending: Vec::new() }
    }

    /// Takes a prime above 30 into use, larger than those before, for segments from byte `start` on.
    pub(super) fn push(&mut self, prime: u64, group: usize, start: u128) {
        let quotient = prime / NUMBERS_PER_BYTE;
        let bytes = as_index(prime);
        self.pending.resize(bytes, 0xff);
        // A turn by the multipliers from 30k + 1 on begins at byte k·prime + quotient. The first that matters holds
        // the square; what it holds besides is composite too.
        let square_turn = u128::from(quotient) * u128::from(prime + 1);
        let next = match square_turn.checked_sub(start) {
            Some(ahead) => u64::try_from(ahead).expect("the square lies in this segment"),
            None => {
                let behind = remainder(start - square_turn, prime);
                if behind == 0 {
                    0
                } else {
                    self.finish_turn(quotient, group, as_index(behind));
                    prime - behind
                }
            }
        };
        let primes = if prime < PIECE_PRIME_END { &mut self.small } else { &mut self.others };
        primes[group].push(Turning {
            quotient: u32::try_from(quotient).expect("sieving primes are below 2^32"),
            next: u32::try_from(next).expect("the next turn begins in this segment or a prime away"),
        });
    }

    /// Crosses off what is left of a turn that began so many bytes before the segment.
    fn finish_turn(&mut self, quotient: u64, group: usize, behind: usize) {
        let mut offset: usize = 0;
        for phase in 0..8 {
            if let Some(byte) = offset.checked_sub(behind) {
                self.pending[byte] &= MASKS[group][phase];
            }
            offset += as_index(quotient) * GAPS[phase] as usize + CARRIES[group][phase] as usize;
        }
    }

    /// Bytes that must lie behind a segment, for turns that begin in it.
    pub(super) fn margin(&self) -> usize {
        self.pending.len()
    }

    /// Clears the bits of multiples in the first `len` of some bytes, behind which the margin lies.
    pub(super) fn cross_off(&mut self, bytes: &mut [u8], len: usize) {
        bytes[len..].fill(0xff);
        for (byte, pending) in bytes.iter_mut().zip(&self.pending) {
            *byte &= pending;
        }
        let mut end = 0;
        while end < len {
            end = len.min(end + PIECE_BYTES);
            cross_off_all(bytes, end, &mut self.small);
        }
        cross_off_all(bytes, len, &mut self.others);
        self.pending.copy_from_slice(&bytes[len..]);
        let turning = self.small.iter_mut().chain(&mut self.others).flatten();
        #[expect(clippy::cast_possible_truncation, reason = "a segment is shorter than 2^32 bytes")]
        turning.for_each(|prime| prime.next -= len as u32);
    }
}

fn cross_off_all(bytes: &mut [u8], end: usize, [r1, r7, r11, r13, r17, r19, r23, r29]: &mut ByResidue) {
    cross_off::<0>(bytes, end, r1);
    cross_off::<1>(bytes, end, r7);
    cross_off::<2>(bytes, end, r11);
    cross_off::<3>(bytes, end, r13);
    cross_off::<4>(bytes, end, r17);
    cross_off::<5>(bytes, end, r19);
    cross_off::<6>(bytes, end, r23);
    cross_off::<7>(bytes, end, r29);
}

/// Does the turns that begin before byte `end`, of primes whose residue has index `R` on the wheel.
fn cross_off<const R: usize>(bytes: &mut [u8], end: usize, primes: &mut [Turning]) {
    for prime in primes {
        let quotient = prime.quotient as usize;
        let turn = quotient * 30 + as_index(RESIDUES[R]);
        let offsets: [usize; 8] = std::array::from_fn(|phase| offset::<R>(quotient, phase));
        let mut at = prime.next as usize;
        while at < end
            && let Some(reached) = bytes.get_mut(at..=at + offsets[7])
        {
            for (offset, mask) in offsets.into_iter().zip(MASKS[R]) {
                reached[offset] &= mask;
            }
            at += turn;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below the end, or one turn behind it")]
        let next = at as u32;
        prime.next = next;
    }
}

/// Bytes from the first multiple of a turn to the one of `phase`.
#[inline]
fn offset<const R: usize>(quotient: usize, phase: usize) -> usize {
    (0..phase).map(|before| quotient * GAPS[before] as usize + CARRIES[R][before] as usize).sum()
}

fn as_index(number: u64) -> usize {
    usize::try_from(number).expect("a sieving prime")
}
