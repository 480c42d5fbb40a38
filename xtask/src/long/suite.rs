//! Whether the suite itself is good: mutants of the code, builds that are the same twice, advisories.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::run::{Counts, Outcome, Run};
use super::{Choice, Lane};

pub(super) const LANES: [Lane; 3] = [
    Lane {
        name: "mutants",
        about: "Changes lines of the code and demands that tests notice, a shard of all or one file; installs `cargo-mutants` if it is missing.",
        options: &[(Choice::Shard, Some("0/8")), (Choice::Only, None)],
        work: mutants,
    },
    Lane {
        name: "reproducible",
        about: "Builds the program in two folders and demands the same bytes.",
        options: &[],
        work: reproducible,
    },
    Lane {
        name: "advisories",
        about: "Looks for known weaknesses of dependencies; needs `cargo-deny` and its database, which it does not fetch.",
        options: &[],
        work: advisories,
    },
];

/// Runs the mutants that `.cargo/mutants.toml` names.
fn mutants(run: &Run<'_>) -> Outcome {
    if let Err(reason) = run.install("mutants") {
        return Outcome::Skipped(reason);
    }
    let folder = run.folder();
    drop(fs::create_dir_all(&folder));
    let mut command =
        run.cargo(&["mutants", "--no-shuffle", "--baseline", "skip", "--timeout", "120", "--output"]);
    command.arg(&folder);
    match run.text(Choice::Only) {
        Some(file) => command.args(["--file", file]),
        None => command.args(["--shard", run.text(Choice::Shard).unwrap_or("0/1")]),
    };
    run.ended(&mut command);
    let lines = |name: &str| {
        let text = fs::read_to_string(folder.join("mutants.out").join(name)).unwrap_or_default();
        text.lines().count() as u64
    };
    let (caught, slow, missed) = (lines("caught.txt"), lines("timeout.txt"), lines("missed.txt"));
    println!(
        "{caught} caught, {slow} ended by their time, {missed} missed, {} not built",
        lines("unviable.txt")
    );
    Outcome::Ran(Counts { passed: caught + slow, failed: missed })
}

/// Builds the program twice, each time from a copy of the sources in a folder of another name.
fn reproducible(run: &Run<'_>) -> Outcome {
    let built = ["one", "another-with-a-longer-name"].map(|name| built_in(run, &run.folder().join(name)));
    let [Some(one), Some(another)] = &built else { return Outcome::Ran(Counts::one(false)) };
    println!("{one}\n{another}");
    if one != another {
        run.keep(&[("digests", &format!("{one}\n{another}\n"))]);
    }
    Outcome::Ran(Counts::one(one == another))
}

/// Copies what git knows into a folder, builds the program there, and returns the SHA-256 of it.
fn built_in(run: &Run<'_>, folder: &Path) -> Option<String> {
    drop(fs::remove_dir_all(folder));
    run.copy_sources(folder).ok()?;
    let mut flags = String::new();
    let home = std::env::home_dir()?;
    write!(flags, "--remap-path-prefix={}=/sources ", folder.display()).ok()?;
    write!(flags, "--remap-path-prefix={}=/home", home.display()).ok()?;
    let mut build = run.cargo(&["build", "--release", "--locked", "--package", "primestream-cli"]);
    build.current_dir(folder).arg("--target-dir").arg(folder.join("target"));
    build.env("RUSTFLAGS", flags).env("SOURCE_DATE_EPOCH", "0").env("CARGO_INCREMENTAL", "0");
    if !run.ended(&mut build).is_good {
        return None;
    }
    let digest =
        run.ended(std::process::Command::new("sha256sum").arg(folder.join("target/release/primestream")));
    digest.output.split_whitespace().next().map(str::to_owned).filter(|_| digest.is_good)
}

fn advisories(run: &Run<'_>) -> Outcome {
    if !run.has(env!("CARGO"), &["deny", "--version"]) {
        return Outcome::Skipped("`cargo-deny` is not installed".to_owned());
    }
    let home = std::env::home_dir().unwrap_or_default();
    let database = home.join(".cargo/advisory-dbs");
    if !database.exists() {
        return Outcome::Skipped(format!("there is no database of advisories at {}", database.display()));
    }
    let mut command = run.cargo(&["deny", "--offline", "check", "advisories"]);
    Outcome::Ran(Counts::one(run.ended(&mut command).is_good))
}
