//! Foreign bytes: damage by the million, what each layer sees of it, and a fuzzer.

use super::run::{Counts, Outcome, Run, Tests};
use super::{Choice, Lane};

pub(super) const LANES: [Lane; 3] = [
    Lane {
        name: "damage",
        about: "Damages containers, each in a way its seed chooses, and measures the work on crafted input.",
        options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("50000000")), (Choice::Minutes, None)],
        work: damage,
    },
    Lane {
        name: "detection",
        about: "Measures over so many changes which share of them each layer of the encoding cannot see.",
        options: &[(Choice::Count, Some("100000000"))],
        work: detection,
    },
    Lane {
        name: "fuzz",
        about: "Fuzzes each target, or the one named, for so many minutes; installs `cargo-fuzz` if it is missing.",
        options: &[(Choice::Minutes, Some("10")), (Choice::Only, None)],
        work: fuzz,
    },
];

fn damage(run: &Run<'_>) -> Outcome {
    run.pieces(1_000_000, |seed, count| {
        run.test(&Tests {
            package: "primestream-codec",
            files: &["seeded_damage", "bombs"],
            options: &[],
            environment: &[
                ("PRIMESTREAM_SEED", seed),
                ("PRIMESTREAM_DAMAGES", count),
                ("PRIMESTREAM_BOMB_WORK", 1),
            ],
        })
    })
}

fn detection(run: &Run<'_>) -> Outcome {
    let changes = run.number(Choice::Count).unwrap_or_default();
    Outcome::Ran(run.test(&Tests {
        package: "primestream-codec",
        files: &["checksum_power", "detection"],
        options: &[],
        environment: &[("PRIMESTREAM_CHANGES", changes)],
    }))
}

fn fuzz(run: &Run<'_>) -> Outcome {
    if let Err(reason) = run.install("fuzz") {
        return Outcome::Skipped(reason);
    }
    let seconds = 60 * run.number(Choice::Minutes).unwrap_or_default();
    let time = format!("-max_total_time={seconds}");
    let mut counts = Counts::default();
    for target in
        FUZZ_TARGETS.iter().filter(|target| run.text(Choice::Only).is_none_or(|only| only == **target))
    {
        // What lives as long as the program is no leak, and looking for leaks takes thirty times as long as all else.
        let leaks = "-detect_leaks=0";
        let limits = ["-rss_limit_mb=512", "-malloc_limit_mb=64", "-timeout=1", "-max_len=65536", leaks];
        let mut command = run.cargo(&["fuzz", "run", target, "--target-dir", "target/fuzz", "--", &time]);
        // The sanitizers of a stable compiler ask for this.
        command.args(limits).env("RUSTC_BOOTSTRAP", "1");
        counts += Counts::one(run.ended(&mut command).is_good);
    }
    Outcome::Ran(counts)
}

/// What is fuzzed, each a law over foreign bytes.
const FUZZ_TARGETS: [&str; 13] = [
    "block",
    "checkpoint_load",
    "codeword",
    "container_damage",
    "container_decode",
    "factor_product",
    "number_line",
    "pipeline_model",
    "program_run",
    "record_cut",
    "resume_model",
    "text_round_trip",
    "transform",
];
