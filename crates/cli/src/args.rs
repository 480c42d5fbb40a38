//! The command line, as `--help`, the manual page and the completions describe it.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use primestream::container::Span;
use primestream_codec::machine::Integer;
use primestream_engine::checkpoint::Every;
use primestream_engine::runtime::memory::default_limit;

use crate::effort::{self, EffortArgument};
use crate::limits::Limit;
use crate::{decimal, every, limits, sizes, spans};

/// Streams of primes, factors and codewords, in a fixed amount of memory on all cores.
///
/// Exit codes: 0 done, 1 a number could not be answered, 64 usage, 65 bad data, 66 no input,
/// 74 input or output failed, 101 a fault of the program, 130 and 143 interrupted, 141 nobody reads.
#[derive(Parser, Debug)]
#[command(name = "primestream", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Debug, Clone)]
pub(crate) struct Global {
    /// Say when to show progress on the standard error.
    #[arg(long, value_enum, global = true, default_value = "auto", value_name = "WHEN")]
    pub(crate) progress: When,
    /// Answer and report in JSON, one value a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Work with N threads; with one for each core unless given.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Hold at most so many bytes in the pipeline, such as 64MiB; a quarter of the memory unless given.
    #[arg(long, global = true, value_name = "SIZE", value_parser = sizes::parse)]
    pub(crate) memory_limit: Option<usize>,
    /// Print no report.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

impl Global {
    /// Returns the number of lanes for parallel stages.
    pub(crate) fn lanes(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }

