//! A place between the primes of a range, to be kept and returned to.

use std::error::Error;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::whole::Whole;

/// What is left of a range of primes: a value of two numbers that continues exactly.
///
/// Made by [`Primes::position`](crate::Primes::position), taken back by
/// [`Primes::resume`](crate::Primes::resume). As text it is `first..=last`, or `done`.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Position, Primes, primes};
///
/// let mut all = primes(100..200);
/// assert_eq!((all.next(), all.next(), all.next_back()), (Some(101), Some(103), Some(199)));
/// let kept = all.position().to_string();
///
/// let position: Position<u64> = kept.parse()?;
/// let rest: Vec<u64> = Primes::resume(position).collect();
/// assert_eq!(rest, all.collect::<Vec<_>>());
/// assert_eq!(rest[0], 107);
/// # Ok::<(), primestream_primes::ParsePositionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position<N = u64> {
    left: Option<(N, N)>,
}

impl<N: Whole> Position<N> {
    pub(super) fn new(left: Option<(N, N)>) -> Self {
        Self { left: left.filter(|(first, last)| first <= last) }
    }

    /// Returns the numbers among which the primes still to come are, or `None` at the end.
    ///
    /// Neither end need be a prime.
    #[must_use]
    pub fn range(&self) -> Option<RangeInclusive<N>> {
        self.left.map(|(first, last)| first..=last)
    }
}

impl<N: Whole> From<RangeInclusive<N>> for Position<N> {
    /// The position before the primes of a range.
    fn from(range: RangeInclusive<N>) -> Self {
        Self::new(Some(range.into_inner()))
    }
}

impl<N: Whole> fmt::Display for Position<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.left {
            Some((first, last)) => write!(formatter, "{first}..={last}"),
            None => formatter.write_str(DONE),
        }
    }
}

impl<N: Whole> FromStr for Position<N> {
    type Err = ParsePositionError;

    fn from_str(text: &str) -> Result<Self, ParsePositionError> {
        if text == DONE {
            return Ok(Self::new(None));
        }
        let (first, last) = text.split_once("..=").ok_or(ParsePositionError::NoRange)?;
        let number = |text: &str| match text.parse() {
            // Only what `Display` writes: the parser of Rust takes a sign as well.
            Ok(number) if !text.starts_with('+') => Ok(number),
            _ => Err(ParsePositionError::NoNumber { text: text.chars().take(TEXT_CHARS_KEPT).collect() }),
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(ParsePositionError::Reversed);
        }
        Ok(Self::new(Some((first, last))))
    }
}

/// Why a text is no [`Position`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParsePositionError {
    /// It is neither `done` nor has it `..=` in it.
    NoRange,
    /// One end of the range is no number of the type.
    NoNumber {
        /// Its beginning.
        text: String,
    },
    /// The first number is above the last.
    Reversed,
}

impl fmt::Display for ParsePositionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRange => formatter.write_str("a position is `first..=last` or `done`"),
            Self::NoNumber { text } => write!(formatter, "`{text}` is no number of a position"),
            Self::Reversed => formatter.write_str("the first number of a position is above the last"),
        }
    }
}

impl Error for ParsePositionError {}

const DONE: &str = "done";
/// How much of a bad number an error keeps.
const TEXT_CHARS_KEPT: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_and_foreign_text_is_refused() {
        for text in ["done", "0..=0", "7..=18446744073709551615"] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
        let wide = format!("{}..={}", u64::MAX, u128::MAX);
        assert_eq!(wide.parse::<Position<u128>>().unwrap().to_string(), wide);
        assert_eq!("".parse::<Position>(), Err(ParsePositionError::NoRange));
        assert_eq!("5..=4".parse::<Position>(), Err(ParsePositionError::Reversed));
        for bad in ["..=", "1..=", "+1..=2", "-1..=2", "1..=18446744073709551616", "1..=2..=3", " 1..=2"] {
            assert!(matches!(bad.parse::<Position>(), Err(ParsePositionError::NoNumber { .. })), "{bad}");
        }
    }
}
