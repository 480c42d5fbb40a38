//! `execute`, `assemble` and `disassemble`: programs of codewords.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use primestream::codewords::{
    Execution, Happening, Instruction, execute_watched, instructions_of_container, instructions_of_lines,
};
use primestream::prelude::*;
use primestream_codec::container::encode_symbols;
use primestream_codec::machine::{MachineError, MachineLimits};
use primestream_codec::program::{assemble, disassemble};
use primestream_codec::{CodewordRun, Reading};
use serde_json::json;

use super::encode::fresh_id;
use super::numbers::Lines;
use crate::args::{Assemble, Disassemble, Execute, Format, Global};
use crate::exit::{Ending, Outcome, Places, escaped};
use crate::files::{self, Input, Output};
use crate::run;

pub(super) fn execute(arguments: Execute, global: &Global) -> Outcome {
    let input = files::open(arguments.input.as_deref())?;
    let name = input.name.clone();
    let places = Places { input: &name, output: "standard output" };
    let mut limits = MachineLimits::default();
    limits.instructions_max = arguments.limit_steps.unwrap_or(limits.instructions_max);
    arguments.limit.iter().for_each(|limit| limit.apply(&mut limits));
    let execution = Execution { limits, inputs: arguments.input_numbers, trace: arguments.trace };
    let program = instructions(input, arguments.format, global)?;
    let (mut lines, json) = (Lines::open()?, global.json);
    let failure = Arc::new(Mutex::new(None::<MachineError>));
    let failed = Arc::clone(&failure);
    let happenings =
        execute_watched(program, execution).chunked(Fixed(1)).sink(move |happening| match happening {
            Happening::Output(text) if json => lines.print(&serde_json::Value::from(text).to_string()),
            Happening::Output(text) => lines.print(&text),
            Happening::Failed(error) => {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Ok(())
            }
            other => {
                tell(&other);
                Ok(())
            }
        });
    run::run_until_signal(happenings, global, crate::progress::Amount::Unknown)
        .map_err(|error| places.explain(error))?;
    match failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(Ending::data(format_args!("{name}: {error}"))),
        None => Ok(()),
    }
}

#[expect(clippy::print_stderr, reason = "a trace is asked for")]
fn tell(happening: &Happening) {
    if let Happening::Executing { place, instruction: Instruction(instruction), depth, top } = happening {
        let text = disassemble(std::slice::from_ref(instruction));
        let top = top.as_ref().map_or_else(String::new, |top| format!(", {top} on top"));
        eprintln!("{place}: {} (stack of {depth}{top})", text.trim());
    }
}

pub(super) fn assembled(arguments: &Assemble, global: &Global) -> Outcome {
    let mut input = files::open(arguments.input.as_deref())?;
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => {
            Ending::data(format_args!("{}: the text is not UTF-8", input.name))
        }
        _ => Ending::io(&input.name, &error),
    })?;
    let failed = |error: &dyn std::fmt::Display| Ending::data(format_args!("{}: {error}", input.name));
    let program = assemble(&text).map_err(|error| failed(&error))?;
    let is_decimal = arguments.format == Format::Decimal;
    let output = Output::create(arguments.output.as_deref(), is_decimal)?;
    let name = output.name.clone();
    let mut run = CodewordRun::new();
    for instruction in &program {
        run.push(&instruction.to_codeword().map_err(|error| failed(&error))?);
    }
    let bytes = if is_decimal {
        run.iter().map(|codeword| codeword.to_decimal() + "\n").collect::<String>().into_bytes()
    } else {
        let settings = Settings::default().with_units(Units::Codewords);
        encode_symbols((&run).into(), &settings, fresh_id()).map_err(|error| failed(&error))?
    };
    let mut sink = output.into_sink();
    let written = sink.write_all(&bytes).and_then(|()| sink.finish());
    written.map_err(|error| Ending::data(format_args!("{name}: {error}")))?;
    let is_told = !global.quiet && !Output::is_standard(arguments.output.as_deref());
    if is_told {
        let said = if global.json {
            json!({ "command": "assemble", "codewords": run.len() }).to_string()
        } else {
            format!("{name}: {} codewords", run.len())
        };
        Lines::open()?.print(&said).map_err(|error| Ending::io("standard output", &error))?;
    }
    Ok(())
}

pub(super) fn disassembled(arguments: &Disassemble, global: &Global) -> Outcome {
    let input = files::open(arguments.input.as_deref())?;
    let name = input.name.clone();
    let places = Places { input: &name, output: "standard output" };
    let program = Arc::new(Mutex::new(Vec::<Reading>::new()));
    let gathered = Arc::clone(&program);
    let pipeline = instructions(input, arguments.format, global)?.drain_with(move |Instruction(reading)| {
        gathered.lock().unwrap_or_else(PoisonError::into_inner).push(reading);
    });
    run::run(pipeline, global, None).map_err(|error| places.explain(error))?;
    let program = program.lock().unwrap_or_else(PoisonError::into_inner);
    let text = disassemble(&program);
    let text = text.trim_end_matches('\n');
    if text.is_empty() {
        return Ok(());
    }
    Lines::open()?.print(text).map_err(|error| Ending::io("standard output", &error))
}

fn instructions(input: Input, format: Format, global: &Global) -> Result<Stream<Instruction>, Ending> {
    let name = input.name.clone();
    match format {
        Format::Decimal => Ok(instructions_of_lines(input, global.lanes(), super::verify::decimal_limits())),
        Format::Container => {
            let how = Decode { lanes: global.lanes(), ..Decode::default() };
            let (_, program) = instructions_of_container(input, how)
                .map_err(|error| Ending::data(format_args!("{name}: {}", escaped(&error.to_string()))))?;
            Ok(program)
        }
    }
}
