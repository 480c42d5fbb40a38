//! One hard number whose factorisation is kept in a file, so that it can go on another day.
//!
//! The file is written now and then and when a signal comes, each time whole under another name first. It is gone
//! once the answer is there.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use primestream::prelude::*;
use primestream::{Advance, resume_in_lanes};
use primestream_primes::Factoring;

use super::words::Style;
use crate::args::Global;
use crate::command::numbers::{Answer, Lines, number};
use crate::effort::EffortArgument;
use crate::exit::{Ending, Outcome, Places, escaped};
use crate::files::{self, Output};
use crate::progress::{Amount, UnderWay};
use crate::run;

pub(super) fn run(
    numbers: &[String],
    file: &Path,
    effort: EffortArgument,
    style: Style,
    global: &Global,
) -> Outcome {
    let [word] = numbers else {
        return Err(Ending::usage("`--state` keeps one number, given as argument"));
    };
    let number = number(word.as_bytes()).map_err(Ending::usage)?;
    let (allowance, lanes) = (effort.allowance(global.memory_limit), global.lanes());
    if !allowance.may_sieve(number.bits(), lanes) {
        return Err(Ending::usage(format_args!(
            "the factorisation of {} bits with `--threads {lanes}` may hold {} bytes; `--memory-limit` allows fewer",
            number.bits(),
            Factoring::memory_bytes(number.bits(), allowance.effort, lanes)
        )));
    }
    let factoring = match read(file, &number)? {
        Some(factoring) => factoring,
        None => Factoring::new(&number, allowance.effort),
    };
    let (advances, standing) = resume_in_lanes(factoring, allowance, lanes);
    let under_way = UnderWay::default();
    let lent = under_way.lend();
    let answer = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&answer);
    let pipeline = advances.sink(move |advance| {
        match (advance, &lent) {
            (Advance::Working(progress), Some(lent)) => lent.tell(progress),
            (Advance::Working(_), None) => {}
            (Advance::Done(answer), _) => {
                *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            }
        }
        Ok::<_, std::io::Error>(())
    });
    let mut saved_at = 0;
    let (now_and_then, name) = (standing.clone(), file.to_owned());
    let ended = run::run_to_stop(pipeline, global, Amount::Factors(under_way), move |metrics| {
        let minutes = metrics.elapsed.as_secs() / 60;
        if minutes > saved_at {
            saved_at = minutes;
            // Where it stands is kept again when it stops, which says if that fails.
            let _ = now_and_then.save().map(|text| write(&name, &text));
        }
    });
    if let Some(text) = standing.save() {
        write(file, &text)?;
    }
    let places = Places { input: "", output: "standard output" };
    ended.map_err(|error| places.explain(error))?;
    let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(answer) = answer else { unreachable!("a pipeline that ends well has told the answer") };
    let Answer { text, complaint } = style.answer(answer, effort);
    Lines::open()?.print(&text).map_err(|error| Ending::io("standard output", &error))?;
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Ending::io(escaped(&file.to_string_lossy()), &error));
        }
        _ => {}
    }
    complaint.map_or(Ok(()), |complaint| Err(Ending::number(complaint)))
}

/// Reads where the factorisation of a number stands; `None` if there is no such file.
fn read(file: &Path, number: &Natural) -> Result<Option<Factoring>, Ending> {
    if !file.exists() {
        return Ok(None);
    }
    let mut input = files::open(Some(file))?;
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(|error| Ending::io(&input.name, &error))?;
    let factoring =
        Factoring::resume(&text).map_err(|error| Ending::data(format_args!("{}: {error}", input.name)))?;
    if factoring.number() != number {
        return Err(Ending::data(format_args!("{}: keeps another number", input.name)));
    }
    Ok(Some(factoring))
}

fn write(file: &Path, text: &str) -> Outcome {
    let output = Output::create(Some(file), true)?;
    let name = output.name.clone();
    let mut sink = output.into_sink();
    let written = sink.write_all(text.as_bytes()).and_then(|()| sink.finish());
    written.map_err(|error| Ending::data(format_args!("{name}: {error}")))
}
