//! Files: each says at its head what it is for, is short, and has a name that says something.

use super::Finding;
use super::code::code;
use super::tree::Tree;

/// Finds files without a head, files that are too long, and names that say nothing.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().iter().filter(|file| file.is_rust()) {
        let mut found = |line, what: String| findings.push(Finding::new(&file.path, line, what));
        if file.is_product() && !file.text.starts_with("//!") {
            found(1, "a file opens with `//!` and what it is for".to_owned());
        }
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            found(LINES_MAX + 1, format!("{lines} lines; a file is one idea and has at most {LINES_MAX}"));
        }
        for part in file.path.split('/').map(|part| part.strip_suffix(".rs").unwrap_or(part)) {
            if EMPTY_NAMES.contains(&part) {
                found(1, format!("`{part}` does not say what is here"));
            }
        }
        for (index, line) in code(&file.text).lines().enumerate() {
            let name = module(line).unwrap_or_default();
            if EMPTY_NAMES.contains(&name) {
                found(index + 1, format!("`mod {name}` does not say what is there"));
            }
        }
    }
    findings
}

/// Returns the name of the module that a line declares or begins.
pub(crate) fn module(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("mod ")?;
    let before = before.trim();
    let is_item = before.is_empty() || before.ends_with(']') || before.starts_with("pub");
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (is_item && !name.is_empty()).then_some(name)
}

const LINES_MAX: usize = 700;

const EMPTY_NAMES: [&str; 8] = ["util", "utils", "helpers", "common", "misc", "manager", "data", "info"];

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn a_file_without_a_head_is_found() {
        let tree = sample(&[("crates/a/src/b.rs", "// what\n"), ("crates/a/tests/b.rs", "// free\n")]);
        assert_eq!(check(&tree).len(), 1);
    }

    #[test]
    fn a_file_above_the_limit_is_found() {
        let at = "//! a\n".repeat(LINES_MAX);
        let above = format!("{at}\n");
        assert!(check(&sample(&[("crates/a/src/b.rs", &at)])).is_empty());
        assert_eq!(check(&sample(&[("crates/a/tests/b.rs", &above)]))[0].line, LINES_MAX + 1);
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        for path in ["crates/a/src/utils.rs", "crates/a/src/common/mod.rs", "crates/a/tests/helpers/b.rs"] {
            assert_eq!(check(&sample(&[(path, "//! a")])).len(), 1, "{path}");
        }
        for text in
            ["//! a\nmod data { }", "//! a\npub(crate) mod info;", "//! a\n#[rustfmt::skip] mod misc {"]
        {
            assert_eq!(check(&sample(&[("crates/a/src/b.rs", text)]))[0].line, 2, "{text}");
        }
        let good = "//! a\nmod database;\nlet data = info; // mod data\n";
        assert!(check(&sample(&[("crates/a/src/information.rs", good)])).is_empty());
    }
}
