//! The laws: each has a sentence in `ARCHITECTURE.md` and a file of tests of its name.

use super::Finding;
use super::code::without_prose;
use super::tree::Tree;

/// Finds laws without a test or without a sentence.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let page = tree.file(PAGE).map_or("", |file| file.text.as_str());
    for (number, room, name) in LAWS {
        let path = format!("crates/{room}/tests/{name}.rs");
        let text = tree.file(&path).map_or("", |file| file.text.as_str());
        if !without_prose(text).contains("#[test]") {
            findings.push(Finding::new(&path, 1, format!("law {number} has no test here")));
        } else if !text.starts_with(&format!("//! Law {number}")) {
            findings.push(Finding::new(&path, 1, format!("the head does not say that this is law {number}")));
        }
        if !page.contains(&format!("`{path}`")) {
            findings.push(Finding::new(PAGE, 1, format!("law {number} and `{path}` are not mentioned")));
        }
    }
    findings
}

/// Where the laws are said.
const PAGE: &str = "ARCHITECTURE.md";

/// The laws that hold today: number, crate, name. Laws 5 and 6 come with what they are about.
const LAWS: [(u8, &str, &str); 6] = [
    (1, "engine", "recutting"),
    (2, "engine", "order"),
    (3, "engine", "budget"),
    (4, "engine", "conservation"),
    (7, "codec", "round_trip"),
    (8, "primes", "product"),
];

#[cfg(test)]
mod tests {
    use super::super::tree::{Tree, sample};
    use super::*;

    fn lawful(without: &str, head: &str, body: &str) -> Tree {
        let paths = LAWS.map(|(number, room, name)| (number, format!("crates/{room}/tests/{name}.rs")));
        let page: String = paths.iter().map(|(_, path)| format!("`{path}` ")).collect();
        let texts: Vec<_> = paths
            .iter()
            .map(|(number, path)| match path == without {
                true => (path.as_str(), format!("{head}\n{body}")),
                false => (path.as_str(), format!("//! Law {number}: …\n#[test]\nfn a() {{}}")),
            })
            .collect();
        let mut files: Vec<_> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
        files.push((PAGE, &page));
        sample(&files)
    }

    #[test]
    fn a_law_without_a_test_is_found() {
        let path = "crates/engine/tests/order.rs";
        assert!(check(&lawful(path, "//! Law 2: …", "#[test]\nfn a() {}")).is_empty());
        for (head, body) in [("//! Law 2: …", "// #[test]"), ("//! Law 3: …", "#[test]\nfn a() {}"), ("", "")]
        {
            let findings = check(&lawful(path, head, body));
            assert_eq!((findings.len(), findings[0].path.as_str()), (1, path), "{head} {body}");
        }
    }

    #[test]
    fn a_law_without_a_sentence_is_found() {
        assert_eq!(check(&sample(&[])).len(), 2 * LAWS.len());
    }
}
