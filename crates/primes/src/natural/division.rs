//! What is built on division: remainders, common divisors, dividing out a prime.
//!
//! [`Natural::remove`] divides by `p`, `p²`, `p⁴`, … while they go, and comes back
//! down the same way: about `2·log₂ e` divisions for an exponent `e`, instead of
//! `e`. Integers of several hundred kilobits from foreign bytes are read with it.
//!
//! [`Natural::gcd`] is Lehmer's: the quotients of the leading words are, for some
//! thirty bits, those of the whole numbers, so one pass over the digits does the
//! work of twenty. Source: [Knuth1997], section 4.5.2, algorithm L.

use super::Natural;

impl Natural {
    /// Returns quotient and remainder of `self` by `divisor`.
    ///
    /// # Panics
    ///
    /// If `divisor` is 0; see [`checked_div_rem`](Self::checked_div_rem).
    #[must_use]
    pub fn div_rem(&self, divisor: &Self) -> (Self, Self) {
        let quotient = self / divisor;
        let remainder = self - &quotient * divisor;
        (quotient, remainder)
    }

    /// Returns quotient and remainder of `self` by `divisor`, or `None` when that is 0.
    #[must_use]
    pub fn checked_div_rem(&self, divisor: &Self) -> Option<(Self, Self)> {
        (!divisor.is_zero()).then(|| self.div_rem(divisor))
    }

    /// Returns quotient and remainder of `self` by one word.
    ///
    /// # Panics
    ///
    /// If `divisor` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// let n = Natural::from(10_u64).pow(30) + 7;
    /// assert_eq!(n.div_rem_u64(10), (Natural::from(10_u64).pow(29), 7));
    /// ```
    #[must_use]
    pub fn div_rem_u64(&self, divisor: u64) -> (Self, u64) {
        let remainder = self.rem_u64(divisor);
        (self / divisor, remainder)
    }

    /// Returns the remainder of `self` by one word, in one pass over the digits.
    ///
    /// # Panics
    ///
    /// If `divisor` is 0.
    #[must_use]
    pub fn rem_u64(&self, divisor: u64) -> u64 {
        let remainder = Self(&self.0 % divisor);
        remainder.to_u64().expect("a remainder is below its divisor, which is one word")
    }

    /// Divides `p` out as often as it goes, and returns how often that was.
    ///
    /// Nothing is taken out of 0, nor for a `p` below 2, and never more than
    /// `u32::MAX` times. `p` need not be prime.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// let mut n = Natural::from(3_u64).pow(10_000) * 20;
    /// assert_eq!(n.remove(3), 10_000);
    /// assert_eq!(n.remove(3), 0);
    /// assert_eq!(n, 20);
    /// ```
    pub fn remove(&mut self, p: u64) -> u32 {
        if self.is_zero() || p < 2 {
            return 0;
        }
        if p == 2 {
            let zeros = self.trailing_zeros().unwrap_or(0);
            let exponent = u32::try_from(zeros).unwrap_or(u32::MAX);
            *self >>= u64::from(exponent);
            return exponent;
        }
        if self.rem_u64(p) != 0 {
            return 0;
        }
        self.remove_by_squaring(Self::from(p))
    }

    /// Divides out `p ≥ 2` of any size; see [`remove`](Self::remove).
    pub fn remove_natural(&mut self, p: &Self) -> u32 {
        match p.to_u64() {
            Some(word) => self.remove(word),
            None if self.is_zero() => 0,
            None => self.remove_by_squaring(p.clone()),
        }
    }

