//! From bits to numbers, many at a time: what `next` hands out one by one.
//!
//! Words of the sieve are decoded four numbers to a turn, whether four bits are left or
//! not, and the count of bits says how many of those written are meant. So the one branch
//! that is guessed wrong is that between a turn more or less a word, not one a prime.

use super::wheel::{NUMBERS_PER_WORD, OFFSETS};
use super::whole::Whole;

/// Numbers that were decoded and not yet handed out, ascending.
#[derive(Clone)]
pub(super) struct Batch<N> {
    numbers: Box<[N; BATCH_LEN]>,
    /// Those from `start` to `end` are left.
    start: usize,
    end: usize,
}

impl<N: Whole> Batch<N> {
    pub(super) fn new() -> Self {
        Self { numbers: Box::new([N::narrow(0); BATCH_LEN]), start: 0, end: 0 }
    }

    /// Adds a number behind the others, while there is room.
    pub(super) fn push(&mut self, number: N) {
        self.numbers[self.end] = number;
        self.end += 1;
    }

    /// Takes the first number.
    #[inline]
    pub(super) fn next(&mut self) -> Option<N> {
        if self.start == self.end {
            return None;
        }
        let number = self.numbers[self.start % BATCH_LEN];
        self.start += 1;
        Some(number)
    }

    /// Takes the last number.
    #[inline]
    pub(super) fn next_back(&mut self) -> Option<N> {
        if self.start == self.end {
            return None;
        }
        self.end -= 1;
        Some(self.numbers[self.end % BATCH_LEN])
    }

    /// The numbers that are left.
    pub(super) fn as_slice(&self) -> &[N] {
        &self.numbers[self.start..self.end]
    }

    /// Takes all numbers away.
    pub(super) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    /// Replaces what is left by the numbers of as many words as fit, the first of which stands
    /// for the numbers from `base` on, and returns how many words those were.
    pub(super) fn fill(&mut self, groups: &[[u8; 8]], base: N) -> usize {
        let (mut base, mut len, mut used) = (base, 0, 0);
        for group in groups {
            let Some(Ok(room)) = self.numbers.get_mut(len..len + 64).map(TryInto::try_into) else { break };
            len += decode(u64::from_le_bytes(*group), base, room);
            base = base.plus(NUMBERS_PER_WORD);
            used += 1;
        }
        (self.start, self.end) = (0, len);
        used
    }

    /// Leaves only the numbers that are prime.
    pub(super) fn retain_primes(&mut self) {
        let mut len = 0;
        for index in self.start..self.end {
            let number = self.numbers[index];
            self.numbers[len] = number;
            len += usize::from(number.is_prime_after_sieve());
        }
        (self.start, self.end) = (0, len);
    }
}

/// Writes the numbers of one word, and up to three more that mean nothing; returns how many are meant.
#[inline]
fn decode<N: Whole>(mut word: u64, base: N, room: &mut [N; 64]) -> usize {
    let count = word.count_ones() as usize;
    let mut index = 0;
    while word != 0 {
        for _ in 0..4 {
            // The top bit is set so that an empty word, too, has a first bit.
            let bit = (word | 1 << 63).trailing_zeros();
            room[index % 64] = base.plus(u64::from(OFFSETS[bit as usize]));
            word &= word.wrapping_sub(1);
            index += 1;
        }
    }
    count
}

/// Numbers a batch has room for. More leave the first-level cache together with the segment,
/// fewer are filled more often.
const BATCH_LEN: usize = 512;

/// Words of which all numbers fit in a batch, whatever bits are set.
pub(super) const WORDS_THAT_FIT: usize = BATCH_LEN / 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn naive_decode(word: u64, base: u64) -> Vec<u64> {
        (0..64).filter(|bit| word >> bit & 1 == 1).map(|bit| base + u64::from(OFFSETS[bit])).collect()
    }

    #[test]
    fn words_decode_as_bit_by_bit() {
        let mut seed = 1_u64;
        let mut words = vec![0, u64::MAX, 1, 1 << 63, (1 << 63) | 1];
        for _ in 0..200 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            words.push(seed & seed.rotate_left(17) & seed.rotate_left(40));
        }
        let mut batch = Batch::<u64>::new();
        for word in &words {
            assert_eq!(batch.fill(&[word.to_le_bytes()], 480), 1);
            assert_eq!(batch.as_slice(), naive_decode(*word, 480));
        }
        let groups: Vec<_> = words.iter().map(|word| word.to_le_bytes()).collect();
        let (mut used, mut decoded) = (0, Vec::new());
        while used < groups.len() {
            let more = batch.fill(&groups[used..], used as u64 * NUMBERS_PER_WORD);
            assert!(more >= WORDS_THAT_FIT.min(groups.len() - used), "eight full words fit");
            used += more;
            decoded.extend(std::iter::from_fn(|| batch.next()));
        }
        let expected: Vec<u64> = (0..)
            .zip(&words)
            .flat_map(|(index, &word)| naive_decode(word, index * NUMBERS_PER_WORD))
            .collect();
        assert_eq!(decoded, expected);
    }

    #[test]
    fn both_ends_meet_and_composites_go() {
        let mut batch = Batch::<u64>::new();
        [5, 7, 9, 11, 15].into_iter().for_each(|number| batch.push(number));
        assert_eq!((batch.next(), batch.next_back()), (Some(5), Some(15)));
        batch.retain_primes();
        assert_eq!(batch.as_slice(), [7, 11]);
        assert_eq!(
            (batch.next_back(), batch.next(), batch.next_back(), batch.next()),
            (Some(11), Some(7), None, None)
        );
        batch.clear();
        assert!(batch.as_slice().is_empty());
    }
}
