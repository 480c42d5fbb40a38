//! The commands, one file each.

mod assembly;
mod checkpoint;
mod decode;
mod encode;
mod factor;
mod inspect;
mod is_prime;
mod man;
mod numbers;
mod primes;
mod program;
mod repair;
mod transform;
mod verify;

use primestream_codec::{BlockLen, Units};

use crate::args::{Arguments, Command, UnitsArgument};
use crate::exit::{Ending, Outcome};
use crate::signals;

/// Does what the arguments ask for.
pub(crate) fn run(arguments: Arguments) -> Outcome {
    signals::listen().map_err(|error| Ending::io("signals", &error))?;
    let Arguments { global, command } = arguments;
    match command {
        Command::Encode(arguments) => encode::run(&arguments, &global),
        Command::Decode(arguments) => decode::run(&arguments, &global),
        Command::Verify(arguments) => verify::run(&arguments, &global),
        Command::Inspect(arguments) => inspect::run(&arguments, &global),
        Command::Execute(arguments) => program::execute(arguments, &global),
        Command::Assemble(arguments) => assembly::assembled(&arguments, &global),
        Command::Disassemble(arguments) => assembly::disassembled(&arguments, &global),
        Command::Transform(arguments) => transform::run(&arguments, &global),
        Command::Factor(arguments) => factor::run(arguments, &global),
        Command::Primes(arguments) => primes::run(&arguments, &global),
        Command::IsPrime(arguments) => is_prime::run(arguments, &global),
        Command::Checkpoint(arguments) => checkpoint::run(&arguments, &global),
        Command::Completions { shell } => man::completions(shell),
        Command::Man => man::page(),
    }
}

/// Returns how many symbols a block has, 64 unless it is said.
fn block_len(argument: Option<u16>) -> Result<BlockLen, Ending> {
    argument
        .map_or(Some(BlockLen::DEFAULT), |len| BlockLen::try_new(len.into()))
        .ok_or_else(|| Ending::usage("a block has 8 to 256 symbols"))
}

fn units(argument: UnitsArgument) -> Units {
    match argument {
        UnitsArgument::Bytes => Units::Bytes,
        UnitsArgument::Utf16 => Units::Utf16,
    }
}
