//! Inverses modulo an integer, by the extended algorithm of Euclid.
//!
//! Of the two coefficients only one is carried along, and of it only the size: its sign
//! alternates from step to step. Costs a division for about 0.6 bits. Source: [Knuth1997],
//! section 4.5.2.

use super::Natural;

macro_rules! inverse_in_words {
    ($name:ident, $word:ty) => {
        /// Returns the inverse of `a` modulo `n > 1`, or else their common divisor, which for 0 is `n`.
        pub(crate) fn $name(a: $word, n: $word) -> Result<$word, $word> {
            let (mut before, mut rest) = (n, a % n);
            let (mut size_before, mut size): ($word, $word) = (0, 1);
            let mut is_negative = false;
            while rest > 1 {
                let quotient = before / rest;
                (before, rest) = (rest, before - quotient * rest);
                // Bounded by n: it is n itself only when the rest becomes 0.
                (size_before, size) = (size, size_before.wrapping_add(quotient.wrapping_mul(size)));
                is_negative = !is_negative;
            }
            match rest {
                0 => Err(before),
                _ if is_negative => Ok(n - size),
                _ => Ok(size),
            }
        }
    };
}
inverse_in_words!(inverse_u64, u64);
inverse_in_words!(inverse_u128, u128);

impl Natural {
    /// Returns the inverse modulo `n > 1`, or else the common divisor with it.
    ///
    /// # Errors
    ///
    /// If the two share a factor: the greatest common divisor.
    ///
    /// # Panics
    ///
    /// If `n` is 0 or 1, modulo which there are no inverses.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// let ten = Natural::from(10_u64);
    /// assert_eq!(Natural::from(3_u64).inverse_mod(&ten), Ok(Natural::from(7_u64)));
    /// assert_eq!(Natural::from(4_u64).inverse_mod(&ten), Err(Natural::from(2_u64)));
    /// ```
    pub fn inverse_mod(&self, n: &Self) -> Result<Self, Self> {
        assert!(n.bits() > 1, "there are no inverses modulo {n}");
        self.0.modinv(&n.0).map(Self).ok_or_else(|| n.gcd(&(self % n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::natural::gcd_u64;

    #[test]
    fn every_small_pair() {
        for n in 2..200_u64 {
            for a in 0..2 * n {
                match inverse_u64(a, n) {
                    Ok(inverse) => assert_eq!((inverse < n, a * inverse % n), (true, 1), "{a} mod {n}"),
                    Err(divisor) => {
                        assert_eq!((divisor > 1, divisor), (true, gcd_u64(a % n, n)), "{a} mod {n}")
                    }
                }
                let in_one_word = inverse_u64(a, n).map(u128::from).map_err(u128::from);
                let [a, n] = [a, n].map(u128::from);
                assert_eq!(inverse_u128(a, n), in_one_word, "{a} mod {n}");
                let large = Natural::from(a).inverse_mod(&Natural::from(n));
                assert_eq!(large, inverse_u128(a, n).map(Natural::from).map_err(Natural::from));
            }
        }
    }

    #[test]
    fn the_largest_moduli() {
        for n in [u64::MAX, u64::MAX - 58, 1 << 63] {
            for a in [1, 3, 5, n / 2 + 2, n - 1, n - 2] {
                let wide = inverse_u128(a.into(), n.into());
                assert_eq!(inverse_u64(a, n).map_err(u128::from).map(u128::from), wide);
            }
        }
        for n in [u128::MAX, u128::MAX - 158, (1 << 100) + 1] {
            for a in [2, 7, n / 3 + 1, n - 1] {
                let large = Natural::from(a).inverse_mod(&Natural::from(n));
                assert_eq!(inverse_u128(a, n).map(Natural::from).map_err(Natural::from), large);
            }
        }
    }
}
