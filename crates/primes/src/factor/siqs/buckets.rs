//! Hits of large primes, sorted by the block they are in.
//!
//! A prime beyond the length of a block hits few of them. To look at each of thousands for every block would cost
//! more than all other primes together; so each is looked at once for a polynomial, and its hits are noted.
//! Source: \[AokiUeda2004\].

use super::sieve::{BLOCK_BITS, REACH};

/// What was noted for each block.
pub(super) struct Buckets {
    hits: Vec<u32>,
    counts: Vec<usize>,
    /// For each logarithm, where in each bucket its primes begin.
    marks: Vec<(u8, Vec<usize>)>,
    room: usize,
}

impl Buckets {
    /// Makes one for each block, for so many hits each.
    pub(super) fn new(blocks: usize, room: usize) -> Self {
        Self { hits: vec![0; blocks * room], counts: vec![0; blocks], marks: Vec::new(), room }
    }

    pub(super) fn clear(&mut self) {
        self.counts.fill(0);
        self.marks.clear();
    }

    /// Notes a hit, if the place is in the interval. Not branched on, since nobody guesses it.
    #[inline(always)]
    pub(super) fn push(&mut self, place: u32, index: u32, length: u32) {
        let is_inside = place < length;
        let block = (place >> BLOCK_BITS) as usize;
        let block = if is_inside { block } else { self.counts.len() - 1 };
        let count = self.counts[block];
        self.hits[block * self.room + count] = index << BLOCK_BITS | place & BLOCK_MASK;
        // A bucket that is full loses hits, which costs a relation at worst.
        self.counts[block] = (count + usize::from(is_inside)).min(self.room - 1);
    }

    /// Returns the hits of a block, by ascending prime.
    pub(super) fn of(&self, block: usize) -> &[u32] {
        &self.hits[block * self.room..][..self.counts[block]]
    }

    /// Says that primes of this logarithm follow.
    pub(super) fn mark(&mut self, log: u8) {
        self.marks.push((log, self.counts.clone()));
    }

    /// Takes the logarithms from the bytes of a block.
    pub(super) fn apply(&self, block: usize, bytes: &mut [u8; REACH]) {
        let hits = self.of(block);
        let ends = self.marks.iter().skip(1).map(|(_, starts)| starts[block]).chain([hits.len()]);
        for ((log, starts), end) in self.marks.iter().zip(ends) {
            for &hit in &hits[starts[block]..end] {
                let place = place_of(hit);
                bytes[place] = bytes[place].wrapping_sub(*log);
            }
        }
    }
}

/// Returns the place of a hit in its block.
pub(super) fn place_of(hit: u32) -> usize {
    (hit & BLOCK_MASK) as usize
}

/// Returns the index of the prime of a hit.
pub(super) fn prime_of(hit: u32) -> usize {
    (hit >> BLOCK_BITS) as usize
}

/// What a place in a block fills of a hit; the rest is for the index of a prime.
const BLOCK_MASK: u32 = (1 << BLOCK_BITS) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_come_to_their_block_with_their_logarithm() {
        let mut buckets = Buckets::new(2, 8);
        let mut bytes: Box<[u8; REACH]> = vec![100_u8; REACH].into_boxed_slice().try_into().unwrap();
        buckets.mark(15);
        buckets.push(7, 3, 1 << 16);
        buckets.push((1 << 15) + 9, 3, 1 << 16);
        buckets.mark(16);
        buckets.push(7, 4, 1 << 16);
        buckets.push(1 << 16, 4, 1 << 16); // behind the interval
        buckets.apply(0, &mut bytes);
        assert_eq!((bytes[7], bytes[9]), (100 - 15 - 16, 100));
        buckets.apply(1, &mut bytes);
        assert_eq!(bytes[9], 100 - 15);
        let found = |block: usize| {
            buckets.of(block).iter().map(|&hit| (place_of(hit), prime_of(hit))).collect::<Vec<_>>()
        };
        assert_eq!((found(0), found(1)), (vec![(7, 3), (7, 4)], vec![(9, 3)]));
    }

    #[test]
    fn a_full_bucket_forgets() {
        let mut buckets = Buckets::new(1, 4);
        buckets.mark(15);
        (0..10).for_each(|place| buckets.push(place, 1, 1 << 15));
        assert_eq!(buckets.of(0).len(), 3);
    }
}
