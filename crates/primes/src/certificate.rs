//! Proofs of primality that anyone can check: Pocklington's, from the primes of `n - 1`.
//!
//! Right where `n - 1` has enough prime factors that are found: a third of its length, in bits, suffices. The
//! primes used must be proved themselves, which below 2^64 the test does and above another step of the same
//! certificate. That the test of `primality` is passed proves nothing; this does.
//!
//! Let `F` be the product of the prime powers found in `n - 1`. If for each of its primes `q` there is an `a` with
//! `a^(n-1) = 1` modulo `n` and `a^((n-1)/q) - 1` coprime to `n`, then every prime factor of `n` is 1 modulo `F`.
//! With `F² > n` there is only one. With `F³ > n` there could be two, and then `c² - 4·d` would be a square,
//! where `n = d·F² + c·F + 1` with digits below `F`. Cost to check: two powers modulo `n` for each prime.
//! Sources: \[Pocklington1914\], \[BrillhartLehmerSelfridge1975\], \[CrandallPomerance2005\] theorem 4.1.5.

mod text;

pub use text::ParseCertificateError;

use crate::{Effort, Natural, Primality, factor, is_prime_u64, primality};

/// A proof that a number is prime, which can be written down, read back and checked.
///
/// As text it is one line, `N=q:a,q:a;M=q:a`: the number proved, the primes `q` of `N - 1` with a base `a` for each,
/// and a step of the same kind for each of those primes that is above 2^64. A number below 2^64 stands
/// alone. A certificate that was read is a claim until [`verify`](Self::verify) says so.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Certificate, Effort, Natural, certificate};
///
/// let n = (Natural::ONE << 89) - 1; // a Mersenne prime
/// let proof = certificate(&n, Effort::Normal).expect("n - 1 has small factors");
/// assert!(proof.number() == &n && proof.verify());
///
/// let text = proof.to_string();
/// assert!(text.starts_with("618970019642690137449562111=2:"));
/// assert_eq!(text.parse::<Certificate>()?, proof);
///
/// let damaged: Certificate = text.replacen("9562111=", "9562117=", 1).parse()?;
/// assert!(!damaged.verify());
/// # Ok::<(), primestream_primes::ParseCertificateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    /// The number proved comes first; each step may rest on later ones.
    steps: Vec<Step>,
}

/// What proves one number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Step {
    number: Natural,
    /// Primes of the number below, ascending, with the base that serves each. None below 2^64.
    witnesses: Vec<(Natural, u64)>,
}

/// Returns a proof that `n` is prime, or `None` if it is not, or if the effort did not find enough factors of `n - 1`
/// or of what must be proved for that.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Effort, Natural, certificate};
///
/// assert_eq!(certificate(&Natural::from(97_u64), Effort::Quick).expect("a small prime").to_string(), "97");
/// assert_eq!(certificate(&Natural::from(91_u64), Effort::Deep), None);
/// ```
#[must_use]
pub fn certificate(n: &Natural, effort: Effort) -> Option<Certificate> {
    let mut steps: Vec<Step> = Vec::new();
    let mut wanted = vec![n.clone()];
    while let Some(number) = wanted.pop() {
        if steps.iter().any(|step| step.number == number) {
            continue;
        }
        let witnesses = match number.to_u64() {
            Some(word) => is_prime_u64(word).then(Vec::new),
            None => witnesses(&number, effort),
        }?;
        wanted.extend(
            witnesses.iter().map(|(prime, _)| prime).filter(|prime| prime.to_u64().is_none()).cloned(),
        );
        steps.push(Step { number, witnesses });
    }
    // A number may have been wanted again after its step: those it rests on must come behind all that rest on them.
    steps[1..].sort_by(|a, b| b.number.cmp(&a.number));
    Some(Certificate { steps })
}

/// Finds primes of `n - 1` that suffice, and a base for each, for an `n` above 2^64.
fn witnesses(n: &Natural, effort: Effort) -> Option<Vec<(Natural, u64)>> {
    if primality(n) == Primality::Composite {
        return None;
    }
    let below = n - 1;
    let factors = factor(&below, effort);
    let mut product = Natural::ONE;
    let mut found = Vec::new();
    // Short primes first: they are proved without a step.
    for power in factors.powers() {
        if product.pow(3) > *n {
            break;
        }
        let base = base(n, &below, &power.prime)?;
        product *= power.prime.pow(power.exponent);
        found.push((power.prime.clone(), base));
    }
    admits_no_two_factors(n, &product).then_some(found)
}

/// Returns a base that serves a prime of `n - 1`; for a prime `n` all but one in `prime` do.
fn base(n: &Natural, below: &Natural, prime: &Natural) -> Option<u64> {
    crate::primes(..BASE_END).find(|&base| serves(n, below, prime, base))
}

fn serves(n: &Natural, below: &Natural, prime: &Natural, base: u64) -> bool {
    let base = Natural::from(base);
    let power = base.pow_mod(&(below / prime), n);
    power.pow_mod(prime, n).is_one() && n.gcd(&(power + (n - 1))).is_one()
}

/// Whether an `n` is prime whose prime factors are all 1 modulo `product`, which divides `n - 1`.
fn admits_no_two_factors(n: &Natural, product: &Natural) -> bool {
    let square = product * product;
    if square > *n {
        return true;
    }
    if &square * product <= *n {
        return false;
    }
    let (high, low) = n.div_rem(&square);
    let middle = low / product;
    match middle.pow(2).checked_sub(&(high * 4)) {
        Some(discriminant) => discriminant.isqrt().pow(2) != discriminant,
        None => true,
    }
}

