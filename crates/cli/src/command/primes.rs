//! `primes`: the primes of a range, how many there are, or one of them.

use std::io::Write;

use primestream::prelude::*;
use primestream_engine::SinkError;
use primestream_primes::{count, nth_prime};

use super::numbers::Lines;
use crate::args::{Global, Primes as Arguments};
use crate::exit::{Ending, Outcome, Places};
use crate::files::{FileSink, Output};
use crate::run;

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let (start, stop) = (arguments.start, arguments.stop.unwrap_or(u64::MAX));
    if start > stop {
        return Err(Ending::usage(format_args!("{start} is above {stop}")));
    }
    if arguments.count {
        return print_value("count", Some(count(start..=stop)), global);
    }
    if let Some(nth) = arguments.nth {
        let places = Places { input: "", output: "standard output" };
        let found = if start <= 2 {
            nth_prime(nth - 1).filter(|&prime| prime <= stop)
        } else {
            let wanted = primes(start..=stop).skip(nth - 1).take(1).collect::<Vec<_>>();
            wanted.map_err(|error| places.explain(error))?.first().copied()
        };
        return match found {
            Some(_) => print_value("prime", found, global),
            None => {
                Err(Ending::data(format_args!("there are fewer than {nth} primes from {start} to {stop}")))
            }
        };
    }
    let places = Places { input: "", output: "standard output" };
    let printer = Printer { output: Output::create(None, true)?.into_sink(), text: Vec::new() };
    let listed = primes(start..=stop).write_to(printer);
    run::run(listed, global, None).map(drop).map_err(|error| places.explain(error))
}

fn print_value(name: &str, value: Option<u64>, global: &Global) -> Outcome {
    let Some(value) = value else { return Ok(()) };
    let line = if global.json { format!("{{\"{name}\":{value}}}") } else { value.to_string() };
    Lines::open()?.print(&line).map_err(|error| Ending::io("standard output", &error))
}

/// Prints numbers, a line each; a line is a JSON value as it is.
struct Printer {
    output: FileSink,
    text: Vec<u8>,
}

impl Sink<u64> for Printer {
    fn write(&mut self, items: &mut Vec<u64>) -> Result<(), SinkError> {
        self.text.clear();
        for prime in items.drain(..) {
            writeln!(self.text, "{prime}")?;
        }
        self.output.write_all(&self.text)
    }
}