    /// Climbs p, p², p⁴, … dividing each out, then descends through the same powers.
    fn remove_by_squaring(&mut self, p: Self) -> u32 {
        let mut exponent: u32 = 0;
        let mut powers = vec![p];
        while let Some(power) = powers.last()
            && powers.len() < u32::BITS as usize
            && power.bits() <= self.bits()
        {
            let (quotient, remainder) = self.div_rem(power);
            if !remainder.is_zero() {
                powers.pop();
                break;
            }
            *self = quotient;
            exponent += 1 << (powers.len() - 1);
            let square = power * power;
            powers.push(square);
        }
        // The next square no longer divides, so that what is left has an exponent below
        // twice that of the last power here: each divides at most once on the way down.
        for (step, power) in powers.iter().enumerate().rev() {
            if power.bits() > self.bits() {
                continue;
            }
            let (quotient, remainder) = self.div_rem(power);
            if remainder.is_zero() {
                *self = quotient;
                exponent = exponent.saturating_add(1 << step);
            }
        }
        exponent
    }

    /// Returns the greatest common divisor; that of 0 and `n` is `n`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use primestream_primes::Natural;
    /// let (a, b) = (Natural::from(6_u64).pow(50), Natural::from(15_u64).pow(40));
    /// assert_eq!(a.gcd(&b), Natural::from(3_u64).pow(40));
    /// assert_eq!(a.gcd(&Natural::ZERO), a);
    /// ```
    #[must_use]
    pub fn gcd(&self, other: &Self) -> Self {
        let (mut a, mut b) =
            if self >= other { (self.clone(), other.clone()) } else { (other.clone(), self.clone()) };
        while b.bits() > 64 {
            let step = LehmerStep::of(&a, &b);
            if step.b_of_a == 0 {
                let remainder = &a % &b;
                (a, b) = (b, remainder);
            } else {
                let next_a = combine(&a, step.a_of_a, &b, step.b_of_a);
                let next_b = combine(&a, step.a_of_b, &b, step.b_of_b);
                (a, b) = (next_a, next_b);
            }
        }
        match b.to_u64() {
            Some(0) | None => a,
            Some(word) => Self::from(gcd_u64(word, a.rem_u64(word))),
        }
    }
}

/// Returns the greatest common divisor of two words; that of 0 and `n` is `n`.
pub(crate) fn gcd_u64(a: u64, b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let twos = (a | b).trailing_zeros();
    let (mut a, mut b) = (a >> a.trailing_zeros(), b >> b.trailing_zeros());
    while a != b {
        if a < b {
            (a, b) = (b, a);
        }
        a -= b;
        a >>= a.trailing_zeros();
    }
    a << twos
}

/// Several steps of Euclid's algorithm on `(a, b)` as one matrix:
/// `a' = a_of_a·a + b_of_a·b` and `b' = a_of_b·a + b_of_b·b`.
struct LehmerStep {
    a_of_a: i64,
    b_of_a: i64,
    a_of_b: i64,
    b_of_b: i64,
}

impl LehmerStep {
    /// Finds the steps the leading words of `a ≥ b` decide; `b_of_a` is 0 if none.
    fn of(a: &Natural, b: &Natural) -> Self {
        let shift = a.bits().saturating_sub(LEADING_BITS);
        let mut x = leading(a, shift);
        let mut y = leading(b, shift);
        let mut step = Self { a_of_a: 1, b_of_a: 0, a_of_b: 0, b_of_b: 1 };
        while y + step.a_of_b != 0 && y + step.b_of_b != 0 {
            let quotient = (x + step.a_of_a) / (y + step.a_of_b);
            if quotient != (x + step.b_of_a) / (y + step.b_of_b) {
                break;
            }
            let a_of_b = step.a_of_a - quotient * step.a_of_b;
            let b_of_b = step.b_of_a - quotient * step.b_of_b;
            step = Self { a_of_a: step.a_of_b, b_of_a: step.b_of_b, a_of_b, b_of_b };
            (x, y) = (y, x - quotient * y);
        }
        step
    }
}

fn leading(n: &Natural, shift: u64) -> i64 {
    let word = (n >> shift).to_u64().and_then(|word| i64::try_from(word).ok());
    word.expect("the shift leaves the leading bits, and they fit")
}

/// Returns `a·x + b·y`, which is not negative and where one of `x`, `y` may be.
fn combine(a: &Natural, x: i64, b: &Natural, y: i64) -> Natural {
    let (ax, by) = (a * x.unsigned_abs(), b * y.unsigned_abs());
    match (x < 0, y < 0) {
        (false, true) => ax - by,
        (true, false) => by - ax,
        _ => ax + by,
    }
}