impl Certificate {
    /// Returns the number it claims to be prime.
    #[must_use]
    pub fn number(&self) -> &Natural {
        &self.steps[0].number
    }

    /// Returns whether it proves its number prime.
    ///
    /// Costs two modular powers for each prime in it, whatever has been done to it: the caller bounds the length of
    /// a text he reads.
    #[must_use]
    pub fn verify(&self) -> bool {
        let mut proved: Vec<&Natural> = Vec::new();
        // From the end, so that what a step rests on is proved before.
        for step in self.steps.iter().rev() {
            let is_known =
                |prime: &Natural| prime.to_u64().map_or_else(|| proved.contains(&prime), is_prime_u64);
            if !step.is_proof(is_known) {
                return false;
            }
            proved.push(&step.number);
        }
        true
    }
}

impl Step {
    /// Whether it proves its number, given which primes are known to be primes.
    fn is_proof(&self, is_known: impl Fn(&Natural) -> bool) -> bool {
        let n = &self.number;
        if let Some(word) = n.to_u64() {
            return self.witnesses.is_empty() && is_prime_u64(word);
        }
        if n.is_even() {
            return false;
        }
        let below = n - 1;
        let mut rest = below.clone();
        for (prime, base) in &self.witnesses {
            if !is_known(prime) || rest.remove_natural(prime) == 0 || !serves(n, &below, prime, *base) {
                return false;
            }
        }
        admits_no_two_factors(n, &(below / rest))
    }
}

/// Bases tried for a prime are below this. That none serves a prime `n` for the factor 2 has a chance of one in 2^168.
const BASE_END: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn mersenne(exponent: u64) -> Natural {
        (Natural::ONE << exponent) - 1
    }

    #[test]
    fn mersenne_primes_are_proved() {
        for exponent in [2, 3, 31, 61, 89, 107, 127, 521] {
            let n = mersenne(exponent);
            let proof = certificate(&n, Effort::Normal).unwrap_or_else(|| panic!("2^{exponent} - 1"));
            assert!(proof.number() == &n && proof.verify(), "{proof}");
            assert_eq!(proof.to_string().parse(), Ok(proof));
        }
    }

    #[test]
    fn primes_just_above_a_word_are_proved() {
        let numbers = (1..2_000).step_by(2).map(|above| (Natural::ONE << 64) + above);
        let mut proved = 0;
        for n in numbers {
            let proof = certificate(&n, Effort::Normal);
            assert_eq!(proof.is_some(), primality(&n) == Primality::Probable, "{n}");
            if let Some(proof) = proof {
                assert!(proof.verify(), "{proof}");
                proved += 1;
            }
        }
        assert!(proved > 30);
    }

    #[test]
    fn composites_have_none() {
        for n in
            [Natural::ZERO, Natural::ONE, Natural::from(4_u64), mersenne(67), mersenne(89) * mersenne(107)]
        {
            assert_eq!(certificate(&n, Effort::Quick), None, "{n}");
        }
    }

    #[test]
    fn large_factors_have_steps_of_their_own() {
        // k·p + 1 for the Mersenne prime p of 107 bits: of n - 1 little is known but p.
        let p = mersenne(107);
        let n = (2..).step_by(2).map(|k| &p * k + 1).find(|n| primality(n) == Primality::Probable).unwrap();
        let proof = certificate(&n, Effort::Normal).unwrap();
        assert!(proof.verify());
        assert_eq!(proof.steps.iter().map(|step| &step.number).collect::<Vec<_>>(), [&n, &p]);
        let without = Certificate { steps: proof.steps[..1].to_vec() };
        assert!(!without.verify(), "p is not proved any more");
        let reversed = Certificate { steps: proof.steps.into_iter().rev().collect() };
        assert!(!reversed.verify(), "and may not be assumed before it is");
    }

    #[test]
    fn any_damage_is_refused() {
        let proof = certificate(&mersenne(127), Effort::Normal).unwrap();
        let text = proof.to_string();
        let mut refused = 0;
        for place in 0..text.len() {
            for digit in b'0'..=b'9' {
                let mut damaged = text.clone().into_bytes();
                damaged[place] = digit;
                let damaged = String::from_utf8(damaged).unwrap();
                let Ok(read) = damaged.parse::<Certificate>() else { continue };
                // Another base may serve as well; another number or factor must not.
                if read.number() != proof.number() || factors(&read) != factors(&proof) {
                    assert!(!read.verify(), "{damaged}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 300, "{refused}");
        let half = Step { number: mersenne(127), witnesses: proof.steps[0].witnesses[..3].to_vec() };
        assert!(!Certificate { steps: vec![half] }.verify(), "too few factors");
    }

    fn factors(certificate: &Certificate) -> Vec<&Natural> {
        certificate.steps[0].witnesses.iter().map(|(prime, _)| prime).collect()
    }

    #[test]
    fn two_factors_that_satisfy_pocklington_are_seen() {
        // p = 2·f + 1 and q = 8·f + 1 for f = 1 000 089 are both prime: p·q - 1 is divisible by f, whose cube is
        // larger than p·q, and whose square is not.
        let f = (1_000_000_u64..).find(|f| is_prime_u64(2 * f + 1) && is_prime_u64(8 * f + 1)).unwrap();
        let n = Natural::from(2 * f + 1) * (8 * f + 1);
        assert!(!admits_no_two_factors(&n, &f.into()));
        assert!(admits_no_two_factors(&(n + 2 * f), &f.into()));
    }
}
