//! `docs/dependencies.md`: every crate that a manifest of ours names stands there with the version that is built in,
//! every build script and macro is named, and all comes from the one registry.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::tree::Tree;

/// Finds dependencies that the page does not list as they are, and sources that are no registry.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else { return vec![Finding::new(PAGE, 1, "there is no such page")] };
    let text = |path| tree.file(path).map_or("", |file| file.text.as_str());
    let mut findings = Vec::new();
    let mut locked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in LOCKS {
        for (line, what) in sources(text(path)) {
            findings.push(Finding::new(path, line, what));
        }
        for (name, version) in versions(text(path)) {
            locked.entry(name).or_default().insert(version);
        }
    }
    let wanted: BTreeSet<&str> =
        MANIFESTS.iter().flat_map(|&(path, section)| named(text(path), section)).collect();
    let mut listed = BTreeSet::new();
    for (index, row) in page.text.lines().enumerate() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, name, version, rest @ .., _] = cells.as_slice() else { continue };
        let Some(name) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')) else { continue };
        if rest.len() + 2 != COLUMNS {
            continue; // of the table of build scripts
        }
        let mut found = |what: String| findings.push(Finding::new(PAGE, index + 1, what));
        listed.insert(name);
        if rest.iter().any(|cell| cell.is_empty()) {
            found(format!("something is not said of `{name}`"));
        }
        if !wanted.contains(name) {
            found(format!("no manifest names `{name}`"));
        } else if !locked.get(name).is_some_and(|versions| versions.contains(version)) {
            let versions = locked.get(name).into_iter().flatten().copied().collect::<Vec<_>>().join(", ");
            found(format!("`{name}` is built in version {versions}, and not {version}"));
        }
    }
    for name in wanted.difference(&listed) {
        findings.push(Finding::new(PAGE, 1, format!("`{name}` is not listed")));
    }
    findings
}

/// Returns the lines at which a lock file takes something from elsewhere than the one registry.
fn sources(lock: &str) -> Vec<(usize, String)> {
    let source = |line: &str| Some(line.strip_prefix("source = \"")?.strip_suffix('"')?.to_owned());
    let first = lock.lines().find_map(source);
    let sources = lock.lines().enumerate().filter_map(|(index, line)| Some((index + 1, source(line)?)));
    sources
        .filter(|(_, source)| !source.starts_with("registry+") || Some(source) != first.as_ref())
        .map(|(line, source)| (line, format!("`{source}` is not the one registry")))
        .collect()
}

/// Returns name and version of every package in a lock file.
fn versions(lock: &str) -> impl Iterator<Item = (&str, &str)> {
    lock.split("[[package]]\n").skip(1).filter_map(|package| {
        let field = |name| package.lines().find_map(|line| line.strip_prefix(name)?.strip_suffix('"'));
        Some((field("name = \"")?, field("version = \"")?))
    })
}

/// Returns the crates of others that a section of a manifest names.
fn named<'a>(manifest: &'a str, section: &str) -> impl Iterator<Item = &'a str> {
    let lines = manifest.lines().skip_while(move |line| *line != section).skip(1);
    let entries = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.contains("path = "));
    entries
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with('#'))
}

const PAGE: &str = "docs/dependencies.md";
const LOCKS: [&str; 2] = ["Cargo.lock", "fuzz/Cargo.lock"];
const MANIFESTS: [(&str, &str); 2] =
    [("Cargo.toml", "[workspace.dependencies]"), ("fuzz/Cargo.toml", "[dependencies]")];

/// Columns of the table of dependencies.
const COLUMNS: usize = 7;

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"a\"\nversion = \"1.2.0\"\nsource = \"registry+b\"\n";
    const MANIFEST: &str =
        "[workspace.dependencies]\n# of others\na = \"1\"\nours = { path = \"a\" }\n[profile.dev]\nb = 1\n";

    fn found(page: &str, lock: &str) -> Vec<String> {
        let tree = sample(&[(PAGE, page), ("Cargo.lock", lock), ("Cargo.toml", MANIFEST)]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_not_listed_as_it_is_is_found() {
        let good = "| `a` | 1.2.0 | engine | for b | everybody | no | MIT |\n";
        assert_eq!(found(good, LOCK), [] as [&str; 0]);
        assert_eq!(found("", LOCK), ["docs/dependencies.md:1: `a` is not listed"]);
        let old = good.replace("1.2.0", "1.1.0");
        assert_eq!(
            found(&old, LOCK),
            ["docs/dependencies.md:1: `a` is built in version 1.2.0, and not 1.1.0"]
        );
        let other = format!("{good}| `b` | 1.0.0 | engine | for b | | no | MIT |\n");
        let expected = [
            "docs/dependencies.md:2: something is not said of `b`",
            "docs/dependencies.md:2: no manifest names `b`",
        ];
        assert_eq!(found(&other, LOCK), expected);
    }

    #[test]
    fn sources_that_are_not_the_one_registry_are_found() {
        let good = "| `a` | 1.2.0 | engine | for b | everybody | no | MIT |\n";
        for source in ["git+c", "registry+another"] {
            let lock =
                format!("{LOCK}[[package]]\nname = \"c\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n");
            assert_eq!(found(good, &lock), [format!("Cargo.lock:8: `{source}` is not the one registry")]);
        }
    }
}
