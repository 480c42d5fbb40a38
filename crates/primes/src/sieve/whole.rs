//! The integers a range of primes may be made of: one machine word or two.

use std::fmt;
use std::str::FromStr;

use crate::natural::Natural;
use crate::primality::{Primality, is_prime_without_small_factor, primality};

/// An unsigned integer the sieve walks along: `u64` or `u128`. Nothing else can be one.
pub trait Whole:
    Copy + Ord + fmt::Display + fmt::Debug + FromStr + Into<u128> + Send + 'static + private::Sealed
{
    /// The largest of its kind.
    const MAX: Self;
}

pub(super) mod private {
    /// What the sieve asks of its numbers.
    pub trait Sealed: Copy {
        /// Takes a number that is known to fit.
        fn narrow(number: u128) -> Self;

        /// Adds a distance that is known not to lead beyond the largest.
        fn plus(self, distance: u64) -> Self;

        /// Whether a number that passed the sieve is prime, however far it was sieved.
        fn is_prime_after_sieve(self) -> bool;
    }
}

impl Whole for u64 {
    const MAX: Self = u64::MAX;
}

impl private::Sealed for u64 {
    #[inline]
    fn narrow(number: u128) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the caller knows that it fits")]
        let narrow = number as Self;
        narrow
    }

    #[inline]
    fn plus(self, distance: u64) -> Self {
        self.wrapping_add(distance)
    }

    #[inline]
    fn is_prime_after_sieve(self) -> bool {
        is_prime_without_small_factor(self)
    }
}

impl Whole for u128 {
    const MAX: Self = u128::MAX;
}

impl private::Sealed for u128 {
    #[inline]
    fn narrow(number: u128) -> Self {
        number
    }

    #[inline]
    fn plus(self, distance: u64) -> Self {
        self.wrapping_add(u128::from(distance))
    }

    #[inline]
    fn is_prime_after_sieve(self) -> bool {
        match u64::try_from(self) {
            Ok(word) => is_prime_without_small_factor(word),
            Err(_) => primality(&Natural::from(self)) != Primality::Composite,
        }
    }
}
