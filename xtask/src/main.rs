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
        ["long", rest @ ..] => long::run(root(), rest),
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

/// Returns the folder of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The arguments cannot be meant.
const EX_USAGE: u8 = 64;

const USAGE: &str = "usage: cargo xtask tidy | models | ci [--without-tests] | calibrate [NAME] [--set] | golden | \
    long [NAME [OPTION VALUE]...]";
