//! The first 64 bytes of a container: what its frames are made of.
//!
//! [`Settings`] are what a writer chooses; a [`Header`] is settings and the
//! container's id, and is all that encoding or decoding a frame needs to know, so
//! frames can be worked on anywhere and in any order. Layout: `docs/container.md`.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use std::fmt;

use crate::block::BlockLen;
use crate::limits::Limits;
use crate::units::Units;

use super::error::ContainerError;

/// How positions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Positions {
    /// From 0 in each block: codewords stay small, blocks stand alone.
    #[default]
    Block,
    /// From 0 in the content, as the reference's text encoder does: codewords grow without
    /// bound, and there are at most [`POSITION_MAX`](crate::POSITION_MAX) + 1 symbols.
    Global,
}

/// How codewords are formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Profile {
    /// A codeword for each symbol, with its position and a check; as the reference forms them.
    #[default]
    Uor,
    /// A squarefree word for each byte, and one check for a frame: for data of any size.
    Dense,
}

/// Whether frames are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Frames are stored as they are.
    #[default]
    None,
    /// Frames are compressed with zstd where that makes them shorter.
    Zstd,
}

/// Sixteen bytes that tell containers apart; mixed into every check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ContainerId(pub [u8; 16]);

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a writer may choose.
///
/// # Examples
///
/// ```
/// use primestream_codec::BlockLen;
/// use primestream_codec::container::{Compression, Settings};
///
/// let settings = Settings::default().with_compression(Compression::Zstd);
/// assert_eq!(settings.block_len(), BlockLen::DEFAULT);
/// assert_eq!(settings.frame_symbols(), 16_384);
/// assert!(settings.with_frame_blocks(0).is_none()); // a frame has at least one block
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settings {
    profile: Profile,
    units: Units,
    positions: Positions,
    compression: Compression,
    block_len: BlockLen,
    frame_blocks: u32,
}

impl Settings {
    /// Returns the settings of profile `dense`: a frame of 2^20 bytes is one block, and nothing but the number of
    /// blocks in a frame, of 256 bytes each, and the compression can be chosen.
    #[must_use]
    pub const fn dense() -> Self {
        Self {
            profile: Profile::Dense,
            units: Units::Bytes,
            positions: Positions::Block,
            compression: Compression::None,
            block_len: BlockLen::MAX,
            frame_blocks: FRAME_SYMBOLS_MAX / BlockLen::MAX.to_u32(),
        }
    }

    /// Takes another kind of symbol. Profile `dense` has bytes, and stays as it is; codewords are not counted, so that
    /// with them positions are those within a block.
    #[must_use]
    pub const fn with_units(self, units: Units) -> Self {
        match (self.profile, units) {
            (Profile::Dense, _) => self,
            (Profile::Uor, Units::Codewords) => Self { units, positions: Positions::Block, ..self },
            (Profile::Uor, _) => Self { units, ..self },
        }
    }

    /// Counts positions otherwise. Profile `dense` and codewords have none, and stay as they are.
    #[must_use]
    pub const fn with_positions(self, positions: Positions) -> Self {
        match (self.profile, self.units) {
            (Profile::Dense, _) | (_, Units::Codewords) => self,
            _ => Self { positions, ..self },
        }
    }

    /// Compresses frames, or does not.
    #[must_use]
    pub const fn with_compression(self, compression: Compression) -> Self {
        Self { compression, ..self }
    }

    /// Takes blocks of another length, and as many in a frame as make about 16 384 symbols. Profile `dense` stays as it is.
    #[must_use]
    pub const fn with_block_len(self, block_len: BlockLen) -> Self {
        match self.profile {
            Profile::Uor => {
                Self { block_len, frame_blocks: FRAME_SYMBOLS_DEFAULT / block_len.to_u32(), ..self }
            }
            Profile::Dense => self,
        }
    }

    /// Puts another number of blocks into a frame; `None` if a frame would have no symbol or
    /// more than [`FRAME_SYMBOLS_MAX`]. To be called after [`with_block_len`](Self::with_block_len).
    #[must_use]
    pub const fn with_frame_blocks(self, frame_blocks: u32) -> Option<Self> {
        if frame_blocks == 0 || frame_blocks > FRAME_SYMBOLS_MAX / self.block_len.to_u32() {
            return None;
        }
        Some(Self { frame_blocks, ..self })
    }

    /// Returns how codewords are formed.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Returns the kind of symbol.
    #[must_use]
    pub const fn units(&self) -> Units {
        self.units
    }

    /// Returns how positions are counted.
    #[must_use]
    pub const fn positions(&self) -> Positions {
        self.positions
    }

