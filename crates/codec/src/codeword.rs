//! A codeword: one integer whose prime factors carry a payload and a check of it.
//!
//! The type says what an integer is meant to be and no more; that it has a reading is
//! for [`read`](crate::read) to find out. On the wire a codeword is its bytes, least
//! significant first; for people and for the reference it is a decimal number.

use std::fmt;

use primestream_primes::Natural;

/// An integer that stands for a symbol, an operation, or an end of a block.
///
/// # Examples
///
/// ```
/// use primestream_codec::{Codeword, Limits, Reading, data, read};
///
/// let codeword = data(0, 0)?;
/// assert_eq!(codeword.to_decimal(), "59062500"); // 2^2 · 3^3 · 5 · 7 · 5^6
/// assert_eq!(read(codeword.as_natural(), &Limits::default())?, Reading::Data { position: 0, value: 0 });
///
/// assert_eq!(Codeword::parse_decimal(b"59062500"), Some(codeword));
/// assert_eq!(Codeword::parse_decimal(b"+59062500"), None); // digits alone
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Codeword(Natural);

impl Codeword {
    /// Takes any integer for a codeword.
    #[must_use]
    pub const fn new(number: Natural) -> Self {
        Self(number)
    }

    /// Returns the integer.
    #[must_use]
    pub const fn as_natural(&self) -> &Natural {
        &self.0
    }

    /// Returns the integer itself.
    #[must_use]
    pub fn into_natural(self) -> Natural {
        self.0
    }

    /// Returns the length in bits.
    #[must_use]
    pub fn bits(&self) -> u64 {
        self.0.bits()
    }

    /// Writes the integer in decimal, as the reference exchanges it.
    #[must_use]
    pub fn to_decimal(&self) -> String {
        self.0.to_string()
    }

    /// Reads a decimal integer; `None` unless it consists of digits alone. Compare the length
    /// with a limit first: a million digits take their time.
    #[must_use]
    pub fn parse_decimal(digits: &[u8]) -> Option<Self> {
        Natural::parse_decimal(digits).ok().map(Self)
    }

    /// Returns the bytes, least significant first, the last one not zero.
    #[must_use]
    pub fn to_le_bytes(&self) -> Vec<u8> {
        self.0.to_le_bytes()
    }

    /// Takes bytes, least significant first.
    #[must_use]
    pub fn from_le_bytes(bytes: &[u8]) -> Self {
        Self(Natural::from_le_bytes(bytes))
    }
}

impl fmt::Display for Codeword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Codeword> for Natural {
    fn from(codeword: Codeword) -> Self {
        codeword.0
    }
}
