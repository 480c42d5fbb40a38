//! `factor`: the prime factors of each number, as `factor` of GNU coreutils prints them.
//!
//! A composite that is left when the effort is used up stands last, in brackets, and is complained of.

use std::fmt::Write;

use primestream::prelude::*;
use primestream_primes::{factor, factor_u64};
use serde_json::json;

use super::numbers::{Answer, answer_all};
use crate::args::{EffortArgument, Factor as Arguments, Global};
use crate::exit::Outcome;

pub(super) fn run(arguments: Arguments, global: &Global) -> Outcome {
    let effort = match arguments.effort {
        EffortArgument::Low => Effort::Quick,
        EffortArgument::Normal => Effort::Normal,
        EffortArgument::High => Effort::Deep,
    };
    let (exponents, json) = (arguments.exponents, global.json);
    answer_all(arguments.numbers, global, move |number| match number.to_u64() {
        Some(word) if !json => Answer { text: word_in_words(word, exponents), complaint: None },
        _ => {
            let answer = factor(&number, effort);
            let text = if json { in_json(&number, &answer) } else { in_words(&number, &answer, exponents) };
            Answer { text, complaint: complaint(&number, &answer) }
        }
    })
}

/// Answers numbers of a machine word without any detour over larger ones.
fn word_in_words(number: u64, exponents: bool) -> String {
    let mut text = format!("{number}:");
    for power in factor_u64(number).powers() {
        append_power(&mut text, &power.prime, power.exponent, exponents);
    }
    text
}

fn in_words(number: &Natural, answer: &Factorization, exponents: bool) -> String {
    let mut text = format!("{number}:");
    for power in answer.powers() {
        append_power(&mut text, &power.prime, power.exponent, exponents);
    }
    if has_rest(answer) {
        write!(text, " [{}]", answer.cofactor()).expect("writing to a string does not fail");
    }
    text
}

fn append_power(text: &mut String, prime: &impl std::fmt::Display, exponent: u32, exponents: bool) {
    let written = match exponent {
        2.. if exponents => write!(text, " {prime}^{exponent}"),
        _ => (0..exponent).try_for_each(|_| write!(text, " {prime}")),
    };
    written.expect("writing to a string does not fail");
}

/// Returns whether a number other than 0 and 1 is left.
fn has_rest(answer: &Factorization) -> bool {
    !answer.cofactor().is_zero() && !answer.cofactor().is_one()
}

fn complaint(number: &Natural, answer: &Factorization) -> Option<String> {
    has_rest(answer).then(|| {
        format!(
            "a cofactor of {} bits of a number of {} bits is left unfactored; `--effort high` tries harder",
            answer.cofactor().bits(),
            number.bits()
        )
    })
}

fn in_json(number: &Natural, answer: &Factorization) -> String {
    let powers: Vec<_> =
        answer.powers().iter().map(|power| json!([power.prime.to_string(), power.exponent])).collect();
    let cofactor = has_rest(answer).then(|| answer.cofactor().to_string());
    json!({
        "number": number.to_string(), "factors": powers, "cofactor": cofactor,
        "proved": answer.is_proved(),
    })
    .to_string()
}
