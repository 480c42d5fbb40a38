//! What divides it? Factors in order of what they cost to find.
//!
//! Trial division takes the small primes, a root takes perfect powers, P−1, P+1 and elliptic
//! curves the primes of middling size, and the quadratic sieve whatever is left of a number
//! that is not too long for it; each piece is tested for primality before anything is spent on
//! it. A word is always factored completely. A larger number gets the work its [`Effort`]
//! allows, and what resists is handed back as the cofactor.
//!
//! Nothing here is random: the same number gives the same answer at the same cost. [`factor`]
//! does everything in one go; a [`Factoring`] hands the same work out in units.
//!
//! By file: `word` (below 2^64, with `hart` and `rho`), `many` (eight words at a time), `trial`, `perfect_power`, `p_minus_1`,
//! `p_plus_1`, `ecm`, `siqs`; `band`, `effort` and `plan` (what is tried, and how much of it);
//! `factoring`, `inspection`, `unit`, `memory` and `save` (how it goes on), and the answer itself in `factorization`.

mod band;
mod divisor;
mod ecm;
mod effort;
mod factoring;
mod factorization;
mod hart;
mod inspection;
mod lucas_sequence;
mod many;
mod memory;
mod method;
mod p_minus_1;
mod p_plus_1;
mod pairs;
mod perfect_power;
mod plan;
mod rho;
mod save;
mod siqs;
mod trial;
mod unit;
mod word;

pub use band::Band;
pub use effort::Effort;
pub use factoring::{Factoring, Progress};
pub use factorization::{Factorization, PrimePower};
pub use many::factor_u64s;
pub use method::Method;
pub use save::ResumeError;
pub use unit::{Outcome, Unit, Worker};
pub use word::{FactorizationU64, PrimePowerU64, factor_u64};

use crate::natural::Natural;
pub(crate) use effort::Limits;

/// Returns the prime factors of `n` that the effort allowed suffices to find.
///
/// Below 2^64 the answer is complete whatever the effort. Above, it is complete up to
/// 100, 200 or 400 bits without the small factors, by the effort; of a longer number expect
/// the primes of up to twenty digits at [`Effort::Normal`], fewer if it has thousands of
/// bits, and always those the trial division covers. The work is bounded, and up to
/// 4096 bits takes some seconds at normal effort.
///
/// 1 has no factors. 0 has no factorisation: its answer holds no primes, and 0 as the
/// cofactor.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Effort, Natural, factor};
///
/// let n: Natural = "1000000000000000000000".parse()?;
/// assert_eq!(factor(&n, Effort::Normal).to_string(), "2^21 · 5^21");
///
/// // Two primes of 107 and 127 bits are too much for the least effort, and it says so.
/// let hard = ((Natural::ONE << 107) - 1) * ((Natural::ONE << 127) - 1);
/// let factors = factor(&(&hard * 6), Effort::Quick);
/// assert!(!factors.is_complete());
/// assert_eq!(factors.cofactor(), &hard);
/// assert_eq!(factors.powers().len(), 2);
/// # Ok::<(), primestream_primes::ParseNaturalError>(())
/// ```
#[must_use]
pub fn factor(n: &Natural, effort: Effort) -> Factorization {
    if let Some(word) = n.to_u64() {
        return factor_u64(word).into();
    }
    let mut factoring = Factoring::new(n, effort);
    let mut worker = Worker::new();
    while let Some(unit) = factoring.unit() {
        factoring.merge(worker.run(&unit));
    }
    factoring.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Primality, primality};

    fn natural(digits: &str) -> Natural {
        digits.parse().unwrap()
    }

    #[test]
    fn beyond_a_word() {
        let cases = [
            ("18446744073709551616", "2^64"),
            // Fermat's F6 = 2^64 + 1 (Landry, 1880) and 2^67 - 1 (Cole, 1903).
            ("18446744073709551617", "274177 · 67280421310721"),
            ("147573952589676412927", "193707721 · 761838257287"),
            // 30!
            (
                "265252859812191058636308480000000",
                "2^26 · 3^14 · 5^7 · 7^4 · 11^2 · 13^2 · 17 · 19 · 23 · 29",
            ),
            ("1000000021000000147000000343", "1000000007^3"),
        ];
        for (digits, expected) in cases {
            assert_eq!(factor(&natural(digits), Effort::Normal).to_string(), expected);
        }
    }

    #[test]
    fn factors_of_forty_bits_in_two_words() {
        // The first prime above 2^40, and the last below 2^86.
        let (p, q) = (Natural::from((1_u64 << 40) + 15), (Natural::ONE << 86) - 35);
        assert_eq!(primality(&q), Primality::Probable);
        let factors = factor(&(&p * &q), Effort::Normal);
        assert!(factors.primes().eq([&p, &q]));
        assert!(!factors.is_proved());
    }

    #[test]
    fn powers_of_primes_of_any_size() {
        for (bits, k) in [(61, 1), (89, 1), (107, 1), (127, 1), (521, 1)] {
            let p = (Natural::ONE << bits) - k;
            for exponent in [1, 2, 3, 6, 30] {
                let factors = factor(&(p.pow(exponent) * 12), Effort::Normal);
                assert!(factors.is_complete(), "{p}^{exponent}");
                assert_eq!(factors.powers()[2].exponent, exponent);
                assert_eq!(factors.powers()[2].prime, p);
            }
        }
    }

    #[test]
    fn a_power_of_a_product_that_resists_stays_whole() {
        let hard = ((Natural::ONE << 107) - 1) * ((Natural::ONE << 127) - 1);
        let factors = factor(&(hard.pow(3) * 7), Effort::Quick);
        assert_eq!(factors.cofactor(), &hard.pow(3));
        assert_eq!(factors.cofactor_primality(), Some(Primality::Composite));
        assert_eq!(factors.powers().len(), 1);
    }

    #[test]
    fn too_long_to_be_tested_is_said() {
        let long = (Natural::ONE << 100_000) + 1; // 2^32 · odd exponent: has the factors of 2^32 + 1
        let factors = factor(&long, Effort::Quick);
        assert_eq!(factors.product(), long);
        assert!(factors.powers().iter().any(|power| power.prime == 641));
        assert_eq!(factors.cofactor_primality(), None);
    }

    #[test]
    fn nothing_and_one() {
        for effort in [Effort::Quick, Effort::Normal, Effort::Deep] {
            assert!(factor(&Natural::ONE, effort).is_complete());
            assert!(factor(&Natural::ONE, effort).powers().is_empty());
            assert!(factor(&Natural::ZERO, effort).cofactor().is_zero());
        }
    }
}
