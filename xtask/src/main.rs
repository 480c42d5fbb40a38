//! The chores of the repository: `cargo xtask tidy` and `cargo xtask ci`.
//!
//! `tidy` reads the repository and reports, file and line, what no compiler checks. `ci` runs all that
//! must pass before a change is taken, and stops at the first step that fails.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this program is run by hand and reports there"
)]

mod ci;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let is_good = match words.as_slice() {
        ["tidy"] => tidy::run(root()),
        ["ci"] => ci::run(root(), ci::Tests::Run),
        ["ci", "--without-tests"] => ci::run(root(), ci::Tests::Leave),
        _ => {
            eprintln!("usage: cargo xtask tidy | cargo xtask ci [--without-tests]");
            return ExitCode::from(USAGE);
        }
    };
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the folder of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The arguments cannot be meant.
const USAGE: u8 = 64;