/// Leading bits Lehmer's step looks at: all that leaves sums of them in an `i64`.
const LEADING_BITS: u64 = 61;

#[cfg(test)]
mod tests {
    use super::*;

    fn naive_gcd(a: &Natural, b: &Natural) -> Natural {
        if b.is_zero() { a.clone() } else { naive_gcd(b, &(a % b)) }
    }

    fn naive_remove(n: &mut Natural, p: u64) -> u32 {
        let mut exponent = 0;
        while !n.is_zero() && n.rem_u64(p) == 0 {
            *n = &*n / p;
            exponent += 1;
        }
        exponent
    }

    #[test]
    fn gcd_agrees_with_the_naive_one() {
        let mut samples = vec![Natural::ZERO, Natural::ONE, Natural::from(12_u64)];
        let mut seed = Natural::from(0x9e37_79b9_7f4a_7c15_u64);
        for round in 1..9_u64 {
            seed = &seed * &seed % (Natural::ONE << (100 * round)) + round;
            samples.push(&seed * (round * 60));
            samples.push((&seed + 1).pow(2));
        }
        for a in &samples {
            for b in &samples {
                assert_eq!(a.gcd(b), naive_gcd(a, b), "gcd({a}, {b})");
                assert_eq!(
                    (a * b).gcd(b),
                    b.clone().max(if a.is_zero() { b.clone() } else { Natural::ZERO })
                );
            }
        }
    }

    #[test]
    fn gcd_of_fibonacci_neighbours_is_one() {
        // Every quotient is 1: the longest way Euclid's algorithm can go.
        let (mut a, mut b) = (Natural::ONE, Natural::ONE);
        for _ in 0..5000 {
            (a, b) = (b.clone(), a + b);
        }
        assert_eq!(a.gcd(&b), Natural::ONE);
    }

    #[test]
    fn word_gcd() {
        for (a, b, expected) in [(0, 0, 0), (0, 5, 5), (12, 18, 6), (1 << 63, 48, 16), (u64::MAX, 15, 15)] {
            assert_eq!(gcd_u64(a, b), expected, "gcd({a}, {b})");
            assert_eq!(gcd_u64(b, a), expected, "gcd({b}, {a})");
        }
    }

    #[test]
    fn remove_agrees_with_the_naive_one() {
        for p in [2, 3, 10, 65_537, u64::MAX] {
            for exponent in (0..40).chain([63, 64, 65, 255, 256, 1000]) {
                for rest in [1_u64, 5, 999_983] {
                    let n = Natural::from(p).pow(exponent) * rest;
                    let (mut fast, mut slow) = (n.clone(), n);
                    assert_eq!(fast.remove(p), naive_remove(&mut slow, p), "{p}^{exponent}·{rest}");
                    assert_eq!(fast, slow, "{p}^{exponent}·{rest}");
                }
            }
        }
        for p in [0, 1, 2, 3] {
            assert_eq!(Natural::ZERO.clone().remove(p), 0);
            assert_eq!(Natural::ONE.clone().remove(p), 0);
        }
    }

    #[test]
    fn remove_a_factor_of_several_words() {
        let p = (Natural::ONE << 127) - 1;
        let mut n = p.pow(37) * 12;
        assert_eq!(n.remove_natural(&p), 37);
        assert_eq!(n, 12);
        assert_eq!(n.remove_natural(&p), 0);
        assert_eq!(n.remove_natural(&Natural::from(2_u64)), 2);
    }

    #[test]
    fn division_by_nothing() {
        assert_eq!(Natural::ONE.checked_div_rem(&Natural::ZERO), None);
        let (a, b) = (Natural::from(10_u64).pow(100), Natural::from(10_u64).pow(40) + 1);
        let (quotient, remainder) = a.checked_div_rem(&b).unwrap();
        assert!(remainder < b);
        assert_eq!(quotient * b + remainder, a);
    }
}
