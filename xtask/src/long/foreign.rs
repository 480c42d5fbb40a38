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
    for (target, kept, len_max) in
        FUZZ_TARGETS.iter().filter(|(target, ..)| run.text(Choice::Only).is_none_or(|only| only == *target))
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

/// What is fuzzed, the folder of inputs that it begins with, and the length in bytes of the longest it is given: laws over
/// foreign bytes, then decoders alone, of which a hundred times as many executions are done in the same time.
const FUZZ_TARGETS: [(&str, &str, u32); 18] = [
    ("block", "block", 65_536),
    ("checkpoint_load", "checkpoint_load", 65_536),
    ("codeword", "codeword", 65_536),
    ("container_damage", "container_damage", 65_536),
    ("container_decode", "container_decode", 65_536),
    ("factor_product", "factor_product", 65_536),
    ("number_line", "number_line", 65_536),
    ("pipeline_model", "pipeline_model", 65_536),
    ("program_run", "program_run", 65_536),
    ("record_cut", "record_cut", 65_536),
    ("resume_model", "resume_model", 65_536),
    ("text_round_trip", "text_round_trip", 65_536),
    ("transform", "transform", 65_536),
    ("read_checkpoint", "checkpoint_load", 512),
    ("read_codeword", "codeword", 128),
    ("read_container", "container_decode", 512),
    ("read_number", "number_line", 256),
    ("read_program", "program_run", 256),
];
