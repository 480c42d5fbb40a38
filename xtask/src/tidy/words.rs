//! Words that do not occur in a room, so that it stays true in a world without the other half.

use super::Finding;
use super::tree::Tree;

/// Finds words of numbers in the engine and words of streams among the numbers, comments included.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (room, words) in FORBIDDEN {
        for file in tree.under(room).filter(|file| file.is_rust()) {
            for (index, line) in file.text.lines().enumerate() {
                // The packages carry the project's name; that is not a word of theirs.
                let mut line = line.to_lowercase().replace(PROJECT, "");
                for method in STD_METHODS {
                    line = line.replace(method, "");
                }
                for word in words.iter().filter(|word| line.contains(**word)) {
                    let what = format!("`{word}` is no word of this room");
                    findings.push(Finding::new(&file.path, index + 1, what));
                }
            }
        }
    }
    findings
}

const PROJECT: &str = "primestream";

/// What slices of the standard library are asked, in its words.
const STD_METHODS: [&str; 5] = [".chunks(", ".chunks_exact", ".chunks_mut(", ".chunk_by(", ".as_chunks"];

const FORBIDDEN: [(&str, &[&str]); 2] = [
    ("crates/engine/src/", &["prime", "codeword"]),
    ("crates/primes/src/", &["chunk", "stream", "pipeline"]),
];

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn words_of_the_other_half_are_found_but_not_the_name_of_the_project() {
        let tree = sample(&[
            ("crates/engine/src/a.rs", "use primestream_engine::Stream;\n// Primes, or CodeWords\n"),
            ("crates/primes/src/a.rs", "// primestream\nlet streams = 1;\na.chunks_exact(2);\n"),
            ("crates/codec/src/a.rs", "// prime chunk\n"),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        let expected = [
            "crates/engine/src/a.rs:2: `prime` is no word of this room",
            "crates/engine/src/a.rs:2: `codeword` is no word of this room",
            "crates/primes/src/a.rs:2: `stream` is no word of this room",
        ];
        assert_eq!(found, expected);
    }
}
