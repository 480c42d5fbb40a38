//! Decimal text of a [`Natural`], read strictly and written plainly.
//!
//! Reading splits the digits in halves and joins them by one multiplication, so
//! that a million digits cost a few large products instead of a quadratic loop;
//! below [`LEAF_DIGITS`] the plain loop is faster. Writing is the library's, which
//! divides in the same manner. Source: [Knuth1997], section 4.4.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigUint;

use super::Natural;
use crate::tuning::LEAF_DIGITS;

/// The bytes are not the decimal digits of an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseNaturalError {
    /// There was no digit.
    Empty,
    /// A byte other than an ASCII digit stands in the text.
    Digit {
        /// Where, in bytes from the start.
        offset: usize,
        /// What stands there.
        byte: u8,
    },
}

impl fmt::Display for ParseNaturalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(formatter, "no digits"),
            Self::Digit { offset, byte } => {
                write!(formatter, "byte {offset}: '{}' is not a decimal digit", byte.escape_ascii())
            }
        }
    }
}

impl std::error::Error for ParseNaturalError {}

impl Natural {
    /// Reads decimal digits: ASCII digits and nothing else; leading zeros are accepted.
    ///
    /// # Errors
    ///
    /// If there is no byte, or at the first byte that is not a digit: a sign, a
    /// space, a separator, a letter.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_primes::{Natural, ParseNaturalError};
    ///
    /// assert_eq!(Natural::parse_decimal(b"0042")?, Natural::from(42_u64));
    /// let refused = Natural::parse_decimal(b"12 ");
    /// assert_eq!(refused, Err(ParseNaturalError::Digit { offset: 2, byte: b' ' }));
    /// # Ok::<(), ParseNaturalError>(())
    /// ```
    pub fn parse_decimal(digits: &[u8]) -> Result<Self, ParseNaturalError> {
        if digits.is_empty() {
            return Err(ParseNaturalError::Empty);
        }
        if let Some(offset) = digits.iter().position(|byte| !byte.is_ascii_digit()) {
            return Err(ParseNaturalError::Digit { offset, byte: digits[offset] });
        }
        if digits.len() <= WORD_DIGITS {
            let value = digits.iter().fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
            return Ok(Self::from(value));
        }
        let values: Vec<u8> = digits.iter().map(|byte| byte - b'0').collect();
        // Entry k is ten to the power LEAF_DIGITS · 2^k.
        let mut powers = Vec::new();
        let mut width = LEAF_DIGITS;
        while width < values.len() {
            let power = powers.last().map_or_else(ten_to_leaf, |last: &BigUint| last * last);
            powers.push(power);
            width *= 2;
        }
        Ok(Self(join(&values, &powers)))
    }
}

impl FromStr for Natural {
    type Err = ParseNaturalError;

    fn from_str(text: &str) -> Result<Self, ParseNaturalError> {
        Self::parse_decimal(text.as_bytes())
    }
}

impl fmt::Display for Natural {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// Reads the values of digits, most significant first, of at most
/// `LEAF_DIGITS · 2^powers.len()` of them.
fn join(values: &[u8], powers: &[BigUint]) -> BigUint {
    let Some((power, smaller)) = powers.split_last() else {
        return BigUint::from_radix_be(values, 10).expect("every value is below the radix");
    };
    let low_digits = LEAF_DIGITS << smaller.len();
    let Some(split) = values.len().checked_sub(low_digits) else {
        return join(values, smaller);
    };
    let (high, low) = values.split_at(split);
    join(high, smaller) * power + join(low, smaller)
}

fn ten_to_leaf() -> BigUint {
    const EXPONENT: u32 = {
        assert!(LEAF_DIGITS <= 1 << 16, "a leaf is small");
        #[expect(clippy::cast_possible_truncation, reason = "asserted in the line above")]
        let exponent = LEAF_DIGITS as u32;
        exponent
    };
    BigUint::from(10_u32).pow(EXPONENT)
}

/// Digits that always fit in one machine word.
const WORD_DIGITS: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_reading() {
        let digit = |offset, byte| Err(ParseNaturalError::Digit { offset, byte });
        let cases: [(&[u8], Result<u128, ParseNaturalError>); 14] = [
            (b"0", Ok(0)),
            (b"000", Ok(0)),
            (b"7", Ok(7)),
            (b"007", Ok(7)),
            (b"18446744073709551615", Ok(u128::from(u64::MAX))),
            (b"18446744073709551616", Ok(1 << 64)),
            (b"9999999999999999999", Ok(9_999_999_999_999_999_999)),
            (b"", Err(ParseNaturalError::Empty)),
            (b"+1", digit(0, b'+')),
            (b"-1", digit(0, b'-')),
            (b" 1", digit(0, b' ')),
            (b"1_0", digit(1, b'_')),
            (b"1234567890123456789012x", digit(22, b'x')),
            ("1٢".as_bytes(), digit(1, 0xd9)),
        ];
        for (text, expected) in cases {
            assert_eq!(Natural::parse_decimal(text), expected.map(Natural::from), "{}", text.escape_ascii());
        }
        assert_eq!("1\n".parse::<Natural>().unwrap_err().to_string(), "byte 1: '\\n' is not a decimal digit");
        assert_eq!("".parse::<Natural>().unwrap_err().to_string(), "no digits");
    }

    #[test]
    fn long_text_goes_both_ways() {
        for len in [20, LEAF_DIGITS - 1, LEAF_DIGITS, LEAF_DIGITS + 1, 2 * LEAF_DIGITS + 1, 20_001] {
            let text: String = (0..len).map(|place| ['1', '4', '9', '0'][place * place % 7 % 4]).collect();
            let natural: Natural = text.parse().unwrap();
            assert_eq!(natural.to_string(), text, "{len} digits");
            let naive = text.bytes().fold(Natural::ZERO, |value, byte| value * 10 + u64::from(byte - b'0'));
            assert_eq!(natural, naive, "{len} digits");
        }
    }

    #[test]
    fn width_and_fill_are_obeyed() {
        assert_eq!(format!("{:>5}", Natural::from(42_u64)), "   42");
    }
}
