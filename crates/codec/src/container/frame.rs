//! Frames: the unit that is checked, moved, lost and decoded as a whole.
//!
//! A frame header carries its own checksum, so no length is believed before it fits;
//! the checksum behind the payload covers container id and frame number too, so a
//! frame out of its place is noticed. Layout: `docs/container.md`.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use super::header::{ContainerId, Fields};

/// Appends a frame that is no content and not compressed.
pub(super) fn append_plain(mut head: FrameHead, id: ContainerId, payload: &[u8], out: &mut Vec<u8>) {
    head.payload_bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    head.whole_bytes = head.payload_bytes;
    out.extend_from_slice(&head.to_bytes(id));
    out.extend_from_slice(payload);
    out.extend_from_slice(&head.payload_crc(id, payload).to_le_bytes());
}

/// The part of a frame in front of its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHead {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) reserved: u16,
    pub(super) number: u64,
    pub(super) payload_bytes: u32,
    pub(super) whole_bytes: u32,
    pub(super) symbols: u32,
}

impl FrameHead {
    pub(super) const fn new(kind: u8, number: u64) -> Self {
        Self { kind, flags: 0, reserved: 0, number, payload_bytes: 0, whole_bytes: 0, symbols: 0 }
    }

    /// Writes the header with its checksum.
    pub(super) fn to_bytes(self, id: ContainerId) -> [u8; FRAME_HEAD_BYTES] {
        let mut bytes = Vec::with_capacity(FRAME_HEAD_BYTES);
        bytes.extend_from_slice(&MARKER);
        bytes.push(self.kind);
        bytes.push(self.flags);
        bytes.extend_from_slice(&self.reserved.to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.payload_bytes.to_le_bytes());
        bytes.extend_from_slice(&self.whole_bytes.to_le_bytes());
        bytes.extend_from_slice(&self.symbols.to_le_bytes());
        let crc = crc_of(id, &[&bytes]);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.try_into().unwrap_or([0; FRAME_HEAD_BYTES])
    }

    /// Reads a header; `None` if there is no marker or the checksum does not fit.
    pub(super) fn parse(bytes: &[u8; FRAME_HEAD_BYTES], id: ContainerId) -> Option<Self> {
        let (covered, crc) = bytes.split_last_chunk::<4>()?;
        if !covered.starts_with(&MARKER) || crc_of(id, &[covered]) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut fields = Fields::new(covered);
        let _marker: [u8; 4] = fields.take();
        Some(Self {
            kind: fields.u8(),
            flags: fields.u8(),
            reserved: fields.u16(),
            number: fields.u64(),
            payload_bytes: fields.u32(),
            whole_bytes: fields.u32(),
            symbols: fields.u32(),
        })
    }

    /// Returns the checksum that belongs behind `payload`.
    pub(super) fn payload_crc(self, id: ContainerId, payload: &[u8]) -> u32 {
        let mut hasher = self.begin_payload_crc(id);
        hasher.update(payload);
        hasher.finalize()
    }

    /// Returns that checksum before any byte of the payload.
    pub(super) fn begin_payload_crc(self, id: ContainerId) -> crc32fast::Hasher {
        let head = self.to_bytes(id);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&id.0);
        hasher.update(head.split_last_chunk::<4>().map_or(&[][..], |(covered, _)| covered));
        hasher
    }

    pub(super) const fn is_compressed(self) -> bool {
        self.flags & FLAG_COMPRESSED != 0
    }

    /// Returns how many bytes the frame takes.
    pub(super) const fn stored_bytes(self) -> u64 {
        (FRAME_HEAD_BYTES + FRAME_TAIL_BYTES) as u64 + self.payload_bytes as u64
    }
}

/// CRC-32 over the container id and `parts`.
fn crc_of(id: ContainerId, parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&id.0);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// A content frame as it stands in the container: framed, its payload not yet checked.
///
/// It can be sent to another lane and decoded there, by
/// [`FrameDecoder::decode`](super::FrameDecoder::decode).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFrame {
    pub(super) head: FrameHead,
    pub(super) offset: u64,
    pub(super) payload: Vec<u8>,
    pub(super) crc: u32,
}

impl RawFrame {
    /// Takes a frame apart that is all there and fits its checksums.
    pub(super) fn parse(bytes: &[u8], offset: u64, id: ContainerId) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk()?;
        let (payload, crc) = rest.split_last_chunk()?;
        let head = FrameHead::parse(head, id).filter(|head| head.payload_bytes as usize == payload.len())?;
        let frame = Self { head, offset, payload: payload.to_vec(), crc: u32::from_le_bytes(*crc) };
        Some(frame).filter(|frame| frame.is_intact(id) && !frame.is_compressed())
    }

    /// Returns the frame's number; content frames count from 0.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.head.number
    }

    /// Returns the byte of the container at which the frame begins.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns how many symbols the frame says it holds: at least one, and no more than a full frame.
    #[must_use]
    pub const fn symbols(&self) -> usize {
        self.head.symbols as usize
    }

    /// Returns how many bytes of the container the frame takes.
    #[must_use]
    pub const fn stored_bytes(&self) -> u64 {
        self.head.stored_bytes()
    }

    /// Returns the length of the payload once decompressed, in bytes.
    #[must_use]
    pub const fn whole_bytes(&self) -> usize {
        self.head.whole_bytes as usize
    }

    /// Tells whether the payload is compressed.
    #[must_use]
    pub const fn is_compressed(&self) -> bool {
        self.head.is_compressed()
    }

    /// Returns how many bytes the frame occupies on the heap.
    #[must_use]
    pub const fn heap_bytes(&self) -> usize {
        self.payload.capacity()
    }

    /// Returns the payload's memory for another use.
    #[must_use]
    pub fn into_payload(self) -> Vec<u8> {
        self.payload
    }

    /// Tells whether payload, number and kind fit the frame's checksum.
    #[must_use]
    pub fn is_intact(&self, id: ContainerId) -> bool {
        self.head.payload_crc(id, &self.payload) == self.crc
    }
}

