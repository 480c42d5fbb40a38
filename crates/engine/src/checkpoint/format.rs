//! A checkpoint as bytes, version 1; `docs/checkpoints.md` shows each of them.
//!
//! Whatever the version, a file begins with the magic and its version and ends with a CRC-32 of all before it, so that
//! a file of a newer version is told from a damaged one. Any change of up to 32 bits in a row, any truncation and
//! any extension is noticed; of other changes, one in 2^32 is not. No length is believed before the checksum fits, and
//! none before that many bytes are there.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use super::{Checkpoint, Epoch, Part};

/// A file, or a checkpoint, does not fit the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// It does not begin as a checkpoint does.
    Magic,
    /// It is shorter than a checkpoint can be.
    Short {
        /// Its bytes.
        bytes: u64,
    },
    /// It does not fit its checksum.
    Checksum,
    /// It was written by a newer version.
    Newer {
        /// That version of the format.
        version: u16,
    },
    /// A length, or another field, contradicts the rest.
    Contradiction {
        /// Where the field is.
        offset: u64,
    },
    /// It is of another epoch than its name says.
    OtherEpoch {
        /// The epoch in the file.
        found: Epoch,
    },
    /// More than the format, or memory, holds.
    TooLong {
        /// How many bytes, or parts.
        len: u64,
    },
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("no checkpoint"),
            Self::Short { bytes } => write!(f, "damaged: {bytes} bytes are too few for a checkpoint"),
            Self::Checksum => f.write_str("damaged: the checksum does not fit"),
            Self::Newer { version } => write!(f, "written by a newer version (format {version})"),
            Self::Contradiction { offset } => {
                write!(f, "damaged: the field at byte {offset} contradicts the rest")
            }
            Self::OtherEpoch { found } => write!(f, "damaged: holds epoch {found}, not that of its name"),
            Self::TooLong { len } => write!(f, "{len} are more than can be held"),
        }
    }
}

impl Error for FormatError {}

/// Returns a checkpoint as bytes.
///
/// # Errors
///
/// If there are 2^32 parts, or a name or the note has 2^32 bytes.
pub fn encode(checkpoint: &Checkpoint) -> Result<Vec<u8>, FormatError> {
    let len = encoded_len(checkpoint)?;
    let mut bytes = Vec::new();
    let fits = usize::try_from(len).is_ok_and(|len| bytes.try_reserve_exact(len).is_ok());
    if !fits {
        return Err(FormatError::TooLong { len });
    }
    match write(checkpoint, len, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => unreachable!("a vector takes all bytes"),
    }
}

/// Returns how many bytes a checkpoint becomes.
pub(super) fn encoded_len(checkpoint: &Checkpoint) -> Result<u64, FormatError> {
    let short = |len: usize| match u32::try_from(len) {
        Ok(len) => Ok(u64::from(len)),
        Err(_) => Err(FormatError::TooLong { len: len as u64 }),
    };
    short(checkpoint.parts.len())?;
    let mut len = HEAD_BYTES + short(checkpoint.note.len())? + CRC_BYTES;
    for part in &checkpoint.parts {
        len += PART_BYTES + short(part.name.len())? + part.state.len() as u64;
    }
    Ok(len)
}

/// Writes a checkpoint of that encoded length.
pub(super) fn write(checkpoint: &Checkpoint, len: u64, out: &mut impl Write) -> io::Result<()> {
    let mut out = Summing { out, crc: crc32fast::Hasher::new() };
    out.add(&MAGIC)?;
    out.add(&VERSION.to_le_bytes())?;
    out.add(&if checkpoint.is_complete { COMPLETE } else { 0 }.to_le_bytes())?;
    out.short(checkpoint.parts.len())?;
    out.add(&checkpoint.epoch.get().to_le_bytes())?;
    out.add(&len.to_le_bytes())?;
    out.short(checkpoint.note.len())?;
    out.add(checkpoint.note.as_bytes())?;
    for part in &checkpoint.parts {
        out.add(&part.stage.to_le_bytes())?;
        out.add(&part.lane.to_le_bytes())?;
        out.add(&part.step.to_le_bytes())?;
        out.short(part.name.len())?;
        out.add(&(part.state.len() as u64).to_le_bytes())?;
        out.add(part.name.as_bytes())?;
        out.add(&part.state)?;
    }
    let crc = out.crc.clone().finalize();
    out.out.write_all(&crc.to_le_bytes())
}

/// Bytes on their way, and their checksum.
struct Summing<'a, W> {
    out: &'a mut W,
    crc: crc32fast::Hasher,
}

impl<W: Write> Summing<'_, W> {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.crc.update(bytes);
        Ok(())
    }

    /// Writes a length that `encoded_len` has seen.
    fn short(&mut self, len: usize) -> io::Result<()> {
        self.add(&u32::try_from(len).expect("lengths were looked at").to_le_bytes())
    }
}

