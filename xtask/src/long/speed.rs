//! Figures, and answers that take hours.

use super::Lane;
use super::run::{Counts, Outcome, Run, Tests};

pub(super) const LANES: [Lane; 2] = [
    Lane {
        name: "figures",
        about: "Measures all figures, and tells whether one is far below what it was.",
        options: &[],
        work: figures,
    },
    Lane {
        name: "factor",
        about: "Factors RSA-100 and RSA-110, and tells whether the answers are the published ones.",
        options: &[],
        work: factor,
    },
];

fn figures(run: &Run<'_>) -> Outcome {
    let mut bench = run.cargo(&["run", "--release", "--locked", "--package", "primestream-bench"]);
    Outcome::Ran(Counts::one(run.ended(&mut bench).is_good))
}

fn factor(run: &Run<'_>) -> Outcome {
    Outcome::Ran(run.test(&Tests {
        package: "primestream",
        files: &["rsa"],
        options: &["--include-ignored", "--test-threads", "1"],
        environment: &[],
    }))
}
