//! End-to-end figures, each against its reference in the same run: `cargo run --release -p primestream-bench`.
//!
//! References, peers and ours take turns, five rounds; medians and their ratio are printed. Every round
//! asserts the answer it times; a figure of ours far below what it was fails the run. Nothing else should run beside it.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures and prints")]

mod cancel;
mod claims;
mod codec;
mod dataflow;
mod execution;
mod factors;
mod floors;
mod fused;
mod fused_two;
mod kept;
mod lanes;
mod latency;
mod memory;
mod number_lanes;
mod primes;
mod process;
mod random;
mod reading;
mod ring;
mod rounds;
mod routes;
mod stores;
mod text;
mod tuned;
mod waits;
mod windows;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use floors::Floors;
use rounds::{Scale, Size};

/// Measures workloads, each against a hand-written reference in the same run.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to measure; everything, if nothing is named
    workloads: Vec<Workload>,
    /// How often each contestant runs
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A tenth of the amount, for a quick look
    #[arg(long)]
    small: bool,
    /// Where generated files are kept
    #[arg(long, default_value = "/tmp")]
    folder: PathBuf,
    /// Runs, beside the reference, only contestants whose names contain this
    #[arg(long, default_value = "")]
    only: String,
    /// The part of this process, if another one started it to see its memory
    #[arg(long, hide = true)]
    child: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Workload {
    All,
    W1,
    #[value(name = "w1-two")]
    W1Two,
    Reading,
    W2,
    #[value(name = "w2-kept")]
    W2Kept,
    W3,
    W4,
    W5,
    W6,
    Latency,
    Cancel,
    Tuned,
    Codec,
    Execution,
    Factor,
    #[value(name = "factor-two")]
    FactorTwo,
    Primes,
    Stores,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let size = if arguments.small { Size::Small } else { Size::Full };
    let (rounds, folder, only) = (arguments.rounds.max(1), arguments.folder, arguments.only);
    let scale = Scale { rounds, size, folder, only, floors: Floors::default() };
    if let Some(role) = arguments.child {
        child(&role, &scale);
        return ExitCode::SUCCESS;
    }
    let all = arguments.workloads.is_empty() || arguments.workloads.contains(&Workload::All);
    for (workload, run) in WORKLOADS {
        if all || arguments.workloads.contains(&workload) {
            run(&scale);
        }
    }
    let missed = scale.floors.missed();
    missed.iter().for_each(|figure| println!("missed: {figure}"));
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Does one contestant's work in this process and tells its cost.
fn child(role: &str, scale: &Scale) {
    let (workload, role) = role.split_once('/').expect("a workload and a role");
    match workload {
        "w2" => words::child(role, scale),
        "w2-kept" => kept::child(role, scale),
        "w5" => memory::child(role, scale),
        other => panic!("no such workload: {other}"),
    }
}

type Run = fn(&Scale);

const WORKLOADS: [(Workload, Run); 18] = [
    (Workload::W1, fused::run),
    (Workload::W1Two, fused_two::run),
    (Workload::Reading, reading::run),
    (Workload::W2, words::run),
    (Workload::W2Kept, kept::run),
    (Workload::W3, lanes::run),
    (Workload::W4, waits::run),
    (Workload::W5, memory::run),
    (Workload::W6, windows::run),
    (Workload::Latency, latency::run),
    (Workload::Cancel, cancel::run),
    (Workload::Tuned, |scale| tuned::run(&scale.floors)),
    (Workload::Codec, codec::run),
    (Workload::Execution, execution::run),
    (Workload::Factor, factors::run),
    (Workload::FactorTwo, number_lanes::run),
    (Workload::Primes, primes::run),
    (Workload::Stores, stores::run),
];
