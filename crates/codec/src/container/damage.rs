//! What is wrong with a container that could be opened: where, how much, and of what kind.
//!
//! Damage is a value beside the good frames, never the end of reading; whoever wants
//! to stop at the first piece of it does so.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use std::error::Error;
use std::fmt;

use crate::block::BlockFault;
use crate::symbol::Kind;

/// One place of a container that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// Byte of the container at which it begins.
    pub offset: u64,
    /// Bytes concerned; 0 where something is missing.
    pub bytes: u64,
    /// Number of the frame concerned, where it is known.
    pub frame: Option<u64>,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What is wrong at one place of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DamageKind {
    /// No frame begins here.
    NoFrame,
    /// The frame's length contradicts its kind, its symbol count or the settings.
    Length {
        /// Bytes claimed.
        bytes: u64,
        /// Most bytes accepted.
        bytes_max: u64,
    },
    /// The frame's symbol count contradicts its kind or the settings.
    SymbolCount {
        /// Symbols claimed.
        count: u64,
        /// Most symbols accepted.
        count_max: u64,
    },
    /// The frame has flags that do not belong to its kind: index frames may be skipped, all others not, and only content
    /// is compressed.
    Flags {
        /// The flags.
        flags: u8,
    },
    /// Bytes of this frame are missing, or others were put in.
    Broken,
    /// The container ends within this frame.
    Cut,
    /// The content of this frame is damaged.
    Content(FrameFault),
    /// Frames are missing before this place, the first being `frame`.
    Lost {
        /// How many.
        count: u64,
    },
    /// The frame was there before.
    Repeated,
    /// The frame comes after one with a higher number.
    Displaced,
    /// The frame is not the last and yet not full.
    Short,
    /// Something follows the end frame.
    AfterEnd,
    /// The end frame counts other frames than there are.
    FrameTotal {
        /// Frames found.
        found: u64,
        /// Frames stated.
        stated: u64,
    },
    /// The end frame counts other symbols than there are.
    SymbolTotal {
        /// Symbols found.
        found: u64,
        /// Symbols stated.
        stated: u64,
    },
    /// The content has another digest than the end frame states.
    Digest,
    /// The end frame stands elsewhere than it states.
    EndOffset {
        /// Its place, from the beginning of its container.
        found: u64,
        /// The place stated.
        stated: u64,
    },
    /// There is no end frame: the container is incomplete.
    Incomplete,
    /// The header of a further container in the same file is damaged or cut.
    MemberHeader,
}

impl fmt::Display for DamageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFrame => f.write_str("no frame begins here"),
            Self::Length { bytes, bytes_max } => write!(f, "length {bytes}, accepted up to {bytes_max}"),
            Self::SymbolCount { count, count_max } => {
                write!(f, "{count} symbols, accepted up to {count_max}")
            }
            Self::Flags { flags } => write!(f, "flags {flags} do not belong to a frame of its kind"),
            Self::Broken => f.write_str("bytes are missing or added"),
            Self::Cut => f.write_str("cut"),
            Self::Content(fault) => fault.fmt(f),
            Self::Lost { count } => write!(f, "{count} frames lost"),
            Self::Repeated => f.write_str("repeated"),
            Self::Displaced => f.write_str("out of place"),
            Self::Short => f.write_str("not full and not the last"),
            Self::AfterEnd => f.write_str("after the end frame"),
            Self::FrameTotal { found, stated } => write!(f, "{found} frames, the end frame states {stated}"),
            Self::SymbolTotal { found, stated } => {
                write!(f, "{found} symbols, the end frame states {stated}")
            }
            Self::Digest => f.write_str("the content's digest differs from the end frame's"),
            Self::EndOffset { found, stated } => {
                write!(f, "end frame at byte {found} of its container, it states {stated}")
            }
            Self::Incomplete => f.write_str("incomplete: no end frame"),
            Self::MemberHeader => f.write_str("header of a further container damaged or cut"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.offset)?;
        if let Some(frame) = self.frame {
            write!(f, ", frame {frame}")?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl Error for Damage {}

/// A frame whose content is not what was written; nothing of it is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameDamage {
    /// Number of the frame.
    pub frame: u64,
    /// Byte of the container at which the frame begins.
    pub offset: u64,
    /// Bytes of the container it takes.
    pub bytes: u64,
    /// Symbols that are missing with it.
    pub symbols: usize,
    /// What was noticed first.
    pub fault: FrameFault,
    /// The codewords at fault, as far as they can be told; at most
    /// [`Limits::codewords_listed_max`](crate::Limits::codewords_listed_max).
    pub codewords: Vec<CodewordDamage>,
}

impl FrameDamage {
    /// Returns the damage without the list.
    #[must_use]
    pub const fn summary(&self) -> Damage {
        Damage {
            offset: self.offset,
            bytes: self.bytes,
            frame: Some(self.frame),
            kind: DamageKind::Content(self.fault),
        }
    }
}

impl fmt::Display for FrameDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary().fmt(f)
    }
}

impl Error for FrameDamage {}

/// Why the content of a frame is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameFault {
    /// The payload does not fit the frame's checksum.
    Checksum,
    /// The payload of an index or end frame fits its checksum and contradicts itself or its frame header.
    Contradiction,
    /// The payload is compressed in a container without compression.
    Compressed,
    /// The payload cannot be decompressed to the length stated.
    Decompression,
    /// There is no memory for the content.
    Memory,
    /// A block of the frame is not as it should be.
    Block {
        /// Which block of the frame, from 0.
        block: u64,
        /// What is wrong with it.
        fault: BlockFault,
    },
    /// Bytes are left after the last block.
    Remainder {
        /// How many.
        bytes: usize,
    },
}

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum => f.write_str("payload does not fit its checksum"),
            Self::Contradiction => f.write_str("payload contradicts itself or its frame header"),
            Self::Compressed => f.write_str("payload compressed in a container without compression"),
            Self::Decompression => f.write_str("payload cannot be decompressed to its stated length"),
            Self::Memory => f.write_str("no memory for the content"),
            Self::Block { block, fault } => write!(f, "block {block}: {fault}"),
            Self::Remainder { bytes } => write!(f, "{bytes} bytes after the last block"),
        }
    }
}

/// What strict reading says of one codeword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// It has exactly one reading, though perhaps not the one that belongs here.
    Ok,
    /// It has the form of no codeword.
    Corrupt,
    /// It has the form of a data codeword, and the checksum prime of another.
    Checksum,
    /// It has several.
    Ambiguous,
    /// It is not all there.
    Incomplete,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Corrupt => "corrupt",
            Self::Checksum => "checksum",
            Self::Ambiguous => "ambiguous",
            Self::Incomplete => "incomplete",
        })
    }
}

/// One codeword that is not what belongs in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodewordDamage {
    /// Where it begins, in bytes from the start of the frame's payload once decompressed.
    pub payload_offset: u64,
    /// Byte of the container; `None` if the payload is compressed.
    pub offset: Option<u64>,
    /// What strict reading says of it.
    pub verdict: Verdict,
    /// What it reads as, or, without a reading, what belongs here.
    pub kind: Kind,
    /// Number of its block in the container.
    pub block: u64,
    /// Position it carries, or, without a reading, the one that belongs here; `None` unless a data codeword.
    pub position: Option<u64>,
    /// Value it carries, if it can be read, or that its form has.
    pub value: Option<u32>,
}
