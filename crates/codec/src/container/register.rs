//! What is written beside the content: index frames, and the end frame.
//!
//! Serial and cheap: it sees how long each frame is. An index frame stands behind every 4 096 content
//! frames and names the one before it, so that endless content needs no more memory than a short one.
//! Layout: `docs/container.md`, "Index frame".
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use super::frame::{
    Digest, EndFrame, FLAG_OPTIONAL, FRAME_HEAD_BYTES, FRAME_TAIL_BYTES, FrameHead, KIND_END, KIND_INDEX,
    RawFrame, append_plain,
};
use super::header::Fields;
use super::header::{HEADER_BYTES, Header};
use crate::state::{Taker, put, put_option};

/// Follows the frames of a container as they are written. Holds four bytes for each of at most 4 096 frames.
///
/// # Examples
///
/// ```
/// use primestream_codec::Limits;
/// use primestream_codec::container::*;
///
/// let header = Header::new(Settings::default(), ContainerId([7; 16]));
/// let (mut register, mut digest) = (Register::new(&header), ContentDigest::default());
/// let mut bytes = header.to_bytes().to_vec();
///
/// register.before_frame(&mut bytes);
/// let start = bytes.len();
/// FrameEncoder::new(&header).encode(register.frames(), b"Hello".as_slice().into(), &mut bytes)?;
/// register.frame((bytes.len() - start) as u64);
/// digest.update(b"Hello".as_slice().into());
///
/// register.end(5, &digest.finish(), &mut bytes);
/// assert_eq!(decode_all(&bytes, &Limits::default())?, b"Hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Register {
    header: Header,
    frames: u64,
    /// Bytes of the container so far.
    offset: u64,
    /// Where the first frame that no index names begins.
    first_offset: u64,
    /// Payload lengths of the frames that no index names.
    lengths: Vec<u32>,
    last_index: Option<u64>,
    is_indexed: bool,
}

impl Register {
    /// Begins behind the header of a container.
    #[must_use]
    pub const fn new(header: &Header) -> Self {
        Self {
            header: *header,
            frames: 0,
            offset: HEADER_BYTES as u64,
            first_offset: 0,
            lengths: Vec::new(),
            last_index: None,
            is_indexed: true,
        }
    }

    /// Writes no index.
    #[must_use]
    pub fn without_index(self) -> Self {
        Self { is_indexed: false, ..self }
    }

    /// Appends what [`resume`](Self::resume) needs to go on from here.
    pub fn save(&self, out: &mut Vec<u8>) {
        [self.frames, self.offset, self.first_offset].into_iter().for_each(|number| put(number, out));
        put_option(self.last_index, out);
        put(self.lengths.len() as u64, out);
        self.lengths.iter().for_each(|length| out.extend_from_slice(&length.to_le_bytes()));
    }

    /// Takes from the front of bytes what was saved of a container with this header and such an index; `None` if they
    /// are something else.
    #[must_use]
    pub fn resume(self, bytes: &mut &[u8]) -> Option<Self> {
        let mut taker = Taker(bytes);
        let (frames, offset, first_offset) = (taker.number()?, taker.number()?, taker.number()?);
        let last_index = taker.option()?;
        let count = taker.count(4)?;
        let lengths =
            (0..count).map(|_| taker.array().map(u32::from_le_bytes)).collect::<Option<Vec<_>>>()?;
        let is_possible = lengths.len() <= INDEX_FRAMES && lengths.len() as u64 <= frames;
        is_possible.then_some(Self { frames, offset, first_offset, lengths, last_index, ..self })
    }

    /// Returns how many content frames there are.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// Appends to `out` what belongs before the next content frame: an index frame if one is due, mostly nothing.
    pub fn before_frame(&mut self, out: &mut Vec<u8>) {
        if self.lengths.len() == INDEX_FRAMES {
            self.index(out);
        }
    }

    /// Takes note of a content frame of so many bytes.
    pub fn frame(&mut self, stored_bytes: u64) {
        if self.lengths.is_empty() {
            self.first_offset = self.offset;
        }
        self.offset += stored_bytes;
        self.frames += 1;
        if self.is_indexed {
            let payload_bytes = stored_bytes.saturating_sub(AROUND_PAYLOAD);
            self.lengths.push(u32::try_from(payload_bytes).unwrap_or(u32::MAX));
        }
    }

    /// Appends the last index frame, if there is more than one content frame, and the end frame.
    pub fn end(&mut self, symbols: u64, digest: &Digest, out: &mut Vec<u8>) {
        if self.frames > 1 && !self.lengths.is_empty() {
            self.index(out);
        }
        let end = EndFrame {
            offset: self.offset,
            frames: self.frames,
            symbols,
            digest: *digest,
            index_offset: self.last_index,
            stated_offset: self.offset,
            member_offset: 0,
        };
        append_plain(FrameHead::new(KIND_END, self.frames), self.header.id(), &end.to_payload(), out);
    }

