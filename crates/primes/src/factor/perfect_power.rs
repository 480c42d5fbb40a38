//! Perfect powers: one root, where other methods would look for what they cannot tell apart.
//!
//! All prime factors of `r^k` occur together, and most methods find them together. A
//! power is recognised by its root. Drawing one of a long number is dear, so residues
//! come first: modulo a prime `q ≡ 1 (mod k)` only one in `k` is a `k`-th power, and a
//! handful of such primes lets next to nothing through.
//!
//! For odd `k` the root is drawn modulo a power of 2, where an odd number has exactly
//! one, and Newton's method doubles the bits in each step without a division: only as
//! many low bits of `n` are looked at as the root has. Source: [Bernstein1998].

use crate::montgomery::{Arithmetic, Montgomery, Ring};
use crate::tuning::POWER_FILTER_BITS;
use crate::{Natural, is_prime_u64, table};

/// Returns `(r, k)` with `r^k = n` for a prime `k`, if there is one, for an odd `n`
/// whose prime factors all have more than `factor_bits_min` bits.
pub(super) fn root(n: &Natural, factor_bits_min: u64) -> Option<(Natural, u32)> {
    let exponent_max = n.bits() / factor_bits_min.max(1);
    let exponents = table::small_primes().iter().map(|&prime| u32::from(prime));
    exponents.take_while(|&exponent| u64::from(exponent) <= exponent_max).find_map(|exponent| {
        if !may_be_power(n, exponent) {
            return None;
        }
        let root = if exponent == 2 { n.isqrt() } else { dyadic_root(n, exponent) };
        // A wrong root may be much too long, and its power longer than memory.
        let bits_min = root.bits().saturating_sub(1) * u64::from(exponent);
        (bits_min < n.bits() && root.pow(exponent) == *n).then_some((root, exponent))
    })
}

/// The `r` below `2^b` with `r^degree ≡ n` modulo `2^b`, for odd `n` and `degree`,
/// where `b` is the length of a root of `n`.
fn dyadic_root(n: &Natural, degree: u32) -> Natural {
    let bits_wanted = n.bits().div_ceil(u64::from(degree));
    let mut lengths = vec![bits_wanted.max(2)];
    while let Some(&bits) = lengths.last().filter(|&&bits| bits > 2) {
        lengths.push(bits.div_ceil(2));
    }
    // Newton's method for the inverse root y, with n·y^k = 1: y + y·(1 - n·y^k)/k. Modulo
    // 4, y = n serves to begin with, since n² = 1 there, and so does its odd power.
    let mut inverse_root = n.low_bits(2);
    let mut inverse_degree = Natural::from(degree % 4);
    for &bits in lengths.iter().rev() {
        let one = Natural::ONE;
        let modulus = &one << bits;
        // The inverse of k, from the inverse to half the bits: i·(2 - k·i).
        let excess = (&inverse_degree * u64::from(degree)).low_bits(bits);
        inverse_degree = (&inverse_degree * (&modulus + 2 - excess)).low_bits(bits);

        let power = power_low_bits(&inverse_root, degree, bits);
        let error = (&modulus + 1 - (n.low_bits(bits) * power).low_bits(bits)).low_bits(bits);
        let correction = (&inverse_root * error).low_bits(bits) * &inverse_degree;
        inverse_root = (inverse_root + correction).low_bits(bits);
    }
    // n·y^(k-1) is the root itself.
    let power = power_low_bits(&inverse_root, degree - 1, bits_wanted);
    (n.low_bits(bits_wanted) * power).low_bits(bits_wanted)
}

fn power_low_bits(base: &Natural, exponent: u32, bits: u64) -> Natural {
    let steps = u32::BITS - exponent.leading_zeros();
    (0..steps).rev().fold(Natural::ONE, |power, step| {
        let square = (&power * &power).low_bits(bits);
        if exponent >> step & 1 == 1 { (square * base).low_bits(bits) } else { square }
    })
}

/// Returns `(r, k)` with `r^k = n` for a prime `k`, if there is one, for an `n` whose
/// prime factors are all above 2^8.
pub(super) fn root_u64(n: u64) -> Option<(u64, u32)> {
    [2, 3, 5, 7].into_iter().find_map(|exponent| {
        let root = nth_root_u64(n, exponent);
        (root.pow(exponent) == n).then_some((root, exponent))
    })
}

/// The largest `r` with `r^degree ≤ n`, found bit by bit.
fn nth_root_u64(n: u64, degree: u32) -> u64 {
    (0..=63 / degree).rev().fold(0, |root, bit| {
        let larger: u64 = root | 1 << bit;
        if larger.checked_pow(degree).is_some_and(|power| power <= n) { larger } else { root }
    })
}

/// Whether `n` is a power of the given prime exponent modulo enough primes.
fn may_be_power(n: &Natural, exponent: u32) -> bool {
    let exponent = u64::from(exponent);
    let moduli = (1..).map(|multiple| 2 * multiple * exponent + 1).filter(|&q| is_prime_u64(q));
    let tests = POWER_FILTER_BITS / exponent.ilog2() + 1;
    moduli.take(tests as usize).all(|q| {
        let residue = n.rem_u64(q);
        residue == 0 || {
            let ring = Montgomery::new(q);
            power(&ring, ring.residue(residue), (q - 1) / exponent) == ring.residue(1)
        }
    })
}

fn power(ring: &Montgomery, base: u64, exponent: u64) -> u64 {
    let bits = u64::BITS - exponent.leading_zeros();
    (0..bits).rev().fold(ring.residue(1), |power, bit| {
        let square = ring.square(&power);
        if exponent >> bit & 1 == 1 { ring.mul(&square, &base) } else { square }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_words() {
        for (n, degree, expected) in [
            (u64::MAX, 2, u64::from(u32::MAX)),
            (u64::MAX, 3, 2_642_245),
            (u64::MAX, 7, 565),
            (8, 3, 2),
            (7, 3, 1),
            (1, 5, 1),
        ] {
            assert_eq!(nth_root_u64(n, degree), expected, "{n}, {degree}");
        }
        assert_eq!(root_u64(257_u64.pow(6)), Some((257_u64.pow(3), 2)));
        assert_eq!(root_u64(257_u64.pow(7)), Some((257, 7)));
        assert_eq!(root_u64(257 * 263), None);
    }

    #[test]
    fn dyadic_roots_are_roots() {
        for base in (1..200_u64).step_by(2).chain([(1 << 61) - 1, u64::MAX]) {
            for degree in [3, 5, 7, 9, 31, 5_003] {
                let n = Natural::from(base).pow(degree);
                assert_eq!(dyadic_root(&n, degree), base, "{base}^{degree}");
            }
        }
    }

    #[test]
    fn roots_of_long_numbers() {
        let base = (Natural::ONE << 61) - 1;
        for exponent in [2, 3, 5, 7, 11, 101] {
            let n = base.pow(exponent);
            assert_eq!(root(&n, 16), Some((base.clone(), exponent)));
            assert_eq!(root(&(n + 2), 16), None);
        }
        // A composite exponent comes off one prime at a time.
        assert_eq!(root(&base.pow(6), 16), Some((base.pow(3), 2)));
        // Modulo the prime 7 = 2·3 + 1 this number is 0, which is no objection.
        assert_eq!(root(&Natural::from(7_u64).pow(99), 2), Some((Natural::from(7_u64).pow(33), 3)));
        // An exponent too high for the factors promised is not looked for.
        assert_eq!(root(&base.pow(101), 62), None);
    }
}
