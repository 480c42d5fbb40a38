//! The library of the engine: each verb in a file of its own, and none knows another.
//!
//! A verb is a file with an operator or a source in it. What such files share (a `Boundary`, an
//! `OnError`) is in files that hold neither, or in the `mod.rs` of the room.

use std::collections::BTreeMap;

use super::Finding;
use super::code::code;
use super::paths::paths;
use super::tree::{File, Tree};

/// Finds verbs that know another verb, and rooms of the library that know another room.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    ROOMS.iter().flat_map(|room| check_room(tree, room)).collect()
}

fn check_room(tree: &Tree, room: &str) -> Vec<Finding> {
    let folder = format!("{ENGINE}{room}/");
    let files: Vec<(&File, String)> = tree
        .under(&folder)
        .filter(|file| file.is_rust() && !file.path.ends_with("/mod.rs"))
        .map(|file| (file, code(&file.text)))
        .collect();
    let mut verbs = BTreeMap::new();
    for (file, code) in &files {
        let name = stem(&file.path);
        if ROLES.iter().any(|role| code.contains(role)) {
            verbs.insert(name, name);
            verbs.extend(types(code).map(|public| (public, name)));
        }
    }
    let mut findings = Vec::new();
    for (file, code) in &files {
        let own = stem(&file.path);
        for named in paths(code) {
            let other = match (named.segment(0), named.segment(1)) {
                ("super", other) => other,
                ("crate", first) if first == room => named.segment(2),
                ("crate", first) if ROOMS.contains(&first) => {
                    let what = format!("`{room}/{own}` knows `{first}`: rooms of the library are strangers");
                    findings.push(Finding::new(&file.path, named.line, what));
                    continue;
                }
                _ => continue,
            };
            if let Some(verb) = verbs.get(other).filter(|verb| **verb != own) {
                let what = format!("`{room}/{own}` knows `{verb}`: no verb knows another");
                findings.push(Finding::new(&file.path, named.line, what));
            }
        }
    }
    findings
}

fn stem(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")).unwrap_or(path)
}

/// Returns the names of the types a file makes public.
fn types(code: &str) -> impl Iterator<Item = &str> {
    code.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
        rest.split(|c: char| !c.is_alphanumeric()).next()
    })
}

const ENGINE: &str = "crates/engine/src/";
const ROOMS: [&str; 4] = ["faults", "operators", "sinks", "sources"];
const ROLES: [&str; 3] = [" Operator for ", " Sink<", " Source for "];

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn a_verb_that_knows_another_is_found() {
        let map = ("crates/engine/src/operators/map.rs", "pub struct Map<T>(T);\nimpl Operator for Map {}");
        for bad in ["use super::Map;", "use super::{Never, map::Map};", "fn a(b: crate::operators::Map) {}"] {
            let tree = sample(&[map, ("crates/engine/src/operators/take.rs", bad)]);
            let findings = check(&tree);
            assert_eq!(findings.len(), 1, "{bad}");
            assert_eq!(findings[0].what, "`operators/take` knows `map`: no verb knows another");
        }
        let good = "use super::{Never, Slot};\n/// [`super::Map`]\nfn a() {}";
        assert!(check(&sample(&[map, ("crates/engine/src/operators/take.rs", good)])).is_empty());
    }

    #[test]
    fn another_room_of_the_library_is_found() {
        let tree = sample(&[("crates/engine/src/faults/guarded.rs", "\nuse crate::operators::Map;")]);
        assert_eq!(check(&tree)[0].line, 2);
    }

    #[test]
    fn what_is_no_verb_may_be_shared() {
        let tree = sample(&[
            ("crates/engine/src/sources/boundary.rs", "pub struct Boundary;"),
            ("crates/engine/src/sources/records.rs", "use super::Boundary;\nimpl Source for Records {}"),
        ]);
        assert!(check(&tree).is_empty());
    }
}
