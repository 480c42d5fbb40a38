//! Strings that look like keys: nobody finds them again once they are in the history.

use super::Finding;
use super::tree::Tree;

/// Finds long words of letters of both cases and digits that look drawn at random, and the heads of key files.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().iter().filter(|file| !file.path.ends_with(".lock")) {
        for (index, line) in file.text.lines().enumerate() {
            let is_word = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
            let word = line.split(|c| !is_word(c)).find(|word| is_key(word));
            let head = HEADS.iter().find(|head| line.contains(**head)).copied();
            if let Some(what) = word.or(head) {
                let what = format!("`{what}` looks like a key");
                findings.push(Finding::new(&file.path, index + 1, what));
            }
        }
    }
    findings
}

/// Returns whether a word looks drawn at random from more than hexadecimal digits.
fn is_key(word: &str) -> bool {
    let kinds: Vec<u8> = word.chars().map(kind).collect();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    // Names have their kinds in runs: a capital, small letters, a year.
    let is_mixed = (0..3).all(|kind| kinds.contains(&kind)) && 3 * changes >= word.len();
    word.len() >= LENGTH_MIN && is_mixed && bits_per_byte(word.as_bytes()) >= BITS_MIN
}

fn kind(c: char) -> u8 {
    match c {
        'A'..='Z' => 0,
        'a'..='z' => 1,
        '0'..='9' => 2,
        _ => 3,
    }
}

/// Returns the entropy of bytes by how often each occurs.
fn bits_per_byte(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let shares =
        counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) / bytes.len() as f64);
    shares.map(|share| -share * share.log2()).sum()
}

/// Keys of 128 bits in base 64 have 22 characters.
const LENGTH_MIN: usize = 22;
/// Of 22 characters that all differ it is 4.5; names of things repeat letters.
const BITS_MIN: f64 = 3.9;
const HEADS: [&str; 2] = [concat!("-----", "BEGIN "), concat!("ssh", "-rsa ")];

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::*;

    #[test]
    fn what_looks_drawn_at_random_is_found_and_names_are_not() {
        // Taken apart, so that this file is not found.
        let key = ["Zk3vQ9", "xR7bLm2Yt5", "WcH8nPd"].concat();
        let text = format!(
            "let a = \"{key}\";\nfn the_17_names_of_Things_are_no_KEYS_at_all() {{}}\n// 0123456789abcdef0123456789abcdef\n"
        );
        let findings = check(&sample(&[("crates/a/src/b.rs", &text)]));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].line, 1);
        let head = ["-----", "BEGIN A KEY-----"].concat();
        assert_eq!(check(&sample(&[("docs/a.md", &head)])).len(), 1);
    }
}
