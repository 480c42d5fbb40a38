//! Five floors in the engine: code uses its own floor and those below it, and nothing above.

use super::Finding;
use super::code::code;
use super::paths::paths;
use super::tree::Tree;

/// Finds code of the engine that names a floor above its own.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.under(ENGINE).filter(|file| file.is_rust() && file.path != ROOT) {
        let room = room(&file.path);
        let Some(own) = floor(room) else {
            findings.push(Finding::new(&file.path, 1, format!("`{room}` stands on no floor of the engine")));
            continue;
        };
        for named in paths(&code(&file.text))
            .iter()
            .filter(|named| named.segments.len() > 1 && named.segment(0) == "crate")
        {
            let other = named.segment(1);
            let what = match floor(other) {
                Some(floor) if floor <= own => continue,
                Some(floor) => format!("`{room}` is on floor {own} and names `{other}` on floor {floor}"),
                None => format!("name the module and not `crate::{other}`, so that its floor can be seen"),
            };
            findings.push(Finding::new(&file.path, named.line, what));
        }
    }
    findings
}

/// Returns the first module of a path in the engine.
fn room(path: &str) -> &str {
    let inner = path.strip_prefix(ENGINE).unwrap_or(path);
    let first = inner.split('/').next().unwrap_or(inner);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room)).map(|index| index + 1)
}

const ENGINE: &str = "crates/engine/src/";
const ROOT: &str = "crates/engine/src/lib.rs";

/// Words, roles, library, description, machinery, from the ground up.
const FLOORS: [&[&str]; 5] = [
    &[
        "budget",
        "chance",
        "checkpoint",
        "chunk",
        "disk",
        "error",
        "keyed",
        "message",
        "order",
        "sync",
        "tally",
        "time",
        "weigh",
        "workers",
    ],
    &["chunker", "operator", "processor", "sink", "source"],
    &["faults", "files", "operators", "sinks", "sources"],
    &["metrics", "pipeline", "plan", "stream", "tune"],
    &["models", "runtime"],
];

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn a_floor_above_is_found_and_those_below_are_free() {
        let tree = sample(&[
            ("crates/engine/src/lib.rs", "use crate::runtime::Flow;"),
            (
                "crates/engine/src/operators/map.rs",
                "use crate::operator::Emit;\nuse crate::{error, plan::Plan};\n",
            ),
            ("crates/engine/src/plan/lane.rs", "/// [`crate::runtime`]\nuse crate::operators::Map;"),
        ]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(
            findings[0].to_string(),
            "crates/engine/src/operators/map.rs:2: `operators` is on floor 3 and names `plan` on floor 4"
        );
    }

    #[test]
    fn rooms_and_names_without_a_floor_are_found() {
        let tree = sample(&[
            ("crates/engine/src/attic.rs", ""),
            (
                "crates/engine/src/chunk.rs",
                "fn a(b: crate::Stream) {}\n#[cfg(test)]\nuse crate::runtime::Flow;",
            ),
        ]);
        let lines: Vec<_> = check(&tree).iter().map(|finding| (finding.path.clone(), finding.line)).collect();
        let expected = [("crates/engine/src/attic.rs", 1), ("crates/engine/src/chunk.rs", 1)];
        assert_eq!(lines, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}
