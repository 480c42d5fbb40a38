//! `factor`: the prime factors of each number, as `factor` of GNU coreutils prints them.
//!
//! A composite that is left when the effort is used up stands last, in brackets, and is complained of.

use std::fmt::Write;

use primestream::prelude::*;
use primestream::{factor_in_lanes, factor_within, usual_fill};
use primestream_primes::{Band, factor_u64};
use serde_json::json;

use super::numbers::{Answer, Asked, answer_all};
use crate::args::{Factor as Arguments, Global, OrderArgument};
use crate::effort::EffortArgument;
use crate::exit::Outcome;
use crate::progress::{Amount, UnderWay};

pub(super) fn run(arguments: Arguments, global: &Global) -> Outcome {
    let Arguments { numbers, exponents, effort, order, .. } = arguments;
    let order = match order {
        OrderArgument::Input => Order::Input,
        OrderArgument::Relaxed => Order::Relaxed,
    };
    let json = global.json;
    let under_way = UnderWay::default();
    let amount = Amount::Factors(under_way.clone());
    let fill = |bytes| usual_fill(Band::of_bits(bits_of(bytes)));
    answer_all(Asked { numbers, order, fill }, global, amount, move |number, lanes, now| {
        if let Some(word) = number.to_u64()
            && !json
        {
            return Answer { text: word_in_words(word, exponents), complaint: None };
        }
        let answer = match found(number, effort, (lanes, &under_way), now) {
            Ok(answer) => answer,
            Err(error) => return Answer { text: String::new(), complaint: Some(error.to_string()) },
        };
        let factors = &answer.factorization;
        let text = if json { in_json(&answer) } else { in_words(&answer.number.0, factors, exponents) };
        Answer { text, complaint: complaint(&answer.number.0, factors, effort) }
    })
}

/// Returns how long the number of a line of so many bytes is, at most, if it is one.
fn bits_of(bytes: usize) -> u64 {
    // A digit is a little less than 10/3 bits.
    (bytes as u64).saturating_mul(10) / 3
}

/// Factors a number: by as many threads as there are lanes, if its units are worth handing over and no other
/// number has them.
fn found(
    number: Natural,
    effort: EffortArgument,
    (lanes, under_way): (usize, &UnderWay),
    now: &dyn Fn() -> std::time::Duration,
) -> Result<Factored, PipelineError> {
    let allowance = effort.allowance(&number);
    if number.bits() < LANES_BITS_MIN {
        return Ok(factor_within(&number, allowance, now));
    }
    // Threads for each of many would be their square.
    let Some(lent) = under_way.lend() else {
        return Ok(factor_within(&number, allowance, now));
    };
    factor_in_lanes(&number, allowance, lanes, move |progress| lent.tell(*progress))
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

fn complaint(number: &Natural, answer: &Factorization, effort: EffortArgument) -> Option<String> {
    has_rest(answer).then(|| {
        format!(
            "a cofactor of {} bits of a number of {} bits is left unfactored; {}",
            answer.cofactor().bits(),
            number.bits(),
            effort.more()
        )
    })
}

fn in_json(answer: &Factored) -> String {
    let Factored { number: Number(number), factorization, methods, time } = answer;
    let powers = factorization.powers().iter().map(|power| {
        let proof = if power.primality == Primality::Prime { "prime" } else { "probable" };
        json!({ "prime": power.prime.to_string(), "exponent": power.exponent, "proof": proof })
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

/// Shortest number whose units are handed over to other threads. Those below take less than starting a
/// pipeline for them would save.
const LANES_BITS_MIN: u64 = 120;
