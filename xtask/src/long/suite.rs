//! Whether the suite itself is good: mutants of the code, builds that are the same twice, advisories.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::run::{Counts, Outcome, Run};
use super::{Choice, Lane};

pub(super) const LANES: [Lane; 3] = [
    Lane {
        name: "mutants",
        about: "Changes lines of the code and demands that tests notice, a shard of all or those whose place and change match an expression; installs `cargo-mutants` if it is missing.",
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
    let mut counts = Counts::default();
    for Mutated { package, features, files, tests } in MUTATED {
        let output = run.folder().join(format!("{package}-{}", tests[0]));
        drop(fs::create_dir_all(&output));
        let mut command = run.cargo(&["mutants", "--in-place", "--no-shuffle", "--baseline", "skip"]);
        command.args(["--timeout", "60", "--package", package, "--output"]).arg(&output);
        command.args(files.iter().flat_map(|file| ["--file", file]));
        command.args(["--features", features, "--re", run.text(Choice::Only).unwrap_or_default()]);
        command.args(["--shard", run.text(Choice::Shard).unwrap_or("0/1"), "--cargo-arg=--lib"]);
        // What stands behind `--` is not asked of the build, which would be of all tests of the package.
        command.args(tests.iter().map(|test| format!("--cargo-arg=--test={test}")));
        // What it ends with is told by its lists: a mutant that survives is an error to it too.
        let ended =
            command.current_dir(&tree).env("CARGO_TARGET_DIR", run.built_aside("")).envs(FEW).status();
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
    features: &'static str,
    files: &'static [&'static str],
    tests: &'static [&'static str],
}

/// Each mutant is asked by a part of the seeds that the tests draw otherwise.
const FEW: [(&str, &str); 2] = [("PRIMESTREAM_IMAGES", "500"), ("PRIMESTREAM_SEEDS", "10")];

const MUTATED: [Mutated; 3] = [
    Mutated {
        package: "primestream-engine",
        features: "",
        files: &["crates/engine/src/budget.rs"],
        tests: &["budget", "flow", "many"],
    },
    Mutated {
        package: "primestream-engine",
        features: "stateful",
        files: &[
            "crates/engine/src/checkpoint/*.rs",
            "crates/engine/src/files/*.rs",
            "crates/engine/src/plan/guarantee.rs",
            "crates/engine/src/plan/producers.rs",
            "crates/engine/src/plan/saved.rs",
            "crates/engine/src/runtime/checkpoints.rs",
        ],
        tests: &[
            "checkpoints",
            "early_ends",
            "files",
            "flow",
            "kept_files",
            "lossy_disk",
            "lossy_pipelines",
            "resume",
        ],
    },
    Mutated {
        package: "primestream-codec",
        features: "",
        files: &[
            "crates/codec/src/container/continuity.rs",
            "crates/codec/src/container/digest.rs",
            "crates/codec/src/container/frame.rs",
            "crates/codec/src/container/header.rs",
            "crates/codec/src/container/read.rs",
            "crates/codec/src/container/register.rs",
            "crates/codec/src/container/seek.rs",
            "crates/codec/src/checksum.rs",
            "crates/codec/src/state.rs",
        ],
        tests: &["golden", "hostile", "damage", "memory", "resume", "seek", "round_trip", "vectors"],
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
