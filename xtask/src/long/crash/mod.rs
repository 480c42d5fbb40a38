//! Crashes: runs that are cut off at any moment, and others that go on from there.
//!
//! The first lane is a model inside of one process. The others let the program do a [`job`] with checkpoints, disturb it
//! from outside, and compare what comes of it in the end with what an undisturbed run made.

mod damage;
mod errors;
mod full;
mod job;
mod kill;
mod power;
mod process;
mod recorded;
mod soak;
mod strace;
mod syscalls;
mod term;

use super::draw;
use super::run::{Outcome, Run, Tests};
use super::{Choice, Lane};

pub(super) const LANES: [Lane; 9] = [
    Lane {
        name: "images",
        about: "Stops runs at calls drawn from seeds, on a disk that loses what was not synced, and has others go on from there.",
        options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("1000000")), (Choice::Minutes, None)],
        work: images,
    },
    Lane {
        name: "crash kill",
        about: "Kills the program at random moments until it is done, a job for each seed, and compares what comes of it.",
        options: &[
            (Choice::Seed, Some("1")),
            (Choice::Count, Some("20")),
            (Choice::Minutes, None),
            (Choice::Megabytes, Some("64")),
        ],
        work: kill::kill,
    },
    Lane {
        name: "crash syscalls",
        about: "Kills the program at each system call, and above their number at two, the second while going on; installs `strace` if it may.",
        options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("5000")), (Choice::Minutes, None)],
        work: syscalls::syscalls,
    },
    Lane {
        name: "crash errors",
        about: "Lets each system call fail in six ways, once or from then on; installs `strace` if it may.",
        options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("5000")), (Choice::Minutes, None)],
        work: errors::errors,
    },
    Lane {
        name: "crash power",
        about: "Cuts the power of an ext4 on a loop device at random moments; needs root and `python3`.",
        options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("1000")), (Choice::Minutes, None)],
        work: power::power,
    },
    Lane {
        name: "crash full",
        about: "Fills file systems in memory, of sizes and numbers of files drawn from seeds, and enlarges them; needs root.",
        options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("200")), (Choice::Minutes, None)],
        work: full::full,
    },
    Lane {
        name: "crash term",
        about: "Sends SIGTERM or SIGINT at random moments, some of them twice, and measures how long the end takes.",
        options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("500")), (Choice::Minutes, None)],
        work: term::term,
    },
    Lane {
        name: "crash damage",
        about: "Damages checkpoints of runs that were killed, and demands that it is noticed and said.",
        options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("2000")), (Choice::Minutes, None)],
        work: damage::damage,
    },
    Lane {
        name: "soak",
        about: "Does jobs of all kinds one behind the other, kills one a minute, and compares the end of that time with its beginning.",
        options: &[(Choice::Seed, Some("1")), (Choice::Minutes, Some("60")), (Choice::Megabytes, Some("64"))],
        work: soak::soak,
    },
];

fn images(run: &Run<'_>) -> Outcome {
    run.pieces(100_000, |seed, count| {
        run.test(&Tests {
            package: "primestream-engine",
            files: &["lossy_disk"],
            options: &[],
            environment: &[("PRIMESTREAM_SEED", seed), ("PRIMESTREAM_IMAGES", count)],
        })
    })
}
