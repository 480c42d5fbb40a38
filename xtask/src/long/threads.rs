//! Threads, time and chance: simulated runs by the million, every order of few threads, sanitizers, shifted clocks.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::run::{Counts, Outcome, Run, Tests};
use super::{Choice, Lane};

pub(super) const LANES: [Lane; 7] = [
    Lane {
        name: "simulated",
        about: "Runs random pipelines under schedules drawn from seeds, and compares them with what they should give.",
        options: &[(Choice::Seed, Some("0")), (Choice::Count, Some("10000000")), (Choice::Minutes, None)],
        work: simulated,
    },
    Lane {
        name: "panics",
        about: "Panics at each of so many items, in every step, under every policy, in one lane and in four.",
        options: &[(Choice::Count, Some("1000"))],
        work: panics,
    },
    Lane {
        name: "models",
        about: "Tries every order with at most three preemptions in which threads of the engine can meet, under loom.",
        options: &[],
        work: models,
    },
    Lane {
        name: "races",
        about: "Runs the tests of the engine under ThreadSanitizer; needs a nightly toolchain with `rust-src`.",
        options: &[],
        work: races,
    },
    Lane {
        name: "miri",
        about: "Runs unit tests of the codec's container and of the engine's budget under Miri; needs a nightly toolchain with `miri`.",
        options: &[],
        work: miri,
    },
    Lane {
        name: "flakes",
        about: "Runs all tests again and again, in one thread and in eight; none may fail once.",
        options: &[(Choice::Count, Some("100")), (Choice::Minutes, None)],
        work: flakes,
    },
    Lane {
        name: "clock",
        about: "Compares what the program writes under clocks that jump, crawl and race; installs `faketime` if it may.",
        options: &[],
        work: clock,
    },
];

fn simulated(run: &Run<'_>) -> Outcome {
    run.pieces(100_000, |seed, count| {
        run.test(&Tests {
            package: "primestream-engine",
            files: &["simulated"],
            options: &["laws_hold_under_every_schedule"],
            environment: &[("PRIMESTREAM_SEED", seed), ("PRIMESTREAM_SEEDS", count)],
        })
    })
}

fn panics(run: &Run<'_>) -> Outcome {
    Outcome::Ran(run.test(&Tests {
        package: "primestream-engine",
        files: &["panics"],
        options: &["a_panic_is_the_failure_of_one_item"],
        environment: &[("PRIMESTREAM_POSITIONS", run.number(Choice::Count).unwrap_or_default())],
    }))
}

fn models(run: &Run<'_>) -> Outcome {
    let test = ["test", "--package", "primestream-engine", "--lib", "--profile", "models", "--locked"];
    let mut command = run.cargo(&test);
    command.args(["--target-dir", "target/models/loom", "models::"]);
    command.envs([("RUSTFLAGS", "--cfg loom"), ("LOOM_MAX_PREEMPTIONS", "3")]);
    Outcome::Ran(run.counted(&mut command))
}

fn races(run: &Run<'_>) -> Outcome {
    if !component(run, "rust-src") {
        return Outcome::Skipped(
            "there is no nightly toolchain with `rust-src`, to build the library anew".to_owned(),
        );
    }
    let mut command =
        nightly(run, &["test", "-Zbuild-std", "--target", "x86_64-unknown-linux-gnu", "--locked"]);
    command.args(["--package", "primestream-engine", "--tests", "--target-dir", "target/long/races"]);
    command.env("RUSTFLAGS", "-Zsanitizer=thread");
    Outcome::Ran(run.counted(&mut command))
}

fn miri(run: &Run<'_>) -> Outcome {
    if !component(run, "miri") || !component(run, "rust-src") {
        return Outcome::Skipped("there is no nightly toolchain with `miri` and `rust-src`".to_owned());
    }
    let mut counts = Counts::default();
    for (package, names) in MIRI {
        let mut command = nightly(run, &["miri", "test", "--locked", "--lib", "--package", package]);
        command.args(["--target-dir", "target/long/miri", "--"]).args(names);
        counts += run.counted(&mut command);
    }
    Outcome::Ran(counts)
}

