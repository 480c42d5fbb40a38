//! Dead files: Rust that no module declares is never built, and never wrong until somebody reads it.

use std::collections::BTreeSet;

use super::Finding;
use super::code::without_prose;
use super::files::module;
use super::tree::Tree;

/// Finds Rust files that cannot be reached from the root of a target.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let rust: Vec<_> = tree.files().iter().filter(|file| file.is_rust()).collect();
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> =
        rust.iter().map(|file| file.path.as_str()).filter(|path| is_root(path)).collect();
    while let Some(path) = open.pop() {
        let Some(file) = tree.file(path).filter(|file| reached.insert(file.path.as_str())) else { continue };
        let folder = folder_of_children(path);
        for line in without_prose(&file.text).lines().filter(|line| line.trim_end().ends_with(';')) {
            let Some(name) = module(line) else { continue };
            for child in [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")] {
                open.extend(tree.file(&child).map(|file| file.path.as_str()));
            }
        }
    }
    rust.iter()
        .filter(|file| !reached.contains(file.path.as_str()))
        .map(|file| Finding::new(&file.path, 1, "no module declares this file"))
        .collect()
}

/// Returns whether cargo builds a target of its own from this file.
fn is_root(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let last = folder.rsplit('/').next().unwrap_or(folder);
    match last {
        "src" => name == "main.rs" || name == "lib.rs",
        "bin" => folder.ends_with("src/bin"),
        "tests" | "benches" | "examples" => !folder.contains("/src/"),
        // Targets, and laws that they and a test take in by path.
        "fuzz_targets" | "laws" => folder.starts_with("fuzz/"),
        // A target of several files, in a folder of its own.
        _ if name == "main.rs" => folder.rsplit('/').nth(1).is_some_and(|above| above == "tests"),
        _ => name == "build.rs" && !folder.contains("/src"),
    }
}

/// Returns the folder in which a file's modules are.
fn folder_of_children(path: &str) -> &str {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if is_root(path) || path.ends_with("/mod.rs") { folder } else { path.trim_end_matches(".rs") }
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn files_that_no_module_declares_are_found() {
        let tree = sample(&[
            ("crates/a/src/lib.rs", "mod b;\npub(crate) mod c;\n// mod dead;\nmod inline { }\n"),
            ("crates/a/src/b.rs", "#[cfg(test)] mod d;"),
            ("crates/a/src/b/d.rs", ""),
            ("crates/a/src/c/mod.rs", "mod e;"),
            ("crates/a/src/c/e.rs", ""),
            ("crates/a/src/dead.rs", "mod deader;"),
            ("crates/a/src/dead/deader.rs", ""),
            ("crates/a/src/inline.rs", ""),
            ("crates/a/tests/law.rs", "mod model;"),
            ("crates/a/tests/model/mod.rs", ""),
            ("crates/a/tests/lost/mod.rs", ""),
            ("crates/a/tests/folder/main.rs", "mod part;"),
            ("crates/a/tests/folder/part.rs", ""),
        ]);
        let found: Vec<_> = check(&tree).into_iter().map(|finding| finding.path).collect();
        let expected = [
            "crates/a/src/dead.rs",
            "crates/a/src/dead/deader.rs",
            "crates/a/src/inline.rs",
            "crates/a/tests/lost/mod.rs",
        ];
        assert_eq!(found, expected);
    }
}
