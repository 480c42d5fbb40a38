//! Threads, clock, environment and files: in the runtime of the engine and in the hands, nowhere else.

use super::Finding;
use super::code::code;
use super::paths::{Named, paths};
use super::tree::Tree;

/// Finds product code that reaches for the system outside the rooms that may.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().iter().filter(|file| file.is_product()) {
        if ROOMS.iter().any(|room| file.path.starts_with(room)) {
            continue;
        }
        for named in paths(&code(&file.text)) {
            match reached(&named) {
                Some(what) if !(file.path == WEIGHS && MOMENTS.contains(&what)) => {
                    let what = format!("`{what}` belongs to `engine::runtime` and the hands");
                    findings.push(Finding::new(&file.path, named.line, what));
                }
                _ => {}
            }
        }
    }
    findings
}

/// Returns what a path reaches for, if that is not free to everyone.
fn reached(named: &Named) -> Option<&'static str> {
    if named.segment(0) == "std" {
        let module = named.segment(1);
        if let Some(found) = MODULES.iter().find(|(name, _)| *name == module) {
            return Some(found.1);
        }
    }
    MOMENTS.iter().find(|moment| named.segments.iter().any(|segment| segment == *moment)).copied()
}

/// Who may: the runtime, the disk of checkpoints, what names the outside, the program, the chores and the benchmarks.
const ROOMS: [&str; 6] = [
    "crates/engine/src/runtime/",
    "crates/engine/src/disk/real.rs",
    "crates/connectors/",
    "crates/cli/",
    "xtask/",
    "bench/",
];

/// Moments are items like others: this file says what they weigh.
const WEIGHS: &str = "crates/engine/src/weigh.rs";

const MODULES: [(&str, &str); 3] = [("thread", "std::thread"), ("env", "std::env"), ("fs", "std::fs")];
const MOMENTS: [&str; 2] = ["Instant", "SystemTime"];

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn the_system_is_out_of_reach_outside_its_rooms() {
        let bad =
            "use std::{io, thread};\nfn a() { std::env::args(); }\nfn b(c: Instant) {}\nuse std::fs::File;";
        let tree = sample(&[("crates/codec/src/a.rs", bad)]);
        let lines: Vec<_> = check(&tree).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 2, 3, 4]);
        for room in ["crates/engine/src/runtime/a.rs", "crates/cli/src/a.rs", "crates/codec/tests/a.rs"] {
            assert!(check(&sample(&[(room, bad)])).is_empty(), "{room}");
        }
    }

    #[test]
    fn weighing_a_moment_is_not_asking_the_time() {
        let tree = sample(&[("crates/engine/src/weigh.rs", "std::time::Instant,\nstd::thread::Thread,")]);
        let lines: Vec<_> = check(&tree).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2]);
    }
}
