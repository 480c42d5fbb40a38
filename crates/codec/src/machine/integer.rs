//! Whole numbers of either sign: machine words as long as they fit, of any length beyond.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use primestream_primes::{Natural, ParseNaturalError};

/// A whole number of either sign, exact.
///
/// # Examples
///
/// ```
/// use primestream_codec::machine::Integer;
///
/// let n: Integer = "-36893488147419103232".parse()?;
/// assert_eq!((n.bits(), n.to_string().as_str()), (66, "-36893488147419103232"));
/// assert!(n < Integer::from(-1));
/// # Ok::<(), primestream_primes::ParseNaturalError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Integer(Repr);

/// One representation for each number: a word if it fits.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Word(i64),
    Long(Box<Long>),
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Long {
    is_negative: bool,
    magnitude: Natural,
}

impl Integer {
    /// The number 0.
    pub const ZERO: Self = Self(Repr::Word(0));

    /// Returns the number if it fits a word.
    #[inline]
    #[must_use]
    pub const fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Word(word) => Some(*word),
            Repr::Long(_) => None,
        }
    }

    /// Returns whether this is 0.
    #[inline]
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Word(0))
    }

    /// Returns whether this is below 0.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Word(word) => *word < 0,
            Repr::Long(long) => long.is_negative,
        }
    }

    /// Returns the length of the magnitude in bits.
    #[must_use]
    pub fn bits(&self) -> u64 {
        match &self.0 {
            Repr::Word(word) => (u64::BITS - word.unsigned_abs().leading_zeros()).into(),
            Repr::Long(long) => long.magnitude.bits(),
        }
    }

    /// Returns the bytes it holds on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Word(_) => 0,
            Repr::Long(long) => size_of::<Long>() + long.magnitude.heap_bytes(),
        }
    }

    /// Returns the distance from 0.
    #[must_use]
    pub fn magnitude(&self) -> Natural {
        match &self.0 {
            Repr::Word(word) => word.unsigned_abs().into(),
            Repr::Long(long) => long.magnitude.clone(),
        }
    }

    pub(super) fn of(is_negative: bool, magnitude: Natural) -> Self {
        let word = magnitude.to_u64().and_then(|word| match is_negative {
            true => 0_i64.checked_sub_unsigned(word),
            false => i64::try_from(word).ok(),
        });
        match word {
            Some(word) => Self(Repr::Word(word)),
            None => Self(Repr::Long(Box::new(Long { is_negative, magnitude }))),
        }
    }

    #[inline]
    pub(super) fn add(&self, other: &Self) -> Self {
        match self.words(other).and_then(|(a, b)| a.checked_add(b)) {
            Some(sum) => Self(Repr::Word(sum)),
            None => self.add_long(other, other.is_negative()),
        }
    }

    #[inline]
    pub(super) fn sub(&self, other: &Self) -> Self {
        match self.words(other).and_then(|(a, b)| a.checked_sub(b)) {
            Some(difference) => Self(Repr::Word(difference)),
            None => self.add_long(other, !other.is_negative()),
        }
    }

    #[inline]
    pub(super) fn mul(&self, other: &Self) -> Self {
        match self.words(other).and_then(|(a, b)| a.checked_mul(b)) {
            Some(product) => Self(Repr::Word(product)),
            None => Self::of(self.is_negative() != other.is_negative(), self.magnitude() * other.magnitude()),
        }
    }

    /// Divides, rounding down; `None` if `other` is 0.
    pub(super) fn div_floor(&self, other: &Self) -> Option<Self> {
        if let Some((a, b)) = self.words(other)
            && let Some(quotient) = a.checked_div(b)
        {
            let is_rounded_up = a % b != 0 && (a < 0) != (b < 0);
            return Some(Self(Repr::Word(quotient - i64::from(is_rounded_up))));
        }
        let (quotient, rest) = self.magnitude().checked_div_rem(&other.magnitude())?;
        let is_negative = self.is_negative() != other.is_negative();
        let is_below = is_negative && !rest.is_zero();
        Some(Self::of(is_negative, if is_below { quotient + 1 } else { quotient }))
    }

    /// Returns what is left when the quotient is rounded towards 0: it has the sign of `self`. `None` if `other` is 0.
    pub(super) fn rem(&self, other: &Self) -> Option<Self> {
        if let Some((a, b)) = self.words(other)
            && b != 0
        {
            return Some(Self(Repr::Word(a.checked_rem(b).unwrap_or(0))));
        }
        let (_, rest) = self.magnitude().checked_div_rem(&other.magnitude())?;
        Some(Self::of(self.is_negative(), rest))
    }

    pub(super) fn pow(&self, exponent: u32) -> Self {
        if let Repr::Word(word) = self.0
            && let Some(power) = word.checked_pow(exponent)
        {
            return Self(Repr::Word(power));
        }
        Self::of(self.is_negative() && exponent % 2 == 1, self.magnitude().pow(exponent))
    }

    #[inline]
    const fn words(&self, other: &Self) -> Option<(i64, i64)> {
        match (&self.0, &other.0) {
            (Repr::Word(a), Repr::Word(b)) => Some((*a, *b)),
            _ => None,
        }
    }

    /// Adds `other` as if it had the given sign.
    #[cold]
    fn add_long(&self, other: &Self, other_is_negative: bool) -> Self {
        let (own, others) = (self.magnitude(), other.magnitude());
        let is_negative = self.is_negative();
        if is_negative == other_is_negative {
            return Self::of(is_negative, own + others);
        }
        match own.checked_sub(&others) {
            Some(difference) => Self::of(is_negative, difference),
            None => Self::of(other_is_negative, others - own),
        }
    }
}

