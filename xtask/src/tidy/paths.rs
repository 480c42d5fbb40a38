//! The paths that code names, with groups in braces taken apart.

/// A path and the line that completes it, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
}

impl Named {
    /// Returns the segment at an index, or nothing.
    pub(crate) fn segment(&self, index: usize) -> &str {
        self.segments.get(index).map_or("", String::as_str)
    }
}

/// Returns all paths in code, those of one segment included.
pub(crate) fn paths(code: &str) -> Vec<Named> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = path(&tokens, at, &[], &mut found).max(at + 1);
    }
    found
}

/// Reads the path that begins at a token, behind the segments it inherits; returns where it ends.
fn path(tokens: &[Token<'_>], mut at: usize, before: &[String], found: &mut Vec<Named>) -> usize {
    let mut segments = before.to_vec();
    let Some(Token { text: first, mut line }) = tokens.get(at).copied().filter(Token::is_segment) else {
        return at;
    };
    segments.push(first.to_owned());
    at += 1;
    while tokens.get(at).is_some_and(|token| token.text == "::") {
        match tokens.get(at + 1) {
            Some(token) if token.is_segment() => {
                segments.push(token.text.to_owned());
                line = token.line;
                at += 2;
            }
            Some(token) if token.text == "{" => return group(tokens, at + 2, &segments, found),
            _ => break,
        }
    }
    found.push(Named { line, segments });
    at
}

/// Reads what stands between braces behind some segments.
fn group(tokens: &[Token<'_>], mut at: usize, before: &[String], found: &mut Vec<Named>) -> usize {
    while let Some(token) = tokens.get(at) {
        if token.text == "}" {
            return at + 1;
        }
        at = path(tokens, at, before, found).max(at + 1);
    }
    at
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

impl Token<'_> {
    fn is_segment(&self) -> bool {
        self.text == "*" || self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (index, text) in code.lines().enumerate() {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let bytes = match first {
                _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            tokens.push(Token { text: &rest[..bytes], line: index + 1 });
            rest = rest[bytes..].trim_start();
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Vec<(usize, String)> {
        paths(code)
            .into_iter()
            .filter(|named| named.segments.len() > 1)
            .map(|named| (named.line, named.segments.join("::")))
            .collect()
    }

    #[test]
    fn groups_are_taken_apart_over_lines() {
        let code = "use std::{fs, io::{self, Read},\n thread::*};";
        let expected = ["std::fs", "std::io::self", "std::io::Read", "std::thread::*"];
        let found = found(code);
        assert_eq!(found.iter().map(|(_, path)| path.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!((found[0].0, found[3].0), (1, 2));
    }

    #[test]
    fn paths_in_expressions_are_found() {
        let code = "fn a(b: crate::c::D) { e::<F>() ; ::std::env::args(); g { h } }";
        let paths: Vec<_> = found(code).into_iter().map(|(_, path)| path).collect();
        assert_eq!(paths, ["crate::c::D", "std::env::args"]);
    }
}
