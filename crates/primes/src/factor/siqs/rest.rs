//! What is left of a value while the primes of the base are divided out of it.

use crate::Natural;

/// A number in words of half the machine's length, so that a step of a division is one instruction.
#[derive(Debug)]
pub(super) struct Rest {
    /// Least significant first, without zeros at the end.
    words: Vec<u32>,
    quotient: Vec<u32>,
}

impl Rest {
    pub(super) fn new(n: &Natural) -> Self {
        let words: Vec<u32> = n
            .to_le_bytes()
            .chunks(size_of::<u32>())
            .map(|bytes| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte)))
            .collect();
        Self { quotient: vec![0; words.len()], words }
    }

    /// Takes the factors 2 out and returns how many there were; of 0 none.
    pub(super) fn take_twos(&mut self) -> u32 {
        let mut twos = 0;
        while self.words.first() == Some(&0) {
            self.words.remove(0);
            twos += u32::BITS;
        }
        let shift = self.words.first().map_or(0, |word| word.trailing_zeros());
        if shift > 0 {
            let mut above = 0;
            for word in self.words.iter_mut().rev() {
                let low = *word << (u32::BITS - shift);
                *word = *word >> shift | above;
                above = low;
            }
        }
        self.trim();
        twos + shift
    }

    /// Divides by `p` if that leaves nothing; returns whether it did.
    pub(super) fn divide(&mut self, p: u32) -> bool {
        let mut remainder = 0;
        self.quotient.truncate(self.words.len());
        for (quotient, &word) in self.quotient.iter_mut().zip(&self.words).rev() {
            let dividend = remainder << 32 | u64::from(word);
            remainder = dividend % u64::from(p);
            #[expect(clippy::cast_possible_truncation, reason = "the remainder before was below the divisor")]
            let digit = (dividend / u64::from(p)) as u32;
            *quotient = digit;
        }
        let divides = remainder == 0 && !self.words.is_empty();
        if divides {
            std::mem::swap(&mut self.words, &mut self.quotient);
            self.trim();
        }
        divides
    }

    /// Returns what is left, if it fits in a word.
    pub(super) fn to_u64(&self) -> Option<u64> {
        match *self.words {
            [] => Some(0),
            [low] => Some(low.into()),
            [low, high] => Some(u64::from(high) << 32 | u64::from(low)),
            _ => None,
        }
    }

    fn trim(&mut self) {
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
        self.quotient.resize(self.words.len(), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_as_natural_does() {
        let n = (Natural::from(3_u64).pow(50) * Natural::from(65_537_u64).pow(3) * 1_000_003_u64) << 70;
        let mut rest = Rest::new(&n);
        assert_eq!(rest.take_twos(), 70);
        let mut divided = |p| (0..).take_while(|_| rest.divide(p)).count();
        assert_eq!([divided(3), divided(5), divided(65_537), divided(7)], [50, 0, 3, 0]);
        assert_eq!(rest.to_u64(), Some(1_000_003));
        assert_eq!(rest.take_twos(), 0);
    }

    #[test]
    fn nothing_divides_nothing() {
        let mut rest = Rest::new(&Natural::ZERO);
        assert_eq!((rest.take_twos(), rest.divide(3), rest.to_u64()), (0, false, Some(0)));
        assert_eq!(Rest::new(&(Natural::ONE << 64)).to_u64(), None);
    }
}
