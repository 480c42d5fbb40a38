//! `assemble` and `disassemble`: programs as text.
//!
//! A label may be set behind the jumps to it, so that both hold the program; a part of the memory limit bounds how long it
//! may be.

use std::fmt::Display;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use primestream::codewords::Instruction;
use primestream::prelude::*;
use primestream_codec::container::encode_symbols;
use primestream_codec::program::{assemble, disassemble};
use primestream_codec::{CodewordRun, Reading};
use primestream_engine::SinkError;
use serde_json::json;

use super::encode::fresh_id;
use super::program::instructions;
use crate::args::{Assemble, Disassemble, Format, Global};
use crate::exit::{Ending, Outcome, Places};
use crate::files::{self, Input, Output};
use crate::run;

pub(super) fn assembled(arguments: &Assemble, global: &Global) -> Outcome {
    let input = files::open(arguments.input.as_deref())?;
    let input_name = input.name.clone();
    let text = read_text(input, global.memory_bytes() / MEMORY_BYTES_PER_TEXT_BYTE)?;
    let failed = |error: &dyn Display| Ending::data(format_args!("{input_name}: {error}"));
    let program = assemble(&text).map_err(|error| failed(&error))?;
    let codeword_bytes_max = global.memory_bytes() / MEMORY_BYTES_PER_CODEWORD_BYTE;
    let mut run = CodewordRun::new();
    for instruction in &program {
        run.push(&instruction.to_codeword().map_err(|error| failed(&error))?);
        if run.as_slice().as_bytes().len() > codeword_bytes_max {
            return Err(failed(&format_args!(
                "the codewords are longer than {codeword_bytes_max} bytes, as many as the memory limit allows; \
                 `--memory-limit` raises it"
            )));
        }
    }
    let is_decimal = arguments.format == Format::Decimal;
    let bytes = if is_decimal {
        run.iter().map(|codeword| codeword.to_decimal() + "\n").collect::<String>().into_bytes()
    } else {
        let settings = Settings::default().with_units(Units::Codewords);
        encode_symbols((&run).into(), &settings, fresh_id()).map_err(|error| failed(&error))?
    };
    let output = Output::create(arguments.output.as_deref(), is_decimal)?;
    let name = output.name.clone();
    write(output, &bytes)?;
    let said = match global.json {
        true => json!({ "command": "assemble", "codewords": run.len() }).to_string(),
        false => format!("{name}: {} codewords", run.len()),
    };
    run::print_summary(&said, global, Output::is_standard(arguments.output.as_deref()))
}

/// Reads a text of at most so many bytes.
fn read_text(input: Input, bytes_max: usize) -> Result<String, Ending> {
    let name = input.name.clone();
    let mut bytes = Vec::new();
    input.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(|error| Ending::io(&name, &error))?;
    if bytes.len() > bytes_max {
        return Err(Ending::data(format_args!(
            "{name}: the text is longer than {bytes_max} bytes, as many as the memory limit allows; `--memory-limit` \
             raises it"
        )));
    }
    String::from_utf8(bytes).map_err(|_| Ending::data(format_args!("{name}: the text is not UTF-8")))
}

pub(super) fn disassembled(arguments: &Disassemble, global: &Global) -> Outcome {
    let input = files::open(arguments.input.as_deref())?;
    let input_name = input.name.clone();
    let places = Places { input: &input_name, output: "" };
    let instructions_max = global.memory_bytes() / MEMORY_BYTES_PER_INSTRUCTION;
    let program = Arc::new(Mutex::new(Vec::<Reading>::new()));
    let gathered = Arc::clone(&program);
    let pipeline = instructions(input, arguments.format, global)?
        .take(instructions_max as u64 + 1)
        .try_map(|read| read)
        .drain_with(move |Instruction(reading)| {
            gathered.lock().unwrap_or_else(PoisonError::into_inner).push(reading);
        });
    run::run(pipeline, global, None).map_err(|error| places.explain(error))?;
    let program = program.lock().unwrap_or_else(PoisonError::into_inner);
    if program.len() > instructions_max {
        return Err(Ending::data(format_args!(
            "{input_name}: the program is longer than {instructions_max} instructions, as many as the memory limit \
             allows; `--memory-limit` raises it"
        )));
    }
    write(Output::create(arguments.output.as_deref(), true)?, disassemble(&program).as_bytes())
}

/// Writes all of an output.
fn write(output: Output, bytes: &[u8]) -> Outcome {
    let name = output.name.clone();
    let mut sink = output.into_sink();
    let written = sink.write_all(bytes).and_then(|()| sink.finish());
    let places = Places { input: "", output: &name };
    written.map_err(|error: SinkError| places.explain_output(&error))
}

/// Bytes that assembling takes at most, in rough numbers, for each byte of text: a symbol of a text is an instruction, with
/// its line; a label has a name of its own.
const MEMORY_BYTES_PER_TEXT_BYTE: usize = 128;

/// Bytes that a byte of codewords takes: in the run, in the container, or as decimal digits. A codeword grows with its
/// operand, to tens of kilobytes.
const MEMORY_BYTES_PER_CODEWORD_BYTE: usize = 8;

/// Bytes that an instruction takes with its place among the targets and its line of text.
const MEMORY_BYTES_PER_INSTRUCTION: usize = 128;