/// BLAKE3 of a content: the original bytes, or two bytes for each UTF-16 unit, the less significant first, or codewords
/// as a frame holds them, each with its length in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// The last frame: what the content must amount to. Its checksum has been verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndFrame {
    /// Byte of the container at which the frame begins.
    pub offset: u64,
    /// Content frames.
    pub frames: u64,
    /// Symbols.
    pub symbols: u64,
    /// Digest of the content.
    pub digest: Digest,
    /// Byte at which the last index frame begins, if there is one, from the beginning of its container.
    pub index_offset: Option<u64>,
    /// Byte at which this frame says it begins, from the beginning of its container.
    pub stated_offset: u64,
    /// Byte at which its container begins: 0, or above if others stand before it.
    pub member_offset: u64,
}

impl EndFrame {
    /// Returns the payload of the frame.
    pub(super) fn to_payload(self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(END_PAYLOAD_BYTES as usize);
        payload.extend_from_slice(&self.frames.to_le_bytes());
        payload.extend_from_slice(&self.symbols.to_le_bytes());
        payload.extend_from_slice(&self.digest.0);
        payload.extend_from_slice(&self.index_offset.unwrap_or(0).to_le_bytes());
        payload.extend_from_slice(&self.stated_offset.to_le_bytes());
        payload
    }

    /// Returns where the end frame with these bytes, of which nothing was checked, says it begins.
    pub(super) fn stated_offset(bytes: &[u8; END_FRAME_BYTES]) -> Option<u64> {
        let (before_crc, _) = bytes.split_last_chunk::<FRAME_TAIL_BYTES>()?;
        before_crc.last_chunk().map(|stated| u64::from_le_bytes(*stated))
    }

    /// Reads a frame whose checksum fits; `None` if its fields contradict each other.
    pub(super) fn parse(frame: &RawFrame, member_offset: u64) -> Option<Self> {
        let mut fields = Fields::new(&frame.payload);
        let (frames, symbols, digest, index) = (fields.u64(), fields.u64(), fields.take(), fields.u64());
        let stated_offset = fields.u64();
        let fits = frame.payload.len() == END_PAYLOAD_BYTES as usize && frame.head.number == frames;
        fits.then_some(Self {
            offset: frame.offset,
            frames,
            symbols,
            digest: Digest(digest),
            index_offset: (index != 0).then_some(index),
            stated_offset,
            member_offset,
        })
    }
}

/// First bytes of every frame.
pub(super) const MARKER: [u8; 4] = [0xF5, 0x70, 0x66, 0x9E];

/// Bytes of a frame in front of its payload.
pub const FRAME_HEAD_BYTES: usize = 32;

/// Bytes of a frame behind its payload.
pub(super) const FRAME_TAIL_BYTES: usize = 4;

/// Bytes of an end frame's payload.
pub(super) const END_PAYLOAD_BYTES: u32 = 64;

/// Bytes of an end frame.
pub(super) const END_FRAME_BYTES: usize = FRAME_HEAD_BYTES + END_PAYLOAD_BYTES as usize + FRAME_TAIL_BYTES;

pub(super) const KIND_CONTENT: u8 = 1;
pub(super) const KIND_END: u8 = 2;
pub(super) const KIND_INDEX: u8 = 3;

pub(super) const FLAG_OPTIONAL: u8 = 1;
pub(super) const FLAG_COMPRESSED: u8 = 2;
pub(super) const FLAGS_KNOWN: u8 = FLAG_OPTIONAL | FLAG_COMPRESSED;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_fits_only_its_container() {
        let head = FrameHead {
            symbols: 7,
            payload_bytes: 300,
            whole_bytes: 300,
            ..FrameHead::new(KIND_CONTENT, 41)
        };
        let id = ContainerId([3; 16]);
        let bytes = head.to_bytes(id);
        assert_eq!(FrameHead::parse(&bytes, id), Some(head));
        assert_eq!(FrameHead::parse(&bytes, ContainerId([4; 16])), None);
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_noticed() {
        let id = ContainerId::default();
        for bit in 0..FRAME_HEAD_BYTES * 8 {
            let mut bytes = FrameHead::new(KIND_END, 2).to_bytes(id);
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FrameHead::parse(&bytes, id), None, "bit {bit}");
        }
    }
}
