//! Text to instructions.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;

use crate::machine::Mnemonic;
use crate::reading::Reading;

/// Reads the text of a program.
///
/// A line is a label with a colon, an instruction, both, or empty; `;` begins a comment. Instructions are
/// the names of [`Mnemonic`] with an operand if they have one, a number or a label; and
///
/// | | |
/// | --- | --- |
/// | `OP p n` | the operation of a prime, with an operand or without |
/// | `DATA p v` | the symbol v at position p |
/// | `TEXT "…"` | a symbol for each UTF-16 unit, positions from 0; `\n`, `\t`, `\"`, `\\` and `\u{…}` are known |
/// | `BLOCK n s` | the header of a block of n, with its number or, as the reference has it, without |
/// | `NTT n` | the header of a transformed block |
/// | `CHECK c` | the trailer of a block |
///
/// A label stands for the place of the instruction behind it, counted in codewords from 0.
///
/// # Errors
///
/// At the first line that cannot be read, or a label that is used and nowhere set.
///
/// # Examples
///
/// ```
/// use primestream_codec::program::{assemble, disassemble};
///
/// let program = assemble("again: PUSH 7 ; for ever\n PRINT\n JMP again")?;
/// assert_eq!(disassemble(&program), "L0: PUSH 7\n    PRINT\n    JMP L0\n");
/// assert_eq!(assemble("PUSH 1\nPUHS 2").unwrap_err().to_string(), "line 2: `PUHS` is no operation");
/// # Ok::<(), primestream_codec::program::AssembleError>(())
/// ```
pub fn assemble(text: &str) -> Result<Vec<Reading>, AssembleError> {
    let mut assembly = Assembly::default();
    for (line, text) in (1..).zip(text.lines()) {
        assembly.line(line, text).map_err(|fault| AssembleError { line, fault })?;
    }
    assembly.finish()
}

/// The text of a program cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssembleError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: AssembleFault,
}

/// What is wrong with a line of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssembleFault {
    /// The word names no operation.
    Unknown(String),
    /// A number that belongs here is missing.
    Missing,
    /// The word is not a number that belongs here.
    Number(String),
    /// There is more on the line than belongs to the instruction.
    Superfluous(String),
    /// The text has no end, or an escape that is not known.
    Text,
    /// The label is set twice.
    Twice(String),
    /// The label is not set anywhere.
    NoLabel(String),
    /// No codeword stands for this.
    Symbol(crate::symbol::SymbolError),
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl fmt::Display for AssembleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => write!(f, "`{}` is no operation", word.escape_debug()),
            Self::Missing => f.write_str("a number is missing"),
            Self::Number(word) => write!(f, "`{}` is neither a number nor a label", word.escape_debug()),
            Self::Superfluous(word) => write!(f, "`{}` is too much", word.escape_debug()),
            Self::Text => f.write_str("the text does not end, or has an unknown escape"),
            Self::Twice(label) => write!(f, "the label `{label}` is set twice"),
            Self::NoLabel(label) => write!(f, "the label `{label}` is set nowhere"),
            Self::Symbol(error) => error.fmt(f),
        }
    }
}

impl Error for AssembleError {}

#[derive(Default)]
struct Assembly {
    program: Vec<Reading>,
    /// Lines of the instructions.
    lines: Vec<usize>,
    labels: HashMap<String, u64>,
    /// Instructions whose operand is a label.
    open: Vec<(usize, String)>,
}

impl Assembly {
    fn line(&mut self, line: usize, text: &str) -> Result<(), AssembleFault> {
        let text = text.trim();
        if let Some((label, rest)) = text.split_once(':').filter(|(label, _)| is_label(label.trim())) {
            let (label, place) = (label.trim().to_owned(), self.program.len() as u64);
            if self.labels.insert(label.clone(), place).is_some() {
                return Err(AssembleFault::Twice(label));
            }
            return self.instruction(line, rest.trim());
        }
        self.instruction(line, text)
    }

    fn instruction(&mut self, line: usize, text: &str) -> Result<(), AssembleFault> {
        let end = text.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        if word.is_empty() {
            return Ok(());
        }
        let before = self.program.len();
        if word.eq_ignore_ascii_case("TEXT") {
            let (units, behind) = quoted(rest.trim()).ok_or(AssembleFault::Text)?;
            Words::of(behind).end()?;
            let symbols =
                (0..).zip(units).map(|(position, unit)| Reading::Data { position, value: unit.into() });
            self.program.extend(symbols);
        } else {
            let mut words = Words::of(rest);
            let instruction = self.read(word, &mut words)?;
            words.end()?;
            self.program.push(instruction);
        }
        for instruction in self.program.get(before..).unwrap_or_default() {
            instruction.to_codeword().map_err(AssembleFault::Symbol)?;
            self.lines.push(line);
        }
        Ok(())
    }

    fn read(&mut self, word: &str, words: &mut Words<'_>) -> Result<Reading, AssembleFault> {
        Ok(match word.to_ascii_uppercase().as_str() {
            "OP" => Reading::Operation { opcode: words.number()?, operand: words.number_or_nothing()? },
            "DATA" => Reading::Data {
                position: words.number()?,
                value: u32::try_from(words.number()?).unwrap_or(u32::MAX),
            },
            "BLOCK" => Reading::Header { length: words.number()?, sequence: words.number_or_nothing()? },
            "NTT" => Reading::NttHeader { length: words.number()? },
            "CHECK" => Reading::Trailer { check: words.number()? },
            name => {
                let operation: Mnemonic =
                    name.parse().map_err(|_| AssembleFault::Unknown(word.to_owned()))?;
                let operand = match words.next() {
                    Some(label) if is_label(label) => {
                        self.open.push((self.program.len(), label.to_owned()));
                        Some(0)
                    }
                    Some(number) => Some(parse(number)?),
                    None => None,
                };
                Reading::Operation { opcode: operation.opcode(), operand }
            }
        })
    }

