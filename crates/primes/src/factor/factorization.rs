//! The answer: primes ascending with their exponents, and what was not factored.

use std::fmt;
use std::iter;

use super::Effort;
use super::word::FactorizationU64;
use crate::{Certificate, Natural, Primality, certificate};

/// A prime and how often it divides.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrimePower {
    /// The prime.
    pub prime: Natural,
    /// How often it divides, at least once.
    pub exponent: u32,
    /// Whether the prime is proved to be one: `Prime` below 2^64, else `Probable` until
    /// [`prove`](Factorization::prove) succeeds.
    pub primality: Primality,
}

/// The prime factors found in an integer, and the cofactor that was not factored.
///
/// The prime powers and the cofactor always multiply to the integer. The cofactor
/// is 1 when the factorisation is complete, and shares no prime with the others.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Effort, Natural, factor};
///
/// let factors = factor(&Natural::from(360_u64), Effort::Normal);
/// assert!(factors.is_complete());
/// assert_eq!(factors.to_string(), "2^3 · 3^2 · 5");
/// assert_eq!(factors.primes().count(), 6); // 2, 2, 2, 3, 3, 5
/// assert_eq!(factors.product(), 360);
///
/// let zero = factor(&Natural::ZERO, Effort::Normal);
/// assert!(!zero.is_complete() && zero.cofactor().is_zero());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Factorization {
    powers: Vec<PrimePower>,
    cofactor: Natural,
    cofactor_tested: bool,
}

impl Factorization {
    /// Sorts the powers and merges those of one prime.
    pub(super) fn new(mut powers: Vec<PrimePower>, cofactor: Natural, cofactor_tested: bool) -> Self {
        powers.sort_unstable_by(|a, b| a.prime.cmp(&b.prime));
        powers.dedup_by(|later, kept| {
            let same = later.prime == kept.prime;
            if same {
                kept.exponent += later.exponent;
            }
            same
        });
        Self { powers, cofactor, cofactor_tested }
    }

    /// Returns the prime powers found, primes ascending.
    #[must_use]
    pub fn powers(&self) -> &[PrimePower] {
        &self.powers
    }

    /// Returns what was not factored: 1 when complete, 0 for the integer 0.
    #[must_use]
    pub fn cofactor(&self) -> &Natural {
        &self.cofactor
    }

    /// Returns what is known of the cofactor: `Composite`, or `None` if it, or a part of it, may be prime: it was
    /// too long to be tested, or there was no time for that.
    #[must_use]
    pub fn cofactor_primality(&self) -> Option<Primality> {
        self.cofactor_tested.then_some(Primality::Composite)
    }

    /// Returns whether all prime factors were found.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.cofactor.is_one()
    }

    /// Returns whether every prime is proved to be one.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.powers.iter().all(|power| power.primality == Primality::Prime)
    }

    /// Tries to prove the primes above 2^64, and returns the proofs, in the order of the primes. Each costs the
    /// factors of the number below it, and perhaps of numbers below those, for each of which the effort is allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_primes::{Effort, Natural, factor};
    ///
    /// let mut factors = factor(&((Natural::ONE << 103) - 1), Effort::Normal);
    /// assert!(!factors.is_proved());
    /// let proofs = factors.prove(Effort::Normal);
    /// assert!(factors.is_proved());
    /// assert!(proofs.len() == 1 && proofs[0].verify() && proofs[0].number() == &factors.powers()[1].prime);
    /// ```
    pub fn prove(&mut self, effort: Effort) -> Vec<Certificate> {
        let unproved = self.powers.iter_mut().filter(|power| power.primality == Primality::Probable);
        let proofs = unproved.filter_map(|power| {
            let proof = certificate(&power.prime, effort)?;
            power.primality = Primality::Prime;
            Some(proof)
        });
        proofs.collect()
    }

    /// Returns the primes found, ascending, each as often as it divides.
    pub fn primes(&self) -> impl Iterator<Item = &Natural> {
        self.powers.iter().flat_map(|power| iter::repeat_n(&power.prime, power.exponent as usize))
    }

    /// Returns the product of prime powers and cofactor, which is the integer factored.
    #[must_use]
    pub fn product(&self) -> Natural {
        self.powers.iter().map(|power| power.prime.pow(power.exponent)).product::<Natural>() * &self.cofactor
    }
}

impl From<FactorizationU64> for Factorization {
    fn from(word: FactorizationU64) -> Self {
        let proved = |power: &super::PrimePowerU64| PrimePower {
            prime: power.prime.into(),
            exponent: power.exponent,
            primality: Primality::Prime,
        };
        Self {
            powers: word.powers().iter().map(proved).collect(),
            cofactor: word.cofactor().into(),
            cofactor_tested: true,
        }
    }
}

impl fmt::Display for Factorization {
    /// Writes `2^3 · 3^2 · 5`, and a cofactor in parentheses.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let powers = self.powers.iter().map(|power| (&power.prime, power.exponent));
        let unfactored = (!self.is_complete()).then_some(&self.cofactor);
        write_product(formatter, powers, unfactored)
    }
}

/// Writes the factors between dots; `1` if there are none.
pub(super) fn write_product<N: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    powers: impl Iterator<Item = (N, u32)>,
    unfactored: Option<N>,
) -> fmt::Result {
    let mut separator = "";
    for (prime, exponent) in powers {
        write!(formatter, "{separator}{prime}")?;
        if exponent > 1 {
            write!(formatter, "^{exponent}")?;
        }
        separator = " · ";
    }
    match unfactored {
        Some(cofactor) => write!(formatter, "{separator}({cofactor})"),
        None if separator.is_empty() => write!(formatter, "1"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power(prime: u64, exponent: u32) -> PrimePower {
        PrimePower { prime: prime.into(), exponent, primality: Primality::Prime }
    }

    #[test]
    fn sorts_and_merges() {
        let factors =
            Factorization::new(vec![power(5, 1), power(2, 3), power(5, 2)], Natural::from(77_u64), true);
        assert_eq!(factors.powers(), [power(2, 3), power(5, 3)]);
        assert_eq!(factors.to_string(), "2^3 · 5^3 · (77)");
        assert_eq!(factors.product(), 77_000);
        assert!(!factors.is_complete() && factors.is_proved());
        assert_eq!(factors.cofactor_primality(), Some(Primality::Composite));
    }

    #[test]
    fn nothing_and_one() {
        let one = Factorization::new(Vec::new(), Natural::ONE, true);
        assert_eq!((one.to_string(), one.is_complete(), one.product()), ("1".into(), true, Natural::ONE));
        let zero = Factorization::new(Vec::new(), Natural::ZERO, true);
        assert_eq!(
            (zero.to_string(), zero.is_complete(), zero.product()),
            ("(0)".into(), false, Natural::ZERO)
        );
    }
}
