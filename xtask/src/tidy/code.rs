//! Rust source with everything blanked that is not code: comments, texts, and items for tests alone.
//!
//! Lines stay where they are. This is no parser: it knows as much of Rust as it takes to tell a comment
//! from a text and a character from a lifetime.

/// Returns the code that is built into a crate, with blanks in place of all else.
pub(crate) fn code(text: &str) -> String {
    without_tests(&without_prose(text))
}

/// Blanks comments and the insides of texts and characters.
pub(crate) fn without_prose(text: &str) -> String {
    let mut scan = Scan { source: text.chars().collect(), at: 0, out: String::with_capacity(text.len()) };
    while let Some(c) = scan.peek(0) {
        match (c, scan.peek(1)) {
            ('/', Some('/')) => scan.line_comment(),
            ('/', Some('*')) => scan.block_comment(),
            ('"', _) => scan.text(),
            ('\'', Some(next)) if next == '\\' || scan.peek(2) == Some('\'') => scan.character(),
            _ if c.is_alphabetic() || c == '_' => scan.word(),
            _ => scan.keep(),
        }
    }
    scan.out
}

struct Scan {
    source: Vec<char>,
    at: usize,
    out: String,
}

impl Scan {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        self.out.extend(self.peek(0));
        self.at += 1;
    }

    fn blank(&mut self) {
        self.out.extend(self.peek(0).map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.at += 1;
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => {
                    self.blank();
                    continue;
                }
            }
            self.blank();
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    fn text(&mut self) {
        self.keep();
        while let Some(c) = self.peek(0) {
            match c {
                '"' => return self.keep(),
                '\\' => {
                    self.blank();
                    self.blank();
                }
                _ => self.blank(),
            }
        }
    }

    fn raw_text(&mut self) {
        let mut hashes = 0;
        while self.peek(0) == Some('#') {
            hashes += 1;
            self.blank();
        }
        self.keep();
        while let Some(c) = self.peek(0) {
            let is_end = c == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#'));
            if is_end {
                self.keep();
                (0..hashes).for_each(|_| self.blank());
                return;
            }
            self.blank();
        }
    }

    fn character(&mut self) {
        self.keep();
        while let Some(c) = self.peek(0) {
            match c {
                '\'' => return self.keep(),
                '\\' => {
                    self.blank();
                    self.blank();
                }
                _ => self.blank(),
            }
        }
    }

    /// Keeps a word, and blanks the text it is the prefix of.
    fn word(&mut self) {
        let start = self.at;
        while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.keep();
        }
        let word: String = self.source[start..self.at].iter().collect();
        let hashes = self.source[self.at..].iter().take_while(|&&c| c == '#').count();
        let is_raw = matches!(word.as_str(), "r" | "br" | "cr") && self.peek(hashes) == Some('"');
        if is_raw {
            self.raw_text();
        } else if word == "b" && self.peek(0) == Some('\'') {
            self.character();
        }
    }
}

/// Blanks items that are built for tests alone.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find(FOR_TESTS) {
        let end = item_end(&out, start + FOR_TESTS.len());
        let blanks: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blanks);
    }
    out
}

/// Returns where the item that begins here ends: behind its closing brace, or its semicolon.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0;
    for (offset, c) in code[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return start + offset + 1,
            _ => continue,
        }
        if c == '}' && depth == 0 {
            return start + offset + 1;
        }
    }
    code.len()
}

const FOR_TESTS: &str = "#[cfg(test)]";

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        code(text).split_whitespace().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn comments_and_texts_are_blanked() {
        assert_eq!(words("a // b\n/* c /* d */ e */ f"), ["a", "f"]);
        assert_eq!(words(r##"let a = "b \" c"; d"##), ["let", "a", "=", "\"", "\";", "d"]);
        assert_eq!(words("r#\"a \" b\"# c br\"d\" e"), ["r", "\"", "\"", "c", "br\"", "\"", "e"]);
    }

    #[test]
    fn characters_are_told_from_lifetimes() {
        assert_eq!(
            words("fn a<'b>(c: &'b str) { '\"' ; b'\\'' ; d }").join(" "),
            "fn a<'b>(c: &'b str) { ' ' ; b' ' ; d }"
        );
    }

    #[test]
    fn items_for_tests_are_blanked_and_lines_stay() {
        let text = "a\n#[cfg(test)]\nmod tests { fn b() {} }\nc\n#[cfg(test)]\nuse d;\ne\n";
        assert_eq!(words(text), ["a", "c", "e"]);
        assert_eq!(code(text).lines().count(), text.lines().count());
    }
}
