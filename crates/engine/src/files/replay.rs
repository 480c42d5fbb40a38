//! A regular file one can come back to.
//!
//! What it is told by: length, time of the last change, number in the file system, and a CRC-32 of its first bytes, at
//! most 64 KiB of those that were read. Somebody who wants to deceive can; that a file was replaced, appended to or
//! edited is noticed.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Fields, refused};
use crate::disk::{Disk, DiskFile, Identity, Operation, RealDisk, Wanted, read_full};

/// Reads a file from its beginning, or from where a checkpoint was taken, and knows whether it is the same file.
///
/// Reads as many bytes as there were when it was opened: what is added meanwhile is not read, and it is an error if some
/// are missing. Holds the first 64 KiB. Not gathered: each read is a system call.
///
/// # Examples
///
/// ```
/// use std::io::Read;
///
/// use primestream_engine::files::ReplayFile;
///
/// # let path = std::env::temp_dir().join(format!("engine-replay-{}", std::process::id()));
/// std::fs::write(&path, "first, second")?;
/// let mut file = ReplayFile::open(&path)?;
/// let mut first = [0; 5];
/// file.read_exact(&mut first)?;
/// let mut state = Vec::new();
/// file.save(5, &mut state);
///
/// let mut again = ReplayFile::open(&path)?;
/// assert_eq!(again.restore(&state)?, 5);
/// assert_eq!(std::io::read_to_string(again)?, ", second");
///
/// std::fs::write(&path, "First, second")?;
/// let refusal = ReplayFile::open(&path)?.restore(&state).expect_err("another beginning");
/// assert!(refusal.to_string().contains("its first 5 bytes"));
/// # std::fs::remove_file(path)?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ReplayFile {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    /// As it was when it was opened.
    identity: Identity,
    position: u64,
    /// Its first bytes, as they were read.
    beginning: Vec<u8>,
    insists: bool,
}

impl ReplayFile {
    /// Opens a regular file.
    ///
    /// # Errors
    ///
    /// If it is none, such as a pipe or a folder, or the disk refuses.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        Self::on(Arc::new(RealDisk), path)
    }

    /// As [`open`](Self::open), on any disk.
    ///
    /// # Errors
    ///
    /// If it is no regular file, or the disk refuses.
    pub fn on(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let file = disk.open(&path).wanted(Operation::Open, &path)?;
        let identity = file.identity().wanted(Operation::Look, &path)?;
        if !identity.is_regular {
            let what = "no regular file, so there is no coming back to a place in it";
            return Err(refused(io::ErrorKind::InvalidInput, &path, what));
        }
        Ok(Self { path, file, identity, position: 0, beginning: Vec::new(), insists: false })
    }

    /// Takes the file as it is when it is restored, even if it is another: all that is still asked is that it is long
    /// enough.
    #[must_use]
    pub fn even_if_changed(self) -> Self {
        Self { insists: true, ..self }
    }

    /// Returns how many bytes it had when it was opened.
    pub fn len(&self) -> u64 {
        self.identity.len
    }

    /// Returns whether it had none.
    pub fn is_empty(&self) -> bool {
        self.identity.len == 0
    }

    /// Returns where the next byte is read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends to `state` what the file is told by, and the place `at`, which [`restore`](Self::restore) comes back to.
    ///
    /// # Panics
    ///
    /// If `at` is behind what was read.
    pub fn save(&self, at: u64, state: &mut Vec<u8>) {
        assert!(at <= self.position, "byte {at} is behind {}, where reading is", self.position);
        let known = usize::try_from(at).unwrap_or(usize::MAX).min(self.beginning.len());
        let Identity { len, modified_nanos, inode, .. } = self.identity;
        state.extend(at.to_le_bytes());
        state.extend(len.to_le_bytes());
        state.push(match (modified_nanos, inode) {
            (None, None) => 0,
            (Some(_), None) => 1,
            (None, Some(_)) => 2,
            (Some(_), Some(_)) => 3,
        });
        state.extend(modified_nanos.unwrap_or(0).to_le_bytes());
        state.extend(inode.unwrap_or(0).to_le_bytes());
        state.extend(u32::try_from(known).expect("64 KiB at the most").to_le_bytes());
        state.extend(crc32fast::hash(&self.beginning[..known]).to_le_bytes());
    }

    /// Sees that the file is the one whose state was saved, comes back to the place of which that was, and returns it.
    ///
    /// # Errors
    ///
    /// If the file is another, with what differs and how to insist; if it is too short; if the disk refuses.
    pub fn restore(&mut self, state: &[u8]) -> io::Result<u64> {
        let saved = Saved::read(state).ok_or_else(|| {
            let what = "the checkpoint holds no state of a file that is read";
            refused(io::ErrorKind::InvalidData, &self.path, what)
        })?;
        if self.identity.len < saved.at {
            let what = format!("has {} bytes, and {} were read before", self.identity.len, saved.at);
            return Err(refused(io::ErrorKind::InvalidData, &self.path, what));
        }
        let wanted = usize::try_from(saved.at).unwrap_or(usize::MAX).min(BEGINNING_BYTES);
        let mut beginning = vec![0; wanted];
        let count = read_full(self.file.as_mut(), &mut beginning, 0);
        let count = count.wanted(Operation::Read { offset: 0 }, &self.path)?;
        beginning.truncate(count);
        let differences = saved.differences(&self.identity, &beginning);
        if !self.insists && !differences.is_empty() {
            let what = format!(
                "is not the file that was read before: {}; `even_if_changed` goes on all the same",
                Listed(&differences)
            );
            return Err(refused(io::ErrorKind::InvalidData, &self.path, what));
        }
        self.beginning = beginning;
        self.position = saved.at;
        Ok(saved.at)
    }
}

