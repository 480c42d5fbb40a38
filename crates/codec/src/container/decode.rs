//! Frames to symbols, each on its own, and nothing accepted that is not exact.
//!
//! The payload must fit the frame's checksum, decompress to its stated length, and be
//! codeword for codeword what the encoder writes. Small codewords are found in a table,
//! with no arithmetic; the others are divided by 3 and 7, and what their exponents
//! suggest is written again and compared, some ten times slower a byte. Only where that
//! fails is a codeword read strictly, to say what is wrong with it.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use primestream_primes::Natural;

use crate::block::{BlockFault, block_check};
use crate::coder::Coder;
use crate::limits::Limits;
use crate::lookup::ByteCodewords;
use crate::reading::{Reading, Unreadable, read, value_at};
use crate::symbol::Kind;
use crate::units::{Symbols, SymbolsRef, Units};

use super::codewords::Codewords;
use super::damage::{CodewordDamage, FrameDamage, FrameFault, Verdict};
use super::dense::Place;
use super::frame::{FRAME_HEAD_BYTES, RawFrame};
use super::header::{Compression, Header, Positions, Profile};

/// Decodes frames of one container, in any order.
///
/// Cloning is cheap: the table of codewords is shared. Holds one frame, decompressed, if
/// the container is compressed.
///
/// # Examples
///
/// ```
/// use primestream_codec::container::{ContainerId, FrameDecoder, FrameReader, Piece, Settings, encode_all};
/// use primestream_codec::{Limits, Symbols, Units};
///
/// let mut bytes = encode_all(b"Hello, world!", &Settings::default(), ContainerId([7; 16]))?;
/// bytes[200] ^= 1;
/// let mut reader = FrameReader::open(bytes.as_slice(), Limits::default())?;
/// let Some(Piece::Frame(frame)) = reader.next_piece()? else { panic!("one content frame") };
///
/// let mut symbols = Symbols::new(Units::Bytes);
/// let damage = FrameDecoder::new(reader.header(), Limits::default())
///     .decode(&frame, &mut symbols)
///     .expect_err("a bit is wrong");
/// assert_eq!(damage.to_string(), "byte 64, frame 0: payload does not fit its checksum");
/// assert_eq!(damage.codewords.len(), 1); // and which codeword it is
/// assert!(symbols.is_empty()); // nothing of a damaged frame is delivered
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FrameDecoder {
    pub(super) header: Header,
    pub(super) limits: Limits,
    pub(super) coder: Coder,
    pub(super) whole: Vec<u8>,
    expected: Vec<u8>,
}

impl Clone for FrameDecoder {
    fn clone(&self) -> Self {
        Self::with_coder(self.header, self.limits, self.coder.clone())
    }
}

impl FrameDecoder {
    /// Makes a decoder for the container with this header.
    #[must_use]
    pub fn new(header: &Header, limits: Limits) -> Self {
        Self::with_coder(*header, limits, Coder::new(header.settings().block_len()))
    }

    const fn with_coder(header: Header, limits: Limits, coder: Coder) -> Self {
        Self { header, limits, coder, whole: Vec::new(), expected: Vec::new() }
    }

    /// Returns the container's header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Decodes a frame. `symbols` loses what it held and keeps its memory.
    ///
    /// # Errors
    ///
    /// If anything in the frame is not exactly what an encoder writes; `symbols` is then empty.
    pub fn decode(&mut self, frame: &RawFrame, symbols: &mut Symbols) -> Result<(), FrameDamage> {
        symbols.reset(self.header.settings().units());
        let decoded = self.decode_checked(frame, symbols);
        decoded.map_err(|fault| {
            symbols.clear();
            FrameDamage {
                frame: frame.number(),
                offset: frame.offset(),
                bytes: frame.stored_bytes(),
                symbols: frame.symbols(),
                fault,
                codewords: self.examine(frame),
            }
        })
    }

