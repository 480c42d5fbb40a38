//! How many crates of others are built in, how many may be, and which of them run code while they are built.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

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
    match metadata(root) {
        Ok(metadata) => {
            let builders = builders(&metadata);
            let page = std::fs::read_to_string(root.join(PAGE)).unwrap_or_default();
            findings.extend(unnamed(&builders, &page));
        }
        Err(reason) => eprintln!("tidy: skipped: build scripts and macros: {reason}"),
    }
    findings
}

/// What cargo knows of all packages that are built on this machine.
fn metadata(root: &Path) -> Result<Value, String> {
    let rustc =
        Command::new("rustc").args(["--print", "host-tuple"]).output().map_err(|error| error.to_string())?;
    let host = String::from_utf8_lossy(&rustc.stdout).trim().to_owned();
    let mut command = Command::new("cargo");
    command.args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host]);
    let output = command.current_dir(root).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// Returns the crates of others with a build script, and those that are macros.
fn builders(metadata: &Value) -> BTreeSet<&str> {
    let foreign = list(&metadata["packages"]).filter(|package| !package["source"].is_null());
    let run_code = foreign.filter(|package| {
        let mut kinds = list(&package["targets"]).flat_map(|target| list(&target["kind"]));
        kinds.any(|kind| kind == "custom-build" || kind == "proc-macro")
    });
    run_code.filter_map(|package| package["name"].as_str()).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Finds crates that run code while they are built and are not named on the page.
fn unnamed<'a>(builders: &'a BTreeSet<&str>, page: &'a str) -> impl Iterator<Item = Finding> + 'a {
    let section = page.split_once(SECTION).map_or("", |(_, rest)| rest);
    let missing = builders.iter().filter(move |name| !section.contains(&format!("`{name}`")));
    missing.map(|name| {
        Finding::new(
            PAGE,
            1,
            format!("`{name}` runs code while it is built, and is not named under {SECTION}"),
        )
    })
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

const PAGE: &str = "docs/dependencies.md";
const SECTION: &str = "## Code that runs while it is built";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn build_scripts_and_macros_are_named() {
        let package = |name: &str, source: Value, kind: &str| json!({ "name": name, "source": source, "targets": [{ "kind": ["lib"] }, { "kind": [kind] }] });
        let packages = [
            package("a", json!("registry"), "custom-build"),
            package("b", json!("registry"), "proc-macro"),
            package("c", json!("registry"), "test"),
            package("ours", Value::Null, "custom-build"),
        ];
        let metadata = json!({ "packages": packages });
        let builders = builders(&metadata);
        assert_eq!(builders.iter().copied().collect::<Vec<_>>(), ["a", "b"]);
        let page = format!("`a`\n{SECTION}\n`b`");
        let found: Vec<_> = unnamed(&builders, &page).map(|finding| finding.what).collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("`a` runs code"));
    }

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