impl Read for ReplayFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.identity.len - self.position).unwrap_or(usize::MAX);
        let room = bytes.len().min(left);
        if room == 0 {
            return Ok(0);
        }
        let offset = self.position;
        let count = loop {
            match self.file.read_at(&mut bytes[..room], offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => break done.wanted(Operation::Read { offset }, &self.path)?,
            }
        };
        if count == 0 {
            let what = format!("ends at byte {offset}, and had {} when it was opened", self.identity.len);
            return Err(refused(io::ErrorKind::UnexpectedEof, &self.path, what));
        }
        if offset == self.beginning.len() as u64 {
            let kept = count.min(BEGINNING_BYTES - self.beginning.len());
            self.beginning.extend_from_slice(&bytes[..kept]);
        }
        self.position += count as u64;
        Ok(count)
    }
}

/// What a file was told by.
struct Saved {
    at: u64,
    len: u64,
    modified_nanos: Option<i128>,
    inode: Option<u64>,
    known: usize,
    crc: u32,
}

impl Saved {
    fn read(state: &[u8]) -> Option<Self> {
        let mut fields = Fields(state);
        let (at, len, flags) = (fields.u64()?, fields.u64()?, fields.byte()?);
        let modified = i128::from_le_bytes(fields.take(16)?.try_into().ok()?);
        let (inode, known, crc) = (fields.u64()?, fields.u32()?, fields.u32()?);
        fields.end()?;
        let known = usize::try_from(known).ok()?;
        let (modified_nanos, inode) = match flags {
            0 => (None, None),
            1 => (Some(modified), None),
            2 => (None, Some(inode)),
            3 => (Some(modified), Some(inode)),
            _ => return None,
        };
        let is_possible = at <= len && known as u64 == at.min(BEGINNING_BYTES as u64);
        is_possible.then_some(Self { at, len, modified_nanos, inode, known, crc })
    }

    /// Returns what tells the file that is there from the one that was.
    fn differences(&self, now: &Identity, beginning: &[u8]) -> Vec<String> {
        let mut differences = Vec::new();
        if self.len != now.len {
            differences.push(format!("it had {} bytes and has {}", self.len, now.len));
        }
        if self.modified_nanos != now.modified_nanos {
            differences.push("it was changed since".to_owned());
        }
        if self.inode != now.inode {
            differences.push("another file has its name".to_owned());
        }
        if beginning.len() != self.known || crc32fast::hash(beginning) != self.crc {
            differences.push(format!("its first {} bytes are others", self.known));
        }
        differences
    }
}

struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, part)| {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(part)
        })
    }
}

/// Bytes from the beginning of a file by which it is known again.
const BEGINNING_BYTES: usize = 1 << 16;
