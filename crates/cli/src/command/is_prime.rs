//! `is-prime`: whether each number is prime, and how far that is proved.

use std::num::NonZeroUsize;

use primestream::prelude::*;
use primestream_primes::{certificate, primality};
use serde_json::json;

use super::numbers::{Answer, Asked, answer_all};
use crate::args::{Global, IsPrime};
use crate::exit::Outcome;
use crate::progress::Amount;

pub(super) fn run(arguments: IsPrime, global: &Global) -> Outcome {
    let (json, prove) = (global.json, arguments.prove);
    // A test of a word takes less than a microsecond, one of a thousand digits a tenth of a second.
    let fill = |line: &[u8]| {
        let bytes = line.len();
        NonZeroUsize::new(if bytes <= 20 { 1024 } else { 2000 / bytes }).unwrap_or(NonZeroUsize::MIN)
    };
    let asked = Asked {
        input: None,
        output: None,
        checkpoints: None,
        numbers: arguments.numbers,
        order: Order::Input,
        fill,
    };
    answer_all(asked, global, Amount::Unknown, move |numbers, _, _| {
        numbers.into_iter().map(|number| said(&number, json, prove)).collect()
    })
}

fn said(number: &Natural, json: bool, prove: bool) -> Answer {
    let found = primality(number);
    let proof =
        (prove && found == Primality::Probable).then(|| certificate(number, Effort::Normal)).flatten();
    let verdict = match found {
        Primality::Prime => "prime",
        Primality::Probable if proof.is_some() => "prime",
        Primality::Probable => "probably prime",
        _ if number.is_zero() || number.is_one() => "neither prime nor composite",
        _ => "composite",
    };
    let proof = proof.map(|proof| proof.to_string());
    let text = if json {
        let mut value = json!({ "number": number.to_string(), "verdict": verdict });
        if let Some(proof) = proof {
            value["certificate"] = proof.into();
        }
        value.to_string()
    } else {
        let reason = proof.map(|proof| format!(", since {proof}")).unwrap_or_default();
        format!("{number}: {verdict}{reason}")
    };
    Answer { text, complaint: None }
}
