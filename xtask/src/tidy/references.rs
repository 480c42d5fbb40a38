//! `docs/references.md`: every key that code cites is resolved there, and none that nobody cites.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

/// Finds citations without a reference, and references without a citation.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let page = tree.file(PAGE).map_or("", |file| file.text.as_str());
    let listed: Vec<(usize, &str)> =
        page.lines().enumerate().filter_map(|(index, line)| Some((index + 1, listed(line)?))).collect();
    let mut findings = Vec::new();
    let mut cited = BTreeSet::new();
    for file in tree.under("crates/").filter(|file| file.is_rust()) {
        for (index, line) in file.text.lines().enumerate() {
            for key in cited_in(line) {
                cited.insert(key);
                if !listed.iter().any(|(_, listed)| *listed == key) {
                    findings.push(Finding::new(&file.path, index + 1, format!("`{key}` is not in {PAGE}")));
                }
            }
        }
    }
    let unused = listed.iter().filter(|(_, key)| !cited.contains(key));
    findings.extend(unused.map(|(line, key)| Finding::new(PAGE, *line, format!("nobody cites `{key}`"))));
    findings
}

/// Returns the key that a line of the page resolves.
fn listed(line: &str) -> Option<&str> {
    let key = line.strip_prefix("| `")?.split('`').next()?;
    is_name(key).then_some(key)
}

/// Returns the keys in brackets: names with a year, and whatever name is kept from being a link.
fn cited_in(line: &str) -> impl Iterator<Item = &str> {
    line.split('[').skip(1).filter_map(|rest| rest.split(']').next()).filter_map(|text| {
        match text.strip_suffix('\\') {
            Some(escaped) => is_name(escaped).then_some(escaped),
            None => is_name_and_year(text).then_some(text),
        }
    })
}

fn is_name(text: &str) -> bool {
    text.starts_with(char::is_uppercase) && text.chars().all(char::is_alphanumeric)
}

/// Returns whether this is a key such as `Brent1980`, and no type.
fn is_name_and_year(text: &str) -> bool {
    let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
    text.len() - name.len() == 4 && is_name(name)
}

const PAGE: &str = "docs/references.md";

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn keys_and_references_need_each_other() {
        let tree = sample(&[
            ("crates/a/src/b.rs", "//! [Brent1980], [PrimePowerU64]\n// \\[Gone1999\\], \\[Walisch\\]"),
            (PAGE, "| `Brent1980` | a |\n| `Unused2001` | b |\n| A006880 | c |"),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        let expected = [
            "crates/a/src/b.rs:2: `Gone1999` is not in docs/references.md",
            "crates/a/src/b.rs:2: `Walisch` is not in docs/references.md",
            "docs/references.md:2: nobody cites `Unused2001`",
        ];
        assert_eq!(found, expected);
    }
}
