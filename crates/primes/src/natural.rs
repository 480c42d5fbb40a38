//! Unsigned integers of any size: the one door to the big-integer library.
//!
//! Use [`Natural`] where a number may pass 2^64; below that, a machine word is
//! faster by an order of magnitude and has its own functions in this crate. All
//! arithmetic allocates. Addition is linear in the digits, multiplication and
//! division better than quadratic.
//!
//! Nothing outside this module names the library behind it, so that changing it
//! changes one room. `natural/` holds the operators, the decimal text, and what
//! is built on division.

mod decimal;
mod division;
mod inverse;
mod operators;

use std::fmt;

use num_bigint::BigUint;

pub use decimal::ParseNaturalError;
pub(crate) use division::gcd_u64;
pub(crate) use inverse::{inverse_u64, inverse_u128};

/// An unsigned integer of any size.
///
/// # Examples
///
/// ```
/// use primestream_primes::Natural;
///
/// let n: Natural = "340282366920938463463374607431768211456".parse()?;
/// assert_eq!(n, Natural::from(2_u64).pow(128));
/// assert_eq!(n.bits(), 129);
/// assert_eq!(n.to_u128(), None); // one too large
/// # Ok::<(), primestream_primes::ParseNaturalError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Natural(BigUint);

impl Natural {
    /// The integer 0.
    pub const ZERO: Self = Self(BigUint::ZERO);

    /// The integer 1.
    pub const ONE: Self = Self(BigUint::new_const(1));

    /// Returns whether this is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.bits() == 0
    }

    /// Returns whether this is 1.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.bits() == 1
    }

    /// Returns whether 2 divides this; it divides 0.
    #[must_use]
    pub fn is_even(&self) -> bool {
        !self.0.bit(0)
    }

    /// Returns the length in bits: the least `b` with `self < 2^b`, so 0 for 0.
    #[must_use]
    pub fn bits(&self) -> u64 {
        self.0.bits()
    }

    /// Returns the bit of weight `2^index`.
    #[must_use]
    pub fn bit(&self, index: u64) -> bool {
        self.0.bit(index)
    }

    /// Returns the exponent of 2 in this, or `None` for 0, which has every power.
    #[must_use]
    pub fn trailing_zeros(&self) -> Option<u64> {
        self.0.trailing_zeros()
    }

    /// Returns the remainder by `2^bits`.
    #[must_use]
    pub fn low_bits(&self, bits: u64) -> Self {
        if self.bits() <= bits {
            return self.clone();
        }
        let mut bytes = self.to_le_bytes();
        bytes.truncate(usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX));
        if let (Some(last), 1..) = (bytes.last_mut(), bits % 8) {
            *last &= (1 << (bits % 8)) - 1;
        }
        Self::from_le_bytes(&bytes)
    }

    /// Returns the bytes of heap its digits fill, for the accounting of memory.
    ///
    /// Space reserved but unused is not counted, as the library does not tell it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// assert_eq!(Natural::ZERO.heap_bytes(), 0);
    /// assert_eq!(Natural::from(u64::MAX).heap_bytes(), 8);
    /// assert_eq!(Natural::from(1_u128 << 64).heap_bytes(), 16);
    /// ```
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.0.iter_u64_digits().len() * size_of::<u64>()
    }

    /// Returns the value when it fits in 64 bits.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        let mut digits = self.0.iter_u64_digits();
        match digits.len() {
            0 => Some(0),
            1 => digits.next(),
            _ => None,
        }
    }

    /// Returns the value when it fits in 128 bits.
    #[must_use]
    pub fn to_u128(&self) -> Option<u128> {
        let mut digits = self.0.iter_u64_digits();
        if digits.len() > 2 {
            return None;
        }
        let low = digits.next().unwrap_or(0);
        let high = digits.next().unwrap_or(0);
        Some(u128::from(high) << 64 | u128::from(low))
    }

    /// Returns the least significant word.
    pub(crate) fn low_word(&self) -> u64 {
        self.0.iter_u64_digits().next().unwrap_or(0)
    }

    /// Returns the words, least significant first, with zeros behind; there must be no more of them.
    pub(crate) fn to_words<const L: usize>(&self) -> [u64; L] {
        let mut words = [0; L];
        assert!(self.bits() <= 64 * L as u64, "more words than asked for");
        for (word, digit) in words.iter_mut().zip(self.0.iter_u64_digits()) {
            *word = digit;
        }
        words
    }

    /// Reads words, least significant first; zeros at the end are accepted.
    pub(crate) fn from_words(words: &[u64]) -> Self {
        let halves = words.iter().flat_map(|&word| [word & 0xffff_ffff, word >> 32]);
        let halves = halves.map(|half| u32::try_from(half).expect("half a word"));
        Self(BigUint::new(halves.collect()))
    }

    /// Returns the bytes, least significant first, without leading zeros; none for 0.
    #[must_use]
    pub fn to_le_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.append_le_bytes(&mut bytes);
        bytes
    }

    /// Appends the bytes of [`to_le_bytes`](Self::to_le_bytes) to `bytes`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// let mut bytes = vec![0xff];
    /// Natural::from(0x0102_u64).append_le_bytes(&mut bytes);
    /// assert_eq!(bytes, [0xff, 0x02, 0x01]);
    /// ```
    pub fn append_le_bytes(&self, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        bytes.reserve(self.heap_bytes());
        for digit in self.0.iter_u64_digits() {
            bytes.extend_from_slice(&digit.to_le_bytes());
        }
        while bytes.len() > start && bytes.last() == Some(&0) {
            bytes.pop();
        }
    }

    /// Reads bytes, least significant first; zeros at the end are accepted, and
    /// no bytes are 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// assert_eq!(Natural::from_le_bytes(&[0x02, 0x01, 0x00]), Natural::from(0x0102_u64));
    /// assert_eq!(Natural::from_le_bytes(&[]), Natural::ZERO);
    /// ```
    #[must_use]
    pub fn from_le_bytes(bytes: &[u8]) -> Self {
        Self(BigUint::from_bytes_le(bytes))
    }
}

