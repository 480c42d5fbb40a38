//! `encode`: any file to codewords.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};

use primestream::prelude::*;
use primestream_codec::container::last_container;
use serde_json::{Value, json};

use super::{block_len, units};
use crate::args::{Compress, Encode as Arguments, Format, Global, PositionsArgument, Profile, UnitsArgument};
use crate::checkpoints::{self, Checkpoints, Kept, absolute};
use crate::exit::{Ending, Outcome, Places};
use crate::files::{self, Input, Output};
use crate::run;

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let settings = settings(arguments)?;
    let header = Header::new(settings, fresh_id());
    let is_decimal = arguments.format == Format::Decimal;
    if let Some((checkpoints, drawn)) = checkpoints(arguments, &header)? {
        return run_kept(arguments, global, checkpoints, &drawn);
    }
    let input = files::open(arguments.input.as_deref())?;
    let output = if arguments.append {
        Output::append(arguments.output.as_deref(), |file, name| may_follow(file, name, &input, &settings))?
    } else {
        Output::create(arguments.output.as_deref(), is_decimal)?
    };
    let (bytes, input_name, output_name) = (input.bytes, input.name.clone(), output.name.clone());
    let places = Places { input: &input_name, output: &output_name };

    let encoded = if is_decimal {
        decimal::write(input, settings, global.lanes(), arguments.verify)
    } else {
        container::encode(input, header, how(arguments, global))
    };
    let report = run::run(encoded.write_to(output.into_sink()), global, bytes)
        .map_err(|error| places.explain(error))?;
    run::print_report("encode", &report, global, Output::is_standard(arguments.output.as_deref()))
}

fn how(arguments: &Arguments, global: &Global) -> Encode {
    Encode { lanes: global.lanes(), verify: arguments.verify, index: !arguments.no_index }
}

/// Opens the checkpoints of the command, if it keeps any; the header is drawn once.
fn checkpoints(arguments: &Arguments, header: &Header) -> Result<Option<(Checkpoints, Value)>, Ending> {
    checkpoints::refuse_lines(&arguments.checkpointing, arguments.format)?;
    let settings = header.settings();
    let command = json!({
        "command": "encode",
        "input": absolute(arguments.input.as_ref()),
        "output": absolute(arguments.output.as_ref()),
        "settings": format!("{settings:?}"),
        "index": !arguments.no_index,
    });
    let files = [Kept::Input(arguments.input.as_deref()), Kept::Output(arguments.output.as_deref())];
    Checkpoints::open(&arguments.checkpointing, &files, command, json!(header.to_bytes().to_vec()))
}

/// Encodes with checkpoints.
fn run_kept(arguments: &Arguments, global: &Global, mut checkpoints: Checkpoints, drawn: &Value) -> Outcome {
    let bytes: Option<Vec<u8>> = serde_json::from_value(drawn.clone()).ok();
    let header = bytes.and_then(|bytes| Header::parse(&bytes.try_into().ok()?).ok());
    let header = header.ok_or_else(|| Ending::data("the checkpoint holds no header of a container"))?;
    let (input, input_name, bytes) = checkpoints.input(arguments.input.as_deref())?;
    let (output, output_name) = checkpoints.output(arguments.output.as_deref())?;
    let places = Places { input: &input_name, output: &output_name };
    let encoded = container::encode(input, header, how(arguments, global)).write_bytes(output);
    let report =
        run::run(checkpoints.keep(encoded), global, Some(bytes)).map_err(|error| places.explain(error))?;
    run::print_report("encode", &report, global, false)
}

/// Refuses to write behind what is no whole container, or one of other symbols, or is the input itself.
fn may_follow(file: &mut File, name: &str, input: &Input, settings: &Settings) -> Outcome {
    if input.is_same_as(file) {
        return Err(Ending::usage(format_args!("{name}: a file cannot be appended to itself")));
    }
    let last = last_container(file, &Limits::default()).map_err(|error| Ending::io(name, &error))?;
    let Some((header, _)) = last else {
        return Err(Ending::data(format_args!(
            "{name}: does not end as a container does, so nothing can follow; `inspect` shows where it is whole"
        )));
    };
    let (stated, asked) = (header.settings().units(), settings.units());
    if stated == asked {
        Ok(())
    } else {
        Err(Ending::usage(format_args!("{name}: the container holds {stated:?}, not {asked:?}")))
    }
}

fn settings(arguments: &Arguments) -> Result<Settings, Ending> {
    if arguments.profile == Profile::Dense {
        return dense(arguments);
    }
    let block = block_len(arguments.block)?;
    if arguments.format == Format::Decimal && arguments.compress != Compress::None {
        return Err(Ending::usage("decimal lines are not compressed: `--compress` belongs to containers"));
    }
    if arguments.format == Format::Decimal && arguments.append {
        return Err(Ending::usage(
            "decimal lines are appended by the shell, `>>`; `--append` belongs to containers",
        ));
    }
    if arguments.format == Format::Decimal && arguments.no_index {
        return Err(Ending::usage("decimal lines have no index: `--no-index` belongs to containers"));
    }
    let positions = match arguments.positions {
        PositionsArgument::Block => Positions::Block,
        PositionsArgument::Global => Positions::Global,
    };
    let settings = Settings::default()
        .with_block_len(block)
        .with_units(units(arguments.units))
        .with_positions(positions)
        .with_compression(compression(arguments.compress));
    // Codewords with global positions grow; few to a frame keep it within what readers accept.
    let frame_blocks = if positions == Positions::Global { 8 } else { settings.frame_blocks() };
    settings.with_frame_blocks(frame_blocks).ok_or_else(|| Ending::usage("frames of no symbol"))
}

/// Returns the settings of words without positions.
fn dense(arguments: &Arguments) -> Result<Settings, Ending> {
    let refused = [
        (
            arguments.format == Format::Decimal,
            "`--format decimal`: words of profile dense are not told apart by it",
        ),
        (arguments.block.is_some(), "`--block`: a frame of profile dense is one block"),
        (arguments.positions != PositionsArgument::Block, "`--positions`: profile dense has none"),
        (arguments.units != UnitsArgument::Bytes, "`--units`: profile dense has bytes"),
    ];
    match refused.iter().find(|(is_asked, _)| *is_asked) {
        Some((_, why)) => Err(Ending::usage(why)),
        None => Ok(Settings::dense().with_compression(compression(arguments.compress))),
    }
}

fn compression(argument: Compress) -> Compression {
    match argument {
        Compress::None => Compression::None,
        Compress::Zstd => Compression::Zstd,
    }
}

/// Makes an identity no other container has, so that frames of two cannot be mixed.
pub(super) fn fresh_id() -> ContainerId {
    // The standard library's hash keys are drawn from the system's random numbers.
    let mut id = [0; 16];
    for (index, half) in id.chunks_exact_mut(8).enumerate() {
        half.copy_from_slice(&RandomState::new().hash_one(index).to_le_bytes());
    }
    ContainerId(id)
}
