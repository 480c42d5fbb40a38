//! Primes up to the length of a block: each hits every block, and the block stays in the cache meanwhile.

use super::sieve::{BLOCK_END, REACH};

/// Medium primes that are being sieved, from the smallest to the largest.
pub(super) struct Medium<'a> {
    pub(super) bytes: &'a mut [u8; REACH],
    pub(super) primes: &'a [u16],
    pub(super) logs: &'a [u8],
    pub(super) first: &'a mut [u16],
    pub(super) second: &'a mut [u16],
    /// The first prime that is not sieved yet.
    pub(super) from: usize,
}

impl Medium<'_> {
    /// Sieves a block, and moves the places on to the next.
    pub(super) fn sieve(mut self) {
        self.often();
        // From here on the hits of a prime in a block are known but for one.
        self.times::<7>();
        self.times::<6>();
        self.times::<5>();
        self.times::<4>();
        self.times::<3>();
        self.times::<2>();
        self.times::<1>();
    }

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
                let last = usize::from(place.min(BLOCK_END));
                self.bytes[last] = self.bytes[last].wrapping_sub(log);
                let beyond = place.wrapping_sub(BLOCK_END);
                *next = beyond.min(beyond.wrapping_add(prime));
            }
        }
    }
}

/// Medium and small primes, with what it takes to see in 16 bits whether they divide.
#[derive(Debug)]
pub(super) struct Divisors {
    pub(super) primes: Vec<u16>,
    /// What the length of a block leaves modulo each prime.
    pub(super) block_steps: Vec<u16>,
    pub(super) inverses: Vec<u16>,
    pub(super) quotients_max: Vec<u16>,
}

impl Divisors {
    /// Prepares for primes below 2^15.
    pub(super) fn new(primes: &[u32]) -> Self {
        let primes = || primes.iter().map(|&prime| u16::try_from(prime).expect("medium primes are short"));
        let inverse = |prime: u16| {
            let mut inverse = prime.wrapping_mul(3) ^ 2;
            for _ in 0..2 {
                inverse = inverse.wrapping_mul(2_u16.wrapping_sub(prime.wrapping_mul(inverse)));
            }
            inverse
        };
        Self {
            primes: primes().collect(),
            block_steps: primes().map(|prime| BLOCK_END % prime).collect(),
            // 2 has none, and is not asked for.
            inverses: primes().map(inverse).collect(),
            quotients_max: primes().map(|prime| u16::MAX / prime).collect(),
        }
    }
}

/// Whether a prime divides `n`, by its inverse and its largest quotient in 16 bits.
#[inline]
pub(super) fn divides(n: u16, inverse: u16, quotient_max: u16) -> bool {
    n.wrapping_mul(inverse) <= quotient_max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_hit_and_the_next_block_begins_where_this_one_ends() {
        let primes: Vec<u16> =
            crate::primes(3..1 << 15).step_by(37).map(|prime| prime.try_into().unwrap()).collect();
        let logs = vec![1; primes.len()];
        let (first, second): (Vec<u16>, Vec<u16>) = primes.iter().map(|prime| (prime / 3, prime - 1)).unzip();
        let (mut at, mut other) = (first.clone(), second.clone());
        for block in 0..3_u32 {
            let mut bytes: Box<[u8; REACH]> = vec![200_u8; REACH].into_boxed_slice().try_into().unwrap();
            let (first_now, second_now) = (&mut at, &mut other);
            Medium {
                bytes: &mut bytes,
                primes: &primes,
                logs: &logs,
                first: first_now,
                second: second_now,
                from: 0,
            }
            .sieve();
            let mut expected = vec![200_u8; usize::from(BLOCK_END)];
            for (&prime, starts) in primes.iter().zip(first.iter().zip(&second)) {
                for start in [starts.0, starts.1] {
                    let hits = (u32::from(*start)..(block + 1) << 15).step_by(prime.into());
                    for place in hits.filter(|place| place >> 15 == block) {
                        expected[place as usize & 0x7FFF] -= 1;
                    }
                }
            }
            assert!(bytes[..expected.len()] == expected, "block {block}");
        }
    }

    #[test]
    fn divisibility_in_sixteen_bits() {
        let divisors = Divisors::new(&[2, 3, 5, 257, 32_749]);
        for (index, &prime) in divisors.primes.iter().enumerate().skip(1) {
            for n in 0..=u16::MAX {
                let found = divides(n, divisors.inverses[index], divisors.quotients_max[index]);
                assert_eq!(found, n % prime == 0, "{n} by {prime}");
            }
        }
    }
}
