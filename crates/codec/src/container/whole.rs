//! Whole containers in memory, for small contents, tests and examples.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use std::error::Error;
use std::fmt;
use std::io::Read;

use crate::limits::Limits;
use crate::units::{Symbols, SymbolsRef, Units};

use super::continuity::Continuity;
use super::damage::{Damage, FrameDamage};
use super::decode::FrameDecoder;
use super::error::{ContainerError, EncodeError};
use super::header::{ContainerId, Header, Settings};
use super::read::{FrameReader, Piece};
use super::write::ContainerWriter;

/// Encodes bytes into a container.
///
/// # Errors
///
/// If the settings are not for bytes, or there are more than global positions can number.
///
/// # Examples
///
/// ```
/// use primestream_codec::Limits;
/// use primestream_codec::container::{ContainerId, Settings, decode_all, encode_all};
///
/// let bytes = encode_all(b"Hello, world!", &Settings::default(), ContainerId([7; 16]))?;
/// assert_eq!(decode_all(&bytes, &Limits::default())?, b"Hello, world!");
///
/// assert!(decode_all(&bytes[..bytes.len() - 1], &Limits::default()).is_err()); // incomplete is not good
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_all(bytes: &[u8], settings: &Settings, id: ContainerId) -> Result<Vec<u8>, EncodeError> {
    encode_symbols(bytes.into(), settings, id)
}

/// Encodes symbols into a container.
///
/// # Errors
///
/// If the settings are for another kind of symbol, or there are more than global positions can number.
pub fn encode_symbols(
    symbols: SymbolsRef<'_>,
    settings: &Settings,
    id: ContainerId,
) -> Result<Vec<u8>, EncodeError> {
    let mut writer = ContainerWriter::new(Vec::new(), Header::new(*settings, id))?;
    writer.write(symbols)?;
    writer.finish()
}

/// Decodes a container of bytes; all of it is good, or none of it is returned.
///
/// # Errors
///
/// At the first thing that is wrong, and if the container is not one of bytes.
pub fn decode_all(container: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    match decode_symbols(container, limits)? {
        Symbols::Bytes(bytes) => Ok(bytes),
        others => Err(DecodeError::WrongUnits { units: others.units() }),
    }
}

/// Decodes a container, or several one after the other; all of it is good, or none of it is returned.
///
/// # Errors
///
/// At the first thing that is wrong, and at a further container of other symbols than the first.
pub fn decode_symbols(container: impl Read, limits: &Limits) -> Result<Symbols, DecodeError> {
    let mut reader = FrameReader::open(container, *limits)?;
    let mut decoder = FrameDecoder::new(reader.header(), *limits);
    let mut continuity = Continuity::new(reader.header());
    let mut content = Symbols::new(reader.header().settings().units());
    let mut symbols = content.clone();
    while let Some(piece) = reader.next_piece()? {
        match piece {
            Piece::Frame(frame) => {
                if content.len().saturating_add(frame.symbols()) > limits.content_symbols_max {
                    return Err(DecodeError::ContentTooLong { symbols_max: limits.content_symbols_max });
                }
                decoder.decode(&frame, &mut symbols)?;
                if let Some(damage) = continuity.admit(&frame.place(), symbols.as_ref())? {
                    return Err(damage.into());
                }
                content.extend(symbols.as_ref());
            }
            Piece::Member { header, offset } => {
                let units = header.settings().units();
                if units != content.units() {
                    return Err(DecodeError::MemberUnits { offset, units, expected: content.units() });
                }
                decoder = FrameDecoder::new(&header, *limits);
                continuity = Continuity::new(&header);
            }
            Piece::End(end) => {
                if let Some(damage) = continuity.end(&end).into_iter().next() {
                    return Err(damage.into());
                }
            }
            Piece::Damage(damage) => return Err(damage.into()),
        }
    }
    Ok(content)
}

/// A whole container could not be decoded.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// It cannot be read.
    Container(ContainerError),
    /// It is damaged.
    Damage(Damage),
    /// The content of a frame is damaged.
    Frame(FrameDamage),
    /// It holds other symbols than asked for.
    WrongUnits {
        /// The kind it holds.
        units: Units,
    },
    /// A further container in it holds other symbols than the first.
    MemberUnits {
        /// Byte at which it begins.
        offset: u64,
        /// The kind it holds.
        units: Units,
        /// The kind the first holds.
        expected: Units,
    },
    /// It holds more than the caller allows.
    ContentTooLong {
        /// The limit, [`Limits::content_symbols_max`].
        symbols_max: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(_) => f.write_str("container unreadable"),
            Self::Damage(_) | Self::Frame(_) => f.write_str("container damaged"),
            Self::WrongUnits { units } => write!(f, "container of {units:?} symbols"),
            Self::MemberUnits { offset, units, expected } => {
                write!(f, "container of {units:?} symbols at byte {offset}, behind one of {expected:?}")
            }
            Self::ContentTooLong { symbols_max } => {
                write!(f, "content above {symbols_max} symbols, the limit content_symbols_max")
            }
        }
    }
}

impl Error for DecodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Container(source) => Some(source),
            Self::Damage(source) => Some(source),
            Self::Frame(source) => Some(source),
            Self::WrongUnits { .. } | Self::MemberUnits { .. } | Self::ContentTooLong { .. } => None,
        }
    }
}

impl From<ContainerError> for DecodeError {
    fn from(source: ContainerError) -> Self {
        Self::Container(source)
    }
}

impl From<Damage> for DecodeError {
    fn from(source: Damage) -> Self {
        Self::Damage(source)
    }
}

impl From<FrameDamage> for DecodeError {
    fn from(source: FrameDamage) -> Self {
        Self::Frame(source)
    }
}