/// What Miri reads in minutes.
const MIRI: [(&str, &[&str]); 2] = [
    ("primestream-codec", &["container::continuity", "container::frame", "container::header", "limits"]),
    ("primestream-engine", &["budget", "chunk", "weigh", "plan::exchange", "plan::lineup"]),
];

fn flakes(run: &Run<'_>) -> Outcome {
    let mut turn = 0;
    run.pieces(1, |_, _| {
        turn += 1;
        let threads = if turn % 2 == 1 { "1" } else { "8" };
        let mut command = run.cargo(&["test", "--workspace", "--locked", "--quiet", "--no-fail-fast"]);
        command.args(["--lib", "--bins", "--tests", "--", "--test-threads", threads]);
        Counts::one(run.ended(&mut command).is_good)
    })
}

fn clock(run: &Run<'_>) -> Outcome {
    if !run.has("faketime", &["--version"]) {
        let mut apt = Command::new("apt-get");
        drop(apt.args(["install", "-y", "--no-install-recommends", "faketime"]).output());
    }
    if !run.has("faketime", &["--version"]) {
        return Outcome::Skipped("`faketime` is neither there nor can be installed".to_owned());
    }
    let Some(program) = run.program() else { return Outcome::Ran(Counts::one(false)) };
    let mut counts = Counts::default();
    for job in JOBS {
        let straight = written(run, &program, job, None);
        counts += Counts::one(straight.is_some());
        for shift in SHIFTS {
            let is_same = straight.is_some() && written(run, &program, job, Some(shift)) == straight;
            println!("{} under {shift}: {}", job[0], if is_same { "the same" } else { "another output" });
            if !is_same {
                run.keep(&[("command", &format!("faketime -f '{shift}' primestream {}\n", job.join(" ")))]);
            }
            counts += Counts::one(is_same);
        }
    }
    Outcome::Ran(counts)
}

/// What is run under shifted clocks in a folder of its own; each writes the same bytes every time.
const JOBS: [&[&str]; 4] = [
    &["primes", "--checkpoint", "state", "--every", "50ms", "-o", OUTPUT, "0", "100000000"],
    &["encode", "--format", "decimal", "../../../docs/engine.md"],
    &["primes", "1000000000", "1000200000"],
    &["factor", "18446744073709551557", "340282366920938463463374607431768211457"],
];

/// Clocks: ahead and behind by an hour and by forty days, too fast, too slow, in steps at each look.
const SHIFTS: [&str; 20] = [
    "+1h",
    "-1h",
    "+40d",
    "-40d",
    "+0 x10",
    "+0 x0.1",
    "+1h x10",
    "-1h x10",
    "+40d x10",
    "-40d x10",
    "+1h x0.1",
    "-1h x0.1",
    "+40d x0.1",
    "-40d x0.1",
    "+0 i30.0",
    "+40d i30.0",
    "-40d i30.0",
    "+0 x100",
    "+0 i0.001",
    "+10y",
];

/// Returns whether the nightly toolchain is there and has a component.
fn component(run: &Run<'_>, name: &str) -> bool {
    let list = ["component", "list", "--toolchain", "nightly", "--installed"];
    let output = Command::new("rustup").args(list).current_dir(run.root()).output();
    output.is_ok_and(|output| {
        output.status.success()
            && String::from_utf8_lossy(&output.stdout).lines().any(|line| line.starts_with(name))
    })
}

/// Begins a command of cargo of the nightly toolchain.
fn nightly(run: &Run<'_>, arguments: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]).args(arguments).current_dir(run.root());
    command
}

/// Runs the program, under a shifted clock if one is given; returns what it writes, if it ends well.
fn written(run: &Run<'_>, program: &Path, job: &[&str], shift: Option<&str>) -> Option<Vec<u8>> {
    let folder = run.folder();
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).ok()?;
    let mut command = match shift {
        None => Command::new(program),
        Some(shift) => {
            let mut command = Command::new("faketime");
            command.args(["-f", shift]).arg(program);
            command
        }
    };
    let output = command.args(job).current_dir(&folder).output().ok()?;
    let mut written = output.stdout;
    written.extend(fs::read(folder.join(OUTPUT)).unwrap_or_default());
    output.status.success().then_some(written)
}

/// Where a job writes to that does not print.
const OUTPUT: &str = "out";
