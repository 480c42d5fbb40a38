//! How much work a factorisation may cost.
//!
//! An effort is a name for some bounds, whose values and reasons are in `tuning`.

use crate::tuning::{EFFORT_DEEP, EFFORT_NORMAL, EFFORT_QUICK};

/// How much work is allowed before what is left becomes the cofactor.
///
/// Numbers below 2^64 are factored completely at every effort. Who wants to bound the time instead
/// drives a [`Factoring`](crate::Factoring) and stops it.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Effort, Natural, factor};
///
/// // 2^137 - 1 has two prime factors, the smaller one of 65 bits.
/// let n = (Natural::ONE << 137) - 1;
/// assert!(!factor(&n, Effort::Quick).is_complete());
/// assert_eq!(factor(&n, Effort::Normal).to_string(), "32032215596496435569 · 5439042183600204290159");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Effort {
    /// Milliseconds: everything up to 100 bits, and short factors of longer numbers.
    Quick,
    /// Seconds at most: everything up to 200 bits, and middling factors of longer numbers.
    #[default]
    Normal,
    /// Minutes, or days: everything up to 400 bits, and long factors of longer numbers.
    Deep,
}

/// The bounds an effort stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// First number that is not tried as a divisor.
    pub(crate) trial_end: u32,
    /// Longest piece tested for primality, in bits.
    pub(crate) primality_bits_max: u64,
    /// Longest piece tested for being a perfect power, in bits.
    pub(crate) power_bits_max: u64,
    /// What curves and their kin may cost for a piece, in products of words: about nanoseconds.
    pub(crate) curve_work: u64,
    /// Longest piece given to the quadratic sieve, in bits.
    pub(crate) siqs_bits_max: u64,
}

impl Effort {
    pub(crate) const fn limits(self) -> Limits {
        match self {
            Self::Quick => EFFORT_QUICK,
            Self::Normal => EFFORT_NORMAL,
            Self::Deep => EFFORT_DEEP,
        }
    }
}
