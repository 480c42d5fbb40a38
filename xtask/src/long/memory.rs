//! Memory that stays where it is: streams far larger than it, small hard limits, slow and stuck sinks.

use std::fs;
use std::path::Path;

use super::run::{Outcome, Run, Tests};
use super::{Choice, Lane};

pub(super) const LANES: [Lane; 5] = [
    Lane {
        name: "flat",
        about: "Streams that many gigabytes of one shape through a small memory, and tells whether it stayed flat.",
        options: &[(Choice::Gigabytes, Some("100"))],
        work: flat,
    },
    Lane {
        name: "encode",
        about: "Encodes that many gigabytes, verifies them and decodes them again, in either profile and little memory.",
        options: &[(Choice::Gigabytes, Some("10"))],
        work: encode,
    },
    Lane {
        name: "memory",
        about: "Streams that many gigabytes in all through ten shapes of pipelines in processes of their own, 64 MiB each.",
        options: &[(Choice::Gigabytes, Some("100"))],
        work: memory,
    },
    Lane {
        name: "memory limited",
        about: "As `memory`, in a control group of 128 MiB.",
        options: &[(Choice::Gigabytes, Some("10"))],
        work: limited,
    },
    Lane {
        name: "slow",
        about: "Holds the program at an output that takes 1 MB/s, and at one that takes nothing, so many minutes each.",
        options: &[(Choice::Minutes, Some("10"))],
        work: slow,
    },
];

fn flat(run: &Run<'_>) -> Outcome {
    gigabytes(run, "primestream-engine", "long")
}

fn encode(run: &Run<'_>) -> Outcome {
    gigabytes(run, "primestream-cli", "large")
}

fn memory(run: &Run<'_>) -> Outcome {
    gigabytes(run, "primestream-engine", "resident")
}

fn gigabytes(run: &Run<'_>, package: &str, file: &str) -> Outcome {
    let gigabytes = run.number(Choice::Gigabytes).unwrap_or_default();
    let environment = [("PRIMESTREAM_GIGABYTES", gigabytes)];
    let options = ["--test-threads", "1"];
    Outcome::Ran(run.test(&Tests { package, files: &[file], options: &options, environment: &environment }))
}

/// Runs the shapes as [`memory`] does, in a group of processes that ends at its limit.
fn limited(run: &Run<'_>) -> Outcome {
    let group = Path::new(GROUP);
    let made = fs::create_dir_all(group).and_then(|()| fs::write(group.join("memory.limit_in_bytes"), LIMIT));
    if let Err(error) = made {
        return Outcome::Skipped(format!("a control group of version 1 cannot be made at {GROUP}: {error}"));
    }
    let mut command = run.tests(&Tests {
        package: "primestream-engine",
        files: &["resident"],
        options: &["--test-threads", "1"],
        environment: &[("PRIMESTREAM_GIGABYTES", run.number(Choice::Gigabytes).unwrap_or_default())],
    });
    // What is built belongs into no small group: the test puts the processes of the shapes there.
    let counts = run.counted(command.env("PRIMESTREAM_GROUP", GROUP));
    drop(fs::remove_dir(group));
    Outcome::Ran(counts)
}

const GROUP: &str = "/sys/fs/cgroup/memory/primestream";
const LIMIT: &str = "134217728";

fn slow(run: &Run<'_>) -> Outcome {
    let seconds = 60 * run.number(Choice::Minutes).unwrap_or_default();
    let environment = [("PRIMESTREAM_SECONDS", seconds)];
    Outcome::Ran(run.test(&Tests {
        package: "primestream-cli",
        files: &["slow"],
        options: &[],
        environment: &environment,
    }))
}
