//! `transform`: blocks to their frequencies, and back.

use primestream::codewords::{inverse_transform, transform};

use super::block_len;
use crate::args::{Global, Transform as Arguments};
use crate::exit::{Outcome, Places};
use crate::files::{self, Output};
use crate::run;

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let input = files::open(arguments.input.as_deref())?;
    let block = block_len(arguments.block)?;
    let output = Output::create(arguments.output.as_deref(), true)?;
    let (bytes, input_name, output_name) = (input.bytes, input.name.clone(), output.name.clone());
    let places = Places { input: &input_name, output: &output_name };
    let transformed = if arguments.inverse {
        inverse_transform(input, global.lanes(), super::verify::decimal_limits())
    } else {
        transform(input, block, global.lanes())
    };
    let report = run::run(transformed.write_to(output.into_sink()), global, bytes)
        .map_err(|error| places.explain(error))?;
    run::print_report("transform", &report, global, Output::is_standard(arguments.output.as_deref()))
}
