//! Factors as text: a line as GNU `factor` writes it, or a value of JSON.

use std::fmt::Write;

use primestream::prelude::*;
use primestream::{Allowance, Factored};
use primestream_primes::{Band, Certificate, Factoring, FactorizationU64, PrimePower};
use serde_json::{Value, json};

use crate::command::numbers::Answer;
use crate::effort::EffortArgument;

/// How answers are written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) json: bool,
    /// Repeated factors are written as powers.
    pub(super) exponents: bool,
    /// Primes above 2^64 are proved where that succeeds.
    pub(super) prove: bool,
    /// What each number may cost, and on how many lanes at most.
    pub(super) allowance: Allowance,
    pub(super) lanes: usize,
}

impl Style {
    /// Writes the factors of a machine word without any detour over larger numbers.
    pub(super) fn word(self, factors: &FactorizationU64) -> String {
        let mut text = format!("{}:", factors.product());
        for power in factors.powers() {
            self.append_power(&mut text, &power.prime, power.exponent);
        }
        text
    }

    /// Writes an answer, and complains of a cofactor.
    pub(super) fn answer(self, mut answer: Factored, effort: EffortArgument) -> Answer {
        let proofs = if self.prove { answer.factorization.prove(effort.of_proofs()) } else { Vec::new() };
        let text = if self.json { in_json(&answer, &proofs) } else { self.in_words(&answer, &proofs) };
        Answer { text, complaint: self.complaint(&answer, effort) }
    }

    /// Writes a line as GNU `factor` does; where primes are to be proved, a line of each above 2^64 follows.
    fn in_words(self, answer: &Factored, proofs: &[Certificate]) -> String {
        let mut text = format!("{}:", answer.number.0);
        for power in answer.factorization.powers() {
            self.append_power(&mut text, &power.prime, power.exponent);
        }
        if has_rest(&answer.factorization) {
            write!(text, " [{}]", answer.factorization.cofactor()).expect(WRITES);
        }
        for PrimePower { prime, .. } in answer.factorization.powers().iter().filter(|_| self.prove) {
            match proof_of(prime, proofs) {
                Some(proof) => write!(text, "\n  {prime}: prime, since {proof}").expect(WRITES),
                None if prime.to_u64().is_none() => {
                    write!(text, "\n  {prime}: probably prime").expect(WRITES)
                }
                None => {}
            }
        }
        text
    }

    fn complaint(self, answer: &Factored, effort: EffortArgument) -> Option<String> {
        let factors = &answer.factorization;
        if !has_rest(factors) {
            return None;
        }
        let bits = factors.cofactor().bits();
        let tested =
            if factors.cofactor_primality().is_some() { "" } else { ", and not tested for being prime" };
        let more = if self.allowance.may_sieve(bits, self.lanes) {
            effort.more().to_owned()
        } else {
            let needed = Factoring::memory_bytes(bits, self.allowance.effort, self.lanes);
            let needed = needed.saturating_mul(self.lanes).div_ceil(1 << 20);
            format!("a sieve for it needs `--memory-limit {needed}MiB`")
        };
        let number_bits = answer.number.0.bits();
        Some(format!(
            "a cofactor of {bits} bits of a number of {number_bits} bits is left unfactored{tested}; {more}"
        ))
    }

    fn append_power(self, text: &mut String, prime: &impl std::fmt::Display, exponent: u32) {
        let written = match exponent {
            2.. if self.exponents => write!(text, " {prime}^{exponent}"),
            _ => (0..exponent).try_for_each(|_| write!(text, " {prime}")),
        };
        written.expect(WRITES);
    }
}

fn proof_of<'a>(prime: &Natural, proofs: &'a [Certificate]) -> Option<&'a Certificate> {
    proofs.iter().find(|proof| proof.number() == prime)
}

/// Returns whether a number other than 0 and 1 is left.
fn has_rest(factors: &Factorization) -> bool {
    !factors.cofactor().is_zero() && !factors.cofactor().is_one()
}

fn in_json(answer: &Factored, proofs: &[Certificate]) -> String {
    let Factored { number: Number(number), factorization, methods, time } = answer;
    let powers = factorization.powers().iter().map(|power| {
        let proof = if power.primality == Primality::Prime { "prime" } else { "probable" };
        let mut value =
            json!({ "prime": power.prime.to_string(), "exponent": power.exponent, "proof": proof });
        if let Some(certificate) = proof_of(&power.prime, proofs) {
            value["certificate"] = Value::from(certificate.to_string());
        }
        value
    });
    json!({
        "number": number.to_string(),
        "factors": powers.collect::<Vec<_>>(),
        "cofactor": has_rest(factorization).then(|| factorization.cofactor().to_string()),
        "proved": factorization.is_proved(),
        "methods": methods.iter().map(|method| method.name()).collect::<Vec<_>>(),
        "seconds": time.as_secs_f64(),
        "band": Band::of(number).to_string(),
    })
    .to_string()
}

const WRITES: &str = "writing to a string does not fail";
