//! Primes from 7 to 23: copied as patterns instead of crossed off.
//!
//! These primes hit nearly every byte, and their joint pattern repeats: that of 7, 11
//! and 13 every 1001 bytes, that of 17, 19 and 23 every 7429. A segment starts as a
//! copy of the first pattern joined with the second, which costs less than the pass
//! of a single one of the six. The compiler makes the patterns.

use super::wheel::{NUMBERS_PER_BYTE, RESIDUES};

/// First prime that is not presieved.
pub(super) const PRESIEVE_END: u64 = 29;

/// Fills the bytes from byte `start` of the number line on: a bit stays set if no
/// prime from 7 to 23 divides its number. The primes themselves are not set.
pub(super) fn fill(bytes: &mut [u8], start: u64) {
    each_period(bytes, start, &SEVEN, |bytes, pattern| bytes.copy_from_slice(pattern));
    each_period(bytes, start, &SEVENTEEN, |bytes, pattern| {
        for (byte, mask) in bytes.iter_mut().zip(pattern) {
            *byte &= mask;
        }
    });
}

/// Applies a repeating pattern, piece by piece, in the phase that `start` has in it.
fn each_period<const LEN: usize>(
    mut bytes: &mut [u8],
    start: u64,
    pattern: &[u8; LEN],
    apply: impl Fn(&mut [u8], &[u8]),
) {
    let phase = usize::try_from(start % LEN as u64).expect("a remainder is below its divisor");
    let mut pattern_left = &pattern[phase..];
    while !bytes.is_empty() {
        let len = bytes.len().min(pattern_left.len());
        let (piece, rest) = bytes.split_at_mut(len);
        apply(piece, &pattern_left[..len]);
        bytes = rest;
        pattern_left = pattern;
    }
}

static SEVEN: [u8; 7 * 11 * 13] = pattern([7, 11, 13]);
static SEVENTEEN: [u8; 17 * 19 * 23] = pattern([17, 19, 23]);

const fn pattern<const LEN: usize>(primes: [u64; 3]) -> [u8; LEN] {
    let mut bytes = [0xff; LEN];
    let mut byte = 0;
    while byte < LEN {
        let mut bit = 0;
        while bit < 8 {
            let n = NUMBERS_PER_BYTE * byte as u64 + RESIDUES[bit];
            if n.is_multiple_of(primes[0]) || n.is_multiple_of(primes[1]) || n.is_multiple_of(primes[2]) {
                bytes[byte] &= !(1 << bit);
            }
            bit += 1;
        }
        byte += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_division() {
        for start in [0, 1, 1000, 7428, 123_456_789, u64::MAX / 30 - 20_000] {
            let mut bytes = vec![0; 9_000];
            fill(&mut bytes, start);
            for (index, &byte) in (start..).zip(&bytes) {
                for (bit, residue) in RESIDUES.iter().enumerate() {
                    let n = NUMBERS_PER_BYTE * index + residue;
                    let survives = [7, 11, 13, 17, 19, 23].iter().all(|&prime| !n.is_multiple_of(prime));
                    assert_eq!(byte >> bit & 1 == 1, survives, "{n}");
                }
            }
        }
    }
}