    fn decode_checked(&mut self, frame: &RawFrame, symbols: &mut Symbols) -> Result<(), FrameFault> {
        if !frame.is_intact(self.header.id()) {
            return Err(FrameFault::Checksum);
        }
        if !symbols.try_reserve(frame.symbols()) {
            return Err(FrameFault::Memory);
        }
        let mut whole = std::mem::take(&mut self.whole);
        let decoded = self.decompress(frame, &mut whole).and_then(|()| {
            let payload = if frame.is_compressed() { &whole } else { &frame.payload };
            self.decode_payload(frame, payload, symbols)
        });
        self.whole = whole;
        decoded
    }

    /// Decompresses the payload if it is compressed.
    pub(super) fn decompress(&self, frame: &RawFrame, whole: &mut Vec<u8>) -> Result<(), FrameFault> {
        whole.clear();
        if !frame.is_compressed() {
            return Ok(());
        }
        if self.header.settings().compression() == Compression::None {
            return Err(FrameFault::Compressed);
        }
        whole.try_reserve_exact(frame.whole_bytes()).map_err(|_| FrameFault::Memory)?;
        let mut decompressor = zstd::bulk::Decompressor::new().map_err(|_| FrameFault::Memory)?;
        // Never writes above the capacity, which may be a little more than what was asked for.
        decompressor.decompress_to_buffer(&frame.payload, whole).map_err(|_| FrameFault::Decompression)?;
        if whole.len() == frame.whole_bytes() { Ok(()) } else { Err(FrameFault::Decompression) }
    }

    fn decode_payload(
        &mut self,
        frame: &RawFrame,
        payload: &[u8],
        symbols: &mut Symbols,
    ) -> Result<(), FrameFault> {
        let left = match (self.header.settings().profile(), &mut *symbols) {
            (Profile::Dense, Symbols::Bytes(bytes)) => {
                let trailer_of = |check| self.coder.trailer(check).to_bytes();
                let place = Place::of(&self.header, frame.number());
                let left = place.take(payload, frame.symbols(), bytes, trailer_of);
                left.map_err(|fault| FrameFault::Block { block: 0, fault })?.len()
            }
            (_, Symbols::Codewords(run)) => {
                let mut codewords = Codewords::within(payload, &self.limits);
                for index in 0..frame.symbols() {
                    let of_frame = |fault| FrameFault::Block { block: 0, fault };
                    let codeword = codewords.next().map_err(of_frame)?;
                    read(&Natural::from_le_bytes(codeword), &self.limits)
                        .map_err(|_| of_frame(BlockFault::Codeword { index }))?;
                    run.push_bytes(codeword);
                }
                codewords.left()
            }
            _ => {
                let mut codewords = Codewords::within(payload, &self.limits);
                self.decode_blocks(frame, &mut codewords, symbols)?;
                codewords.left()
            }
        };
        match left {
            0 => Ok(()),
            bytes => Err(FrameFault::Remainder { bytes }),
        }
    }

    fn decode_blocks(
        &mut self,
        frame: &RawFrame,
        codewords: &mut Codewords<'_>,
        symbols: &mut Symbols,
    ) -> Result<(), FrameFault> {
        for block in Blocks::of(frame, &self.header) {
            let start = symbols.len();
            self.decode_block(&block, codewords, symbols, start)
                .map_err(|fault| FrameFault::Block { block: block.index, fault })?;
        }
        Ok(())
    }

    fn decode_block(
        &mut self,
        block: &Block,
        codewords: &mut Codewords<'_>,
        symbols: &mut Symbols,
        start: usize,
    ) -> Result<(), BlockFault> {
        if codewords.next()? != self.expected_header(block) {
            return Err(BlockFault::Header);
        }
        match (self.header.settings().positions(), &mut *symbols) {
            (Positions::Block, Symbols::Bytes(bytes)) => {
                decode_bytes(self.coder.table(), block.length, codewords, bytes)?;
            }
            _ => {
                for index in 0..block.length {
                    let codeword = codewords.next()?;
                    let value = self.value_of(codeword, block, index);
                    if !value.is_some_and(|value| symbols.push(value)) {
                        return Err(BlockFault::Codeword { index });
                    }
                }
            }
        }
        let content = match &*symbols {
            Symbols::Bytes(bytes) => SymbolsRef::Bytes(bytes.get(start..).unwrap_or_default()),
            Symbols::Utf16(units) => SymbolsRef::Utf16(units.get(start..).unwrap_or_default()),
            // Codewords are in no blocks.
            Symbols::Codewords(run) => run.into(),
        };
        let check = block_check(self.header.id().0, block.sequence, content);
        if codewords.next()? != self.expected_trailer(check) {
            return Err(BlockFault::Check);
        }
        Ok(())
    }

