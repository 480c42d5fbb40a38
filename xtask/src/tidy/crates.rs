//! How many crates of others are built in, and how many may be.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::Finding;

/// Finds too many dependencies. Skipped, and says so, where `cargo tree` cannot run.
pub(crate) fn check(root: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (packages, crates_max) in LIMITS {
        match listed(root, packages) {
            Ok(lines) => findings.extend(judge(packages, &lines, crates_max)),
            Err(reason) => eprintln!("tidy: skipped: the crates of {}: {reason}", packages.join(", ")),
        }
    }
    findings
}

fn listed(root: &Path, packages: &[&str]) -> Result<String, String> {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["tree", "-e", "normal", "--locked", "--offline", "--prefix", "none"]);
    command.args(packages.iter().flat_map(|package| ["-p", package]));
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

fn judge(packages: &[&str], lines: &str, crates_max: usize) -> Option<Finding> {
    let foreign = foreign(lines);
    let names: Vec<_> = foreign.iter().copied().collect();
    (foreign.len() > crates_max).then(|| {
        let what = format!(
            "{} have {} crates of others, and at most {crates_max}: {}",
            packages.join(", "),
            names.len(),
            names.join(", ")
        );
        Finding::new("Cargo.toml", 1, what)
    })
}

/// Returns the crates in the lines of `cargo tree` that are not our own.
fn foreign(lines: &str) -> BTreeSet<&str> {
    lines
        .lines()
        .map(|line| line.trim_end_matches(" (*)").trim())
        .filter(|line| !line.is_empty() && !line.contains("(/"))
        .map(|line| line.trim_end_matches(" (proc-macro)"))
        .collect()
}

/// Our packages, and the crates of others they may have together.
const LIMITS: [(&[&str], usize); 2] =
    [(&["primestream-primes", "primestream-codec", "primestream-engine"], 15), (&["primestream-cli"], 80)];

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str =
        "primestream-a v0.1.0 (/home/a)\nb v1.0.0\nc v1.0.0 (proc-macro)\n\nb v1.0.0 (*)\nb v2.0.0\n";

    #[test]
    fn crates_of_others_are_counted_once() {
        assert_eq!(foreign(LINES).into_iter().collect::<Vec<_>>(), ["b v1.0.0", "b v2.0.0", "c v1.0.0"]);
    }

    #[test]
    fn too_many_are_found() {
        assert_eq!(judge(&["a"], LINES, 3), None);
        let finding = judge(&["a"], LINES, 2).expect("three are more than two");
        assert_eq!(finding.what, "a have 3 crates of others, and at most 2: b v1.0.0, b v2.0.0, c v1.0.0");
    }

    #[test]
    fn what_cannot_be_listed_is_an_error_and_no_finding() {
        assert!(listed(crate::root(), &["no-such-package"]).is_err());
    }
}
