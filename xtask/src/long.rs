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
    let environment = [("PRIMESTREAM_GIGABYTES", gigabytes)];
    let is_good = test(root, "primestream-engine", &["long"], &[], &environment);
    println!("long flat, {gigabytes} GB: {}", if is_good { "passed" } else { "failed" });
    is_good
}

/// Damages files of containers, each in a way its seed chooses, and measures the work on crafted input.
///
/// Seeds from `seed` on, so that many million are tried in pieces. Each test ends with how many passed.
pub(crate) fn damage(root: &Path, seed: u64, count: u64) -> bool {
    let environment =
        [("PRIMESTREAM_SEED", seed), ("PRIMESTREAM_DAMAGES", count), ("PRIMESTREAM_BOMB_WORK", 1)];
    let is_good = test(root, "primestream-codec", &["seeded_damage", "bombs"], &[], &environment);
    println!("long damage, {count} seeds from {seed}: {}", if is_good { "passed" } else { "failed" });
    is_good
}

/// Stops runs at calls that their seeds draw, on a disk that loses what was not synced, and has others go on from there.
///
/// Seeds from `seed` on, so that many million are tried in pieces.
pub(crate) fn images(root: &Path, seed: u64, count: u64) -> bool {
    let environment = [("PRIMESTREAM_SEED", seed), ("PRIMESTREAM_IMAGES", count)];
    let is_good = test(root, "primestream-engine", &["lossy_disk"], &[], &environment);
    println!("long images, {count} seeds from {seed}: {}", if is_good { "passed" } else { "failed" });
    is_good
}

/// Measures over so many changes which share of them each layer of the encoding cannot see.
pub(crate) fn detection(root: &Path, changes: u64) -> bool {
    let environment = [("PRIMESTREAM_CHANGES", changes)];
    let is_good = test(root, "primestream-codec", &["checksum_power", "detection"], &[], &environment);
    println!("long detection, {changes} changes: {}", if is_good { "passed" } else { "failed" });
    is_good
}

/// Encodes that many gigabytes, verifies them and decodes them again, in either profile and little memory.
pub(crate) fn encode(root: &Path, gigabytes: u64) -> bool {
    let environment = [("PRIMESTREAM_GIGABYTES", gigabytes)];
    let is_good = test(root, "primestream-cli", &["large"], &["--test-threads", "1"], &environment);
    println!("long encode, {gigabytes} GB: {}", if is_good { "passed" } else { "failed" });
    is_good
}

/// Factors RSA-100 and RSA-110, hours of work, and tells whether the answers are the published ones.
pub(crate) fn factor(root: &Path) -> bool {
    let options = ["--include-ignored", "--test-threads", "1"];
    let is_good = test(root, "primestream", &["rsa"], &options, &[]);
    println!("long factor: {}", if is_good { "passed" } else { "failed" });
    is_good
}

/// Runs some test files of a package, optimised, and tells whether they passed.
fn test(root: &Path, package: &str, tests: &[&str], options: &[&str], environment: &[(&str, u64)]) -> bool {
    let status = Command::new(env!("CARGO"))
        .args(["test", "--release", "--locked", "--package", package])
        .args(tests.iter().flat_map(|test| ["--test", test]))
        .args(["--", "--nocapture"])
        .args(options)
        .envs(environment.iter().map(|(name, value)| (name, value.to_string())))
        .current_dir(root)
        .status();
    status.is_ok_and(|status| status.success())
}

/// Fuzzes every target for so many seconds; installs `cargo-fuzz` if it is missing.
pub(crate) fn fuzz(root: &Path, seconds: u64) -> bool {
    let cargo = |arguments: &[&str]| {
        // The sanitizers of a stable compiler ask for this.
        let command = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(root)
            .env("RUSTC_BOOTSTRAP", "1")
            .status();
        command.is_ok_and(|status| status.success())
    };
    let is_there = Command::new(env!("CARGO")).args(["fuzz", "--version"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) && !cargo(&["install", "cargo-fuzz", "--locked"])
    {
        println!("long fuzz: `cargo-fuzz` cannot be installed");
        return false;
    }
    let time = format!("-max_total_time={seconds}");
    let is_good = FUZZ_TARGETS.iter().all(|target| {
        // What lives as long as the program is no leak, and looking for leaks takes thirty times as long as all else.
        let leaks = "-detect_leaks=0";
        let limits = ["-rss_limit_mb=512", "-malloc_limit_mb=64", "-timeout=1", "-max_len=65536", leaks];
        let run = ["fuzz", "run", target, "--target-dir", "target/fuzz", "--", &time];
        cargo(&[&run[..], &limits[..]].concat())
    });
    println!("long fuzz: {}", if is_good { "passed" } else { "failed" });
    is_good
}

/// What is fuzzed, each a law over foreign bytes.
const FUZZ_TARGETS: [&str; 10] = [
    "block",
    "checkpoint_load",
    "codeword",
    "container_damage",
    "container_decode",
    "factor_product",
    "number_line",
    "program_run",
    "text_round_trip",
    "transform",
];
