//! Reading a container from front to back, from any [`Read`].
//!
//! [`FrameReader`] does the framing alone: it believes no length before the frame
//! header's checksum fits, holds one frame at a time, and finds its way back after
//! damage. What is inside a frame is [`FrameDecoder`](super::FrameDecoder)'s, on
//! whatever lane; whether the frames are all there, in order, is
//! [`Continuity`](super::Continuity)'s. The search behind damage is described in
//! `docs/container.md`, "Reading after damage".
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use std::io::{self, Read};

use crate::limits::Limits;
use crate::state::{Taker, put};

use super::damage::{Damage, DamageKind, FrameFault};
use super::error::ContainerError;
use super::frame::{
    END_PAYLOAD_BYTES, EndFrame, FLAG_COMPRESSED, FLAG_OPTIONAL, FLAGS_KNOWN, FRAME_HEAD_BYTES, FrameHead,
    KIND_CONTENT, KIND_END, KIND_INDEX, MARKER, RawFrame,
};
use super::header::{HEADER_BYTES, Header, MAGIC};
use super::register::{INDEX_PAYLOAD_BYTES_MAX, IndexFrame};
use super::seek::Entry;

/// What comes next in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece {
    /// A content frame, framed only.
    Frame(RawFrame),
    /// The end frame, verified.
    End(EndFrame),
    /// A further container of the same file begins; its frames follow.
    Member {
        /// Its header.
        header: Header,
        /// Byte at which it begins.
        offset: u64,
    },
    /// A place where something is wrong; reading goes on behind it.
    Damage(Damage),
}

/// Takes a container, or several one after the other, apart into frames, in the order of the bytes.
///
/// Holds one frame, and as much again while it searches behind damage.
///
/// # Examples
///
/// ```
/// use primestream_codec::Limits;
/// use primestream_codec::container::{ContainerId, FrameReader, Piece, Settings, encode_all};
///
/// let bytes = encode_all(b"Hello, world!", &Settings::default(), ContainerId([7; 16]))?;
/// let mut reader = FrameReader::open(bytes.as_slice(), Limits::default())?;
/// let Some(Piece::Frame(frame)) = reader.next_piece()? else { panic!("one content frame") };
/// assert_eq!((frame.number(), frame.offset(), frame.symbols()), (0, 64, 13));
/// let Some(Piece::End(end)) = reader.next_piece()? else { panic!("an end frame") };
/// assert_eq!((end.frames, end.symbols), (1, 13));
/// assert_eq!(reader.next_piece()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FrameReader<R> {
    source: Source<R>,
    header: Header,
    /// Where the container begins that is being read.
    member_offset: u64,
    limits: Limits,
    /// A good end frame was seen, or it was said that there is none.
    ended: bool,
    /// Everything, the verdict on completeness included, was handed out.
    finished: bool,
}

impl<R: Read> FrameReader<R> {
    /// Reads the container header.
    ///
    /// # Errors
    ///
    /// If the source fails, if the bytes are no container this version reads, or if a full
    /// frame has more symbols than `limits` allow.
    pub fn open(source: R, limits: Limits) -> Result<Self, ContainerError> {
        let mut source = Source::new(source);
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        source.take(HEADER_BYTES, &mut bytes)?;
        let Ok(bytes) = <[u8; HEADER_BYTES]>::try_from(bytes.as_slice()) else {
            return Err(cut_header(&bytes));
        };
        let header = Header::parse(&bytes)?;
        header.check(&limits)?;
        Ok(Self { source, header, member_offset: 0, limits, ended: false, finished: false })
    }

    /// Goes on at a place found by [`find_symbol`](super::find_symbol), where the source must stand.
    #[must_use]
    pub fn enter(source: R, entry: &Entry, limits: Limits) -> Self {
        let source = Source { start: entry.offset, offset: entry.offset, ..Source::new(source) };
        let (header, member_offset) = (entry.header, entry.member_offset);
        Self { source, header, member_offset, limits, ended: false, finished: false }
    }

