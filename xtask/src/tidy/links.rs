//! Links between the pages: what a page points to is there.

use super::Finding;
use super::tree::{File, Tree};

/// Finds relative links of Markdown pages that lead nowhere.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files()
        .iter()
        .filter(|file| file.path.ends_with(".md"))
        .flat_map(|page| check_page(tree, page))
        .collect()
}

fn check_page(tree: &Tree, page: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_code = false;
    for (index, line) in page.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        for target in targets(line).filter(|_| !is_code) {
            let path = resolved(&page.path, target);
            if !path.as_deref().is_some_and(|path| tree.exists(path)) {
                findings.push(Finding::new(&page.path, index + 1, format!("`{target}` leads nowhere")));
            }
        }
    }
    findings
}

/// Returns the relative targets of the links in a line, without their anchors.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .filter_map(|target| target.split('#').next())
        .filter(|target| !target.is_empty())
}

/// Returns the path a target means, or nothing if it leaves the repository.
fn resolved(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let page = "[a](b.md) [c](gone.md#d)\n```\n[e](f)\n```\n[g](../README.md) [h](../../i) [j](https://k.l)\n[m](#n)";
        let tree =
            sample(&[("docs/a.md", page), ("docs/b.md", ""), ("README.md", "[d](docs) [e](docs/c.md)")]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        let expected = [
            "docs/a.md:1: `gone.md` leads nowhere",
            "docs/a.md:5: `../../i` leads nowhere",
            "README.md:1: `docs/c.md` leads nowhere",
        ];
        assert_eq!(found, expected);
    }
}