/// Reads a checkpoint, of which all bytes must be there and none behind it. Holds no more than there are bytes.
///
/// # Errors
///
/// If the bytes are anything else than what [`encode`] makes of a checkpoint.
///
/// # Examples
///
/// ```
/// use primestream_engine::checkpoint::{Checkpoint, Epoch, FormatError, decode, encode};
///
/// let done = Checkpoint { epoch: Epoch::FIRST, is_complete: true, parts: vec![], note: String::new() };
/// let mut bytes = encode(&done)?;
/// assert_eq!(decode(&bytes)?, done);
/// bytes[16] ^= 1;
/// assert_eq!(decode(&bytes), Err(FormatError::Checksum));
/// # Ok::<(), FormatError>(())
/// ```
pub fn decode(bytes: &[u8]) -> Result<Checkpoint, FormatError> {
    let len = bytes.len() as u64;
    let Some((covered, crc)) = bytes.split_last_chunk().filter(|_| len >= SHORTEST) else {
        return Err(FormatError::Short { bytes: len });
    };
    if !bytes.starts_with(&MAGIC) {
        return Err(FormatError::Magic);
    }
    if crc32fast::hash(covered) != u32::from_le_bytes(*crc) {
        return Err(FormatError::Checksum);
    }
    let mut fields = Fields { bytes: covered, at: MAGIC.len() };
    let version = fields.u16()?;
    match version {
        0 => return Err(FormatError::Contradiction { offset: 8 }),
        VERSION => {}
        _ => return Err(FormatError::Newer { version }),
    }
    let flags = fields.u16()?;
    if flags & !COMPLETE != 0 {
        return Err(FormatError::Newer { version });
    }
    let count = fields.u32()?;
    let epoch = fields.field(Fields::u64, Epoch::new)?;
    fields.field(Fields::u64, |stated| (stated == len).then_some(()))?;
    let note_len = fields.u32()?;
    let note = fields.text(note_len)?;
    // So many parts must have room in what is left before room is made for them.
    if u64::from(count) > (fields.left() / PART_BYTES) {
        return Err(FormatError::Contradiction { offset: 12 });
    }
    let mut parts = Vec::new();
    parts.try_reserve_exact(count as usize).map_err(|_| FormatError::TooLong { len: u64::from(count) })?;
    for _ in 0..count {
        let (stage, lane, step) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let (name_len, state_len) = (fields.u32()?, fields.u64()?);
        let name = fields.text(name_len)?;
        let state = owned(fields.take(state_len)?)?;
        parts.push(Part { stage, lane, step, name, state });
    }
    match fields.left() {
        0 => Ok(Checkpoint { epoch, is_complete: flags & COMPLETE != 0, parts, note }),
        _ => Err(FormatError::Contradiction { offset: fields.at as u64 }),
    }
}

/// Fields one behind the other.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn left(&self) -> u64 {
        (self.bytes.len() - self.at) as u64
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], FormatError> {
        let contradiction = FormatError::Contradiction { offset: self.at as u64 };
        let rest = &self.bytes[self.at..];
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len)).ok_or(contradiction)?;
        self.at += taken.len();
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        Ok(self.take(N as u64)?.try_into().expect("so many were taken"))
    }

    fn u16(&mut self) -> Result<u16, FormatError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, FormatError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, FormatError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Reads a field that has a meaning, or contradicts.
    fn field<T, M>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, FormatError>,
        meaning: impl FnOnce(T) -> Option<M>,
    ) -> Result<M, FormatError> {
        let offset = self.at as u64;
        meaning(read(self)?).ok_or(FormatError::Contradiction { offset })
    }

    fn text(&mut self, len: u32) -> Result<String, FormatError> {
        let offset = self.at as u64;
        let bytes = owned(self.take(u64::from(len))?)?;
        String::from_utf8(bytes).map_err(|_| FormatError::Contradiction { offset })
    }
}

fn owned(bytes: &[u8]) -> Result<Vec<u8>, FormatError> {
    let mut owned = Vec::new();
    owned.try_reserve_exact(bytes.len()).map_err(|_| FormatError::TooLong { len: bytes.len() as u64 })?;
    owned.extend_from_slice(bytes);
    Ok(owned)
}

/// What a checkpoint begins with: a byte that is no text, letters for the eye, and line ends that a conversion would
/// change.
const MAGIC: [u8; 8] = [0x8A, b'P', b'S', b'K', 0x0D, 0x0A, 0x1A, 0x0A];
const VERSION: u16 = 1;
/// The flag of a checkpoint behind which nothing is left to do.
const COMPLETE: u16 = 1;
/// Magic, version, flags, count of parts, epoch, length, length of the note.
const HEAD_BYTES: u64 = 8 + 2 + 2 + 4 + 8 + 8 + 4;
/// Stage, lane, step, length of the name, length of the state.
const PART_BYTES: u64 = 4 + 4 + 4 + 4 + 8;
const CRC_BYTES: u64 = 4;
const SHORTEST: u64 = HEAD_BYTES + CRC_BYTES;
