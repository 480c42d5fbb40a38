//! Bands: lengths of numbers, and how each is factored.

use std::fmt;
use std::ops::RangeInclusive;

use crate::Natural;

/// A range of lengths, and the methods that serve it.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Band, Natural};
///
/// let band = Band::of(&Natural::from(u64::MAX));
/// assert_eq!((band, band.to_string()), (Band::Bits64, "33 to 64 bits".to_owned()));
/// assert_eq!(Band::of(&(Natural::ONE << 5_000)), Band::Beyond);
/// assert!(Band::Bits128.method().contains("sieve"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Band {
    /// Up to 32 bits: about a microsecond.
    Bits32,
    /// 33 to 64 bits: microseconds.
    Bits64,
    /// 65 to 128 bits: milliseconds.
    Bits128,
    /// 129 to 256 bits: from a tenth of a second to minutes, if there are two long factors.
    Bits256,
    /// 257 to 512 bits: what has but one long factor.
    Bits512,
    /// 513 to 1024 bits: as those before, ten times as slowly.
    Bits1024,
    /// 1025 to 2048 bits.
    Bits2048,
    /// 2049 to 4096 bits.
    Bits4096,
    /// Longer than that.
    Beyond,
}

impl Band {
    /// All bands, from the shortest numbers to the longest.
    pub const ALL: [Self; 9] = [
        Self::Bits32,
        Self::Bits64,
        Self::Bits128,
        Self::Bits256,
        Self::Bits512,
        Self::Bits1024,
        Self::Bits2048,
        Self::Bits4096,
        Self::Beyond,
    ];

    /// Returns the band of a number.
    #[must_use]
    pub fn of(n: &Natural) -> Self {
        Self::of_bits(n.bits())
    }

    /// Returns the band of a length in bits.
    #[must_use]
    pub fn of_bits(bits: u64) -> Self {
        let fits = |band: &Self| bits <= *band.bits().end();
        Self::ALL.into_iter().find(fits).unwrap_or(Self::Beyond)
    }

    /// Returns the lengths it is made of.
    #[must_use]
    pub fn bits(self) -> RangeInclusive<u64> {
        match self {
            Self::Bits32 => 0..=32,
            Self::Bits64 => 33..=64,
            Self::Bits128 => 65..=128,
            Self::Bits256 => 129..=256,
            Self::Bits512 => 257..=512,
            Self::Bits1024 => 513..=1024,
            Self::Bits2048 => 1025..=2048,
            Self::Bits4096 => 2049..=4096,
            Self::Beyond => 4097..=u64::MAX,
        }
    }

    /// Returns how its numbers are factored, in words.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            Self::Bits32 => "trial division and Hart's method",
            Self::Bits64 => "trial division and elliptic curves in one word",
            Self::Bits128 => "elliptic curves, then the quadratic sieve",
            Self::Bits256 => {
                "p − 1 and elliptic curves, then the quadratic sieve, at normal effort up to 200 bits"
            }
            Self::Bits512 => {
                "p − 1, p + 1 and elliptic curves; the quadratic sieve at deep effort up to 400 bits"
            }
            Self::Bits1024 | Self::Bits2048 | Self::Bits4096 => "p − 1, p + 1 and elliptic curves",
            Self::Beyond => "trial division and perfect powers; curves at deep effort up to 16384 bits",
        }
    }
}

impl fmt::Display for Band {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.bits();
        match self {
            Self::Beyond => write!(formatter, "above {} bits", bits.start() - 1),
            _ if *bits.start() == 0 => write!(formatter, "up to {} bits", bits.end()),
            _ => write!(formatter, "{} to {} bits", bits.start(), bits.end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_follow_each_other_without_a_gap() {
        for pair in Band::ALL.windows(2) {
            assert_eq!(*pair[0].bits().end() + 1, *pair[1].bits().start());
        }
        for band in Band::ALL {
            let bits = band.bits();
            assert_eq!([*bits.start(), *bits.end()].map(Band::of_bits), [band, band]);
        }
        assert_eq!(Band::of(&Natural::ZERO), Band::Bits32);
    }
}
