//! Hart's one-line method, for composites of at most 42 bits without small factors.
//!
//! Some multiple `k·n` of a number is close to the product of two nearly equal factors; then `4kn` is just
//! below a square `a²`, and what is missing is a square too. Multiples of 315 find such a `k` sooner, and the
//! residues `a` can have save steps. Takes about `n^(1/3)` steps at worst, of two square roots in
//! floating point each, and far fewer on the average. Sources: \[Hart2012\], \[Lehman1974\].

use std::sync::LazyLock;

use crate::natural::gcd_u64;
use crate::tuning::HART_BITS_MAX;

/// Returns a proper factor of an odd composite below 2^42, or `None` where the method fails.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "below 2^53 a number in floating point is exact; where a root is not, a step finds nothing"
)]
pub(super) fn proper_factor(n: u64) -> Option<u64> {
    debug_assert!(n % 2 == 1 && n.ilog2() < BITS_MAX, "{n}");
    let four_n = 4 * n;
    let root = (four_n as f64).sqrt();
    for (index, &root_of_multiplier) in (1_u32..).zip(ROOTS.iter()) {
        let multiple = n * u64::from(index * STEP);
        let nearly = root * root_of_multiplier;
        let least = nearly as u64 + u64::from((nearly as u64 as f64) < nearly);
        // What a square leaves modulo 64 admits few residues of its root.
        let up = match (index % 2, multiple % 4) {
            (0, _) => !least & 1,
            (_, 3) => (multiple + 1).wrapping_sub(least) & 7,
            _ => {
                let [one, other] = [multiple + 1, multiple.wrapping_neg() - 1];
                (one.wrapping_sub(least) & 15).min(other.wrapping_sub(least) & 15)
            }
        };
        let a = least + up;
        let missing = (a * a).wrapping_sub(4 * multiple);
        let b = (missing as f64).sqrt() as u64;
        if b * b == missing {
            let factor = gcd_u64(a + b, n);
            if factor != 1 && factor != n {
                return Some(factor);
            }
        }
    }
    None
}

/// Longest number the products of which fit in a word.
const BITS_MAX: u32 = 42;
const _: () = assert!(HART_BITS_MAX <= BITS_MAX, "four times a multiple fits in a word");

/// Every multiplier is a multiple of this number.
const STEP: u32 = 3 * 3 * 5 * 7;

/// Square roots of the multipliers.
static ROOTS: LazyLock<Vec<f64>> =
    LazyLock::new(|| (1..MULTIPLIERS).map(|index| f64::from(index * STEP).sqrt()).collect());

/// Multipliers tried. A few dozen serve most numbers.
const MULTIPLIERS: u32 = 3_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_semiprimes_are_split_and_no_answer_is_wrong() {
        let (mut tried, mut missed) = (0, 0);
        for bits in 9..=HART_BITS_MAX / 2 {
            let largest = (1 << HART_BITS_MAX) - 1;
            for p in crate::primes(1 << bits..).take(20) {
                let near = crate::primes(p + 1..).take(20).filter(|q| p * q <= largest);
                let far = crate::primes((largest / p / 8).max(p + 1)..).take(3);
                for q in near.chain(far) {
                    tried += 1;
                    match proper_factor(p * q) {
                        Some(factor) => assert!([p, q].contains(&factor), "{p}·{q}"),
                        None => missed += 1,
                    }
                }
            }
        }
        assert!(50 * missed < tried, "{missed} of {tried}");
    }
}
