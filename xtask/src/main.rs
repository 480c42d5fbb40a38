//! The chores of the repository: `cargo xtask tidy`, `models`, `ci`, `calibrate` and `long`.
//!
//! `tidy` reads the repository and reports, file and line, what no compiler checks. `models` tries the
//! orders in which threads of the engine can meet. `ci` runs all that must pass before a change is taken, these
//! two among them, and stops at the first step that fails. `calibrate` measures the thresholds of `tuning.rs`; `long` has
//! what takes hours.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this program is run by hand and reports there"
)]

mod calibrate;
mod ci;
mod golden;
mod long;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let is_good = match words.as_slice() {
        ["tidy"] => Some(tidy::run(root())),
        ["models"] => Some(ci::run_models(root())),
        ["ci"] => Some(ci::run(root(), ci::Tests::Run)),
        ["ci", "--without-tests"] => Some(ci::run(root(), ci::Tests::Leave)),
        ["calibrate"] => Some(calibrate::run(root(), None, false)),
        ["calibrate", "--set"] => Some(calibrate::run(root(), None, true)),
        ["calibrate", name] => Some(calibrate::run(root(), Some(name), false)),
        ["calibrate", name, "--set"] => Some(calibrate::run(root(), Some(name), true)),
        ["golden"] => Some(golden::run(root())),
        ["long", "damage", rest @ ..] => number_of(rest, "--count", DAMAGES)
            .zip(number_of(rest, "--seed", 1))
            .map(|(count, seed)| long::damage(root(), seed, count)),
        ["long", "detection"] => Some(long::detection(root(), CHANGES)),
        ["long", "detection", "--changes", count] => {
            count.parse().ok().map(|changes| long::detection(root(), changes))
        }
        ["long", "encode"] => Some(long::encode(root(), ENCODE_GIGABYTES)),
        ["long", "encode", "--gigabytes", count] => {
            count.parse().ok().map(|gigabytes| long::encode(root(), gigabytes))
        }
        ["long", "factor"] => Some(long::factor(root())),
        ["long", "fuzz"] => Some(long::fuzz(root(), FUZZ_SECONDS)),
        ["long", "fuzz", "--seconds", count] => count.parse().ok().map(|seconds| long::fuzz(root(), seconds)),
        ["long", "images", rest @ ..] => number_of(rest, "--count", IMAGES)
            .zip(number_of(rest, "--seed", 1))
            .map(|(count, seed)| long::images(root(), seed, count)),
        ["long", "figures"] => Some(long::figures(root())),
        ["long", "flat"] => Some(long::flat(root(), FLAT_GIGABYTES)),
        ["long", "flat", "--gigabytes", count] => {
            count.parse().ok().map(|gigabytes| long::flat(root(), gigabytes))
        }
        _ => None,
    };
    match is_good {
        Some(true) => ExitCode::SUCCESS,
        Some(false) => ExitCode::FAILURE,
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(EX_USAGE)
        }
    }
}

/// Returns the number behind a name, or `otherwise` where the name does not stand; `None` if anything else does.
fn number_of(words: &[&str], name: &str, otherwise: u64) -> Option<u64> {
    let (pairs, rest) = words.as_chunks::<2>();
    let are_known = pairs.iter().all(|[own, _]| ["--count", "--seed"].contains(own));
    let own = pairs.iter().find(|[own, _]| *own == name);
    (rest.is_empty() && are_known).then(|| own.map_or(Some(otherwise), |[_, number]| number.parse().ok()))?
}

/// Returns the folder of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// What a long run streams unless told otherwise.
const FLAT_GIGABYTES: u64 = 100;

/// Damages that are tried unless told otherwise.
const DAMAGES: u64 = 50_000_000;

/// Images of a disk after a crash that are tried unless told otherwise.
const IMAGES: u64 = 1_000_000;

/// Changes over which is measured what is noticed, unless told otherwise.
const CHANGES: u64 = 100_000_000;

/// What is encoded and decoded unless told otherwise.
const ENCODE_GIGABYTES: u64 = 10;

/// The arguments cannot be meant.
const EX_USAGE: u8 = 64;

/// How long each target is fuzzed unless told otherwise.
const FUZZ_SECONDS: u64 = 600;

const USAGE: &str = "usage: cargo xtask tidy | models | ci [--without-tests] | calibrate [NAME] [--set] | golden | \
    long damage [--count N] [--seed N] | long detection [--changes N] | long encode [--gigabytes N] | long factor | long figures | \
    long flat [--gigabytes N] | long fuzz [--seconds N] | long images [--count N] [--seed N]";
