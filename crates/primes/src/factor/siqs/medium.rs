//! Primes up to the length of a block: each hits every block, and the block stays in the cache meanwhile.

use super::sieve::{BLOCK_END, REACH};

/// Medium primes, from the smallest to the largest, and where each is.
#[derive(Debug)]
pub(super) struct Medium {
    primes: Vec<u16>,
    /// The next places, from the start of the present block.
    next: [Vec<u16>; 2],
}

impl Medium {
    /// Prepares for primes below 2^15.
    pub(super) fn new(primes: &[u32]) -> Self {
        let primes: Vec<u16> =
            primes.iter().map(|&prime| prime.try_into().expect("medium primes are short")).collect();
        Self { next: [vec![0; primes.len()], vec![0; primes.len()]], primes }
    }

    /// Begins with the first block.
    pub(super) fn begin(&mut self, places: [&[u32]; 2]) {
        for (next, places) in self.next.iter_mut().zip(places) {
            for (next, &place) in next.iter_mut().zip(places) {
                #[expect(clippy::cast_possible_truncation, reason = "medium primes are below 2^15")]
                let place = place as u16;
                *next = place;
            }
        }
    }

    /// Takes the logarithms from the bytes of a block, and moves on to the next.
    pub(super) fn sieve(&mut self, bytes: &mut [u8; REACH], logs: &[u8]) {
        let [first, second] = &mut self.next;
        let mut pass = Pass { bytes, primes: &self.primes, logs, first, second, from: 0 };
        pass.often();
        // From here on the hits of a prime in a block are known but for one.
        pass.times::<7>();
        pass.times::<6>();
        pass.times::<5>();
        pass.times::<4>();
        pass.times::<3>();
        pass.times::<2>();
        pass.times::<1>();
    }
}

/// Medium primes that are being sieved.
struct Pass<'a> {
    bytes: &'a mut [u8; REACH],
    primes: &'a [u16],
    logs: &'a [u8],
    first: &'a mut [u16],
    second: &'a mut [u16],
    /// The first prime that is not sieved yet.
    from: usize,
}

impl Pass<'_> {
    /// Sieves primes that hit a block eight times or more.
    fn often(&mut self) {
        let to = self.primes.partition_point(|&prime| prime <= BLOCK_END / 8).max(self.from);
        let range = self.from..to;
        self.from = to;
        let places = self.first[range.clone()].iter_mut().zip(&mut self.second[range.clone()]);
        for ((&prime, &log), (first, second)) in
            self.primes[range.clone()].iter().zip(&self.logs[range]).zip(places)
        {
            let (mut low, mut high) = (*first.min(second), *first.max(second));
            // A place is below 2^15, and one step further below 2^16, the length of the bytes.
            while high < BLOCK_END {
                self.bytes[usize::from(low)] = self.bytes[usize::from(low)].wrapping_sub(log);
                self.bytes[usize::from(high)] = self.bytes[usize::from(high)].wrapping_sub(log);
                low += prime;
                high += prime;
            }
            if low < BLOCK_END {
                self.bytes[usize::from(low)] = self.bytes[usize::from(low)].wrapping_sub(log);
                low += prime;
            }
            (*first, *second) = (low - BLOCK_END, high - BLOCK_END);
        }
    }

    /// Sieves primes that hit a block `HITS` times or once more. Where that one goes is computed and not
    /// branched on, since nobody guesses it: behind the block if it is not in it.
    fn times<const HITS: u16>(&mut self) {
        let to = self.primes.partition_point(|&prime| prime <= BLOCK_END / HITS).max(self.from);
        let range = self.from..to;
        self.from = to;
        let places = self.first[range.clone()].iter_mut().zip(&mut self.second[range.clone()]);
        for ((&prime, &log), (first, second)) in
            self.primes[range.clone()].iter().zip(&self.logs[range]).zip(places)
        {
            for next in [first, second] {
                let mut place = *next;
                for _ in 0..HITS {
                    self.bytes[usize::from(place)] = self.bytes[usize::from(place)].wrapping_sub(log);
                    place += prime;
                }
                // Misses share few bytes, but not one: to change it again means to wait for it.
                let last = usize::from(place.min(BLOCK_END | (place % 64)));
                self.bytes[last] = self.bytes[last].wrapping_sub(log);
                let beyond = place.wrapping_sub(BLOCK_END);
                *next = beyond.min(beyond.wrapping_add(prime));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_hit_and_the_next_block_begins_where_this_one_ends() {
        let primes: Vec<u32> =
            crate::primes(3..1 << 15).step_by(37).map(|prime| prime.try_into().unwrap()).collect();
        // No two primes that could stand in for one another.
        let logs: Vec<u8> = (0..primes.len()).map(|index| u8::try_from(index % 251).unwrap()).collect();
        let (first, second): (Vec<u32>, Vec<u32>) = primes.iter().map(|prime| (prime / 3, prime - 1)).unzip();
        let mut medium = Medium::new(&primes);
        medium.begin([&first, &second]);
        let mut whole = vec![200_u8; 3 << 15];
        for ((&prime, &log), places) in primes.iter().zip(&logs).zip(first.iter().zip(&second)) {
            for &place in [places.0, places.1] {
                for byte in whole[place as usize..].iter_mut().step_by(prime as usize) {
                    *byte = byte.wrapping_sub(log);
                }
            }
        }
        for (block, expected) in whole.chunks_exact(1 << 15).enumerate() {
            let mut bytes: Box<[u8; REACH]> = vec![200_u8; REACH].into_boxed_slice().try_into().unwrap();
            medium.sieve(&mut bytes, &logs);
            assert!(bytes[..expected.len()] == *expected, "block {block}");
        }
    }
}
