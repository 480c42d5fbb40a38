//! `+ - * / % << >>` on [`Natural`], by value and by reference.
//!
//! As with the machine words, what has no answer panics: a difference below 0, a
//! division by 0. [`Natural::checked_sub`] and [`Natural::checked_div_rem`] ask
//! first, and are what foreign input meets.

use std::iter::{Product, Sum};
use std::ops::{
    Add, AddAssign, Div, DivAssign, Mul, MulAssign, Rem, RemAssign, Shl, Shr, ShrAssign, Sub, SubAssign,
};

use super::Natural;

/// Both operands of one kind, in the four ways of holding them, and assignment.
macro_rules! operator {
    ($($operator:ident $method:ident $assigning:ident $assign_method:ident;)*) => {$(
        impl $operator<&Natural> for &Natural {
            type Output = Natural;

            fn $method(self, other: &Natural) -> Natural {
                Natural((&self.0).$method(&other.0))
            }
        }

        impl $operator<&Natural> for Natural {
            type Output = Self;

            fn $method(self, other: &Natural) -> Self {
                Self(self.0.$method(&other.0))
            }
        }

        impl $operator<Natural> for &Natural {
            type Output = Natural;

            fn $method(self, other: Natural) -> Natural {
                Natural((&self.0).$method(other.0))
            }
        }

        impl $operator for Natural {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0))
            }
        }

        impl $operator<u64> for Natural {
            type Output = Self;

            fn $method(self, other: u64) -> Self {
                Self(self.0.$method(other))
            }
        }

        impl $operator<u64> for &Natural {
            type Output = Natural;

            fn $method(self, other: u64) -> Natural {
                Natural((&self.0).$method(other))
            }
        }

        impl $assigning<&Natural> for Natural {
            fn $assign_method(&mut self, other: &Natural) {
                self.0.$assign_method(&other.0);
            }
        }

        impl $assigning<Natural> for Natural {
            fn $assign_method(&mut self, other: Natural) {
                self.0.$assign_method(other.0);
            }
        }

        impl $assigning<u64> for Natural {
            fn $assign_method(&mut self, other: u64) {
                self.0.$assign_method(other);
            }
        }
    )*};
}

operator! {
    Add add AddAssign add_assign;
    Sub sub SubAssign sub_assign;
    Mul mul MulAssign mul_assign;
    Div div DivAssign div_assign;
    Rem rem RemAssign rem_assign;
}

impl Shl<u64> for Natural {
    type Output = Self;

    fn shl(self, bits: u64) -> Self {
        Self(self.0 << bits)
    }
}

impl Shl<u64> for &Natural {
    type Output = Natural;

    fn shl(self, bits: u64) -> Natural {
        Natural(&self.0 << bits)
    }
}

impl Shr<u64> for Natural {
    type Output = Self;

    fn shr(self, bits: u64) -> Self {
        Self(self.0 >> bits)
    }
}

impl Shr<u64> for &Natural {
    type Output = Natural;

    fn shr(self, bits: u64) -> Natural {
        Natural(&self.0 >> bits)
    }
}

impl ShrAssign<u64> for Natural {
    fn shr_assign(&mut self, bits: u64) {
        self.0 >>= bits;
    }
}

impl Sum for Natural {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, |sum, term| sum + term)
    }
}

impl Product for Natural {
    fn product<I: Iterator<Item = Self>>(factors: I) -> Self {
        factors.fold(Self::ONE, |product, factor| product * factor)
    }
}

impl Natural {
    /// Returns `self - other`, or `None` when that is below 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// let (two, five) = (Natural::from(2_u64), Natural::from(5_u64));
    /// assert_eq!(five.checked_sub(&two), Some(Natural::from(3_u64)));
    /// assert_eq!(two.checked_sub(&five), None);
    /// ```
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        (self >= other).then(|| self - other)
    }

    /// Returns `self · factor`.
    #[must_use]
    pub fn mul_u64(&self, factor: u64) -> Self {
        self * factor
    }

    /// Returns `self` to the power `exponent`; 0 to the power 0 is 1.
    ///
    /// The caller bounds the answer, which has about `self.bits() · exponent` bits.
    #[must_use]
    pub fn pow(&self, exponent: u32) -> Self {
        Self(self.0.pow(exponent))
    }

    /// Returns `self^exponent mod modulus`.
    ///
    /// One squaring modulo `modulus` for each bit of the exponent, fast when
    /// `modulus` is odd.
    ///
    /// # Panics
    ///
    /// If `modulus` is 0.
    #[must_use]
    pub fn pow_mod(&self, exponent: &Self, modulus: &Self) -> Self {
        Self(self.0.modpow(&exponent.0, &modulus.0))
    }

    /// Returns the largest `r` with `r² ≤ self`.
    #[must_use]
    pub fn isqrt(&self) -> Self {
        Self(self.0.sqrt())
    }

    /// Returns the largest `r` with `r^degree ≤ self`.
    ///
    /// # Panics
    ///
    /// If `degree` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// let n = Natural::from(3_u64).pow(200) + 1;
    /// assert_eq!(n.nth_root(200), Natural::from(3_u64));
    /// ```
    #[must_use]
    pub fn nth_root(&self, degree: u32) -> Self {
        Self(self.0.nth_root(degree))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(value: u128) -> Natural {
        Natural::from(value)
    }

    #[test]
    fn agrees_with_machine_words() {
        let samples = [1_u128, 2, 3, 97, 1 << 32, (1 << 32) + 15, u128::from(u64::MAX), 1 << 63];
        for a in samples {
            for b in samples {
                assert_eq!(&n(a) + &n(b), n(a + b));
                assert_eq!(&n(a) * &n(b), n(a * b));
                assert_eq!(&n(a) / &n(b), n(a / b));
                assert_eq!(&n(a) % &n(b), n(a % b));
                assert_eq!(n(a).checked_sub(&n(b)), a.checked_sub(b).map(n));
                let word = u64::try_from(b).unwrap();
                assert_eq!(n(a).mul_u64(word), n(a * b));
                assert_eq!(n(a) + word, n(a + b));
                assert_eq!(n(a).isqrt(), n(a.isqrt()));
                assert_eq!(n(a).pow_mod(&n(b), &n(97)), naive_pow_mod(a, b, 97));
            }
        }
    }

    fn naive_pow_mod(base: u128, exponent: u128, modulus: u128) -> Natural {
        let bits = (0..128).rev().map(|bit| exponent >> bit & 1);
        n(bits.fold(1, |power, bit| {
            let square = power * power % modulus;
            if bit == 1 { square * (base % modulus) % modulus } else { square }
        }))
    }

    #[test]
    fn assignment_sum_and_product() {
        let mut value = n(10);
        value += 5;
        value *= &n(4);
        value -= n(1);
        value /= 2;
        value %= 20;
        value >>= 1;
        assert_eq!(value, n(4));
        assert_eq!((1..=4_u64).map(Natural::from).sum::<Natural>(), n(10));
        assert_eq!((1..=4_u64).map(Natural::from).product::<Natural>(), n(24));
        assert_eq!(n(1) << 70 >> 69, n(2));
    }
}
