//! Running the program as a user would.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part of this")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program, ready for arguments.
pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_primestream"))
}

/// Runs it with some bytes on its standard input.
pub(crate) fn run(arguments: &[&str], input: &[u8]) -> Ended {
    let mut child = program()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may answer before it has read everything, or not read at all.
    let feeder = std::thread::Builder::new().spawn(move || drop(stdin.write_all(&input))).unwrap();
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    Ended::from(output)
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let stderr = String::from_utf8(output.stderr).unwrap();
        Self { code: output.status.code(), stdout: output.stdout, stderr }
    }
}

impl Ended {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Asserts the exit code and that one line says why.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, why: &str) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        assert!(self.stderr.contains(why), "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }

    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }
}

/// A part of a long content: text, and numbers that no compressor and no table knows.
pub(crate) fn part(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut part = Vec::with_capacity(PART_BYTES);
    while part.len() < PART_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state & 0x700 == 0 {
            part.extend(state.to_le_bytes());
        } else {
            part.extend_from_slice(LINES[(state >> 20) as usize % LINES.len()]);
        }
    }
    part.truncate(PART_BYTES);
    part
}

pub(crate) const PART_BYTES: usize = 1 << 20;
const LINES: [&[u8]; 4] = [
    b"It was the best of times, it was the worst of times, ",
    b"{\"id\": 18446744073709551557, \"is_prime\": true}\n",
    b"    for (index, symbol) in symbols.iter().enumerate() {\n",
    b"\0\0\0\0\0\0\0\0",
];

/// A folder of its own for a test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path(name), bytes).unwrap();
        self.name(name)
    }

    pub(crate) fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Lists the names of all files in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub(crate) fn read(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// Text that is not the same everywhere.
pub(crate) fn text(bytes: usize) -> Vec<u8> {
    (0u32..)
        .flat_map(|i| {
            format!("{i} beads on a string, {} to go\n", i.wrapping_mul(2_654_435_761)).into_bytes()
        })
        .take(bytes)
        .collect()
}