impl fmt::Debug for Natural {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

macro_rules! from_word {
    ($($word:ty),*) => {$(
        impl From<$word> for Natural {
            fn from(value: $word) -> Self {
                Self(BigUint::from(value))
            }
        }
    )*};
}
from_word!(u8, u16, u32, u64, u128, usize);

/// The value does not fit in the machine word asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooLargeError {
    /// Length of the value, in bits.
    pub bits: u64,
    /// Length of the longest value that fits, in bits.
    pub bits_max: u32,
}

impl fmt::Display for TooLargeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an integer of {} bits, the limit is {}", self.bits, self.bits_max)
    }
}

impl std::error::Error for TooLargeError {}

impl TryFrom<&Natural> for u64 {
    type Error = TooLargeError;

    fn try_from(value: &Natural) -> Result<Self, TooLargeError> {
        value.to_u64().ok_or(TooLargeError { bits: value.bits(), bits_max: Self::BITS })
    }
}

impl TryFrom<&Natural> for u128 {
    type Error = TooLargeError;

    fn try_from(value: &Natural) -> Result<Self, TooLargeError> {
        value.to_u128().ok_or(TooLargeError { bits: value.bits(), bits_max: Self::BITS })
    }
}

impl PartialEq<u64> for Natural {
    fn eq(&self, other: &u64) -> bool {
        self.to_u64() == Some(*other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_way_in_and_out() {
        for value in [0, 1, 2, 255, 256, u128::from(u64::MAX), 1 << 64, u128::MAX] {
            let natural = Natural::from(value);
            assert_eq!(natural.to_u128(), Some(value));
            assert_eq!(natural.to_u64(), u64::try_from(value).ok());
            assert_eq!(u128::try_from(&natural), Ok(value));
            assert_eq!(Natural::from_le_bytes(&natural.to_le_bytes()), natural);
            assert_eq!(natural.bits(), u64::from(128 - value.leading_zeros()));
            assert_eq!(natural.is_even(), value % 2 == 0);
        }
        let large = Natural::ONE << 128;
        assert_eq!(large.to_u128(), None);
        assert_eq!(u64::try_from(&large), Err(TooLargeError { bits: 129, bits_max: 64 }));
        assert_eq!(
            TooLargeError { bits: 129, bits_max: 64 }.to_string(),
            "an integer of 129 bits, the limit is 64"
        );
    }

    #[test]
    fn low_bits_are_the_remainder() {
        let n = Natural::from(0xfedc_ba98_7654_3210_0123_4567_89ab_cdef_u128);
        for bits in 0..130 {
            assert_eq!(n.low_bits(bits), &n % (Natural::ONE << bits), "{bits} bits");
        }
    }

    #[test]
    fn zero_and_one() {
        assert!(Natural::ZERO.is_zero() && !Natural::ONE.is_zero());
        assert!(Natural::ONE.is_one() && !Natural::ZERO.is_one() && !Natural::from(2_u32).is_one());
        assert_eq!(Natural::ZERO, Natural::default());
        assert_eq!(Natural::ZERO.to_le_bytes(), []);
        assert_eq!(Natural::ZERO.trailing_zeros(), None);
        assert_eq!(Natural::ONE.trailing_zeros(), Some(0));
        assert!(Natural::ONE == 1 && Natural::ONE << 64 != 0);
    }
}
