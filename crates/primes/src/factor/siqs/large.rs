//! Primes beyond the length of a block: each hits an interval a few times, or not at all.
//!
//! To look at each of thousands for every block would cost more than all other primes together; so each is looked at
//! once for a polynomial, and its logarithm is taken from the whole interval, which the second cache holds. The
//! first comes into its own when a block is copied into it. Notes of hits, sorted by block \[AokiUeda2004\],
//! were slower: to write a note and read it again costs more than a byte in the second cache.

use super::sieve::BLOCK_BITS;

/// An interval, and bytes behind it that nobody reads.
#[derive(Debug)]
pub(super) struct Interval {
    bytes: Vec<u8>,
    length: u32,
}

impl Interval {
    /// Makes one of so many blocks.
    pub(super) fn new(blocks: usize) -> Self {
        let length = blocks << BLOCK_BITS;
        Self {
            bytes: vec![0; length + SPARE as usize],
            length: u32::try_from(length).expect("far below 2^32"),
        }
    }

    pub(super) fn fill(&mut self, byte: u8) {
        self.bytes.fill(byte);
    }

    /// Returns the bytes of a block.
    pub(super) fn block(&self, block: usize) -> &[u8] {
        &self.bytes[block << BLOCK_BITS..][..1 << BLOCK_BITS]
    }

    /// Takes the logarithms of primes, ascending, from the bytes at their roots and all whole steps behind.
    pub(super) fn sieve(&mut self, primes: &[u32], logs: &[u8], roots: [&[u32]; 2]) {
        let mut from = 0;
        while let Some(&first) = primes.get(from) {
            let hits = self.length / first;
            let to = primes.partition_point(|&prime| hits == 0 || prime <= self.length / hits);
            let range = from..to;
            from = to;
            let [first, second] = roots.map(|roots| &roots[range.clone()]);
            let places = first.iter().zip(second);
            for ((&prime, &log), (&first, &second)) in
                primes[range.clone()].iter().zip(&logs[range]).zip(places)
            {
                let (mut first, mut second) = (first, second);
                for _ in 0..hits {
                    self.hit(first, log);
                    self.hit(second, log);
                    first += prime;
                    second += prime;
                }
                self.hit_or_miss(first, log);
                self.hit_or_miss(second, log);
            }
        }
    }

    #[inline(always)]
    fn hit(&mut self, place: u32, log: u8) {
        let byte = &mut self.bytes[place as usize];
        *byte = byte.wrapping_sub(log);
    }

    /// Hits a place that may lie behind the interval. That is not branched on, since nobody guesses it; the bytes for
    /// misses are several, since to change the same one again and again means to wait for it.
    #[inline(always)]
    fn hit_or_miss(&mut self, place: u32, log: u8) {
        self.hit(place.min(self.length | (place % SPARE)), log);
    }
}

/// Bytes for what misses the interval.
const SPARE: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_hit_once() {
        let primes: Vec<u32> =
            crate::primes(1 << 15..1 << 19).step_by(97).map(|prime| prime.try_into().unwrap()).collect();
        let logs: Vec<u8> = (0..primes.len()).map(|index| u8::try_from(index % 251).unwrap()).collect();
        let (first, second): (Vec<u32>, Vec<u32>) = primes.iter().map(|prime| (prime / 7, prime - 1)).unzip();
        for blocks in [1, 2, 5] {
            let mut expected = vec![77_u8; blocks << BLOCK_BITS];
            for ((&prime, &log), places) in primes.iter().zip(&logs).zip(first.iter().zip(&second)) {
                for &place in [places.0, places.1] {
                    for byte in expected.iter_mut().skip(place as usize).step_by(prime as usize) {
                        *byte = byte.wrapping_sub(log);
                    }
                }
            }
            let mut interval = Interval::new(blocks);
            interval.fill(77);
            interval.sieve(&primes, &logs, [&first, &second]);
            for (block, expected) in expected.chunks_exact(1 << BLOCK_BITS).enumerate() {
                assert!(interval.block(block) == expected, "{block} of {blocks}");
            }
        }
    }
}
