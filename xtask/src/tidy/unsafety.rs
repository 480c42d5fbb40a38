//! `unsafe`: forbidden at the root of every crate, but for rooms that are named here one by one.

use super::Finding;
use super::code::code;
use super::paths::paths;
use super::tree::Tree;

/// Finds crates that do not forbid `unsafe`, and `unsafe` outside its rooms.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().iter().filter(|file| file.is_product()) {
        let code = code(&file.text);
        if file.path.ends_with("/src/lib.rs") || file.path.ends_with("/src/main.rs") {
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let has_room = ROOMS.iter().any(|room| room.starts_with(folder) && tree.exists(room));
            let wanted = if has_room { "#![deny(unsafe_code)]" } else { "#![forbid(unsafe_code)]" };
            if !code.contains(wanted) {
                findings.push(Finding::new(&file.path, 1, format!("the root of a crate says `{wanted}`")));
            }
        }
        if ROOMS.contains(&file.path.as_str()) {
            continue;
        }
        for named in paths(&code).iter().filter(|named| named.segment(0) == "unsafe") {
            findings.push(Finding::new(
                &file.path,
                named.line,
                "`unsafe` outside the rooms that may have it",
            ));
        }
    }
    findings
}

/// The files that may hold `unsafe`, once something measured asks for it.
const ROOMS: [&str; 5] = [
    "crates/primes/src/factor/siqs/kernel.rs",
    "crates/primes/src/lanes/kernel.rs",
    "crates/codec/src/dense/kernel.rs",
    "crates/engine/src/runtime/queue.rs",
    "crates/cli/src/allocator.rs",
];

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn a_crate_that_does_not_forbid_it_is_found() {
        assert_eq!(check(&sample(&[("crates/a/src/lib.rs", "// #![forbid(unsafe_code)]")])).len(), 1);
        assert!(check(&sample(&[("crates/a/src/main.rs", "#![forbid(unsafe_code)]")])).is_empty());
    }

    #[test]
    fn a_room_loosens_the_root_of_its_crate_alone() {
        let room = ("crates/engine/src/runtime/queue.rs", "unsafe { a() }");
        assert!(check(&sample(&[room, ("crates/engine/src/lib.rs", "#![deny(unsafe_code)]")])).is_empty());
        assert_eq!(check(&sample(&[room, ("crates/codec/src/lib.rs", "#![deny(unsafe_code)]")])).len(), 1);
    }

    #[test]
    fn its_use_outside_a_room_is_found() {
        let tree = sample(&[("crates/a/src/b.rs", "// unsafe\nlet unsafe_code = 1;\nunsafe fn c() {}")]);
        let lines: Vec<_> = check(&tree).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [3]);
    }
}
