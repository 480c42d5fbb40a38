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
        options: &[(Choice::Shard, Some("0/1")), (Choice::Only, None)],
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

/// Runs mutants in a copy of the sources, so that nobody's work is touched and little is built anew.
fn mutants(run: &Run<'_>) -> Outcome {
    if let Err(reason) = run.install("mutants") {
        return Outcome::Skipped(reason);
    }
    let tree = run.folder().join("tree");
    if let Err(error) = run.copy_sources(&tree) {
        eprintln!("the sources cannot be copied to {}: {error}", tree.display());
        return Outcome::Ran(Counts::one(false));
    }
    let only = run.text(Choice::Only).unwrap_or_default();
    let mut counts = Counts::default();
    for Mutated { package, files, tests } in MUTATED {
        let files: Vec<&str> = files.iter().copied().filter(|file| file.contains(only)).collect();
        if files.is_empty() {
            continue;
        }
        let output = run.folder().join(package);
        drop(fs::create_dir_all(&output));
        let mut command = run.cargo(&["mutants", "--in-place", "--no-shuffle", "--baseline", "skip"]);
        command.args(["--timeout", "120", "--package", package, "--output"]).arg(&output);
        command.args(files.iter().flat_map(|file| ["--file", file]));
        command.args(["--shard", run.text(Choice::Shard).unwrap_or("0/1"), "--cargo-arg=--lib"]);
        // What stands behind `--` is not asked of the build, which would be of all tests of the package.
        command.args(tests.iter().map(|test| format!("--cargo-arg=--test={test}")));
        // What it ends with is told by its lists: a mutant that survives is an error to it too.
        let ended = command.current_dir(&tree).env("CARGO_TARGET_DIR", run.built_aside("")).status();
        let lines = |name: &str| {
            let text = fs::read_to_string(output.join("mutants.out").join(name)).unwrap_or_default();
            (text.lines().count() as u64, text)
        };
        let ((caught, _), (slow, _), (missed, list)) =
            (lines("caught.txt"), lines("timeout.txt"), lines("missed.txt"));
        let (unfit, _) = lines("unviable.txt");
        println!(
            "{package}: {caught} caught, {slow} ended by their time, {missed} missed, {unfit} do not compile"
        );
        print!("{list}");
        if missed > 0 {
            run.keep(&[("missed", &list)]);
        }
        counts += Counts { passed: caught + slow, failed: missed + u64::from(ended.is_err()) };
    }
    Outcome::Ran(counts)
}

/// Files whose lines are changed, and the tests that must notice.
struct Mutated {
    package: &'static str,
    files: &'static [&'static str],
    tests: &'static [&'static str],
}

const MUTATED: [Mutated; 2] = [
    Mutated {
        package: "primestream-engine",
        files: &[
            "crates/engine/src/budget.rs",
            "crates/engine/src/checkpoint/*.rs",
            "crates/engine/src/files/*.rs",
        ],
        tests: &["budget", "flow", "many", "checkpoints", "files", "lossy_disk"],
    },
    Mutated {
        package: "primestream-codec",
        files: &[
            "crates/codec/src/container/continuity.rs",
            "crates/codec/src/container/frame.rs",
            "crates/codec/src/container/header.rs",
            "crates/codec/src/container/read.rs",
            "crates/codec/src/container/register.rs",
            "crates/codec/src/checksum.rs",
        ],
        tests: &["golden", "hostile", "damage", "seek"],
    },
];

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
