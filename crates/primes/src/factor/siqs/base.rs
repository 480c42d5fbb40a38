//! The factor base: the primes that can divide a value of any polynomial.
//!
//! These are the primes modulo which `k·n` is a square. The small multiplier `k` is chosen so that there are
//! many small ones among them. Source: \[Silverman1987\], section 3.

use crate::Natural;
use crate::table;

/// The primes of the base, ascending, with what is known of each; the first is 2.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) primes: Vec<u32>,
    /// A square root of `k·n` modulo each prime.
    pub(super) roots: Vec<u32>,
    /// Logarithms to base 2, rounded.
    pub(super) logs: Vec<u8>,
}

impl Base {
    /// Collects `len` primes for `k·n`.
    pub(super) fn new(kn: &Natural, len: usize) -> Self {
        let mut base = Self { primes: Vec::new(), roots: Vec::new(), logs: Vec::new() };
        for prime in crate::primes(2..) {
            if base.primes.len() == len {
                break;
            }
            let prime = u32::try_from(prime).expect("a base ends far below 2^32");
            let residue = u32::try_from(kn.rem_u64(prime.into())).expect("a remainder");
            if let Some(root) = square_root(residue, prime) {
                base.primes.push(prime);
                base.roots.push(root);
                base.logs.push(log2_rounded(prime));
            }
        }
        base
    }

    pub(super) fn len(&self) -> usize {
        self.primes.len()
    }
}

/// Returns the multiplier of `n` that promises the most small primes per value.
pub(super) fn multiplier(n: &Natural) -> u32 {
    let residue = n.rem_u64(8);
    let mut gains = MULTIPLIERS.map(|k| {
        let at_two = match residue * u64::from(k) % 8 {
            1 => 2.0,
            5 => 1.0,
            _ => 0.5,
        };
        at_two - f64::from(k).log2() / 2.0
    });
    for &prime in &table::small_primes()[1..MULTIPLIER_PRIMES] {
        let prime = u32::from(prime);
        let mut is_square = [false; MULTIPLIER_PRIMES_END];
        (1..=prime / 2).for_each(|root| is_square[(root * root % prime) as usize] = true);
        let share = f64::from(prime).log2() / f64::from(prime - 1);
        let n = u32::try_from(n.rem_u64(prime.into())).expect("a remainder");
        for (gain, k) in gains.iter_mut().zip(MULTIPLIERS) {
            match n * k % prime {
                0 => *gain += share,
                kn if is_square[kn as usize] => *gain += 2.0 * share,
                _ => {}
            }
        }
    }
    let all = gains.iter().zip(MULTIPLIERS);
    all.max_by(|(gain, _), (other, _)| gain.total_cmp(other)).map_or(1, |(_, k)| k)
}

/// Returns a square root modulo a prime, or `None` if there is none. Source: \[Cohen1993\], algorithm 1.5.1.
fn square_root(a: u32, p: u32) -> Option<u32> {
    if p == 2 || a == 0 {
        return Some(a);
    }
    if power(a, (p - 1) / 2, p) != 1 {
        return None;
    }
    let twos = (p - 1).trailing_zeros();
    let odd = (p - 1) >> twos;
    let mut root = power(a, odd.div_ceil(2), p);
    if twos == 1 {
        return Some(root);
    }
    let non_residue = (2..p).find(|&z| power(z, (p - 1) / 2, p) == p - 1)?;
    let mut rest = power(a, odd, p);
    let mut generator = power(non_residue, odd, p);
    let mut order = twos;
    while rest != 1 {
        let mut exponent = 0;
        let mut square = rest;
        while square != 1 {
            square = product(square, square, p);
            exponent += 1;
        }
        let mut step = generator;
        for _ in 0..order - exponent - 1 {
            step = product(step, step, p);
        }
        root = product(root, step, p);
        generator = product(step, step, p);
        rest = product(rest, generator, p);
        order = exponent;
    }
    Some(root)
}

/// Returns `a·b mod p`.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a remainder by a number of 32 bits")]
pub(super) fn product(a: u32, b: u32, p: u32) -> u32 {
    (u64::from(a) * u64::from(b) % u64::from(p)) as u32
}

fn power(mut base: u32, mut exponent: u32, p: u32) -> u32 {
    let mut power = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = product(power, base, p);
        }
        base = product(base, base, p);
        exponent >>= 1;
    }
    power
}

/// Returns the inverse modulo a prime that does not divide `a`.
#[expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "coefficients are smaller than the prime"
)]
pub(super) fn inverse(a: u32, p: u32) -> u32 {
    let (mut before, mut rest) = (p, a);
    let (mut factor_before, mut factor) = (0_i32, 1_i32);
    while rest > 1 {
        let quotient = before / rest;
        (before, rest) = (rest, before - quotient * rest);
        (factor_before, factor) = (factor, factor_before - quotient as i32 * factor);
    }
    if factor < 0 { (factor + p as i32) as u32 } else { factor as u32 }
}

fn log2_rounded(prime: u32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 32")]
    let log = f64::from(prime).log2().round() as u8;
    log
}

/// Primes by which multipliers are judged.
const MULTIPLIER_PRIMES: usize = 100;

/// Beyond the last of them.
const MULTIPLIER_PRIMES_END: usize = 542;

/// Squarefree multipliers.
const MULTIPLIERS: [u32; 44] = [
    1, 2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 22, 23, 26, 29, 30, 31, 33, 34, 35, 37, 38, 39, 41, 42,
    43, 46, 47, 51, 53, 55, 57, 58, 59, 61, 62, 65, 66, 67, 69, 71,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_and_inverses() {
        for p in crate::primes(3..2_000).chain([65_537, 1_048_583, 16_777_259]) {
            let p = u32::try_from(p).unwrap();
            for a in (0..p.min(300)).chain([p - 1]) {
                match square_root(a, p) {
                    Some(root) => assert_eq!(product(root, root, p), a, "{a} mod {p}"),
                    None => assert_eq!(power(a, (p - 1) / 2, p), p - 1, "{a} mod {p}"),
                }
                if a > 0 {
                    assert_eq!(product(a, inverse(a, p), p), 1, "{a} mod {p}");
                }
            }
        }
    }

    #[test]
    fn a_base_holds_the_primes_that_can_divide() {
        let n = Natural::from(1_000_003_u64 * 1_000_033);
        let base = Base::new(&n, 100);
        assert_eq!((base.len(), base.primes[0], base.logs[0]), (100, 2, 1));
        assert!(base.primes.is_sorted());
        for (&prime, &root) in base.primes.iter().zip(&base.roots) {
            assert_eq!(u64::from(product(root, root, prime)), n.rem_u64(prime.into()));
        }
    }
}