    /// Returns the value of a data codeword, if it is one that belongs in this place.
    pub(super) fn value_of(&mut self, codeword: &[u8], block: &Block, index: usize) -> Option<u32> {
        if self.header.settings().positions() == Positions::Block
            && let Some((position, value)) = self.coder.table().find(codeword)
        {
            return (position == index).then_some(value.into());
        }
        let value = value_at(&mut self.coder, block.first.checked_add(index as u64)?, codeword)?;
        (value <= self.header.settings().units().value_max()).then_some(value)
    }

    pub(super) fn expected_header(&mut self, block: &Block) -> &[u8] {
        self.expected.clear();
        self.coder.header(block.length_stated, block.sequence).append_to(&mut self.expected);
        &self.expected
    }

    pub(super) fn expected_trailer(&mut self, check: u64) -> &[u8] {
        self.expected.clear();
        self.coder.trailer(check).append_to(&mut self.expected);
        &self.expected
    }

    /// Lists the codewords of a frame that are not what belongs in their place.
    ///
    /// For reports; a frame without any has an empty list. Costs some microseconds for each
    /// codeword at fault.
    #[must_use]
    pub fn examine(&mut self, frame: &RawFrame) -> Vec<CodewordDamage> {
        let mut found = Vec::new();
        // The words of profile dense have no check each, and codewords outside of blocks no place.
        if self.header.settings().profile() == Profile::Dense
            || self.header.settings().units() == Units::Codewords
        {
            return found;
        }
        let mut whole = std::mem::take(&mut self.whole);
        if self.decompress(frame, &mut whole).is_ok() {
            let payload = if frame.is_compressed() { &whole } else { &frame.payload };
            let mut codewords = Codewords::within(payload, &self.limits);
            for block in Blocks::of(frame, &self.header) {
                let left = self.limits.codewords_listed_max.saturating_sub(found.len());
                let whole_block = self.examine_block(frame, &block, &mut codewords, &mut found, left);
                if !whole_block || found.len() >= self.limits.codewords_listed_max {
                    break;
                }
            }
        }
        self.whole = whole;
        found
    }

    /// Lists at most `left` codewords of a block; `false` if their ends could not be told.
    fn examine_block(
        &mut self,
        frame: &RawFrame,
        block: &Block,
        codewords: &mut Codewords<'_>,
        found: &mut Vec<CodewordDamage>,
        left: usize,
    ) -> bool {
        let most = found.len() + left;
        let mut symbols = Symbols::new(self.header.settings().units());
        for place in 0..block.length + 2 {
            let payload_offset = codewords.at() as u64;
            let index = place.checked_sub(1);
            let (kind, position) = match index {
                None => (Kind::Header, None),
                Some(index) if index < block.length => (Kind::Data, block.first.checked_add(index as u64)),
                Some(_) => (Kind::Trailer, None),
            };
            let mut damage = CodewordDamage {
                payload_offset,
                offset: (!frame.is_compressed())
                    .then(|| frame.offset() + FRAME_HEAD_BYTES as u64 + payload_offset),
                verdict: Verdict::Incomplete,
                kind,
                block: block.sequence,
                position,
                value: None,
            };
            let Ok(codeword) = codewords.next() else {
                if found.len() < most {
                    found.push(damage);
                }
                return false;
            };
            let belongs = match (kind, index) {
                (Kind::Header, _) => codeword == self.expected_header(block),
                (Kind::Data, Some(index)) => {
                    self.value_of(codeword, block, index).is_some_and(|value| symbols.push(value))
                }
                // Without all symbols the check is unknown.
                _ if symbols.len() < block.length => {
                    matches!(self.read(codeword), Ok(Reading::Trailer { .. }))
                }
                _ => {
                    let check = block_check(self.header.id().0, block.sequence, symbols.as_ref());
                    codeword == self.expected_trailer(check)
                }
            };
            if !belongs {
                if found.len() >= most {
                    return false;
                }
                damage.tell(&self.read(codeword));
                found.push(damage);
            }
        }
        true
    }

