//! What is left of a value while the primes of the base are divided out of it.

use super::polynomial::{WORDS, Words};

/// A number in words of half the machine's length, so that a step of a division is one instruction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    /// Least significant first; zeros from `len` on.
    words: [u32; 2 * WORDS],
    len: usize,
}

impl Rest {
    #[expect(clippy::cast_possible_truncation, reason = "halves of words")]
    pub(super) fn new(value: Words) -> Self {
        let mut rest = Self { words: [0; 2 * WORDS], len: 2 * WORDS };
        for (halves, word) in rest.words.as_chunks_mut().0.iter_mut().zip(value) {
            *halves = [word as u32, (word >> 32) as u32];
        }
        rest.trim();
        rest
    }

    /// Takes the factors 2 out and returns how many there were; of 0 none.
    pub(super) fn take_twos(&mut self) -> u32 {
        let zeros = self.words.iter().take_while(|&&word| word == 0).count();
        if zeros == self.words.len() {
            return 0;
        }
        self.words.rotate_left(zeros);
        let shift = self.words[0].trailing_zeros();
        if shift > 0 {
            let mut above = 0;
            for word in self.words.iter_mut().rev() {
                let low = *word << (u32::BITS - shift);
                *word = *word >> shift | above;
                above = low;
            }
        }
        self.trim();
        u32::BITS * u32::try_from(zeros).expect("few words") + shift
    }

    /// Divides by `p` if that leaves nothing; returns whether it did.
    pub(super) fn divide(&mut self, p: u32) -> bool {
        let mut quotient = *self;
        let mut remainder = 0;
        for word in quotient.words[..self.len].iter_mut().rev() {
            let dividend = remainder << 32 | u64::from(*word);
            remainder = dividend % u64::from(p);
            #[expect(clippy::cast_possible_truncation, reason = "the remainder before was below the divisor")]
            let digit = (dividend / u64::from(p)) as u32;
            *word = digit;
        }
        let divides = remainder == 0 && self.len > 0;
        if divides {
            *self = quotient;
            self.trim();
        }
        divides
    }

    /// Returns the length in bits.
    pub(super) fn bits(&self) -> u32 {
        let last = self.len.checked_sub(1).map_or(0, |last| self.words[last].ilog2() + 1);
        u32::BITS * u32::try_from(self.len.saturating_sub(1)).expect("few words") + last
    }

    /// Returns what is left, if it fits in a word.
    pub(super) fn to_u64(self) -> Option<u64> {
        (self.len <= 2).then(|| u64::from(self.words[1]) << 32 | u64::from(self.words[0]))
    }

    fn trim(&mut self) {
        while self.len > 0 && self.words[self.len - 1] == 0 {
            self.len -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Natural;

    #[test]
    fn divides_as_natural_does() {
        let n = (Natural::from(3_u64).pow(50) * Natural::from(65_537_u64).pow(3) * 1_000_003_u64) << 70;
        let mut rest = Rest::new(n.to_words());
        assert_eq!(u64::from(rest.bits()), n.bits());
        assert_eq!(rest.take_twos(), 70);
        assert_eq!(u64::from(rest.bits()), n.bits() - 70);
        let mut divided = |p| (0..).take_while(|_| rest.divide(p)).count();
        assert_eq!([divided(3), divided(5), divided(65_537), divided(7)], [50, 0, 3, 0]);
        assert_eq!((rest.to_u64(), rest.bits()), (Some(1_000_003), 20));
        assert_eq!(rest.take_twos(), 0);
    }

    #[test]
    fn nothing_divides_nothing() {
        let mut rest = Rest::new([0; WORDS]);
        assert_eq!((rest.take_twos(), rest.divide(3), rest.to_u64(), rest.bits()), (0, false, Some(0), 0));
        assert_eq!(Rest::new((Natural::ONE << 64).to_words()).to_u64(), None);
    }
}
