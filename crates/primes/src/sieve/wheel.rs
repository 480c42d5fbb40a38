//! Thirty numbers in a byte: one bit for each residue a prime beyond 5 can have.
//!
//! Byte `b` stands for `30b + 1, 7, 11, 13, 17, 19, 23, 29`, least significant bit
//! first. Crossing off the multiples of `p` visits `p·m` for the `m` not divisible by
//! 2, 3 or 5; with the residues of `p` and `m` known, the bit and the way to the next
//! byte are constants. Source: [Pritchard1982].

/// The primes the wheel leaves out.
pub(super) const OUTSIDE: [u64; 3] = [2, 3, 5];

/// Numbers a byte stands for.
pub(super) const NUMBERS_PER_BYTE: u64 = 30;

/// Numbers a word of eight bytes stands for.
pub(super) const NUMBERS_PER_WORD: u64 = 8 * NUMBERS_PER_BYTE;

/// Residue of each bit, and of each step of a multiplier around the wheel.
pub(super) const RESIDUES: [u64; 8] = [1, 7, 11, 13, 17, 19, 23, 29];

/// The bit of the least residue of the wheel not below a number below 30.
pub(super) const BIT_OF: [u8; 30] = {
    let mut bits = [0; 30];
    let mut residue = 0;
    while residue < 30 {
        #[expect(clippy::cast_possible_truncation, reason = "eight bits")]
        let bit = bit_of(residue as u64) as u8;
        bits[residue] = bit;
        residue += 1;
    }
    bits
};

/// Distance from each residue to the next; the last leads into the next turn.
pub(super) const GAPS: [u32; 8] = [6, 4, 2, 4, 2, 4, 6, 2];

/// Number a bit of a 64-bit word stands for, less that of the word.
pub(super) const OFFSETS: [u8; 64] = {
    let mut offsets = [0; 64];
    let mut bit = 0;
    while bit < 64 {
        #[expect(clippy::cast_possible_truncation, reason = "at most 7·30 + 29")]
        let offset = (bit / 8 * 30 + RESIDUES[bit % 8] as usize) as u8;
        offsets[bit] = offset;
        bit += 1;
    }
    offsets
};

/// For a prime of the residue of the first index and a multiplier of the residue of
/// the second: what remains of a byte when the bit of the product is cleared.
pub(super) const MASKS: [[u8; 8]; 8] = {
    let mut masks = [[0; 8]; 8];
    let mut i = 0;
    while i < 64 {
        let product = RESIDUES[i / 8] * RESIDUES[i % 8] % NUMBERS_PER_BYTE;
        masks[i / 8][i % 8] = !(1 << bit_of(product));
        i += 1;
    }
    masks
};

/// Bytes from the multiple with the second residue to the next one, beyond
/// `GAPS · (p / 30)`, for a prime of the first residue.
pub(super) const CARRIES: [[u32; 8]; 8] = {
    let mut carries = [[0; 8]; 8];
    let mut i = 0;
    while i < 64 {
        let product = RESIDUES[i / 8] * RESIDUES[i % 8] % NUMBERS_PER_BYTE;
        #[expect(clippy::cast_possible_truncation, reason = "at most 29 + 29·6")]
        let carry = ((product + RESIDUES[i / 8] * GAPS[i % 8] as u64) / NUMBERS_PER_BYTE) as u32;
        carries[i / 8][i % 8] = carry;
        i += 1;
    }
    carries
};

/// The bit that stands for the product of a prime of the first residue and a multiplier of the second.
pub(super) const BITS: [[u8; 8]; 8] = {
    let mut bits = [[0; 8]; 8];
    let mut i = 0;
    while i < 64 {
        #[expect(clippy::cast_possible_truncation, reason = "eight bits")]
        let bit = bit_of(RESIDUES[i / 8] * RESIDUES[i % 8] % NUMBERS_PER_BYTE) as u8;
        bits[i / 8][i % 8] = bit;
        i += 1;
    }
    bits
};

/// For a prime of the residue of the first index and the distance modulo 30 of a multiple of it
/// from the start of a byte: the residue of the multiplier, or of the next that is on the wheel,
/// as an index, and how many multiples on that is.
pub(super) const ENTRIES: [[(u8, u8); 30]; 8] = {
    let mut entries = [[(0, 0); 30]; 8];
    let mut i = 0;
    while i < 240 {
        let (residue, distance) = (RESIDUES[i / 30], i as u64 % 30);
        let mut multiplier = 0;
        while residue * multiplier % 30 != distance {
            multiplier += 1;
        }
        let phase = bit_of(multiplier);
        #[expect(clippy::cast_possible_truncation, reason = "below 30")]
        let entry = (phase as u8, (RESIDUES[phase] - multiplier) as u8);
        entries[i / 30][i % 30] = entry;
        i += 1;
    }
    entries
};

/// The bit of the least residue of the wheel not below `residue < 30`.
pub(super) const fn bit_of(residue: u64) -> usize {
    let mut bit = 0;
    while RESIDUES[bit] < residue {
        bit += 1;
    }
    bit
}

/// The remainder of a number, by the short division where that does.
pub(super) fn remainder(number: u128, divisor: u64) -> u64 {
    match u64::try_from(number) {
        Ok(number) => number % divisor,
        Err(_) => u64::try_from(number % u128::from(divisor)).expect("a remainder is below its divisor"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_turn_is_one_prime_of_bytes() {
        for (i, residue) in RESIDUES.iter().enumerate() {
            for quotient in [0, 1, 7] {
                let turn: u32 = (0..8).map(|j| quotient * GAPS[j] + CARRIES[i][j]).sum();
                assert_eq!(u64::from(turn), u64::from(quotient) * 30 + residue);
            }
        }
    }

    #[test]
    fn every_step_leads_to_the_next_multiple() {
        for prime in [7_u64, 31, 37, 59, 101, 997] {
            let i = bit_of(prime % 30);
            let quotient = u32::try_from(prime / 30).unwrap();
            let mut byte = 0;
            for (j, m) in RESIDUES.into_iter().enumerate().map(|(j, m)| (j, m + 60)) {
                if j == 0 {
                    byte = prime * m / 30;
                }
                assert_eq!(byte, prime * m / 30, "{prime}·{m}");
                assert_eq!(MASKS[i][j], !(1 << bit_of(prime * m % 30)), "{prime}·{m}");
                byte += u64::from(quotient * GAPS[j] + CARRIES[i][j]);
            }
        }
    }

    #[test]
    fn entries_lead_to_the_next_multiple_on_the_wheel() {
        for prime in [7_u64, 11, 29, 31, 59, 997, 104_729] {
            for multiplier in 1..200 {
                let distance = prime * multiplier;
                let residue = bit_of(prime % 30);
                let (phase, more) = ENTRIES[residue][(distance % 30) as usize];
                let next = (multiplier..).find(|m| RESIDUES.contains(&(m % 30))).unwrap();
                assert_eq!(multiplier + u64::from(more), next, "{prime}·{multiplier}");
                assert_eq!(RESIDUES[usize::from(phase)], next % 30, "{prime}·{multiplier}");
                assert_eq!(
                    RESIDUES[usize::from(BITS[residue][usize::from(phase)])],
                    prime * next % 30,
                    "{prime}·{multiplier}"
                );
            }
        }
    }

    #[test]
    fn offsets_by_hand() {
        assert_eq!([OFFSETS[0], OFFSETS[7], OFFSETS[8], OFFSETS[63]], [1, 29, 31, 239]);
    }
}