    pub(super) fn read(&self, codeword: &[u8]) -> Result<Reading, Unreadable> {
        read(&Natural::from_le_bytes(codeword), &self.limits)
    }
}

impl CodewordDamage {
    /// Fills in what strict reading says.
    fn tell(&mut self, reading: &Result<Reading, Unreadable>) {
        match reading {
            Ok(reading) => {
                self.verdict = Verdict::Ok;
                self.kind = reading.kind();
                (self.position, self.value) = match *reading {
                    Reading::Data { position, value } => (Some(position), Some(value)),
                    _ => (None, None),
                };
            }
            Err(Unreadable::Ambiguous { .. }) => self.verdict = Verdict::Ambiguous,
            Err(Unreadable::Checksum { position, value }) => {
                self.verdict = Verdict::Checksum;
                self.kind = Kind::Data;
                (self.position, self.value) = (Some(*position), Some(*value));
            }
            Err(_) => self.verdict = Verdict::Corrupt,
        }
    }
}

/// The loop that most bytes go through.
fn decode_bytes(
    table: &ByteCodewords,
    length: usize,
    codewords: &mut Codewords<'_>,
    bytes: &mut Vec<u8>,
) -> Result<(), BlockFault> {
    let start = bytes.len();
    bytes.resize(start + length, 0);
    let room = bytes.get_mut(start..).unwrap_or_default();
    let may_all_be_taken = codewords.bytes_max() >= ByteCodewords::BYTES_MAX;
    let mut index = 0;
    while let Some(left @ [_, ..]) = room.get_mut(index..) {
        if may_all_be_taken {
            let (taken, used) = table.take_all(index, codewords.rest(), left);
            codewords.skip(used);
            index += taken;
        }
        // One at a time, to say what is wrong if it is not one that belongs here.
        if let Some(place) = room.get_mut(index) {
            match table.find(codewords.next()?) {
                Some((position, value)) if position == index => *place = value,
                _ => return Err(BlockFault::Codeword { index }),
            }
            index += 1;
        }
    }
    Ok(())
}

/// What a block of a frame must be.
pub(super) struct Block {
    /// Number in the frame.
    index: u64,
    /// Number in the container.
    pub(super) sequence: u64,
    pub(super) length: usize,
    length_stated: u16,
    /// Position of its first symbol.
    pub(super) first: u64,
}

/// The blocks a frame must consist of.
pub(super) struct Blocks {
    header: Header,
    frame: u64,
    next: u64,
    left: usize,
}

impl Blocks {
    pub(super) const fn of(frame: &RawFrame, header: &Header) -> Self {
        Self { header: *header, frame: frame.number(), next: 0, left: frame.symbols() }
    }
}

impl Iterator for Blocks {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        let settings = self.header.settings();
        let length = self.left.min(settings.block_len().get());
        if length == 0 {
            return None;
        }
        // A number beyond 64 bits cannot have been written; no header fits this one.
        let sequence = self.header.block_number(self.frame, self.next).unwrap_or(u64::MAX);
        let first = match settings.positions() {
            Positions::Block => 0,
            Positions::Global => sequence.saturating_mul(settings.block_len().get() as u64),
        };
        let index = self.next;
        self.next += 1;
        self.left -= length;
        Some(Block {
            index,
            sequence,
            length,
            length_stated: u16::try_from(length).unwrap_or(u16::MAX),
            first,
        })
    }
}