    /// Returns whether frames are compressed.
    #[must_use]
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// Returns how many symbols a full block has.
    #[must_use]
    pub const fn block_len(&self) -> BlockLen {
        self.block_len
    }

    /// Returns how many blocks a full frame has.
    #[must_use]
    pub const fn frame_blocks(&self) -> u32 {
        self.frame_blocks
    }

    /// Returns how many symbols a full frame has: a multiple of the block length.
    #[must_use]
    pub const fn frame_symbols(&self) -> usize {
        self.frame_blocks as usize * self.block_len.get()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Uor,
            units: Units::Bytes,
            positions: Positions::Block,
            compression: Compression::None,
            block_len: BlockLen::DEFAULT,
            frame_blocks: FRAME_SYMBOLS_DEFAULT / 64,
        }
    }
}

/// Settings and identity of one container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Header {
    settings: Settings,
    id: ContainerId,
}

impl Header {
    /// Makes a header. Equal ids and settings give equal containers for equal contents.
    #[must_use]
    pub const fn new(settings: Settings, id: ContainerId) -> Self {
        Self { settings, id }
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the container's id.
    #[must_use]
    pub const fn id(&self) -> ContainerId {
        self.id
    }

    /// Refuses a container whose full frames have more symbols than the limits allow.
    pub(super) fn check(&self, limits: &Limits) -> Result<(), ContainerError> {
        let (needed, allowed) = (self.settings.frame_symbols() as u64, limits.frame_symbols_max as u64);
        if needed > allowed {
            return Err(ContainerError::LimitExceeded { limit: "frame_symbols_max", needed, allowed });
        }
        Ok(())
    }

    /// Writes the header as the first bytes of a container.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let settings = &self.settings;
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.push(match settings.profile {
            Profile::Uor => 1,
            Profile::Dense => 2,
        });
        bytes.push(match settings.units {
            Units::Bytes => 1,
            Units::Utf16 => 2,
            Units::Codewords => 3,
        });
        bytes.push(match settings.positions {
            Positions::Block => 1,
            Positions::Global => 2,
        });
        bytes.push(match settings.compression {
            Compression::None => 0,
            Compression::Zstd => 1,
        });
        bytes.extend_from_slice(&settings.block_len.to_u16().to_le_bytes());
        bytes.extend_from_slice(&settings.frame_blocks.to_le_bytes());
        bytes.extend_from_slice(&self.id.0);
        bytes.resize(HEADER_BYTES - 4, 0);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes.try_into().unwrap_or([0; HEADER_BYTES])
    }

    /// Reads a header.
    ///
    /// # Errors
    ///
    /// If the bytes are not those of a container, are damaged, were written by a newer
    /// version, or hold a setting outside its range.
    pub fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, ContainerError> {
        let mut fields = Fields::new(bytes);
        let found = fields.take::<8>();
        if found != MAGIC {
            return Err(ContainerError::NotAContainer { found });
        }
        let (covered, crc) = bytes.split_last_chunk::<4>().unwrap_or((&[], &[0; 4]));
        if crc32fast::hash(covered) != u32::from_le_bytes(*crc) {
            return Err(ContainerError::HeaderDamaged);
        }
        let version = fields.u16();
        if version > VERSION {
            return Err(ContainerError::NewerVersion { version, version_max: VERSION });
        }
        if version == 0 {
            return Err(ContainerError::InvalidSetting { field: "version", value: 0 });
        }
        let newer =
            |offset, field, value: u8| ContainerError::NewerFeature { offset, field, value: value.into() };
        let profile = match fields.u8() {
            1 => Profile::Uor,
            2 => Profile::Dense,
            value => return Err(newer(10, "profile", value)),
        };
        let units = match fields.u8() {
            1 => Units::Bytes,
            2 => Units::Utf16,
            3 => Units::Codewords,
            value => return Err(newer(11, "units", value)),
        };
        let positions = match fields.u8() {
            1 => Positions::Block,
            2 => Positions::Global,
            value => return Err(newer(12, "positions", value)),
        };
        let compression = match fields.u8() {
            0 => Compression::None,
            1 => Compression::Zstd,
            value => return Err(newer(13, "compression", value)),
        };
        let invalid = |field, value: u64| ContainerError::InvalidSetting { field, value };
        let len = fields.u16();
        let block_len = BlockLen::try_new(len.into()).ok_or(invalid("block length", len.into()))?;
        let frame_blocks = fields.u32();
        let id = ContainerId(fields.take());
        if let Some(at) = fields.take::<24>().iter().position(|&byte| byte != 0) {
            let offset = 36 + at as u64;
            return Err(newer(offset, "reserved", bytes.get(36 + at).copied().unwrap_or_default()));
        }
        let settings = Settings { profile, units, positions, compression, block_len, frame_blocks: 1 }
            .with_frame_blocks(frame_blocks)
            .ok_or(invalid("blocks of a full frame", frame_blocks.into()))?;
        if profile == Profile::Dense && units != Units::Bytes {
            return Err(invalid("units of profile dense", bytes.get(11).copied().unwrap_or_default().into()));
        }
        if (profile == Profile::Dense || units == Units::Codewords) && positions != Positions::Block {
            return Err(invalid("positions", bytes.get(12).copied().unwrap_or_default().into()));
        }
        if profile == Profile::Dense && block_len != BlockLen::MAX {
            return Err(invalid("block length of profile dense", len.into()));
        }
        Ok(Self { settings, id })
    }
}