    /// Appends what [`resume`](Self::resume) needs to go on from here.
    pub fn save(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.header.to_bytes());
        put(self.member_offset, out);
        put(self.source.offset, out);
        out.extend([self.ended, self.finished].map(u8::from));
    }

    /// Takes from the front of bytes where reading was, to go on there; returns the offset at which the source must be
    /// made to stand by [`get_mut`](Self::get_mut). `None` if they are something else.
    pub fn resume(&mut self, bytes: &mut &[u8]) -> Option<u64> {
        let mut taker = Taker(bytes);
        let header = Header::parse(&taker.array()?).ok()?;
        let (member_offset, offset) = (taker.number()?, taker.number()?);
        (self.header, self.member_offset) = (header, member_offset);
        (self.ended, self.finished) = (taker.flag()?, taker.flag()?);
        let Source { pending, taken, .. } = &mut self.source;
        (*pending, *taken) = (Vec::new(), 0);
        (self.source.start, self.source.offset, self.source.reread) = (offset, offset, 0);
        Some(offset)
    }

    /// Returns what is read.
    pub const fn get_ref(&self) -> &R {
        &self.source.inner
    }

    /// Returns what is read, to make it stand elsewhere.
    pub const fn get_mut(&mut self) -> &mut R {
        &mut self.source.inner
    }

    /// Returns the header of the container that is being read: at first, of the first.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the byte at which the container begins that is being read.
    #[must_use]
    pub const fn member_offset(&self) -> u64 {
        self.member_offset
    }

    /// Returns the limits the reader keeps.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns the byte of the container that is read next.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.source.offset
    }

    /// Returns the next frame or the next place of damage, or `None` at the end.
    ///
    /// A container without a good end frame gives [`DamageKind::Incomplete`] last.
    ///
    /// # Errors
    ///
    /// If the source fails, the container was written by a newer version, or a frame is larger than the
    /// limits allow.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, ContainerError> {
        while !self.finished {
            let start = self.source.offset;
            let mut bytes = Vec::with_capacity(FRAME_HEAD_BYTES);
            self.source.take(FRAME_HEAD_BYTES, &mut bytes)?;
            if bytes.is_empty() {
                self.finished = true;
                let at_end = Damage { offset: start, bytes: 0, frame: None, kind: DamageKind::Incomplete };
                return Ok((!self.ended).then_some(Piece::Damage(at_end)));
            }
            let Some(head) = self.head_at(&bytes) else {
                let is_header = bytes.starts_with(&MAGIC);
                self.source.take(if is_header { HEADER_BYTES - FRAME_HEAD_BYTES } else { 0 }, &mut bytes)?;
                if let Some(piece) = self.member(&bytes, start)? {
                    return Ok(Some(piece));
                }
                self.source.push_back(bytes);
                let bytes = self.skip_to_frame()?;
                let kind = match (self.ended, is_header) {
                    (true, true) => DamageKind::MemberHeader,
                    (true, false) => DamageKind::AfterEnd,
                    (false, _) => DamageKind::NoFrame,
                };
                return Ok(Some(Piece::Damage(Damage { offset: start, bytes, frame: None, kind })));
            };
            let is_to_be_skipped = self.is_to_be_skipped(head, start)?;
            if self.ended && (is_to_be_skipped || head.kind == KIND_INDEX) {
                // Content and end frames behind the end are refused by whoever follows the numbers.
                let bytes = FRAME_HEAD_BYTES as u64 + self.skip_to_frame()?;
                let kind = DamageKind::AfterEnd;
                return Ok(Some(Piece::Damage(Damage { offset: start, bytes, frame: None, kind })));
            }
            if is_to_be_skipped {
                if let Some(damage) = self.skip_frame(head, start)? {
                    return Ok(Some(Piece::Damage(damage)));
                }
                continue;
            }
            if let Some(kind) = self.contradiction(head)? {
                let bytes = FRAME_HEAD_BYTES as u64;
                return Ok(Some(Piece::Damage(Damage {
                    offset: start,
                    bytes,
                    frame: Some(head.number),
                    kind,
                })));
            }
            if let Some(piece) = self.frame(head, start)? {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// Begins with the next container if these bytes are the header of one.
    fn member(&mut self, bytes: &[u8], start: u64) -> Result<Option<Piece>, ContainerError> {
        let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else { return Ok(None) };
        let header = match Header::parse(bytes) {
            Err(ContainerError::NotAContainer { .. } | ContainerError::HeaderDamaged) => return Ok(None),
            parsed => parsed?,
        };
        header.check(&self.limits)?;
        if !self.ended {
            // The container before this one was cut; it is told first.
            self.source.push_back(bytes.to_vec());
            self.ended = true;
            let kind = DamageKind::Incomplete;
            return Ok(Some(Piece::Damage(Damage { offset: start, bytes: 0, frame: None, kind })));
        }
        (self.header, self.member_offset, self.ended) = (header, start, false);
        Ok(Some(Piece::Member { header, offset: start }))
    }

    /// Reads payload and checksum of a frame whose header is believed; `None` if it is a good index frame.
    fn frame(&mut self, head: FrameHead, offset: u64) -> Result<Option<Piece>, ContainerError> {
        let damage = |bytes: usize, kind| {
            let bytes = (FRAME_HEAD_BYTES + bytes) as u64;
            let frame = (head.kind != KIND_INDEX).then_some(head.number);
            Some(Piece::Damage(Damage { offset, bytes, frame, kind }))
        };
        let wanted = head.payload_bytes as usize + 4;
        let mut payload = Vec::new();
        if payload.try_reserve_exact(wanted).is_err() {
            let (needed, allowed) = (wanted as u64, 0);
            return Err(ContainerError::LimitExceeded { limit: "memory", needed, allowed });
        }
        self.source.take(wanted, &mut payload)?;
        if payload.len() < wanted {
            return Ok(match self.head_within(&payload) {
                Some(at) => {
                    self.source.push_back(payload.split_off(at));
                    damage(at, DamageKind::Broken)
                }
                None => damage(payload.len(), DamageKind::Cut),
            });
        }
        let crc = payload.split_last_chunk::<4>().map_or(0, |(_, crc)| u32::from_le_bytes(*crc));
        payload.truncate(wanted - 4);
        let mut frame = RawFrame { head, offset, payload, crc };
        if !self.is_followed_well(head.kind)? && !frame.is_intact(self.header.id()) {
            // Either the payload was changed and the next frame as well, or bytes are missing and what
            // was read as payload reaches into the next frame, which must not be lost with this one.
            frame.payload.extend_from_slice(&crc.to_le_bytes());
            if let Some(at) = self.head_within(&frame.payload) {
                self.source.push_back(frame.payload.split_off(at));
                return Ok(damage(at, DamageKind::Broken));
            }
            frame.payload.truncate(wanted - 4);
        }
        if head.kind == KIND_CONTENT {
            return Ok(Some(Piece::Frame(frame)));
        }
        let faulty = |fault| damage(wanted, DamageKind::Content(fault));
        if !frame.is_intact(self.header.id()) {
            return Ok(faulty(FrameFault::Checksum));
        }
        if head.kind == KIND_INDEX {
            return Ok(match IndexFrame::parse(&frame) {
                Some(index) if index.own_offset() == offset.checked_sub(self.member_offset) => None,
                Some(_) => damage(wanted, DamageKind::Displaced),
                None => faulty(FrameFault::Contradiction),
            });
        }
        let end = EndFrame::parse(&frame, self.member_offset);
        self.ended |= end.is_some();
        Ok(end.map_or_else(|| faulty(FrameFault::Contradiction), |end| Some(Piece::End(end))))
    }

    /// Tells whether behind a frame of `kind` there stands what may stand there.
    fn is_followed_well(&mut self, kind: u8) -> Result<bool, ContainerError> {
        // As much as the header of a container, which the search behind damage may have to look at.
        let mut ahead = Vec::with_capacity(HEADER_BYTES);
        self.source.take(HEADER_BYTES, &mut ahead)?;
        let well = if ahead.is_empty() || ahead.starts_with(&MAGIC) {
            kind == KIND_END
        } else {
            ahead.get(..FRAME_HEAD_BYTES).is_some_and(|ahead| self.head_at(ahead).is_some())
        };
        self.source.push_back(ahead);
        Ok(well)
    }

    /// Finds a frame header in bytes that were read as payload, if they may be read again.
    fn head_within(&mut self, payload: &[u8]) -> Option<usize> {
        if !self.source.may_read_again(payload.len()) {
            return None;
        }
        // A header may begin in the payload and end behind it.
        let ahead = self.source.peek_pending(HEADER_BYTES - 1);
        let seam_start = payload.len().saturating_sub(HEADER_BYTES - 1);
        let mut seam = payload.get(seam_start..).unwrap_or_default().to_vec();
        seam.extend_from_slice(ahead);
        let inside = self.find_head(payload);
        inside.or_else(|| self.find_head(&seam).map(|at| seam_start + at).filter(|&at| at < payload.len()))
    }

    /// Skips to the next believable frame header, or to the end; returns how many bytes that were.
    fn skip_to_frame(&mut self) -> Result<u64, ContainerError> {
        let mut skipped = 0;
        let mut window = Vec::with_capacity(SEARCH_BYTES);
        loop {
            let before = window.len();
            self.source.take(SEARCH_BYTES - before, &mut window)?;
            if let Some(at) = self.find_head(&window) {
                self.source.push_back(window.split_off(at));
                return Ok(skipped + at as u64);
            }
            if window.len() == before {
                return Ok(skipped + window.len() as u64);
            }
            // A header may be cut by the window's end.
            let done = window.len().saturating_sub(HEADER_BYTES - 1);
            window.drain(..done);
            skipped += done as u64;
        }
    }

    /// Finds the first believable header, of a frame or of a further container, that lies wholly in `bytes`.
    fn find_head(&self, bytes: &[u8]) -> Option<usize> {
        let ([frame, ..], [container, ..]) = (MARKER, MAGIC);
        let mut from = 0;
        loop {
            let rest = bytes.get(from..)?;
            let at = from + rest.iter().position(|&byte| byte == frame || byte == container)?;
            let is_head = bytes.get(at..at + FRAME_HEAD_BYTES).is_some_and(|b| self.head_at(b).is_some());
            let whole = bytes.get(at..).and_then(<[u8]>::first_chunk);
            if is_head || whole.is_some_and(|bytes| Header::parse(bytes).is_ok()) {
                return Some(at);
            }
            from = at + 1;
        }
    }

    fn head_at(&self, bytes: &[u8]) -> Option<FrameHead> {
        FrameHead::parse(bytes.first_chunk()?, self.header.id()).filter(|_| bytes.len() == FRAME_HEAD_BYTES)
    }

    /// Tells whether the frame is of a kind to be passed over, and refuses what a newer version wrote.
    fn is_to_be_skipped(&self, head: FrameHead, offset: u64) -> Result<bool, ContainerError> {
        let newer = |field, value| Err(ContainerError::NewerFeature { offset, field, value });
        if head.flags & !FLAGS_KNOWN != 0 {
            return newer("frame flags", head.flags.into());
        }
        if head.reserved != 0 {
            return newer("frame reserved", head.reserved.into());
        }
        match head.kind {
            KIND_CONTENT | KIND_END | KIND_INDEX => Ok(false),
            _ if head.flags & FLAG_OPTIONAL != 0 => Ok(true),
            kind => newer("frame kind", kind.into()),
        }
    }

    /// Passes over a frame of an unknown kind without holding it; a change in it is damage all the same.
    fn skip_frame(&mut self, head: FrameHead, offset: u64) -> Result<Option<Damage>, ContainerError> {
        let mut crc = head.begin_payload_crc(self.header.id());
        let mut left = head.payload_bytes as usize;
        let mut window = Vec::with_capacity(SEARCH_BYTES);
        loop {
            window.clear();
            self.source.take(left.min(SEARCH_BYTES), &mut window)?;
            if window.is_empty() {
                break;
            }
            left -= window.len();
            crc.update(&window);
        }
        window.clear();
        self.source.take(4, &mut window)?;
        let bytes = self.source.offset - offset;
        let kind = match window.first_chunk() {
            None => DamageKind::Cut,
            Some(stated) if u32::from_le_bytes(*stated) == crc.finalize() => return Ok(None),
            Some(_) => DamageKind::Content(FrameFault::Checksum),
        };
        Ok(Some(Damage { offset, bytes, frame: None, kind }))
    }

    /// Says what in a believable header cannot be, before anything is allocated for it.
    ///
    /// What could be but is above the caller's limit is an error: reading on would call a good frame damaged.
    fn contradiction(&self, head: FrameHead) -> Result<Option<DamageKind>, ContainerError> {
        let (bytes_max, symbols_max) = match head.kind {
            KIND_CONTENT => {
                let payload_max = self.header.payload_bytes_max(head.number, head.symbols.into());
                (payload_max, self.header.settings().frame_symbols() as u64)
            }
            KIND_INDEX => (INDEX_PAYLOAD_BYTES_MAX, 0),
            _ => (END_PAYLOAD_BYTES.into(), 0),
        };
        let flags_fit = match head.kind {
            KIND_CONTENT => head.flags & !FLAG_COMPRESSED == 0,
            KIND_INDEX => head.flags == FLAG_OPTIONAL,
            _ => head.flags == 0,
        };
        if !flags_fit {
            return Ok(Some(DamageKind::Flags { flags: head.flags }));
        }
        let count = u64::from(head.symbols);
        if count > symbols_max || (count == 0 && symbols_max > 0) {
            return Ok(Some(DamageKind::SymbolCount { count, count_max: symbols_max }));
        }
        let (stored, whole) = (u64::from(head.payload_bytes), u64::from(head.whole_bytes));
        if whole > bytes_max {
            return Ok(Some(DamageKind::Length { bytes: whole, bytes_max }));
        }
        let fits = if head.is_compressed() { stored < whole } else { stored == whole };
        if !fits {
            return Ok(Some(DamageKind::Length { bytes: stored, bytes_max: whole }));
        }
        let allowed = self.limits.frame_bytes_max as u64;
        if whole > allowed {
            return Err(ContainerError::LimitExceeded { limit: "frame_bytes_max", needed: whole, allowed });
        }
        Ok(None)
    }
}

fn cut_header(bytes: &[u8]) -> ContainerError {
    let magic = MAGIC;
    if magic.starts_with(bytes.get(..magic.len().min(bytes.len())).unwrap_or_default())
        || bytes.starts_with(&magic)
    {
        return ContainerError::HeaderCut { bytes: bytes.len() as u64 };
    }
    let mut found = [0; 8];
    found.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    ContainerError::NotAContainer { found }
}

/// A [`Read`] that can take back what was read from it.
#[derive(Debug)]
struct Source<R> {
    inner: R,
    pending: Vec<u8>,
    /// How much of `pending` has been read.
    taken: usize,
    /// Place of the first byte that was read.
    start: u64,
    /// Place of the next byte.
    offset: u64,
    /// Bytes searched a second time, which [`REREAD_MAX`] bounds.
    reread: u64,
}

impl<R: Read> Source<R> {
    const fn new(inner: R) -> Self {
        Self { inner, pending: Vec::new(), taken: 0, start: 0, offset: 0, reread: 0 }
    }

    /// Appends `count` bytes to `out`, or fewer at the end.
    fn take(&mut self, count: usize, out: &mut Vec<u8>) -> Result<(), ContainerError> {
        let waiting = self.pending.get(self.taken..).unwrap_or_default();
        let old = waiting.get(..count).unwrap_or(waiting);
        out.extend_from_slice(old);
        let had = old.len();
        self.taken += had;
        self.offset += had as u64;
        if self.taken == self.pending.len() && self.pending.capacity() > SEARCH_BYTES {
            self.pending = Vec::new();
            self.taken = 0;
        }
        let missing = (count - had) as u64;
        if missing > 0 {
            // From here on `pending` no longer ends where the next byte begins.
            self.pending.clear();
            self.taken = 0;
            let read = self.inner.by_ref().take(missing).read_to_end(out);
            self.offset +=
                read.map_err(|source: io::Error| ContainerError::Io { offset: self.offset, source })? as u64;
        }
        Ok(())
    }

    /// Puts back the bytes read last.
    fn push_back(&mut self, mut bytes: Vec<u8>) {
        self.offset -= bytes.len() as u64;
        match self.taken.checked_sub(bytes.len()) {
            // They are still there.
            Some(start) => self.taken = start,
            None => {
                bytes.extend_from_slice(self.pending.get(self.taken..).unwrap_or_default());
                self.pending = bytes;
                self.taken = 0;
            }
        }
    }

    fn peek_pending(&self, count: usize) -> &[u8] {
        let waiting = self.pending.get(self.taken..).unwrap_or_default();
        waiting.get(..count).unwrap_or(waiting)
    }

    /// Asks to search `bytes` that were read before.
    const fn may_read_again(&mut self, bytes: usize) -> bool {
        self.reread += bytes as u64;
        self.reread <= (self.offset - self.start).saturating_mul(REREAD_MAX)
    }
}

/// How many times what was read may be searched again behind damage.
///
/// Honest damage needs it once or twice. A higher value lets crafted frame headers,
/// each claiming what the others claim, cost more time.
const REREAD_MAX: u64 = 4;

/// Bytes searched at a time for the next frame. Larger gains nothing; smaller than a frame header cannot work.
const SEARCH_BYTES: usize = 8 << 10;
const _: () = assert!(SEARCH_BYTES > HEADER_BYTES && HEADER_BYTES > FRAME_HEAD_BYTES);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::{ContainerId, Settings};

    #[test]
    fn what_stands_before_the_place_of_entry_pays_for_no_search() {
        let header = Header::new(Settings::default(), ContainerId::default());
        let entry = Entry { offset: 1 << 40, ..Entry::first(header) };
        let mut source = FrameReader::enter([7; 10].as_slice(), &entry, Limits::default()).source;
        source.take(10, &mut Vec::new()).expect("in memory");
        assert!(source.may_read_again(40), "four times what was read");
        assert!(!source.may_read_again(1));
    }

    #[test]
    fn what_was_put_back_is_let_go_of_when_it_was_taken_if_it_is_much() {
        let bytes = vec![7; 3 * SEARCH_BYTES];
        for (len, is_kept) in [(2 * SEARCH_BYTES, false), (10, true)] {
            let mut source = Source::new(bytes.as_slice());
            let mut out = Vec::new();
            source.take(len, &mut out).expect("in memory");
            source.push_back(std::mem::take(&mut out));
            source.take(len - 1, &mut out).expect("in memory");
            assert!(source.pending.capacity() >= len, "a byte is still there");
            source.take(1, &mut out).expect("in memory");
            assert_eq!((source.pending.capacity() > 0, source.offset), (is_kept, len as u64));
        }
    }
}
