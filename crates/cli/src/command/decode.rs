//! `decode`: codewords to the file they stand for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use primestream::Contents;
use primestream::container::Found;
use primestream::decimal::{Line, LineDamage};
use primestream::prelude::*;
use primestream_codec::Symbols;
use primestream_codec::container::ContainerError;
use serde_json::{Value, json};

use super::verify::check_units;
use super::{repair, units};
use crate::args::{Decode as Arguments, Format, Global, UnitsArgument};
use crate::checkpoints::{self, Checkpoints, Kept, absolute};
use crate::exit::{DATA, Ending, Outcome, Places, escaped};
use crate::files::{self, Input, Output};
use crate::run;

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    if arguments.range.is_some() && arguments.format == Format::Decimal {
        return Err(Ending::usage("decimal lines have no index: `--range` belongs to containers"));
    }
    if arguments.repair && arguments.format == Format::Decimal {
        return Err(Ending::usage("decimal lines are not corrected: `--repair` belongs to containers"));
    }
    if let Some((checkpoints, _)) = checkpoints(arguments)? {
        return run_kept(arguments, global, checkpoints);
    }
    let input = files::open(arguments.input.as_deref())?;
    let (bytes, input_name) = (input.bytes, input.name.clone());
    let damages = Arc::new(AtomicU64::new(0));
    let teller = Teller { count: Arc::clone(&damages), input: input.name.clone() };

    let content = match arguments.format {
        Format::Container => {
            let places = Places { input: &input_name, output: "" };
            let found =
                found_in(input, how(arguments, global)).map_err(|error| places.explain_input(&error))?;
            from_container(found, arguments, teller)?
        }
        Format::Decimal => from_decimal(input, arguments, global, teller),
    };
    let output = Output::create(arguments.output.as_deref(), true)?;
    let output_name = output.name.clone();
    let places = Places { input: &input_name, output: &output_name };
    let report =
        run::run(content.write_to(output.into_sink()), global, bytes.filter(|_| arguments.range.is_none()))
            .map_err(|error| places.explain(error))?;
    let told = run::print_report("decode", &report, global, Output::is_standard(arguments.output.as_deref()));
    if damages.load(Ordering::Relaxed) > 0 { Err(Ending::reported(DATA)) } else { told }
}

/// Opens the checkpoints of the command, if it keeps any.
fn checkpoints(arguments: &Arguments) -> Result<Option<(Checkpoints, Value)>, Ending> {
    checkpoints::refuse_lines(&arguments.checkpointing, arguments.format)?;
    let command = json!({
        "command": "decode",
        "input": absolute(arguments.input.as_ref()),
        "output": absolute(arguments.output.as_ref()),
        "repair": arguments.repair,
    });
    let files = [Kept::Input(arguments.input.as_deref()), Kept::Output(arguments.output.as_deref())];
    Checkpoints::open(&arguments.checkpointing, &files, command, Value::Null)
}

/// Decodes with checkpoints.
fn run_kept(arguments: &Arguments, global: &Global, mut checkpoints: Checkpoints) -> Outcome {
    let (input, input_name, bytes) = checkpoints.input(arguments.input.as_deref())?;
    let teller = Teller { count: Arc::default(), input: input_name.clone() };
    let places = Places { input: &input_name, output: "" };
    let found =
        container::verify(input, how(arguments, global)).map_err(|error| places.explain_input(&error))?;
    let content = from_container(found, arguments, teller)?;
    let (output, output_name) = checkpoints.output(arguments.output.as_deref())?;
    let places = Places { input: &input_name, output: &output_name };
    let content = content.write_bytes(output);
    let report =
        run::run(checkpoints.keep(content), global, Some(bytes)).map_err(|error| places.explain(error))?;
    run::print_report("decode", &report, global, false)
}

fn how(arguments: &Arguments, global: &Global) -> Decode {
    let span = arguments.range.unwrap_or_default();
    Decode { lanes: global.lanes(), span, repair: arguments.repair, ..Decode::default() }
}

fn from_container(
    (header, found): (Header, Stream<Found>),
    arguments: &Arguments,
    teller: Teller,
) -> Result<Stream<Vec<u8>>, Ending> {
    let units_stated = header.settings().units();
    check_units(arguments.units, &teller.input, units_stated)?;
    if !arguments.skip_damaged {
        let told = found.inspect(move |found| teller.tell_repairs(found)).boxed();
        return Ok(container::contents(told, header));
    }
    let good = found.map(move |found| {
        teller.tell_repairs(&found);
        match found {
            Found::Member { header: member, .. } if member.settings().units() == units_stated => {
                Some(Symbols::new(units_stated)) // no gap
            }
            Found::Member { offset, .. } => {
                teller.left_out(&format!("byte {offset}: a container of other symbols than the first"))
            }
            Found::Symbols { symbols, .. } => Some(symbols).filter(|symbols| symbols.units() == units_stated),
            Found::Frame(damage) => teller.left_out(&damage),
            Found::Damage(damage) => teller.left_out(&damage),
            other => teller.left_out(&format!("{other:?}")),
        }
    });
    Ok(good.through(Contents::default()).boxed())
}

fn found_in(input: Input, how: Decode) -> Result<(Header, Stream<Found>), ContainerError> {
    if input.bytes.is_some() { container::verify_file(input, how) } else { container::verify(input, how) }
}

fn from_decimal(input: Input, arguments: &Arguments, global: &Global, teller: Teller) -> Stream<Vec<u8>> {
    let units = units(arguments.units.unwrap_or(UnitsArgument::Bytes));
    let limits = super::verify::decimal_limits();
    if !arguments.skip_damaged {
        return decimal::decode(input, units, global.lanes(), limits);
    }
    decimal::read(input, Some(units), global.lanes(), limits)
        .filter_map(move |line| match line {
            Line::Symbols(symbols) => Some(Some(symbols)),
            Line::Damage(damage) => Some(teller.left_out(&LineDamage(damage))),
            _ => None,
        })
        .through(Contents::default())
        .boxed()
}

/// Says what is left out, and counts it; says what is corrected.
struct Teller {
    count: Arc<AtomicU64>,
    input: String,
}

impl Teller {
    #[expect(clippy::print_stderr, reason = "what is left out must be said")]
    fn left_out<T>(&self, damage: &dyn std::fmt::Display) -> Option<T> {
        self.count.fetch_add(1, Ordering::Relaxed);
        eprintln!("primestream: {}: left out: {}", self.input, escaped(&damage.to_string()));
        None
    }

    #[expect(clippy::print_stderr, reason = "what is corrected must be said")]
    fn tell_repairs(&self, found: &Found) {
        if let Found::Symbols { place, repairs: Some(repairs), .. } = found {
            for repaired in repair::in_words(place, repairs) {
                eprintln!("primestream: {}: corrected: {repaired}", self.input);
            }
        }
    }
}
