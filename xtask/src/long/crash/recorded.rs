//! What checkpoints say of how far a run is, read from outside by the page that describes them, `docs/checkpoints.md`.

use std::fs;
use std::path::Path;

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Recorded {
    pub(super) epoch: u64,
    /// Bytes of the output that are taken for written.
    pub(super) written: u64,
}

/// Returns what the newest checkpoint in a folder says, or what is wrong with one of them.
pub(super) fn newest(folder: &Path, output: &str) -> Result<Option<Recorded>, String> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(None) };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".ck"))
        .collect();
    names.sort();
    let mut newest = None;
    for name in names {
        // What was removed meanwhile is no matter.
        let Ok(bytes) = fs::read(folder.join(&name)) else { continue };
        let read = read(&bytes, output).ok_or_else(|| format!("{name}: cannot be read"))?;
        newest = newest.max(Some(read));
    }
    Ok(newest)
}

/// Reads a checkpoint: the epoch, and the state of the part that is a file of this name.
fn read(bytes: &[u8], output: &str) -> Option<Recorded> {
    let mut fields = Fields(bytes);
    let is_version_1 = fields.take(8)? == MAGIC && fields.number(2)? == 1;
    let _flags = fields.number(2)?;
    let (parts, epoch, len, note) =
        (fields.number(4)?, fields.number(8)?, fields.number(8)?, fields.number(4)?);
    if !is_version_1 || len != bytes.len() as u64 {
        return None;
    }
    fields.take(note)?;
    let mut written = 0;
    for _ in 0..parts {
        fields.take(12)?;
        let (name, state) = (fields.number(4)?, fields.number(8)?);
        fields.take(name)?;
        let state = fields.take(state)?;
        if let Some((len, name)) = state.split_first_chunk::<8>()
            && name == output.as_bytes()
        {
            written = u64::from_le_bytes(*len);
        }
    }
    (fields.0.len() == 4).then_some(Recorded { epoch, written })
}

const MAGIC: [u8; 8] = *b"\x8APSK\r\n\x1A\n";

/// Fields of a file, one behind the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(field)
    }

    fn number(&mut self, bytes: u64) -> Option<u64> {
        let field = self.take(bytes)?;
        Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_page_is_read() {
        let page = include_str!("../../../../docs/checkpoints.md");
        let (_, example) = page.split_once("```hex\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let bytes: Vec<u8> = example
            .lines()
            .flat_map(|line| line.split('|').next().unwrap().split_whitespace())
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect();
        assert_eq!(read(&bytes, ""), Some(Recorded { epoch: 7, written: 42 }));
        assert_eq!(read(&bytes[..bytes.len() - 1], ""), None);
    }
}
