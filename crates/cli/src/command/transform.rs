//! `transform`: blocks to their frequencies, and back.

use primestream::codewords::{inverse_transform, transform};
use primestream::prelude::*;

use crate::args::{Global, Transform as Arguments};
use crate::exit::{Ending, Outcome, Places};
use crate::files::{self, Output};
use crate::run;

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let input = files::open(arguments.input.as_deref())?;
    let block = arguments.block.map_or(Some(BlockLen::DEFAULT), |len| BlockLen::try_new(len.into()));
    let block = block.ok_or_else(|| Ending::usage("a block has 8 to 256 symbols"))?;
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
    run::print_report("transform", &report, global, Output::is_standard(arguments.output.as_deref()));
    Ok(())
}
