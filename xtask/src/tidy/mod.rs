//! What no compiler checks: floors, forbidden words, dead files, laws without a test, promises without
//! a proof.
//!
//! Each check is a function from the [`Tree`] of the repository to findings, one file a check, and has
//! a test in which it fails. The last test here runs them all over the repository itself.

mod code;
mod crates;
mod dependencies;
mod files;
mod floors;
mod laws;
mod library;
mod links;
mod modules;
mod paths;
mod references;
mod reliability;
mod rooms;
mod secrets;
mod specification;
mod tree;
mod unsafety;
mod words;

use std::fmt;
use std::path::Path;

use tree::Tree;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Runs all checks and prints what they find; returns whether that is nothing.
pub(crate) fn run(root: &Path) -> bool {
    let findings = check(root);
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: nothing found"),
        count => eprintln!("tidy: {count} found"),
    }
    findings.is_empty()
}

/// Runs all checks over the repository in a folder.
fn check(root: &Path) -> Vec<Finding> {
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => return vec![Finding::new(".", 1, format!("the repository cannot be read: {error}"))],
    };
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    findings.extend(crates::check(root));
    findings
}

/// The checks that need the text of the repository alone.
const CHECKS: [fn(&Tree) -> Vec<Finding>; 14] = [
    floors::check,
    library::check,
    words::check,
    rooms::check,
    files::check,
    modules::check,
    unsafety::check,
    laws::check,
    specification::check,
    links::check,
    references::check,
    reliability::check,
    dependencies::check,
    secrets::check,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let findings: Vec<String> = check(crate::root()).iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }

    #[test]
    fn a_folder_that_is_none_is_found() {
        assert_eq!(check(Path::new("/no such folder")).len(), 1);
    }
}