    /// Returns the bytes a command may hold.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_limit.unwrap_or_else(|| default_limit().0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// If the standard error is a terminal.
    Auto,
    /// In any case; a line a second where there is no terminal.
    Always,
    /// Not at all.
    Never,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Encode any file as codewords.
    Encode(Encode),
    /// Decode codewords to the file they stand for.
    Decode(Decode),
    /// Check that every codeword, block and frame is good and all are there.
    Verify(Verify),
    /// Show what a container says of itself, without decoding it.
    Inspect(Inspect),
    /// Execute a program of codewords, and print each output on a line of its own as it comes.
    Execute(Execute),
    /// Make codewords of the text of a program.
    Assemble(Assemble),
    /// Write a program of codewords as text.
    Disassemble(Disassemble),
    /// Transform blocks to their frequencies, exactly, or back.
    Transform(Transform),
    /// Print the prime factors of each number.
    #[command(disable_help_flag = true)]
    Factor(Factor),
    /// Print the primes from START to STOP.
    Primes(Primes),
    /// Say of each number whether it is prime.
    IsPrime(IsPrime),
    /// Look at checkpoints, or let go of them.
    #[command(subcommand)]
    Checkpoint(CheckpointCommand),
    /// Print the completions for a shell.
    Completions {
        /// Print them for this shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
}

/// Options of commands that can go on where they were.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct Checkpointing {
    /// Keep in the folder DIR how far the work is, and go on from there when the same command is given again: nothing is
    /// lost and nothing comes twice, whatever crashes. Once it is done, given again it does nothing.
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Make a checkpoint after so much time (ms, s, min, h) or input (KiB, MiB, GiB), such as 500ms or 64MiB; each second
    /// unless given.
    #[arg(long, value_name = "EVERY", requires = "checkpoint", value_parser = every::parse)]
    pub(crate) every: Option<Every>,
    /// Go on, or be done with it, although the input file was changed or replaced since.
    #[arg(long, requires = "checkpoint")]
    pub(crate) even_if_changed: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CheckpointCommand {
    /// Show what checkpoints a folder holds, the newest first.
    Show {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Remove the checkpoints of a folder, so that the next run begins anew; outputs stay as they are.
    Clear {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Encode {
    /// Read this file; read the standard input if it is `-` or not given.
    pub(crate) input: Option<PathBuf>,
    /// Write this file; write to the standard output if it is `-` or not given.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Say how codewords are to be written.
    #[arg(long, value_enum, default_value = "container")]
    pub(crate) format: Format,
    /// Say how codewords are to be formed.
    #[arg(long, value_enum, default_value = "uor")]
    pub(crate) profile: Profile,
    /// Put N symbols into each block, 8 to 256; 64 unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(8..=256))]
    pub(crate) block: Option<u16>,
    /// Say where positions are counted from.
    #[arg(long, value_enum, default_value = "block")]
    pub(crate) positions: PositionsArgument,
    /// Say what one codeword is to stand for.
    #[arg(long, value_enum, default_value = "bytes")]
    pub(crate) units: UnitsArgument,
    /// Say how frames are to be compressed.
    #[arg(long, value_enum, default_value = "none")]
    pub(crate) compress: Compress,
    /// Decode every frame again and compare before it is written.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Write the container behind those that the file OUT holds; they decode to one content.
    #[arg(long, conflicts_with = "checkpoint")]
    pub(crate) append: bool,
    /// Write no index into the container.
    #[arg(long)]
    pub(crate) no_index: bool,
    #[command(flatten)]
    pub(crate) checkpointing: Checkpointing,
}

#[derive(Args, Debug)]
pub(crate) struct Decode {
    /// Read this file; read the standard input if it is `-` or not given.
    pub(crate) input: Option<PathBuf>,
    /// Write this file; write to the standard output if it is `-` or not given.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Say how the codewords are written.
    #[arg(long, value_enum, default_value = "container")]
    pub(crate) format: Format,
    /// Say what one codeword stands for; a container says it itself.
    #[arg(long, value_enum)]
    pub(crate) units: Option<UnitsArgument>,
    /// Leave out what is damaged, say so, and deliver the rest; the exit code is 65 all the same.
    #[arg(long, conflicts_with = "checkpoint")]
    pub(crate) skip_damaged: bool,
    /// Correct damaged codewords of profile uor, at most one in each block, and say which.
    #[arg(long)]
    pub(crate) repair: bool,
    /// Deliver only the symbols from A on, before B, counted from 0: bytes, or UTF-16 units of a text. Either may be left
    /// out. Files are entered by their index; only what is delivered is checked.
    #[arg(long, value_name = "A..B", value_parser = spans::parse, conflicts_with = "checkpoint")]
    pub(crate) range: Option<Span>,
    #[command(flatten)]
    pub(crate) checkpointing: Checkpointing,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Read this file; read the standard input if it is `-` or not given.
    pub(crate) input: Option<PathBuf>,
    /// Say how the codewords are written.
    #[arg(long, value_enum, default_value = "container")]
    pub(crate) format: Format,
    /// Say what one codeword stands for; a container says it itself.
    #[arg(long, value_enum)]
    pub(crate) units: Option<UnitsArgument>,
    /// Say of damaged frames of profile uor which codewords `decode --repair` would correct.
    #[arg(long)]
    pub(crate) repair: bool,
    #[command(flatten)]
    pub(crate) checkpointing: Checkpointing,
}

#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// Read this container; read the standard input if it is `-` or not given.
    pub(crate) input: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Execute {
    /// Read this program; read the standard input if it is `-` or not given.
    pub(crate) input: Option<PathBuf>,
    /// Say how the codewords are written.
    #[arg(long, value_enum, default_value = "container")]
    pub(crate) format: Format,
    /// Give these numbers to READ, separated by commas, and 0 once they are used up.
    #[arg(long = "input", value_name = "N,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) input_numbers: Vec<Integer>,
    /// Execute at most N instructions; a million unless given.
    #[arg(long, value_name = "N")]
    pub(crate) limit_steps: Option<u64>,
    /// Bound what else the program may spend: program_max, stack_max, memory_max, output_bytes_max, number_bits_max,
    /// number_bytes_max or word_products_max. May be given more than once.
    #[arg(long, value_name = "NAME=N", value_parser = limits::parse)]
    pub(crate) limit: Vec<Limit>,
    /// Tell every instruction on the standard error before it is executed.
    #[arg(long)]
    pub(crate) trace: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Assemble {
    /// Read the text of the program from this file; read the standard input if it is `-` or not given.
    pub(crate) input: Option<PathBuf>,
    /// Write this file; write to the standard output if it is `-` or not given.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Say how codewords are to be written.
    #[arg(long, value_enum, default_value = "container")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Disassemble {
    /// Read this program; read the standard input if it is `-` or not given.
    pub(crate) input: Option<PathBuf>,
    /// Write this file; write to the standard output if it is `-` or not given.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Say how the codewords are written.
    #[arg(long, value_enum, default_value = "container")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Transform {
    /// Read this file, or with `--inverse` the decimal lines of transformed blocks in it; read the standard input if it
    /// is `-` or not given.
    pub(crate) input: Option<PathBuf>,
    /// Write this file; write to the standard output if it is `-` or not given.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Make the file of transformed blocks again.
    #[arg(long)]
    pub(crate) inverse: bool,
    /// Put N bytes into each block, 8 to 256, padded to a power of two; 64 unless given.
    #[arg(long, value_name = "N", conflicts_with = "inverse", value_parser = clap::value_parser!(u16).range(8..=256))]
    pub(crate) block: Option<u16>,
}

#[derive(Args, Debug)]
pub(crate) struct IsPrime {
    /// Answer these numbers; answer those of the standard input, between spaces and line ends, if none is given.
    #[arg(value_name = "N", allow_negative_numbers = true)]
    pub(crate) numbers: Vec<String>,
    /// Prove primes above 2^64 where the number below them can be factored far enough, and print the proof.
    #[arg(long)]
    pub(crate) prove: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Factor {
    /// Answer these numbers; answer those of the standard input, between spaces and line ends, if none is given.
    #[arg(value_name = "N", allow_negative_numbers = true)]
    pub(crate) numbers: Vec<String>,
    /// Print repeated factors as p^e.
    #[arg(long, short = 'h')]
    pub(crate) exponents: bool,
    /// Say how much work each number may cost: quick (milliseconds), normal (seconds at most: complete up to 200
    /// bits), deep (minutes or days: complete up to 400 bits), or a time such as 500ms, 2s or 1m.
    #[arg(
        long,
        default_value = "normal",
        value_name = "EFFORT",
        allow_hyphen_values = true,
        value_parser = effort::parse
    )]
    pub(crate) effort: EffortArgument,
    /// Say in which order to answer the numbers of the standard input.
    #[arg(long, value_enum, default_value = "input", value_name = "ORDER")]
    pub(crate) order: OrderArgument,
    /// Prove primes above 2^64 where the number below them can be factored far enough, and print the
    /// proofs: below the line of the number, one of each prime.
    #[arg(long)]
    pub(crate) prove: bool,
    /// Keep where the factorisation of the one number stands in FILE, every minute and at an interrupt, and go on
    /// from there, with the work it was allowed at first, if it exists.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "output", "checkpoint"])]
    pub(crate) state: Option<PathBuf>,
    /// Answer the numbers of this file instead of those of the standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "numbers")]
    pub(crate) input: Option<PathBuf>,
    /// Write the answers to this file instead of the standard output.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) checkpointing: Checkpointing,
    /// Print help.
    #[arg(long, action = ArgAction::Help)]
    pub(crate) help: Option<bool>,
}

#[derive(Args, Debug)]
pub(crate) struct Primes {
    /// Look at numbers from this one on, in decimal digits, below 2^128.
    #[arg(allow_negative_numbers = true, value_parser = decimal::parse)]
    pub(crate) start: u128,
    /// Look at numbers up to this one; without it up to 2^64, or up to 2^128 for a start beyond that.
    #[arg(allow_negative_numbers = true, value_parser = decimal::parse)]
    pub(crate) stop: Option<u128>,
    /// Print how many there are instead.
    #[arg(long, conflicts_with = "nth")]
    pub(crate) count: bool,
    /// Print the K-th of them instead, counted from 1.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "checkpoint")]
    pub(crate) nth: Option<u64>,
    /// Print each prime with the distance to the next one of the range.
    #[arg(long, conflicts_with_all = ["twins", "gap", "nth", "count"])]
    pub(crate) gaps: bool,
    /// Print only primes whose neighbour is at distance 2, with that.
    #[arg(long, conflicts_with_all = ["gap", "nth"])]
    pub(crate) twins: bool,
    /// Print only primes whose neighbour is at distance N, with that.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "nth")]
    pub(crate) gap: Option<u64>,
    /// Write this file; write to the standard output if it is `-` or not given.
    #[arg(long, short, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) checkpointing: Checkpointing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The container: frames with checksums, an end frame, a digest.
    Container,
    /// One decimal integer a line.
    Decimal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// One symbol, one codeword with its position and a check, as the reference has it.
    Uor,
    /// One byte, one squarefree word; a check for each frame: twice the size, at the speed of memory.
    Dense,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PositionsArgument {
    /// From the beginning of each block: codewords of bounded size.
    Block,
    /// From the beginning of the content, as the public reference counts them.
    Global,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum UnitsArgument {
    /// A byte.
    Bytes,
    /// A UTF-16 code unit of a text.
    Utf16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compress {
    /// Not at all.
    None,
    /// Each frame by Zstandard.
    Zstd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderArgument {
    /// That of the numbers.
    Input,
    /// As they are found: a hard number delays only itself.
    Relaxed,
}
