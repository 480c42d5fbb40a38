//! Sizes that go with the length of a number; measured, and joined by straight lines. What they cost.

use super::polynomial::count;
use super::sieve::BLOCK;

/// What a sieve works with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parameters {
    /// Primes in the base.
    pub(super) base_len: usize,
    /// Blocks that each polynomial is sieved over.
    pub(super) blocks: usize,
    /// Largest prime a relation may have beyond the base, as a multiple of the base's largest.
    pub(super) large_multiple: u32,
    /// Part of the large prime's length by which a value may be longer than what the sieve knows of it.
    pub(super) tolerance: f64,
    /// First prime that is sieved.
    pub(super) small_end: u32,
}

impl Parameters {
    /// Returns what serves numbers of this length.
    pub(super) fn of_bits(bits: u64) -> Self {
        let bits = bits as f64;
        let above = TABLE.partition_point(|&(length, ..)| length < bits).clamp(1, TABLE.len() - 1);
        let (low, high) = (TABLE[above - 1], TABLE[above]);
        let part = ((bits - low.0) / (high.0 - low.0)).clamp(0.0, 1.0);
        let between = |low: f64, high: f64| low + (high - low) * part;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers above 0")]
        Self {
            base_len: between(low.1.ln(), high.1.ln()).exp().round() as usize,
            blocks: between(low.2, high.2).round() as usize,
            large_multiple: between(low.3, high.3) as u32,
            tolerance: between(low.4, high.4),
            small_end: between(low.5, high.5) as u32,
        }
    }

    /// Returns about how many nanoseconds all polynomials of a leading coefficient take, for `k·n` of so many bits.
    pub(super) fn unit_work(&self, bits: f64) -> u64 {
        let length = self.blocks * BLOCK;
        let polynomial = length as u64 / VALUES_A_NANOSECOND + self.base_len as u64 * NANOSECONDS_A_PRIME;
        polynomial << (count(bits, length) - 1)
    }

    /// Returns how many relations may wait for their partner.
    pub(super) fn waiting_max(&self) -> usize {
        WAITING_A_PRIME * self.base_len + WAITING_MIN
    }

    /// Returns about how many nanoseconds it takes to collect the base and to make a sieve.
    pub(super) fn preparation_work(&self) -> u64 {
        self.base_len as u64 * NANOSECONDS_A_PRIME_ONCE
    }
}

/// Bits, primes of the base, blocks, multiple of the large prime, tolerance, first prime that is sieved.
///
/// More primes want more relations but make them likelier; more blocks reach larger values, fewer change
/// polynomials more often, and the whole interval has to stay in the second cache; a larger multiple keeps relations
/// that seldom find a partner; a higher tolerance looks at more values in vain; to
/// begin to sieve at a higher prime does so too, and at a lower one sieves by primes that hit often and say little: of a
/// short base they are a large part.
const TABLE: [(f64, f64, f64, f64, f64, f64); 14] = [
    (64.0, 60.0, 1.0, 20.0, 1.0, 80.0),
    (80.0, 120.0, 1.0, 20.0, 1.0, 80.0),
    (96.0, 240.0, 1.0, 30.0, 1.0, 80.0),
    (112.0, 420.0, 1.0, 40.0, 1.0, 80.0),
    (128.0, 750.0, 1.0, 40.0, 1.15, 120.0),
    (144.0, 1_150.0, 1.0, 50.0, 1.3, 256.0),
    (160.0, 1_700.0, 2.0, 60.0, 1.4, 256.0),
    (176.0, 3_000.0, 3.0, 80.0, 1.5, 256.0),
    (192.0, 5_000.0, 3.0, 120.0, 1.6, 256.0),
    (224.0, 13_000.0, 4.0, 150.0, 1.6, 256.0),
    (256.0, 25_000.0, 6.0, 450.0, 1.65, 256.0),
    (288.0, 66_000.0, 8.0, 450.0, 1.65, 256.0),
    (320.0, 100_000.0, 10.0, 450.0, 1.65, 256.0),
    (360.0, 130_000.0, 12.0, 450.0, 1.65, 256.0),
];

/// Relations that may wait for their partner, for each prime of the base and in any case: twice as many as ever do.
const WAITING_A_PRIME: usize = 10;
const WAITING_MIN: usize = 4_000;

/// Values of a polynomial that are sieved in a nanosecond, and what a prime of the base takes beside.
const VALUES_A_NANOSECOND: u64 = 5;
const NANOSECONDS_A_PRIME: u64 = 8;

/// What a prime takes once: a square root modulo it, mostly.
const NANOSECONDS_A_PRIME_ONCE: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_grow_with_the_number() {
        let bases: Vec<_> = (40..420).map(|bits| Parameters::of_bits(bits).base_len).collect();
        assert!(bases.is_sorted());
        assert_eq!((bases[0], *bases.last().unwrap()), (60, 130_000));
        assert!((40..420).all(|bits| Parameters::of_bits(bits).blocks >= 1));
    }
}
