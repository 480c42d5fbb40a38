//! `execute`: programs of codewords.

use std::sync::{Arc, Mutex, PoisonError};

use primestream::codewords::{
    Execution, Happening, Instruction, ProgramFault, execute_watched, instructions_of_container,
    instructions_of_lines,
};
use primestream::prelude::*;
use primestream_codec::machine::MachineLimits;
use primestream_codec::program::disassemble;

use super::numbers::Lines;
use crate::args::{Execute, Format, Global};
use crate::exit::{Ending, Outcome, Places, escaped};
use crate::files::{self, Input};
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
    let failure = Arc::new(Mutex::new(None::<String>));
    let failed = Arc::clone(&failure);
    let fail = move |why: &dyn std::fmt::Display| {
        *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_string());
        Ok(())
    };
    let happenings =
        execute_watched(program, execution).chunked(Fixed(1)).sink(move |happening| match happening {
            Happening::Output(text) if json => lines.print(&serde_json::Value::from(text).to_string()),
            Happening::Output(text) => lines.print(&text),
            Happening::Failed(error) => fail(&error),
            Happening::Unreadable(fault) => fail(&fault),
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

/// Opens the codewords of a program.
pub(super) fn instructions(
    input: Input,
    format: Format,
    global: &Global,
) -> Result<Stream<Result<Instruction, ProgramFault>>, Ending> {
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
