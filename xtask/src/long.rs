//! Runs that take longer than one waits for before a change is taken.

use std::path::Path;
use std::process::Command;

/// Measures all figures, and tells whether one is far below what it was.
pub(crate) fn figures(root: &Path) -> bool {
    let run = ["run", "--release", "--locked", "--package", "primestream-bench"];
    let status = Command::new(env!("CARGO")).args(run).current_dir(root).status();
    let is_good = status.is_ok_and(|status| status.success());
    println!("long figures: {}", if is_good { "passed" } else { "failed" });
    is_good
}

/// Streams that many gigabytes through a small memory and tells whether it stayed flat.
pub(crate) fn flat(root: &Path, gigabytes: u64) -> bool {
    let test = ["test", "--release", "--locked", "--package", "primestream-engine", "--test", "long"];
    let status = Command::new(env!("CARGO"))
        .args(test)
        .args(["--", "--nocapture"])
        .env("PRIMESTREAM_GIGABYTES", gigabytes.to_string())
        .current_dir(root)
        .status();
    let is_good = status.is_ok_and(|status| status.success());
    println!("long flat, {gigabytes} GB: {}", if is_good { "passed" } else { "failed" });
    is_good
}
