//! Crashes: runs that are cut off at any moment, and others that go on from there.

use super::run::{Outcome, Run, Tests};
use super::{Choice, Lane};

pub(super) const LANES: [Lane; 1] = [Lane {
    name: "images",
    about: "Stops runs at calls drawn from seeds, on a disk that loses what was not synced, and has others go on from there.",
    options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("1000000")), (Choice::Minutes, None)],
    work: images,
}];

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
