//! A certificate as one line of text, written plainly and read strictly: one certificate has one text.

use std::fmt;
use std::str::FromStr;

use super::{Certificate, Step};
use crate::Natural;

/// The text is not that of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseCertificateError {
    /// Something other than a decimal number without leading zeros stands where one must.
    Number {
        /// Where it begins, in bytes from the start.
        offset: usize,
    },
    /// A prime has no `:` and base behind it.
    Base {
        /// Where the prime begins, in bytes from the start.
        offset: usize,
    },
    /// A base is 2^64 or more.
    LargeBase {
        /// Where it begins, in bytes from the start.
        offset: usize,
    },
    /// The primes of a step do not ascend.
    Order {
        /// Where the prime begins that is not above the one before, in bytes from the start.
        offset: usize,
    },
}

impl fmt::Display for ParseCertificateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { offset } => {
                write!(formatter, "byte {offset}: not a decimal number without leading zeros")
            }
            Self::Base { offset } => write!(formatter, "byte {offset}: a prime without `:` and base"),
            Self::LargeBase { offset } => write!(formatter, "byte {offset}: a base of 2^64 or more"),
            Self::Order { offset } => write!(formatter, "byte {offset}: a prime not above the one before"),
        }
    }
}

impl std::error::Error for ParseCertificateError {}

impl fmt::Display for Certificate {
    /// Writes `N=q:a,q:a;M=q:a`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            write!(formatter, "{separator}{}", step.number)?;
            for (index, (prime, base)) in step.witnesses.iter().enumerate() {
                let separator = if index == 0 { "=" } else { "," };
                write!(formatter, "{separator}{prime}:{base}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Certificate {
    type Err = ParseCertificateError;

    fn from_str(text: &str) -> Result<Self, ParseCertificateError> {
        let steps = parts(text, 0, ';').map(|(offset, step)| parse_step(step, offset));
        Ok(Self { steps: steps.collect::<Result<_, _>>()? })
    }
}

fn parse_step(text: &str, offset: usize) -> Result<Step, ParseCertificateError> {
    let (number, witnesses) = match text.split_once('=') {
        Some((number, witnesses)) => (number, Some((offset + number.len() + 1, witnesses))),
        None => (text, None),
    };
    let mut step = Step { number: parse_number(number, offset)?, witnesses: Vec::new() };
    let witnesses = witnesses.into_iter().flat_map(|(offset, text)| parts(text, offset, ','));
    for (offset, witness) in witnesses {
        let (prime, base) = witness.split_once(':').ok_or(ParseCertificateError::Base { offset })?;
        let base_offset = offset + prime.len() + 1;
        let prime = parse_number(prime, offset)?;
        if step.witnesses.last().is_some_and(|(before, _)| *before >= prime) {
            return Err(ParseCertificateError::Order { offset });
        }
        let base = parse_number(base, base_offset)?.to_u64();
        let base = base.ok_or(ParseCertificateError::LargeBase { offset: base_offset })?;
        step.witnesses.push((prime, base));
    }
    Ok(step)
}

/// Returns the parts between separators, each with the place where it begins.
fn parts(text: &str, offset: usize, separator: char) -> impl Iterator<Item = (usize, &str)> {
    text.split(separator).scan(offset, move |offset, part| {
        let start = *offset;
        *offset += part.len() + separator.len_utf8();
        Some((start, part))
    })
}

fn parse_number(digits: &str, offset: usize) -> Result<Natural, ParseCertificateError> {
    let refused = ParseCertificateError::Number { offset };
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(refused);
    }
    digits.parse().map_err(|_| refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_read() {
        for text in ["97", "0", "13=2:2,3:2", "340282366920938463463374607431768211507=2:3;7;11=5:2"] {
            assert_eq!(text.parse::<Certificate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn texts_that_are_refused() {
        use ParseCertificateError as Error;
        let cases = [
            ("", Error::Number { offset: 0 }),
            ("x", Error::Number { offset: 0 }),
            ("+7", Error::Number { offset: 0 }),
            ("007", Error::Number { offset: 0 }),
            ("7;", Error::Number { offset: 2 }),
            ("13=", Error::Base { offset: 3 }),
            ("13=2", Error::Base { offset: 3 }),
            ("13=2:2,3", Error::Base { offset: 7 }),
            ("13=2:", Error::Number { offset: 5 }),
            ("13=2:2:2", Error::Number { offset: 5 }),
            ("13=2:2=3", Error::Number { offset: 5 }),
            ("13=2:2,,3:2", Error::Base { offset: 7 }),
            ("13=2:2, 3:2", Error::Number { offset: 7 }),
            ("13=3:2,2:2", Error::Order { offset: 7 }),
            ("13=2:2,2:2", Error::Order { offset: 7 }),
            ("13=2:18446744073709551616", Error::LargeBase { offset: 5 }),
            ("13=2:2\n", Error::Number { offset: 5 }),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Certificate>(), Err(expected), "{text}");
        }
        assert_eq!(
            "13=2:2,x:1".parse::<Certificate>().unwrap_err().to_string(),
            "byte 7: not a decimal number without leading zeros"
        );
    }
}
