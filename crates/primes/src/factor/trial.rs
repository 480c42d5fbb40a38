//! Trial division: the small primes, in the order of size.
//!
//! In one word a division is a multiplication by the prime's inverse modulo 2^64: the
//! product is the quotient if it is no larger than a quotient can be, and otherwise
//! the prime does not divide. In many words a pass over the digits is what costs, so
//! as many primes as fit multiply to one divisor, and one pass serves them all.
//! Sources: [GranlundMontgomery1994], section 9; [Knuth1997], section 4.5.4.

use super::word::FactorizationU64;
use crate::Natural;
use crate::table;

/// Divides the primes below 2^8 out of `n > 0` and returns the rest, which is 1 or
/// has none of them. A rest proved prime is taken too.
pub(super) fn divide_out_u64(n: u64, factors: &mut FactorizationU64) -> u64 {
    let twos = n.trailing_zeros();
    if twos > 0 {
        factors.push(2, twos);
    }
    let mut n = n >> twos;
    for (divisor, &prime) in DIVISORS.iter().zip(&table::small_primes()[1..]) {
        let prime = u64::from(prime);
        if prime * prime > n {
            if n > 1 {
                factors.push(n, 1);
            }
            return 1;
        }
        let mut exponent = 0;
        while let Some(quotient) = divisor.quotient(n) {
            n = quotient;
            exponent += 1;
        }
        if exponent > 0 {
            factors.push(prime, exponent);
        }
    }
    if n > 1 && n < PRIME_END {
        factors.push(n, 1);
        return 1;
    }
    n
}

/// Returns the least factor above 1 of a composite without factors below 2^8.
///
/// Takes seconds; here so that an answer never rests on luck.
pub(super) fn least_factor(n: u64) -> u64 {
    (BEYOND..).step_by(2).take_while(|d| d * d <= n).find(|d| n.is_multiple_of(*d)).unwrap_or(n)
}

/// Divides the primes below `end ≤ 2^16` out of `n > 0`, until a rest below 2^64 is
/// left, and returns them with their exponents.
pub(super) fn divide_out(n: &mut Natural, end: u32) -> Vec<(u64, u32)> {
    let mut found = Vec::new();
    let twos = n.remove(2);
    if twos > 0 {
        found.push((2, twos));
    }
    let odd_primes = table::small_primes()[1..].iter().map(|&prime| u64::from(prime));
    let mut primes = odd_primes.take_while(|&prime| prime < end.into()).peekable();
    while n.bits() > 64
        && let Some(first) = primes.next()
    {
        let mut group = vec![first];
        let mut divisor = first;
        while let Some(product) = primes.peek().and_then(|&prime| divisor.checked_mul(prime)) {
            divisor = product;
            group.extend(primes.next());
        }
        divide_out_group(n, &group, divisor, &mut found);
    }
    found
}

/// Divides primes out of `n`, given with their product.
fn divide_out_group(n: &mut Natural, group: &[u64], product: u64, found: &mut Vec<(u64, u32)>) {
    // One pass finds every prime that still divides, and one takes them all out.
    let mut dividing = group.to_vec();
    let mut divisor = product;
    let mut passes = 0;
    loop {
        let remainder = n.rem_u64(divisor);
        dividing.retain(|&prime| {
            let divides = remainder.is_multiple_of(prime);
            if !divides && passes > 0 {
                found.push((prime, passes));
            }
            divides
        });
        if dividing.is_empty() {
            return;
        }
        if passes == GROUP_PASSES_MAX {
            break;
        }
        divisor = dividing.iter().product();
        *n /= divisor;
        passes += 1;
    }
    // High exponents are rare, and go faster by squaring.
    for prime in dividing {
        found.push((prime, passes + n.remove(prime)));
    }
}

/// A prime by which words are divided exactly.
struct Divisor {
    /// `prime^-1 mod 2^64`.
    inverse: u64,
    quotient_max: u64,
}

impl Divisor {
    const fn new(prime: u64) -> Self {
        let mut inverse = prime.wrapping_mul(3) ^ 2;
        let mut bits = 5;
        while bits < 64 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(prime.wrapping_mul(inverse)));
            bits *= 2;
        }
        Self { inverse, quotient_max: u64::MAX / prime }
    }

    /// `n` divided by the prime, or `None` if that leaves a remainder.
    #[inline]
    fn quotient(&self, n: u64) -> Option<u64> {
        let quotient = n.wrapping_mul(self.inverse);
        (quotient <= self.quotient_max).then_some(quotient)
    }
}

/// The first prime trial division leaves to other methods in one word.
const BEYOND: u64 = 257;

/// A rest below this is prime.
pub(super) const PRIME_END: u64 = BEYOND * BEYOND;

/// Odd primes below 2^8.
const DIVISORS_LEN: usize = 53;

static DIVISORS: [Divisor; DIVISORS_LEN] = {
    let mut divisors = [const { Divisor::new(1) }; DIVISORS_LEN];
    let mut prime = 3;
    let mut len = 0;
    while prime < BEYOND {
        let mut factor = 3;
        while factor * factor <= prime && !prime.is_multiple_of(factor) {
            factor += 2;
        }
        if factor * factor > prime {
            divisors[len] = Divisor::new(prime);
            len += 1;
        }
        prime += 2;
    }
    assert!(len == DIVISORS_LEN, "there are 54 primes below 2^8");
    divisors
};

/// Divisions of a group before a prime that goes on dividing is taken by squaring.
const GROUP_PASSES_MAX: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_divide_exactly() {
        for (divisor, &prime) in DIVISORS.iter().zip(&table::small_primes()[1..]) {
            let prime = u64::from(prime);
            assert_eq!(divisor.inverse.wrapping_mul(prime), 1, "{prime}");
            for n in (0..2_000).chain(u64::MAX - 2_000..=u64::MAX) {
                assert_eq!(divisor.quotient(n), n.is_multiple_of(prime).then(|| n / prime), "{n}/{prime}");
            }
        }
    }

    #[test]
    fn groups_take_every_exponent() {
        let rest = (Natural::ONE << 127) - 1;
        for exponent in [0, 1, 2, GROUP_PASSES_MAX - 1, GROUP_PASSES_MAX, GROUP_PASSES_MAX + 1, 1_000] {
            let expected: Vec<(u64, u32)> = [(2, 7), (3, exponent), (11, 2), (13, exponent / 2), (65_521, 1)]
                .into_iter()
                .filter(|&(_, exponent)| exponent > 0)
                .collect();
            let powers = expected.iter().map(|&(prime, exponent)| Natural::from(prime).pow(exponent));
            let mut n = powers.product::<Natural>() * &rest;
            let mut found = divide_out(&mut n, 1 << 16);
            found.sort_unstable();
            assert_eq!(found, expected);
            assert_eq!(n, rest);
        }
    }

    #[test]
    fn the_end_is_not_tried() {
        let mut n = Natural::from(11_u64 * 13) << 64;
        assert_eq!(divide_out(&mut n, 13), [(2, 64)]);
        assert_eq!(n, 143);
        let mut n = (Natural::ONE << 127) - 1;
        n *= 11 * 13;
        assert_eq!(divide_out(&mut n, 13), [(11, 1)]);
    }

    #[test]
    fn least_factors() {
        assert_eq!(least_factor(257 * 263), 257);
        assert_eq!(least_factor(65_537 * 65_539), 65_537);
        assert_eq!(least_factor(65_537), 65_537);
    }
}
