//! Sizes that go with the length of a number; measured, and joined by straight lines.

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
        }
    }
}

/// Bits, primes of the base, blocks, multiple of the large prime, tolerance.
///
/// More primes want more relations but make them likelier; more blocks reach larger values, fewer change
/// polynomials more often, and the whole interval has to stay in the second cache; a larger multiple keeps relations
/// that seldom find a partner; a higher tolerance looks at more values in vain.
const TABLE: [(f64, f64, f64, f64, f64); 14] = [
    (64.0, 60.0, 1.0, 20.0, 1.0),
    (80.0, 120.0, 1.0, 20.0, 1.0),
    (96.0, 240.0, 1.0, 30.0, 1.0),
    (112.0, 420.0, 1.0, 40.0, 1.0),
    (128.0, 750.0, 1.0, 40.0, 1.15),
    (144.0, 1_150.0, 1.0, 50.0, 1.3),
    (160.0, 1_700.0, 2.0, 60.0, 1.4),
    (176.0, 3_000.0, 3.0, 80.0, 1.5),
    (192.0, 5_000.0, 3.0, 120.0, 1.6),
    (224.0, 13_000.0, 4.0, 150.0, 1.6),
    (256.0, 36_000.0, 6.0, 150.0, 1.6),
    (288.0, 66_000.0, 8.0, 150.0, 1.6),
    (320.0, 100_000.0, 10.0, 150.0, 1.6),
    (360.0, 130_000.0, 12.0, 150.0, 1.6),
];

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
