//! The strong test of Miller and Rabin for eight numbers in step, and which bases prove a short one prime.
//!
//! Exponents are read from the highest bit of the longest: leading zeros leave the power at 1. To several bases at
//! once it takes little longer than to one, since powers to one base wait for each other. Sources: \[Rabin1980\], \[Jaeschke1993\].

use crate::lanes::{Eight, Words, Work, with_eight};

/// Returns which of eight odd numbers above 2 pass the strong test to base 2.
pub(super) fn pass_base_2(numbers: [u64; 8]) -> [bool; 8] {
    with_eight(numbers, Strong { numbers, bases: [2] })
}

/// Returns which of eight odd numbers from 2^16 to 2^48, all of which pass to base 2, are prime.
pub(super) fn are_primes_if_they_pass_base_2(numbers: [u64; 8]) -> [bool; 8] {
    if numbers.iter().all(|n| n >> 32 == 0) {
        with_eight(numbers, Strong { numbers, bases: BASES_TO_32_BITS })
    } else {
        with_eight(numbers, Strong { numbers, bases: BASES_TO_48_BITS })
    }
}

struct Strong<const BASES: usize> {
    numbers: [u64; 8],
    bases: [u32; BASES],
}

impl<const BASES: usize> Work for Strong<BASES> {
    type Answer = [bool; 8];

    #[inline(always)]
    fn run<E: Eight>(self, field: &E) -> [bool; 8] {
        let one = field.one();
        let minus_one = field.sub(&field.sub(&one, &one), &one);
        let bases = self.bases.map(|base| times(field, &one, base));
        let twos = self.numbers.map(|n| (n - 1).trailing_zeros());
        let odd: [u64; 8] = std::array::from_fn(|lane| (self.numbers[lane] - 1) >> twos[lane]);
        let bits = u64::BITS - odd.iter().fold(0, |all, odd| all | odd).leading_zeros();
        let mut words = Words(odd.map(|odd| odd << (u64::BITS - bits)));
        let mut powers = [one; BASES];
        for _ in 0..bits {
            for (power, (value, base)) in powers.iter_mut().zip(self.bases.iter().zip(&bases)) {
                let square = field.square(power);
                let next = if *value == 2 { field.double(&square) } else { field.mul(&square, base) };
                *power = field.select(&words, &next, &square);
            }
            words.shift();
        }
        let mut passes = [true; 8];
        for power in powers {
            let passes_one = verdict(field, (&one, &minus_one), power, &twos);
            passes = std::array::from_fn(|lane| passes[lane] && passes_one[lane]);
        }
        passes
    }
}

/// Which lanes pass, from powers to the odd parts of `n - 1`.
#[inline(always)]
fn verdict<E: Eight>(
    field: &E,
    (one, minus_one): (&E::Number, &E::Number),
    mut power: E::Number,
    twos: &[u32; 8],
) -> [bool; 8] {
    let mut passes = field.are_equal(&power, one);
    let twos_max = twos.iter().copied().max().unwrap_or(0);
    for squared in 0..twos_max {
        let is_minus_one = field.are_equal(&power, minus_one);
        for lane in 0..8 {
            passes[lane] |= is_minus_one[lane] && squared < twos[lane];
        }
        power = field.square(&power);
    }
    passes
}

/// A small multiple of a residue, by doublings and additions. It is short as well.
#[inline(always)]
fn times<E: Eight>(field: &E, one: &E::Number, factor: u32) -> E::Number {
    let mut multiple = *one;
    for bit in (0..factor.ilog2()).rev() {
        multiple = field.double(&multiple);
        if factor >> bit & 1 == 1 {
            multiple = field.add(&multiple, one);
        }
    }
    multiple
}

/// With 2, every composite below 4 759 123 141 fails to one of them.
const BASES_TO_32_BITS: [u32; 2] = [7, 61];

/// With 2, every composite below 341 550 071 728 321 fails to one of them.
const BASES_TO_48_BITS: [u32; 6] = [3, 5, 7, 11, 13, 17];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_prime_u64;
    use crate::montgomery::Montgomery;
    use crate::primality::miller_rabin;

    #[test]
    fn eight_as_one_by_one() {
        let edges = [(1 << 48) - 501, (1 << 48) + 1, (1 << 63) + 1, u64::MAX - 7_998];
        for first in [3, 65_537, (1 << 32) - 4_001].into_iter().chain(edges) {
            for start in (first..=u64::MAX).step_by(16).take(500) {
                let numbers = std::array::from_fn(|lane| start.saturating_add(2 * lane as u64));
                let expected = numbers.map(|n| miller_rabin::passes(&Montgomery::new(n), 2));
                assert_eq!(pass_base_2(numbers), expected, "{numbers:?}");
            }
        }
    }

    fn assert_told(numbers: &[u64]) {
        for numbers in numbers.windows(8).step_by(8) {
            let numbers: [u64; 8] = numbers.try_into().unwrap();
            assert_eq!(are_primes_if_they_pass_base_2(numbers), numbers.map(is_prime_u64), "{numbers:?}");
        }
    }

    #[test]
    fn pseudoprimes_to_base_2_are_told_from_primes() {
        // The strong ones among (k + 1)·(2k + 1), which most are, and the primes before them.
        let mut numbers = Vec::new();
        for exponent in 8..24 {
            for p in crate::primes(1 << exponent..).take(400) {
                let n = p * (2 * p - 1);
                if n > 1 << 16 && n >> 48 == 0 && miller_rabin::passes(&Montgomery::new(n), 2) {
                    numbers.push(n);
                    numbers.extend(crate::primes(..n).next_back().filter(|&prime| prime > 1 << 16));
                }
            }
        }
        // Those to more bases, OEIS A014233.
        numbers.extend([1_373_653, 25_326_001, 3_215_031_751, 2_152_302_898_747, 3_474_749_660_383]);
        let composite = numbers.iter().filter(|&&n| !is_prime_u64(n)).count();
        assert!(composite > 100, "{composite}");
        assert_told(&numbers);
        numbers.retain(|n| n >> 32 == 0);
        assert_told(&numbers);
    }
}