    fn index(&mut self, out: &mut Vec<u8>) {
        let index = IndexFrame {
            previous: self.last_index,
            first: self.frames - self.lengths.len() as u64,
            first_offset: self.first_offset,
            lengths: std::mem::take(&mut self.lengths),
        };
        let mut head = FrameHead::new(KIND_INDEX, self.frames);
        head.flags = FLAG_OPTIONAL;
        let start = out.len();
        append_plain(head, self.header.id(), &index.to_payload(), out);
        self.last_index = Some(self.offset);
        self.offset += (out.len() - start) as u64;
        self.lengths = index.lengths;
        self.lengths.clear();
    }
}

/// An index frame. Places are counted from the beginning of its container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexFrame {
    /// Where the index frame before this one begins.
    pub(super) previous: Option<u64>,
    /// Number of the first frame it names.
    pub(super) first: u64,
    /// Where that frame begins.
    pub(super) first_offset: u64,
    /// Payload length of each frame.
    pub(super) lengths: Vec<u32>,
}

impl IndexFrame {
    fn to_payload(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(INDEX_BYTES_BEFORE + 4 * self.lengths.len());
        payload.extend_from_slice(&self.previous.unwrap_or(0).to_le_bytes());
        payload.extend_from_slice(&self.first.to_le_bytes());
        payload.extend_from_slice(&self.first_offset.to_le_bytes());
        self.lengths.iter().for_each(|length| payload.extend_from_slice(&length.to_le_bytes()));
        payload
    }

    /// Returns where the frame begins that comes `before` frames behind the first it names; `None` beyond 64 bits.
    pub(super) fn place(&self, before: u64) -> Option<u64> {
        let before = self.lengths.get(..usize::try_from(before).ok()?)?;
        before.iter().try_fold(self.first_offset, |place, &length| {
            place.checked_add(AROUND_PAYLOAD + u64::from(length))
        })
    }

    /// Returns where the index frame itself begins: behind the last frame it names.
    pub(super) fn own_offset(&self) -> Option<u64> {
        self.place(self.lengths.len() as u64)
    }

    /// Reads a frame whose checksum fits; `None` if its fields contradict each other.
    pub(super) fn parse(frame: &RawFrame) -> Option<Self> {
        let (_, lengths) = frame.payload.split_at_checked(INDEX_BYTES_BEFORE)?;
        let mut fields = Fields::new(&frame.payload);
        let (previous, first, first_offset) = (fields.u64(), fields.u64(), fields.u64());
        let (lengths, rest) = lengths.as_chunks::<4>();
        let fits = rest.is_empty() && first.checked_add(lengths.len() as u64) == Some(frame.head.number);
        fits.then(|| Self {
            previous: (previous != 0).then_some(previous),
            first,
            first_offset,
            lengths: lengths.iter().map(|length| u32::from_le_bytes(*length)).collect(),
        })
    }
}

/// Content frames that an index frame names: a seek reads 16 KB.
pub(super) const INDEX_FRAMES: usize = 4096;

/// Most bytes of an index frame's payload.
pub(super) const INDEX_PAYLOAD_BYTES_MAX: u64 = (INDEX_BYTES_BEFORE + 4 * INDEX_FRAMES) as u64;

const INDEX_BYTES_BEFORE: usize = 24;

/// Bytes of a frame that are not payload.
const AROUND_PAYLOAD: u64 = (FRAME_HEAD_BYTES + FRAME_TAIL_BYTES) as u64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::{ContainerId, Settings};

    #[test]
    fn an_index_is_due_behind_every_4096_frames() {
        let header = Header::new(Settings::default(), ContainerId([1; 16]));
        let mut register = Register::new(&header);
        let mut out = Vec::new();
        for frame in 0..10_000 {
            register.before_frame(&mut out);
            register.frame(100 + frame % 7);
        }
        register.end(1, &Digest([0; 32]), &mut out);
        // Two full ones, the rest, and the end.
        let full = 36 + 24 + 4 * 4096;
        assert_eq!(out.len(), 2 * full + 36 + 24 + 4 * (10_000 - 8192) + 100);
        assert_eq!(register.lengths.capacity().max(4096), 4096, "no more is held for more frames");
        let mut short = Vec::new();
        let mut register = Register::new(&header);
        register.frame(100);
        register.end(1, &Digest([0; 32]), &mut short);
        assert_eq!(short.len(), 100, "one frame needs no index");
    }

    #[test]
    fn an_index_names_the_frames_before_it() {
        let index = IndexFrame { previous: Some(7), first: 5, first_offset: 1000, lengths: vec![10, 20, 30] };
        let mut head = FrameHead::new(KIND_INDEX, 8);
        head.payload_bytes = 36;
        let frame = RawFrame { head, offset: 0, payload: index.to_payload(), crc: 0 };
        assert_eq!(IndexFrame::parse(&frame), Some(index));
        let other = RawFrame { head: FrameHead { number: 9, ..frame.head }, ..frame };
        assert_eq!(IndexFrame::parse(&other), None);
    }
}
