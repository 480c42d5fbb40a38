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
    let all = LAWS.into_iter().map(|law| (law, law, LAW_BYTES_MAX)).chain(DECODERS);
    for (target, kept, len_max) in
        all.filter(|(target, ..)| run.text(Choice::Only).is_none_or(|only| only == *target))
    {
        // What lives as long as the program is no leak, and looking for leaks takes thirty times as long as all else.
        let leaks = "-detect_leaks=0";
        let limits = ["-rss_limit_mb=512", "-malloc_limit_mb=64", "-timeout=1", leaks];
        // What leads to new places is gone on from the next time; tests replay what is kept.
        let found = format!("target/fuzz/found/{target}");
        drop(std::fs::create_dir_all(&found));
        let kept = format!("fuzz/corpus/{kept}");
        let mut command = run.cargo(&["fuzz", "run", "--target-dir", "target/fuzz", target, &found, &kept]);
        command.args(["--", &time, &format!("-max_len={len_max}")]);
        // The sanitizers of a stable compiler ask for this.
        command.args(limits).env("RUSTC_BOOTSTRAP", "1");
        counts += Counts::one(run.ended(&mut command).is_good);
    }
    Outcome::Ran(counts)
}

/// What is fuzzed: laws over foreign bytes, each beginning with what is kept under its name.
const LAWS: [&str; 13] = [
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

/// Bytes of the longest input of a law.
const LAW_BYTES_MAX: u32 = 65_536;

/// Decoders alone, of which a hundred times as many executions are done in the same time: the law whose inputs each begins
/// with, and the length in bytes of the longest it is given.
const DECODERS: [(&str, &str, u32); 5] = [
    ("read_checkpoint", "checkpoint_load", 512),
    ("read_codeword", "codeword", 128),
    ("read_container", "container_decode", 512),
    ("read_number", "number_line", 256),
    ("read_program", "program_run", 256),
];