/// Takes little-endian integers from the front of bytes; past the end it finds zeros.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((field, rest)) = self.rest.split_first_chunk::<N>() else { return [0; N] };
        self.rest = rest;
        *field
    }

    pub(super) fn u8(&mut self) -> u8 {
        let [byte] = self.take::<1>();
        byte
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

/// Bytes of a container header, the same in every version.
pub const HEADER_BYTES: usize = 64;

/// The version this crate writes, and the newest it reads.
pub const VERSION: u16 = 1;

/// Most symbols in one frame, whatever the settings: a frame is worked on as a whole.
pub const FRAME_SYMBOLS_MAX: u32 = 1 << 20;

/// Symbols of a full frame by default: about 460 KB of codewords, which stay in the second-level cache.
const FRAME_SYMBOLS_DEFAULT: u32 = 1 << 14;
const _: () = assert!(FRAME_SYMBOLS_DEFAULT.is_multiple_of(64) && FRAME_SYMBOLS_DEFAULT <= FRAME_SYMBOLS_MAX);

/// First eight bytes of every container.
pub const MAGIC: [u8; 8] = *b"\x8aPSC\r\n\x1a\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let settings = Settings::default()
            .with_units(Units::Utf16)
            .with_positions(Positions::Global)
            .with_compression(Compression::Zstd)
            .with_block_len(BlockLen::try_new(100).expect("within 8 to 256"));
        Header::new(settings, ContainerId(*b"sixteen bytes id"))
    }

    /// Changes one byte and makes the checksum fit again.
    fn forged(at: usize, value: u8) -> [u8; HEADER_BYTES] {
        let mut bytes = header().to_bytes();
        bytes[at] = value;
        let crc = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    #[test]
    fn settings_that_contradict_each_other_stay_as_they_are() {
        let dense = Settings::dense();
        assert_eq!(dense.with_positions(Positions::Global).with_units(Units::Utf16), dense);
        assert_eq!(dense.with_block_len(BlockLen::MIN), dense);
        let codewords = Settings::default().with_units(Units::Codewords);
        assert_eq!(codewords.with_positions(Positions::Global), codewords);
        let global = Settings::default().with_positions(Positions::Global);
        assert_eq!(global.with_units(Units::Codewords), codewords);
        assert_eq!(global.with_units(Units::Utf16).positions(), Positions::Global);
        let most = FRAME_SYMBOLS_MAX / BlockLen::MIN.to_u32();
        let short = Settings::default().with_block_len(BlockLen::MIN);
        assert_eq!((short.frame_blocks(), short.frame_symbols()), (2048, 16_384));
        assert!(short.with_frame_blocks(0).is_none() && short.with_frame_blocks(most + 1).is_none());
        assert_eq!(short.with_frame_blocks(most).map(|settings| settings.frame_blocks()), Some(most));
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Header::parse(&header().to_bytes()).expect("written by us"), header());
        let default = Header::new(Settings::default(), ContainerId::default());
        assert_eq!(Header::parse(&default.to_bytes()).expect("written by us"), default);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        for bit in 0..HEADER_BYTES * 8 {
            let mut bytes = header().to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::parse(&bytes).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn newer_containers_say_so() {
        for (at, value) in [(8, 2), (9, 1), (10, 3), (11, 4), (12, 0), (13, 2), (36, 1), (59, 255)] {
            let error = Header::parse(&forged(at, value)).expect_err("a newer header");
            assert!(error.to_string().starts_with("written by a newer version"), "byte {at}: {error}");
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        // The header has UTF-16 units, global positions and blocks of 100, which profile dense has not.
        for (at, value) in [(14, 7), (15, 2), (16, 0), (19, 1), (8, 0), (10, 2), (11, 3)] {
            let error = Header::parse(&forged(at, value)).expect_err("out of range");
            assert!(matches!(error, ContainerError::InvalidSetting { .. }), "byte {at}: {error}");
        }
    }
}