    fn finish(mut self) -> Result<Vec<Reading>, AssembleError> {
        for (place, label) in std::mem::take(&mut self.open) {
            let line = self.lines.get(place).copied().unwrap_or_default();
            let Some(&target) = self.labels.get(&label) else {
                return Err(AssembleError { line, fault: AssembleFault::NoLabel(label) });
            };
            if let Some(Reading::Operation { opcode, operand }) = self.program.get_mut(place) {
                *operand = Some(target);
                let instruction = Reading::Operation { opcode: *opcode, operand: *operand };
                instruction
                    .to_codeword()
                    .map_err(|error| AssembleError { line, fault: AssembleFault::Symbol(error) })?;
            }
        }
        Ok(self.program)
    }
}

/// The words of a line, without its comment.
struct Words<'a>(std::str::SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Self {
        Self(text.split(';').next().unwrap_or_default().split_whitespace())
    }

    fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    fn number_or_nothing(&mut self) -> Result<Option<u64>, AssembleFault> {
        self.next().map(parse).transpose()
    }

    fn number(&mut self) -> Result<u64, AssembleFault> {
        self.number_or_nothing()?.ok_or(AssembleFault::Missing)
    }

    fn end(&mut self) -> Result<(), AssembleFault> {
        self.next().map_or(Ok(()), |word| Err(AssembleFault::Superfluous(word.to_owned())))
    }
}

fn parse(word: &str) -> Result<u64, AssembleFault> {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| is_plain).ok_or_else(|| AssembleFault::Number(word.to_owned()))
}

/// Returns whether a word is a label: letters, digits, `_` and `.`, not a digit first.
fn is_label(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_' || character == '.')
}

/// Reads a quoted text, and returns its units and what stands behind it.
fn quoted(text: &str) -> Option<(Vec<u16>, &str)> {
    let mut rest = text.strip_prefix('"')?.chars();
    let mut units = Vec::new();
    loop {
        let unit = match rest.next()? {
            '"' => return Some((units, rest.as_str())),
            '\\' => escaped(&mut rest)?,
            plain => u32::from(plain),
        };
        match char::from_u32(unit) {
            Some(character) => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            // Half of a pair.
            None => units.push(u16::try_from(unit).ok()?),
        }
    }
}

fn escaped(rest: &mut std::str::Chars<'_>) -> Option<u32> {
    Some(match rest.next()? {
        'n' => 0x0A,
        't' => 0x09,
        'r' => 0x0D,
        plain @ ('"' | '\\') => plain.into(),
        'u' => {
            let (digits, behind) = rest.as_str().strip_prefix('{')?.split_once('}')?;
            *rest = behind.chars();
            u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() <= 6)?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (usize, AssembleFault) {
        let error = assemble(text).unwrap_err();
        (error.line, error.fault)
    }

    #[test]
    fn every_kind_of_line_is_read() {
        let text = "start: ; here\n  push 3 ; three\nEnd.2: JIF start\nOP 7919 4\nOP 7919\nDATA 9 65\n\
                    text \"a\\n\\\"\u{1F600}\\u{d800}\" ; shown\nBLOCK 3\nBLOCK 3 9\nNTT 4\nCHECK 18446744073709551615\nJMP End.2";
        let operation = |opcode, operand| Reading::Operation { opcode, operand };
        let symbols = [0x61, 0x0A, 0x22, 0xD83D, 0xDE00, 0xD800];
        let mut expected = vec![
            operation(2, Some(3)),
            operation(101, Some(0)),
            operation(7919, Some(4)),
            operation(7919, None),
            Reading::Data { position: 9, value: 65 },
        ];
        expected.extend((0..).zip(symbols).map(|(position, value)| Reading::Data { position, value }));
        expected.extend([
            Reading::Header { length: 3, sequence: None },
            Reading::Header { length: 3, sequence: Some(9) },
            Reading::NttHeader { length: 4 },
            Reading::Trailer { check: u64::MAX },
            operation(97, Some(1)),
        ]);
        assert_eq!(assemble(text), Ok(expected));
        assert_eq!(assemble(" ; nothing\n\n"), Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let word = |word: &str| word.to_owned();
        assert_eq!(fault("NOP\nFLY"), (2, AssembleFault::Unknown(word("FLY"))));
        assert_eq!(fault("PUSH 1 2"), (1, AssembleFault::Superfluous(word("2"))));
        assert_eq!(fault("PUSH -1"), (1, AssembleFault::Number(word("-1"))));
        assert_eq!(
            fault("PUSH 18446744073709551616"),
            (1, AssembleFault::Number(word("18446744073709551616")))
        );
        assert_eq!(fault("DATA 1"), (1, AssembleFault::Missing));
        assert_eq!(fault("a:\nb: a:"), (2, AssembleFault::Unknown(word("a:"))));
        assert_eq!(fault("a:\nNOP\na: NOP"), (3, AssembleFault::Twice(word("a"))));
        assert_eq!(fault("NOP\n\nJMP away\n"), (3, AssembleFault::NoLabel(word("away"))));
        for text in ["TEXT", "TEXT \"open", "TEXT \"\\x\"", "TEXT \"\\u{110000}\"", "TEXT plain"] {
            assert_eq!(fault(text), (1, AssembleFault::Text), "{text}");
        }
        assert!(matches!(fault("OP 4"), (1, AssembleFault::Symbol(_))));
        assert!(matches!(fault("DATA 0 99999999999"), (1, AssembleFault::Symbol(_))));
    }
}
