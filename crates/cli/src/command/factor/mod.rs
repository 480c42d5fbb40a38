//! `factor`: the prime factors of each number, as `factor` of GNU coreutils prints them.
//!
//! A composite that is left when the effort is used up stands last, in brackets, and is complained of.

mod kept;
mod words;

use primestream::prelude::*;
use primestream::{Allowance, factor_in_lanes, factor_within, factor_words, usual_fill};
use primestream_primes::{Band, factor_u64s};

use serde_json::{Value, json};

use super::numbers::{Answer, Asked, answer_all};
use crate::args::{Factor as Arguments, Global, OrderArgument};
use crate::checkpoints::{Checkpoints, Kept, absolute};
use crate::exit::{Ending, Outcome};
use crate::progress::{Amount, UnderWay};
use words::Style;

pub(super) fn run(arguments: Arguments, global: &Global) -> Outcome {
    // Each lane may have a number, and one of these all of them for its units.
    let lanes = global.lanes();
    let memory_bytes = global.memory_limit.map(|limit| limit / lanes);
    let allowance = arguments.effort.allowance(memory_bytes);
    let style =
        Style { json: global.json, exponents: arguments.exponents, prove: arguments.prove, allowance, lanes };
    if let Some(file) = &arguments.state {
        return kept::run(&arguments.numbers, file, arguments.effort, style, global);
    }
    let checkpoints = checkpoints(&arguments, global)?;
    let Arguments { numbers, effort, order, input, output, .. } = arguments;
    let order = match order {
        OrderArgument::Input => Order::Input,
        OrderArgument::Relaxed => Order::Relaxed,
    };
    let under_way = UnderWay::default();
    let amount = Amount::Factors(under_way.clone());
    let fill = |line: &[u8]| usual_fill(Band::of_bits(bits_of(line.trim_ascii())));
    let asked = Asked { numbers, input, output, checkpoints, order, fill };
    answer_all(asked, global, amount, move |numbers, lanes, now| {
        let one = |number: Natural| match found(number, allowance, (lanes, &under_way), now) {
            Ok(answer) => style.answer(answer, effort),
            Err(error) => Answer { text: String::new(), complaint: Some(error.to_string()) },
        };
        // Words that came together share work.
        if style.json {
            let numbers: Vec<Number> = numbers.into_iter().map(Number).collect();
            let answers = factor_words(&numbers, now).into_iter().zip(numbers);
            let answers = answers.map(|(word, number)| match word {
                Some(answer) => style.answer(answer, effort),
                None => one(number.0),
            });
            return answers.collect();
        }
        let words: Vec<u64> = numbers.iter().filter_map(Natural::to_u64).collect();
        let mut words = factor_u64s(&words).into_iter();
        let answers = numbers.into_iter().map(|number| match number.to_u64() {
            Some(_) => Answer { text: style.word(&words.next().expect("one for each")), complaint: None },
            None => one(number),
        });
        answers.collect()
    })
}

/// Opens the checkpoints of the command, if it keeps any.
fn checkpoints(arguments: &Arguments, global: &Global) -> Result<Option<Checkpoints>, Ending> {
    if arguments.checkpointing.checkpoint.is_some() && !arguments.numbers.is_empty() {
        return Err(Ending::usage(
            "`--checkpoint` is for the numbers of a file, `--input`; `--state` keeps how far one number is",
        ));
    }
    let command = json!({
        "command": "factor",
        "input": absolute(arguments.input.as_ref()),
        "output": absolute(arguments.output.as_ref()),
        "effort": format!("{:?}", arguments.effort),
        "form": [arguments.exponents, arguments.prove, global.json],
    });
    let files = [Kept::Input(arguments.input.as_deref()), Kept::Output(arguments.output.as_deref())];
    let opened = Checkpoints::open(&arguments.checkpointing, &files, command, Value::Null)?;
    Ok(opened.map(|(checkpoints, _)| checkpoints))
}

/// Returns how long the number of a line is, at most, if it is one.
fn bits_of(line: &[u8]) -> u64 {
    match line.len() {
        // Decimal digits of one length are in the order of their numbers.
        20 if line <= LARGEST_WORD => 64,
        // A digit is a little less than 10/3 bits.
        bytes => (bytes as u64).saturating_mul(10) / 3,
    }
}

/// Factors a number: by as many threads as there are lanes, if its units are worth handing over and no other
/// number has them.
fn found(
    number: Natural,
    allowance: Allowance,
    (lanes, under_way): (usize, &UnderWay),
    now: &dyn Fn() -> std::time::Duration,
) -> Result<Factored, PipelineError> {
    if number.bits() < LANES_BITS_MIN {
        return Ok(factor_within(&number, allowance, now));
    }
    // Threads for each of many would be their square.
    let Some(lent) = under_way.lend() else {
        return Ok(factor_within(&number, allowance, now));
    };
    factor_in_lanes(&number, allowance, lanes, move |progress| lent.tell(*progress))
}

/// Shortest number whose units are handed over to other threads. Those below take less than starting a
/// pipeline for them would save.
const LANES_BITS_MIN: u64 = 120;

/// The largest machine word.
const LARGEST_WORD: &[u8] = b"18446744073709551615";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_long_as_their_numbers_at_most() {
        for (line, bits) in [("", 0), ("999", 10), ("9999999999999999999", 63), ("18446744073709551615", 64)]
        {
            assert_eq!(bits_of(line.as_bytes()), bits, "{line}");
        }
        assert!(bits_of(b"18446744073709551616") > 64);
        assert_eq!(bits_of(&[b'9'; 1000]), 3333);
    }
}
