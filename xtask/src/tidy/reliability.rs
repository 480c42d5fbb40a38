//! `docs/reliability.md`: every test, file and long run that it names is there.

use super::Finding;
use super::specification::{has_test, quoted};
use super::tree::Tree;
use crate::long;

/// Finds rows that name what is not there.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else { return vec![Finding::new(PAGE, 1, "there is no such page")] };
    let mut findings = Vec::new();
    for (index, line) in page.text.lines().enumerate().filter(|(_, line)| line.starts_with("| ")) {
        for name in quoted(line) {
            let is_there = match (name.strip_prefix("long "), name.split_once("::")) {
                (Some(words), _) => long::is_lane(words),
                (None, Some((path, test))) => tree.file(path).is_some_and(|file| has_test(file, test)),
                (None, None) => !name.contains('/') || tree.exists(name),
            };
            if !is_there {
                findings.push(Finding::new(PAGE, index + 1, format!("there is no `{name}`")));
            }
        }
    }
    findings
}

const PAGE: &str = "docs/reliability.md";

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn what_is_not_there_is_found() {
        let page = "Free `a/b`.\n| K1 | `a/b.rs::good`, `long damage --seed 1`, `a/`, `word` |\n\
            | K2 | `a/b.rs::bad`, `long night`, `a/c` |\n";
        let tree = sample(&[(PAGE, page), ("a/b.rs", "#[test]\nfn good() {}\n")]);
        let found: Vec<_> = check(&tree).iter().map(ToString::to_string).collect();
        let expected =
            ["a/b.rs::bad", "long night", "a/c"].map(|name| format!("{PAGE}:3: there is no `{name}`"));
        assert_eq!(found, expected);
    }
}
