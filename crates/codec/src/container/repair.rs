//! Correcting single codewords of a damaged frame.
//!
//! Where one codeword of a block is not what belongs there, its place is known from its neighbours, and the
//! block's check tells which of the values it can have is the right one; a header follows from the
//! numbers alone. Only one candidate may fit, and the lengths of all others must fit too, so that bytes
//! were changed and none are missing. Two damaged codewords in one block are not corrected.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use std::collections::BTreeMap;

use crate::block::block_check;
use crate::coder::bytes_min;
use crate::reading::Reading;
use crate::run::append_framed;
use crate::symbol::Kind;
use crate::units::{Symbols, Units};

use super::codewords::Codewords;
use super::decode::{Block, Blocks, FrameDecoder};
use super::frame::{FRAME_HEAD_BYTES, RawFrame};
use super::header::Profile;

/// One codeword that was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repair {
    /// Where it begins, in bytes from the start of the frame's payload once decompressed.
    pub payload_offset: u64,
    /// Byte of the container; `None` if the payload is compressed.
    pub offset: Option<u64>,
    /// What it is.
    pub kind: Kind,
    /// Number of its block in the container.
    pub block: u64,
    /// Position it carries; `None` unless a data codeword.
    pub position: Option<u64>,
    /// Value it stands for; `None` unless a data codeword.
    pub value: Option<u32>,
}

/// What belongs in the place of some bytes of a payload.
struct Patch {
    at: usize,
    right: Vec<u8>,
    kind: Kind,
    /// Index in its block, and value.
    symbol: Option<(usize, u32)>,
    /// The block's check fits with it; if not, only that of the frame can tell.
    is_confirmed: bool,
}

