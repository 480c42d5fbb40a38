//! Primes from 7 to 97: copied as patterns instead of crossed off.
//!
//! The joint pattern of a few small primes repeats: that of 7, 11 and 13 every 1001 bytes,
//! that of 29 and 31 every 899. A segment starts as a copy of the first pattern, and the
//! others are joined to it byte by byte, sixteen or more at once. A pass costs less than
//! crossing off by the two primes of the last pattern. The compiler makes the patterns.

use super::wheel::{NUMBERS_PER_BYTE, RESIDUES, remainder};

/// First prime that is not presieved.
pub(super) const PRESIEVE_END: u64 = 101;

/// Fills the bytes from byte `start` of the number line on: a bit stays set if no presieved
/// prime divides its number, or if its number is one of them.
pub(super) fn fill(bytes: &mut [u8], start: u128) {
    each_period(bytes, start, &SEVEN, |bytes, pattern| bytes.copy_from_slice(pattern));
    each_period(bytes, start, &SEVENTEEN, join);
    each_period(bytes, start, &TWENTY_NINE, join);
    each_period(bytes, start, &THIRTY_SEVEN, join);
    each_period(bytes, start, &FORTY_THREE, join);
    each_period(bytes, start, &FIFTY_THREE, join);
    each_period(bytes, start, &SIXTY_ONE, join);
    each_period(bytes, start, &SEVENTY_ONE, join);
    each_period(bytes, start, &SEVENTY_NINE, join);
    each_period(bytes, start, &EIGHTY_NINE, join);
    let first = usize::try_from(start).ok().and_then(|start| FIRST.get(start..));
    for (byte, first) in bytes.iter_mut().zip(first.unwrap_or_default()) {
        *byte = *first;
    }
}

fn join(bytes: &mut [u8], pattern: &[u8]) {
    for (byte, mask) in bytes.iter_mut().zip(pattern) {
        *byte &= mask;
    }
}

/// Applies a repeating pattern, piece by piece, in the phase that `start` has in it.
fn each_period<const LEN: usize>(
    mut bytes: &mut [u8],
    start: u128,
    pattern: &[u8; LEN],
    apply: impl Fn(&mut [u8], &[u8]),
) {
    let phase = remainder(start, LEN as u64);
    let mut pattern_left = &pattern[usize::try_from(phase).expect("a remainder is below its divisor")..];
    while !bytes.is_empty() {
        let len = bytes.len().min(pattern_left.len());
        let (piece, rest) = bytes.split_at_mut(len);
        apply(piece, &pattern_left[..len]);
        bytes = rest;
        pattern_left = pattern;
    }
}

static SEVEN: [u8; 7 * 11 * 13] = pattern(&[7, 11, 13]);
static SEVENTEEN: [u8; 17 * 19 * 23] = pattern(&[17, 19, 23]);
static TWENTY_NINE: [u8; 29 * 31] = pattern(&[29, 31]);
static THIRTY_SEVEN: [u8; 37 * 41] = pattern(&[37, 41]);
static FORTY_THREE: [u8; 43 * 47] = pattern(&[43, 47]);
static FIFTY_THREE: [u8; 53 * 59] = pattern(&[53, 59]);
static SIXTY_ONE: [u8; 61 * 67] = pattern(&[61, 67]);
static SEVENTY_ONE: [u8; 71 * 73] = pattern(&[71, 73]);
static SEVENTY_NINE: [u8; 79 * 83] = pattern(&[79, 83]);
static EIGHTY_NINE: [u8; 89 * 97] = pattern(&[89, 97]);

const fn pattern<const LEN: usize>(primes: &[u64]) -> [u8; LEN] {
    let mut bytes = [0xff; LEN];
    let mut byte = 0;
    while byte < LEN {
        bytes[byte] = without_multiples(byte as u64, primes);
        byte += 1;
    }
    bytes
}

/// One byte with the bits of all multiples of some primes cleared.
const fn without_multiples(byte: u64, primes: &[u64]) -> u8 {
    let (mut bits, mut bit) = (0xff, 0);
    while bit < 8 {
        let mut index = 0;
        while index < primes.len() {
            if (NUMBERS_PER_BYTE * byte + RESIDUES[bit]).is_multiple_of(primes[index]) {
                bits &= !(1 << bit);
            }
            index += 1;
        }
        bit += 1;
    }
    bits
}

/// The bytes the patterns get wrong, since they clear the primes they are made of, and leave 1.
const FIRST: [u8; 4] = {
    let mut bytes = [0_u8; 4];
    let mut i = 0;
    while i < 8 * bytes.len() {
        let n = NUMBERS_PER_BYTE * (i as u64 / 8) + RESIDUES[i % 8];
        let mut divisor = 2;
        while divisor < n && !n.is_multiple_of(divisor) {
            divisor += 1;
        }
        if n > 1 && divisor == n {
            bytes[i / 8] |= 1 << (i % 8);
        }
        i += 1;
    }
    bytes
};
const _: () =
    assert!(NUMBERS_PER_BYTE * FIRST.len() as u64 > PRESIEVE_END, "all presieved primes are in them");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table;

    #[test]
    fn agrees_with_division() {
        let primes: Vec<u64> = (7..PRESIEVE_END).filter(|&n| table::index_of(n).is_some()).collect();
        for start in
            [0, 1, 3, 4, 1000, 7428, 123_456_789, u128::from(u64::MAX / 30) - 2_000, u128::MAX / 30 - 20_000]
        {
            let mut bytes = vec![0; 9_000];
            fill(&mut bytes, start);
            for (index, &byte) in (start..).zip(&bytes) {
                for (bit, residue) in RESIDUES.iter().enumerate() {
                    let n = u128::from(NUMBERS_PER_BYTE) * index + u128::from(*residue);
                    let survives =
                        primes.iter().all(|&p| !n.is_multiple_of(u128::from(p)) || n == u128::from(p));
                    assert_eq!(byte >> bit & 1 == 1, survives && n != 1, "{n}");
                }
            }
        }
    }
}