impl From<i64> for Integer {
    #[inline]
    fn from(word: i64) -> Self {
        Self(Repr::Word(word))
    }
}

impl From<Natural> for Integer {
    fn from(magnitude: Natural) -> Self {
        Self::of(false, magnitude)
    }
}

impl Ord for Integer {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if let Some((a, b)) = self.words(other) {
            return a.cmp(&b);
        }
        match (self.is_negative(), other.is_negative()) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude().cmp(&other.magnitude()),
            (true, true) => other.magnitude().cmp(&self.magnitude()),
        }
    }
}

impl PartialOrd for Integer {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Word(word) => word.fmt(f),
            Repr::Long(long) => f.pad_integral(!long.is_negative, "", &long.magnitude.to_string()),
        }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Integer {
    type Err = ParseNaturalError;

    /// Reads decimal digits, with one `-` before them if the number is negative.
    fn from_str(text: &str) -> Result<Self, ParseNaturalError> {
        let digits = text.strip_prefix('-');
        let magnitude = Natural::parse_decimal(digits.unwrap_or(text).as_bytes())?;
        Ok(Self::of(digits.is_some(), magnitude))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers around every place where the representation changes.
    fn edges() -> Vec<i128> {
        let places = [0, 1, 2, 3, 7, 1 << 31, 1 << 32, 1 << 62, 1 << 63, 1 << 64, 1 << 66];
        places
            .into_iter()
            .flat_map(|place: i128| [-place - 1, -place, 1 - place, place - 1, place, place + 1])
            .collect()
    }

    fn integer(value: i128) -> Integer {
        value.to_string().parse().unwrap()
    }

    #[test]
    fn arithmetic_is_that_of_the_machine_where_that_reaches() {
        for a in edges() {
            for b in edges() {
                let (x, y) = (integer(a), integer(b));
                assert_eq!(x.add(&y), integer(a + b), "{a} + {b}");
                assert_eq!(x.sub(&y), integer(a - b), "{a} - {b}");
                assert_eq!(x.cmp(&y), a.cmp(&b), "{a} <=> {b}");
                if let Some(product) = a.checked_mul(b) {
                    assert_eq!(x.mul(&y), integer(product), "{a} * {b}");
                }
                let quotient = a
                    .checked_div(b)
                    .map(|quotient| if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient });
                assert_eq!(x.div_floor(&y), quotient.map(integer), "{a} / {b}");
                assert_eq!(x.rem(&y), a.checked_rem(b).map(integer), "{a} % {b}");
            }
        }
    }

    #[test]
    fn powers_keep_their_sign() {
        for (base, exponent) in
            [(2_i128, 62), (2, 63), (2, 64), (-2, 63), (-2, 64), (-3, 79), (0, 0), (-1, 1001)]
        {
            let naive = (0..exponent).fold(Integer::from(1), |power, _| power.mul(&integer(base)));
            assert_eq!(integer(base).pow(exponent), naive, "{base}^{exponent}");
        }
    }

    #[test]
    fn text_comes_back() {
        for value in edges() {
            assert_eq!(
                (integer(value).to_string(), integer(value).bits()),
                (value.to_string(), 128 - u64::from(value.unsigned_abs().leading_zeros()))
            );
        }
        for bad in ["", "-", "--1", "+1", "1.0", "0x1"] {
            assert!(bad.parse::<Integer>().is_err(), "{bad}");
        }
    }
}
