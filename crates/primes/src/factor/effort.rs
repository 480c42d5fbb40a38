//! How much work a factorisation may cost.
//!
//! An effort is a name for four bounds, whose values and reasons are in `tuning`.

use crate::tuning::{EFFORT_HIGH, EFFORT_LOW, EFFORT_NORMAL};

/// How much work is allowed before what is left becomes the cofactor.
///
/// Numbers below 2^64 are factored completely at every effort. The sizes of factors
/// are those found in a number of two words; a longer one gets fewer steps.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Effort, Natural, factor};
///
/// // 2^101 - 1 has two prime factors, the smaller one of 43 bits.
/// let n = (Natural::ONE << 101) - 1;
/// assert!(!factor(&n, Effort::Low).is_complete());
/// assert_eq!(factor(&n, Effort::High).to_string(), "7432339208719 · 341117531003194129");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Effort {
    /// Milliseconds: small primes, powers, and factors up to about 2^26.
    Low,
    /// Tenths of a second, about one for 10^5 digits: factors up to about 2^40.
    #[default]
    Normal,
    /// Some seconds: factors up to about 2^48.
    High,
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
    /// Steps of rho on a number of two words, over all pieces.
    pub(crate) rho_work: u64,
    /// Longest piece given to the quadratic sieve, in bits.
    pub(crate) siqs_bits_max: u64,
}

impl Effort {
    pub(crate) const fn limits(self) -> Limits {
        match self {
            Self::Low => EFFORT_LOW,
            Self::Normal => EFFORT_NORMAL,
            Self::High => EFFORT_HIGH,
        }
    }
}