impl FrameDecoder {
    /// Decodes a frame that [`decode`](Self::decode) refuses, by correcting at most one codeword in each block.
    ///
    /// `None`, and `symbols` is empty, if that does not make it good. The list is empty if only the checksum behind the
    /// payload was wrong. A data codeword is corrected if exactly one value fits the block's check of 64 bits, a header if the
    /// rest of its block fits, a trailer if with it the payload fits the frame's checksum. Profile `dense`, codewords outside
    /// of blocks and payloads that cannot be decompressed are not corrected.
    ///
    /// Costs up to 3 ms for each damaged block of 64 bytes, 30 ms for one of 256, and for one of UTF-16 units 30 ms, for every
    /// value that may stand there is tried. Crafted bytes can ask for that in every block, and so for far more time than
    /// [`decode`](Self::decode) takes. Holds as much as is stored once more.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_codec::container::*;
    /// use primestream_codec::{Limits, Symbols, Units};
    ///
    /// let mut bytes = encode_all(b"Hello, world!", &Settings::default(), ContainerId([7; 16]))?;
    /// bytes[200] ^= 0xFF;
    /// let mut reader = FrameReader::open(bytes.as_slice(), Limits::default())?;
    /// let Some(Piece::Frame(frame)) = reader.next_piece()? else { panic!("one content frame") };
    ///
    /// let mut decoder = FrameDecoder::new(reader.header(), Limits::default());
    /// let mut symbols = Symbols::new(Units::Bytes);
    /// assert!(decoder.decode(&frame, &mut symbols).is_err());
    /// let repairs = decoder.repair(&frame, &mut symbols).expect("one codeword is wrong");
    /// assert_eq!(symbols, Symbols::Bytes(b"Hello, world!".to_vec()));
    /// assert_eq!(repairs.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn repair(&mut self, frame: &RawFrame, symbols: &mut Symbols) -> Option<Vec<Repair>> {
        let settings = *self.header.settings();
        symbols.reset(settings.units());
        if settings.profile() == Profile::Dense || settings.units() == Units::Codewords {
            return None;
        }
        let mut whole = std::mem::take(&mut self.whole);
        let repairs = self.decompress(frame, &mut whole).ok().and_then(|()| {
            let payload = if frame.is_compressed() { &whole } else { &frame.payload };
            self.repair_payload(frame, payload, symbols)
        });
        self.whole = whole;
        if repairs.is_none() {
            symbols.clear();
        }
        repairs
    }

    fn repair_payload(
        &mut self,
        frame: &RawFrame,
        payload: &[u8],
        symbols: &mut Symbols,
    ) -> Option<Vec<Repair>> {
        if !symbols.try_reserve(frame.symbols()) {
            return None;
        }
        let (mut at, mut patches) = (0, Vec::new());
        for block in Blocks::of(frame, &self.header) {
            let patch = self.mend(&block, payload, &mut at, symbols)?;
            patches.extend(patch.map(|patch| (block, patch)));
        }
        let is_confirmed = patches.iter().all(|(_, patch)| patch.is_confirmed) || self.fits(frame, &patches);
        if at != payload.len() || !is_confirmed {
            return None;
        }
        let repairs = patches.iter().map(|(block, patch)| {
            let payload_offset = patch.at as u64;
            let here = frame.offset() + FRAME_HEAD_BYTES as u64 + payload_offset;
            Repair {
                payload_offset,
                offset: (!frame.is_compressed()).then_some(here),
                kind: patch.kind,
                block: block.sequence,
                position: patch.symbol.and_then(|(index, _)| block.first.checked_add(index as u64)),
                value: patch.symbol.map(|(_, value)| value),
            }
        });
        Some(repairs.collect())
    }

    /// Tells whether the frame's checksum fits the payload once it is corrected.
    fn fits(&self, frame: &RawFrame, patches: &[(Block, Patch)]) -> bool {
        if frame.is_compressed() {
            return false;
        }
        let mut payload = frame.payload.clone();
        let are_written = patches.iter().all(|(_, patch)| {
            let room = payload.get_mut(patch.at..).and_then(|rest| rest.get_mut(..patch.right.len()));
            room.map(|room| room.copy_from_slice(&patch.right)).is_some()
        });
        are_written && frame.head.payload_crc(self.header.id(), &payload) == frame.crc
    }

    /// Decodes a block and moves `at` behind it; `None` if more than one codeword is wrong.
    #[expect(
        clippy::option_option,
        reason = "a block that is good, one that is corrected, one that cannot be"
    )]
    fn mend(
        &mut self,
        block: &Block,
        payload: &[u8],
        at: &mut usize,
        symbols: &mut Symbols,
    ) -> Option<Option<Patch>> {
        let header = framed(self.expected_header(block));
        let mut patch = None;
        if !payload.get(*at..)?.starts_with(&header) {
            let (at, kind, is_confirmed) = (*at, Kind::Header, true);
            patch = Some(Patch { at, right: header.clone(), kind, symbol: None, is_confirmed });
        }
        *at += header.len();
        let (start, mut places) = (symbols.len(), Vec::new());
        for index in 0..block.length {
            let mut codewords = Codewords::within(payload.get(*at..)?, &self.limits);
            let value = codewords.next().ok().and_then(|codeword| self.value_of(codeword, block, index));
            if !value.is_some_and(|value| symbols.push(value)) {
                // From here on only this one may be wrong.
                return if patch.is_none() {
                    self.mend_symbol(block, payload, at, symbols, index).map(Some)
                } else {
                    None
                };
            }
            places.push(*at);
            *at += codewords.at();
        }
        let own = block_check(self.header.id().0, block.sequence, symbols.as_ref().split_at(start).1);
        let trailer = framed(self.expected_trailer(own));
        let rest = payload.get(*at..)?;
        if rest.starts_with(&trailer) {
            *at += trailer.len();
            return Some(patch);
        }
        if patch.is_some() {
            return None;
        }
        let mut ends = Codewords::within(rest, &self.limits);
        if let Some(check) = self.check_of(&mut ends)
            && let Some(patch) = self.mend_value(block, check, &places, *at, symbols)
        {
            *at += ends.at();
            return Some(Some(patch));
        }
        let patch = Patch { at: *at, right: trailer, kind: Kind::Trailer, symbol: None, is_confirmed: false };
        *at += patch.right.len();
        Some(Some(patch))
    }

    /// Finds the one value of a symbol that cannot be read, and decodes the rest of its block.
    fn mend_symbol(
        &mut self,
        block: &Block,
        payload: &[u8],
        at: &mut usize,
        symbols: &mut Symbols,
        index: usize,
    ) -> Option<Patch> {
        let place = *at;
        let start = symbols.len() - index;
        // Where no codeword fits none needs to be made; those of positions far away are long.
        if (payload.len().saturating_sub(place) as u64) < bytes_min(block.first.checked_add(index as u64)?) {
            return None;
        }
        // What follows is the same for all values whose codewords are equally long.
        let mut behind: BTreeMap<usize, Option<Rest>> = BTreeMap::new();
        let mut found = None;
        for value in 0..=symbols.units().value_max() {
            let Some(right) = self.framed_symbol(block, index, value) else { continue };
            let rest = behind.entry(right.len()).or_insert_with(|| {
                self.rest_of(block, payload.get(place + right.len()..)?, index + 1, symbols.units())
            });
            let Some(rest) = rest else { continue };
            symbols.push(value);
            symbols.extend(rest.symbols.as_ref());
            let content = symbols.as_ref().split_at(start).1;
            let is_it = block_check(self.header.id().0, block.sequence, content) == rest.check;
            symbols.truncate(start + index);
            if is_it && found.replace((value, right)).is_some() {
                return None;
            }
        }
        let (value, right) = found?;
        let rest = behind.remove(&right.len()).flatten()?;
        symbols.push(value);
        symbols.extend(rest.symbols.as_ref());
        *at = place + right.len() + rest.bytes;
        Some(Patch { at: place, right, kind: Kind::Data, symbol: Some((index, value)), is_confirmed: true })
    }

    /// Decodes what stands in a block behind a symbol.
    fn rest_of(&mut self, block: &Block, payload: &[u8], from: usize, units: Units) -> Option<Rest> {
        let mut codewords = Codewords::within(payload, &self.limits);
        let mut symbols = Symbols::new(units);
        for index in from..block.length {
            let codeword = codewords.next().ok()?;
            let value = self.value_of(codeword, block, index)?;
            symbols.push(value).then_some(())?;
        }
        let check = self.check_of(&mut codewords)?;
        Some(Rest { symbols, check, bytes: codewords.at() })
    }

    /// Finds the one symbol that reads well and is another than was written.
    fn mend_value(
        &mut self,
        block: &Block,
        check: u64,
        places: &[usize],
        end: usize,
        symbols: &mut Symbols,
    ) -> Option<Patch> {
        // Of UTF-16 units there are too many.
        let (id, start) = (self.header.id().0, symbols.len() - block.length);
        let Symbols::Bytes(bytes) = symbols else { return None };
        let content = bytes.get_mut(start..)?;
        let mut found = None;
        for index in 0..content.len() {
            let was = *content.get(index)?;
            for value in (0..=u8::MAX).filter(|&value| value != was) {
                *content.get_mut(index)? = value;
                if block_check(id, block.sequence, (&*content).into()) == check
                    && found.replace((index, value)).is_some()
                {
                    return None;
                }
            }
            *content.get_mut(index)? = was;
        }
        let (index, value) = found?;
        let (at, behind) = (*places.get(index)?, *places.get(index + 1).unwrap_or(&end));
        // Nothing is changed unless the codeword fits between its neighbours.
        let right =
            self.framed_symbol(block, index, value.into()).filter(|right| at + right.len() == behind)?;
        *content.get_mut(index)? = value;
        let symbol = Some((index, value.into()));
        Some(Patch { at, right, kind: Kind::Data, symbol, is_confirmed: true })
    }

    /// Takes a trailer and returns the check it states.
    fn check_of(&self, codewords: &mut Codewords<'_>) -> Option<u64> {
        match self.read(codewords.next().ok()?) {
            Ok(Reading::Trailer { check }) => Some(check),
            _ => None,
        }
    }

    /// Returns the codeword of a symbol as it stands in a frame.
    fn framed_symbol(&mut self, block: &Block, index: usize, value: u32) -> Option<Vec<u8>> {
        let position = block.first.checked_add(index as u64)?;
        Some(framed(&self.coder.data(position, value).ok()?.to_bytes()))
    }
}

/// What stands in a block behind a symbol.
struct Rest {
    symbols: Symbols,
    /// What its trailer states.
    check: u64,
    bytes: usize,
}

/// Puts the length of a codeword in front of it.
fn framed(codeword: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(codeword.len() + 2);
    append_framed(codeword, &mut framed);
    framed
}
