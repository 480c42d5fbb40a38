//! `is-prime`: whether each number is prime, and how far that is proved.

use std::num::NonZeroUsize;

use primestream::prelude::*;
use primestream_primes::primality;
use serde_json::json;

use super::numbers::{Answer, Asked, answer_all};
use crate::args::{Global, Numbers};
use crate::exit::Outcome;
use crate::progress::Amount;

pub(super) fn run(arguments: Numbers, global: &Global) -> Outcome {
    let json = global.json;
    // A test of a word takes less than a microsecond, one of a thousand digits a tenth of a second.
    let fill =
        |bytes| NonZeroUsize::new(if bytes <= 20 { 1024 } else { 2000 / bytes }).unwrap_or(NonZeroUsize::MIN);
    let asked = Asked { numbers: arguments.numbers, order: Order::Input, fill };
    answer_all(asked, global, Amount::Unknown, move |number, _, _| {
        let verdict = match primality(&number) {
            Primality::Prime => "prime",
            Primality::Probable => "probably prime",
            _ if number.is_zero() || number.is_one() => "neither prime nor composite",
            _ => "composite",
        };
        let text = if json {
            json!({ "number": number.to_string(), "verdict": verdict }).to_string()
        } else {
            format!("{number}: {verdict}")
        };
        Answer { text, complaint: None }
    })
}
