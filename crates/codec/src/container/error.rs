//! Why a container cannot be opened or written.
//!
//! These end the work; what is merely damaged is a [`Damage`](super::Damage) and
//! travels beside the frames that are good.

use std::error::Error;
use std::fmt;
use std::io;

use crate::reading::Unreadable;
use crate::symbol::SymbolError;

/// A container cannot be read on.
#[derive(Debug)]
#[non_exhaustive]
pub enum ContainerError {
    /// The source of bytes failed.
    Io {
        /// The byte at which it failed.
        offset: u64,
        /// What it said.
        source: io::Error,
    },
    /// The first bytes are not those of a container.
    NotAContainer {
        /// What stands where the magic should.
        found: [u8; 8],
    },
    /// The input ends within the container header.
    HeaderCut {
        /// Bytes there are.
        bytes: u64,
    },
    /// The container header does not fit its checksum.
    HeaderDamaged,
    /// The container is of a newer version than this reader.
    NewerVersion {
        /// Version of the container.
        version: u16,
        /// Newest version this reader knows.
        version_max: u16,
    },
    /// The container uses something this version does not define.
    NewerFeature {
        /// Byte where it stands.
        offset: u64,
        /// Name of the field, as in `docs/container.md`.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// A setting in the container header is outside its range.
    InvalidSetting {
        /// Name of the field, as in `docs/container.md`.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// The container needs more than the caller allows.
    LimitExceeded {
        /// Name of the limit, a field of [`Limits`](crate::Limits).
        limit: &'static str,
        /// What is needed.
        needed: u64,
        /// What is allowed.
        allowed: u64,
    },
}

impl fmt::Display for ContainerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { offset, .. } => write!(f, "reading failed at byte {offset}"),
            Self::NotAContainer { .. } => f.write_str("not a container: the first eight bytes are others"),
            Self::HeaderCut { bytes } => write!(f, "cut within the container header: {bytes} of 64 bytes"),
            Self::HeaderDamaged => f.write_str("the container header does not fit its checksum"),
            Self::NewerVersion { version, version_max } => {
                write!(
                    f,
                    "written by a newer version: container version {version}, known up to {version_max}"
                )
            }
            Self::NewerFeature { offset, field, value } => {
                write!(f, "written by a newer version: {field} {value} at byte {offset} is unknown")
            }
            Self::InvalidSetting { field, value } => {
                write!(f, "container header: {field} {value} is out of range")
            }
            Self::LimitExceeded { limit, needed, allowed } => {
                write!(f, "limit {limit}: {needed} needed, {allowed} allowed")
            }
        }
    }
}

impl Error for ContainerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A frame cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The symbols are of another kind than the container's.
    WrongUnits,
    /// A content frame holds at least one symbol.
    NoSymbols,
    /// More symbols than a frame of this container holds.
    TooManySymbols {
        /// Symbols given.
        count: usize,
        /// Symbols of a full frame.
        count_max: usize,
    },
    /// A codeword cannot be formed.
    Symbol(SymbolError),
    /// A codeword of a run has not exactly one reading.
    Unreadable {
        /// Which one of the frame, from 0.
        index: usize,
        /// What strict reading says of it.
        unreadable: Unreadable,
    },
    /// Block numbers or positions are exhausted.
    NumberTooLarge {
        /// Number of the frame.
        frame: u64,
    },
    /// The frame would be longer than any reader with default limits accepts.
    FrameTooLarge {
        /// Bytes of its payload, or more.
        bytes: usize,
        /// Most bytes allowed.
        bytes_max: usize,
    },
    /// The compressor failed.
    Compression(io::Error),
    /// The destination failed.
    Io(io::Error),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongUnits => f.write_str("symbols are of another kind than the container's"),
            Self::NoSymbols => f.write_str("a content frame without symbols"),
            Self::TooManySymbols { count, count_max } => {
                write!(f, "{count} symbols in one frame, the limit is {count_max}")
            }
            Self::Symbol(_) => f.write_str("a symbol has no codeword"),
            Self::Unreadable { index, .. } => write!(f, "integer {index} is no codeword"),
            Self::NumberTooLarge { frame } => write!(f, "block numbers of frame {frame} exceed 64 bits"),
            Self::FrameTooLarge { bytes, bytes_max } => {
                write!(f, "frame of {bytes} bytes, the limit is {bytes_max}; take fewer blocks a frame")
            }
            Self::Compression(_) => f.write_str("compressing a frame failed"),
            Self::Io(_) => f.write_str("writing failed"),
        }
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Symbol(source) => Some(source),
            Self::Unreadable { unreadable, .. } => Some(unreadable),
            Self::Compression(source) | Self::Io(source) => Some(source),
            _ => None,
        }
    }
}

impl From<SymbolError> for EncodeError {
    fn from(source: SymbolError) -> Self {
        Self::Symbol(source)
    }
}
