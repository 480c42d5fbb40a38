//! `decode`: codewords to the file they stand for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use primestream::Contents;
use primestream::container::Found;
use primestream::decimal::{Line, LineDamage};
use primestream::prelude::*;
use primestream_codec::Symbols;
use primestream_codec::container::ContainerError;

use super::units;
use crate::args::{Decode as Arguments, Format, Global, UnitsArgument};
use crate::exit::{DATA, Ending, Outcome, Places, escaped};
use crate::files::{self, Input, Output};
use crate::run;

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    if arguments.range.is_some() && arguments.format == Format::Decimal {
        return Err(Ending::usage("decimal lines have no index: `--range` belongs to containers"));
    }
    let input = files::open(arguments.input.as_deref())?;
    let (bytes, input_name) = (input.bytes, input.name.clone());
    let damages = Arc::new(AtomicU64::new(0));
    let skipped =
        arguments.skip_damaged.then(|| Skipped { count: Arc::clone(&damages), input: input.name.clone() });

    let content = match arguments.format {
        Format::Container => from_container(input, arguments, global, skipped)?,
        Format::Decimal => from_decimal(input, arguments, global, skipped),
    };
    let output = Output::create(arguments.output.as_deref(), true)?;
    let output_name = output.name.clone();
    let places = Places { input: &input_name, output: &output_name };
    let report =
        run::run(content.write_to(output.into_sink()), global, bytes.filter(|_| arguments.range.is_none()))
            .map_err(|error| places.explain(error))?;
    run::print_report("decode", &report, global, Output::is_standard(arguments.output.as_deref()));
    if damages.load(Ordering::Relaxed) > 0 { Err(Ending::reported(DATA)) } else { Ok(()) }
}

fn from_container(
    input: Input,
    arguments: &Arguments,
    global: &Global,
    skipped: Option<Skipped>,
) -> Result<Stream<Vec<u8>>, Ending> {
    let name = input.name.clone();
    let places = Places { input: &name, output: "" };
    let span = arguments.range.unwrap_or_default();
    let how = Decode { lanes: global.lanes(), span, ..Decode::default() };
    let opened = match skipped {
        None if input.bytes.is_some() => container::decode_file(input, how),
        None => container::decode(input, how),
        Some(skipped) => found_in(input, how).map(|(header, found)| {
            let units = header.settings().units();
            let good = found.map(move |found| match found {
                Found::Member { header: member, .. } if member.settings().units() == units => {
                    Some(Symbols::new(units)) // no gap
                }
                Found::Member { offset, .. } => {
                    skipped.say(&format!("byte {offset}: a container of other symbols than the first"))
                }
                Found::Symbols { symbols, .. } => Some(symbols).filter(|symbols| symbols.units() == units),
                Found::Frame(damage) => skipped.say(&damage),
                Found::Damage(damage) => skipped.say(&damage),
                other => skipped.say(&format!("{other:?}")),
            });
            (header, good.through(Contents::default()).boxed())
        }),
    };
    let (header, content) = opened.map_err(|error| places.explain_input(&error))?;
    let stated = header.settings().units();
    match arguments.units.map(units) {
        Some(asked) if asked != stated => {
            Err(Ending::usage(format_args!("{name}: the container holds {stated:?}, not {asked:?}")))
        }
        _ => Ok(content),
    }
}

fn found_in(input: Input, how: Decode) -> Result<(Header, Stream<Found>), ContainerError> {
    if input.bytes.is_some() { container::verify_file(input, how) } else { container::verify(input, how) }
}

fn from_decimal(
    input: Input,
    arguments: &Arguments,
    global: &Global,
    skipped: Option<Skipped>,
) -> Stream<Vec<u8>> {
    let units = units(arguments.units.unwrap_or(UnitsArgument::Bytes));
    let limits = super::verify::decimal_limits();
    match skipped {
        None => decimal::decode(input, units, global.lanes(), limits),
        Some(skipped) => decimal::read(input, Some(units), global.lanes(), limits)
            .filter_map(move |line| match line {
                Line::Symbols(symbols) => Some(Some(symbols)),
                Line::Damage(damage) => Some(skipped.say(&LineDamage(damage))),
                _ => None,
            })
            .through(Contents::default())
            .boxed(),
    }
}

/// Says what is left out, and counts it.
struct Skipped {
    count: Arc<AtomicU64>,
    input: String,
}

impl Skipped {
    #[expect(clippy::print_stderr, reason = "what is left out must be said")]
    fn say<T>(&self, damage: &dyn std::fmt::Display) -> Option<T> {
        self.count.fetch_add(1, Ordering::Relaxed);
        eprintln!("primestream: {}: left out: {}", self.input, escaped(&damage.to_string()));
        None
    }
}
