//! `docs/specification.md`: every row once, in order, and nothing said to work without a test that is there.
//!
//! A row is `| S5 | what it asks | where it lives | test | state |`. Where it lives is paths in
//! backticks; a test is `path::name` in backticks.

use super::Finding;
use super::tree::{File, Tree};

/// Finds rows that are missing, out of order, without a state, or not proved.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else { return vec![Finding::new(PAGE, 1, "there is no such page")] };
    let mut findings = Vec::new();
    let mut next = 1;
    let mut last_line = 1;
    for (index, text) in page.text.lines().enumerate() {
        let line = index + 1;
        let mut found = |what: String| findings.push(Finding::new(PAGE, line, what));
        let Some((number, cells)) = row(text) else { continue };
        last_line = line;
        if number != next {
            found(format!("S{number} where S{next} belongs"));
        }
        next = number + 1;
        match cells.as_slice() {
            [asks, places, tests, state] => check_row(tree, asks, places, tests, state, &mut found),
            _ => found(format!("S{number} has {} cells, and not 5", cells.len() + 1)),
        }
    }
    if next != ROWS + 1 {
        findings.push(Finding::new(
            PAGE,
            last_line,
            format!("the last row is S{}, and not S{ROWS}", next - 1),
        ));
    }
    findings
}

fn check_row(
    tree: &Tree,
    asks: &str,
    places: &str,
    tests: &str,
    state: &str,
    found: &mut impl FnMut(String),
) {
    if asks.is_empty() {
        found("the row does not say what it asks".to_owned());
    }
    match state {
        "not yet" => return,
        "works" => {}
        other => return found(format!("the state is `works` or `not yet`, and not `{other}`")),
    }
    if quoted(places).next().is_none() {
        found("what works lives somewhere".to_owned());
    }
    for place in quoted(places).filter(|place| !tree.exists(place)) {
        found(format!("there is no `{place}`"));
    }
    if quoted(tests).next().is_none() {
        found("what works has a test that shows it".to_owned());
    }
    for test in quoted(tests) {
        let is_there = test
            .split_once("::")
            .and_then(|(path, name)| Some((tree.file(path)?, name)))
            .is_some_and(|(file, name)| has_test(file, name));
        if !is_there {
            found(format!("there is no test `{test}`"));
        }
    }
}

/// Returns the number of a row and its other cells, or nothing if this is no row.
fn row(text: &str) -> Option<(usize, Vec<&str>)> {
    let inner = text.trim().strip_prefix("| S")?.strip_suffix('|')?;
    let mut cells = inner.split('|').map(str::trim);
    let number = cells.next()?.parse().ok()?;
    Some((number, cells.collect()))
}

/// Returns what stands in backticks.
pub(super) fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Returns whether a file has a function of this name with `#[test]` above it.
pub(super) fn has_test(file: &File, name: &str) -> bool {
    let begins = |line: &str| {
        line.trim_start()
            .strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let lines: Vec<&str> = file.text.lines().collect();
    (0..lines.len()).filter(|&at| begins(lines[at])).any(|at| {
        let above = lines[..at].iter().rev().map(|line| line.trim_start());
        above.take_while(|line| line.starts_with("#[")).any(|line| line.starts_with("#[test]"))
    })
}

const PAGE: &str = "docs/specification.md";

/// How many rows there are.
const ROWS: usize = 149;

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    const LAW: (&str, &str) = (
        "crates/a/tests/law.rs",
        "#[test]\nfn law() {}\n    #[test]\n    #[ignore]\n    fn other(\nfn none() {}\n",
    );

    /// Checks a page whose row S7 is replaced.
    fn with(replaced: &str) -> Vec<String> {
        let page: String = (1..=ROWS)
            .map(
                |n| if n == 7 { replaced.to_owned() } else { format!("| S{n} | a | `gone` | | not yet |\n") },
            )
            .collect();
        check(&sample(&[(PAGE, &page), LAW])).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_page_with_every_row_passes() {
        let test = "`crates/a/tests/law.rs::law`, `crates/a/tests/law.rs::other`";
        assert!(
            with(&format!("| S7 | a | `crates/a`, `crates/a/tests/law.rs` | {test} | works |\n")).is_empty()
        );
    }

    #[test]
    fn rows_missing_doubled_or_out_of_order_are_found() {
        assert_eq!(with(""), ["S8 where S7 belongs"]);
        let row = "| S7 | a | | | not yet |\n";
        assert_eq!(with(&format!("{row}{row}")), ["S7 where S8 belongs"]);
        let page = "| S1 | a | | | not yet |\n";
        assert_eq!(check(&sample(&[(PAGE, page)]))[0].what, "the last row is S1, and not S149");
        assert_eq!(check(&sample(&[])).len(), 1);
    }

    #[test]
    fn what_works_without_proof_is_found() {
        let path = "`crates/a/tests/law.rs`";
        for (row, what) in [
            (format!("| S7 | a | {path} | | works |\n"), "what works has a test that shows it"),
            (
                "| S7 | a | | `crates/a/tests/law.rs::law` | works |\n".to_owned(),
                "what works lives somewhere",
            ),
            ("| S7 | a | `b` | `crates/a/tests/law.rs::law` | works |\n".to_owned(), "there is no `b`"),
            (format!("| S7 | a | {path} | {path} | works |\n"), "there is no test `crates/a/tests/law.rs`"),
            (
                format!("| S7 | a | {path} | `crates/a/tests/law.rs::none` | works |\n"),
                "there is no test `crates/a/tests/law.rs::none`",
            ),
            (
                format!("| S7 | a | {path} | | partly |\n"),
                "the state is `works` or `not yet`, and not `partly`",
            ),
            ("| S7 | | | | not yet |\n".to_owned(), "the row does not say what it asks"),
            ("| S7 | a | | not yet |\n".to_owned(), "S7 has 4 cells, and not 5"),
        ] {
            assert_eq!(with(&row), [what], "{row}");
        }
    }
}
