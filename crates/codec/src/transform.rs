//! The number-theoretic transform of a block: a Fourier transform of exact whole numbers.
//!
//! Right where a block is to be looked at by its frequencies and come back exactly: modulo the prime 65 537 = 2^16 + 1,
//! which is above every symbol, with 3 as primitive root, so that every power of two up to 2^16 is a length. A shorter
//! block is padded with zeros and its length recorded by whoever keeps it. n·log n / 2 products for n values.
//! (The reference's transform works modulo 13 and loses every value above.) Source: \[Pollard1971\].

use std::error::Error;
use std::fmt;

/// The modulus. Every value of a transformed block is below it.
pub const MODULUS: u32 = 65_537;

/// Longest transform.
pub const TRANSFORM_LEN_MAX: usize = 1 << 16;

/// Transforms values, padded with zeros to the next power of two.
///
/// # Errors
///
/// If a value is not below [`MODULUS`], or there are more than [`TRANSFORM_LEN_MAX`].
///
/// # Examples
///
/// ```
/// use primestream_codec::transform::{forward, inverse};
///
/// let transformed = forward(&[72, 105, 33])?;
/// assert_eq!((transformed.len(), transformed[0]), (4, 72 + 105 + 33)); // the sum of all stands first
/// assert_eq!(inverse(&transformed, 3)?, [72, 105, 33]);
/// # Ok::<(), primestream_codec::transform::TransformError>(())
/// ```
pub fn forward(values: &[u32]) -> Result<Vec<u32>, TransformError> {
    let mut padded = checked(values)?;
    padded.resize(values.len().next_power_of_two(), 0);
    butterflies(&mut padded, ROOT);
    Ok(padded)
}

/// Transforms back, and returns the first `len` values.
///
/// # Errors
///
/// If a value is not below [`MODULUS`], the number of values is not a power of two or not the one that `len` values
/// are padded to, or what was padding is not zero: then these are not the transform of `len` values.
pub fn inverse(values: &[u32], len: usize) -> Result<Vec<u32>, TransformError> {
    let mut transformed = checked(values)?;
    if transformed.len() != len.next_power_of_two() {
        return Err(TransformError::Length { len: transformed.len() });
    }
    butterflies(&mut transformed, power(ROOT, u64::from(MODULUS) - 2));
    let scale = power(transformed.len() as u64, u64::from(MODULUS) - 2);
    for value in &mut transformed {
        *value = reduce(u64::from(*value) * scale);
    }
    if let Some(index) = transformed.iter().skip(len).position(|&value| value != 0) {
        return Err(TransformError::Padding { index: len + index });
    }
    transformed.truncate(len);
    Ok(transformed)
}

/// Values cannot be transformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransformError {
    /// A value is not below the modulus.
    Value {
        /// Which one, from 0.
        index: usize,
        /// The value.
        value: u32,
    },
    /// There are too many values, or not a power of two of them.
    Length {
        /// How many there are.
        len: usize,
    },
    /// What should be padding is not zero.
    Padding {
        /// The first such value, from 0.
        index: usize,
    },
}

impl fmt::Display for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { index, value } => write!(f, "value {index} is {value}, not below {MODULUS}"),
            Self::Length { len } => {
                write!(f, "{len} values are no transform of that length, or above {TRANSFORM_LEN_MAX}")
            }
            Self::Padding { index } => write!(f, "value {index} should be padding and is not 0"),
        }
    }
}

impl Error for TransformError {}

fn checked(values: &[u32]) -> Result<Vec<u32>, TransformError> {
    if values.len() > TRANSFORM_LEN_MAX {
        return Err(TransformError::Length { len: values.len() });
    }
    match values.iter().position(|&value| value >= MODULUS) {
        Some(index) => Err(TransformError::Value { index, value: values.get(index).copied().unwrap_or(0) }),
        None => Ok(values.to_vec()),
    }
}

/// Transforms in place by a power-of-two number of values, with the given primitive root or its inverse.
fn butterflies(values: &mut [u32], root: u64) {
    let len = values.len();
    // Decimation in frequency, then the order of reversed bits put right.
    let mut half = len / 2;
    while half > 0 {
        let step = power(root, (u64::from(MODULUS) - 1) / (2 * half as u64));
        for piece in values.chunks_exact_mut(2 * half) {
            let (low, high) = piece.split_at_mut(half);
            let mut twiddle = 1;
            for (a, b) in low.iter_mut().zip(high) {
                let (sum, difference) = (u64::from(*a) + u64::from(*b), u64::from(*a + MODULUS - *b));
                *a = reduce(sum);
                *b = reduce(difference * twiddle);
                twiddle = u64::from(reduce(twiddle * step));
            }
        }
        half /= 2;
    }
    let bits = len.trailing_zeros();
    for place in 0..len {
        let other = place.reverse_bits().checked_shr(usize::BITS - bits).unwrap_or(0);
        if place < other {
            values.swap(place, other);
        }
    }
}

fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut square, mut power) = (base % u64::from(MODULUS), 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            power = u64::from(reduce(power * square));
        }
        square = u64::from(reduce(square * square));
        exponent /= 2;
    }
    power
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is below the modulus")]
const fn reduce(value: u64) -> u32 {
    (value % MODULUS as u64) as u32
}

/// A primitive root modulo 65 537.
const ROOT: u64 = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_the_sum_of_its_definition() {
        for bits in 0..6 {
            let len = 1_usize << bits;
            let values: Vec<u32> = (0..1_u32 << bits).map(|i| (i * i * 7919 + 65_530) % MODULUS).collect();
            let root = power(ROOT, (u64::from(MODULUS) - 1) / len as u64);
            let naive: Vec<u32> = (0..len as u64)
                .map(|k| {
                    let terms = (0..)
                        .zip(&values)
                        .map(|(j, &value)| u64::from(value) * power(root, j * k) % u64::from(MODULUS));
                    reduce(terms.sum())
                })
                .collect();
            assert_eq!(forward(&values), Ok(naive), "{len} values");
        }
    }

    #[test]
    fn the_largest_comes_back() {
        let values: Vec<u32> = (0..=65_535).map(|i| 65_536 - i).collect();
        assert_eq!(inverse(&forward(&values).unwrap(), values.len()).unwrap(), values);
        assert_eq!(
            forward(&[0; TRANSFORM_LEN_MAX + 1]),
            Err(TransformError::Length { len: TRANSFORM_LEN_MAX + 1 })
        );
    }

    #[test]
    fn what_is_no_transform_is_refused() {
        assert_eq!(forward(&[1, MODULUS]), Err(TransformError::Value { index: 1, value: MODULUS }));
        assert_eq!(inverse(&[1, 2, 3], 3), Err(TransformError::Length { len: 3 }));
        assert_eq!(inverse(&[1, 2], 3), Err(TransformError::Length { len: 2 }));
        assert_eq!(inverse(&forward(&[1, 2, 3, 4]).unwrap(), 3), Err(TransformError::Padding { index: 3 }));
        assert_eq!((forward(&[]), inverse(&[0], 0)), (Ok(vec![0]), Ok(vec![])));
    }

    proptest! {
        #[test]
        fn every_block_comes_back(values in prop::collection::vec(0..MODULUS, 0..300)) {
            prop_assert_eq!(inverse(&forward(&values).unwrap(), values.len()).unwrap(), values);
        }
    }
}
