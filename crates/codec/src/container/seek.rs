//! Finding a symbol's frame without reading what stands before it.
//!
//! The end frame says where its container begins and where its index is, the index where the frames
//! are; containers that stand one behind the other are walked from the last to the first. Nothing found
//! this way is believed for more than its place: whoever reads from there checks every frame as ever.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use std::io::{self, Read, Seek, SeekFrom};

use crate::limits::Limits;

use super::frame::{
    END_FRAME_BYTES, EndFrame, FRAME_HEAD_BYTES, FRAME_TAIL_BYTES, FrameHead, KIND_CONTENT, KIND_END,
    KIND_INDEX, RawFrame,
};
use super::header::{HEADER_BYTES, Header};
use super::register::{INDEX_PAYLOAD_BYTES_MAX, IndexFrame};

/// A place from which a file can be read as if what stands before it had been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Header of the container.
    pub header: Header,
    /// Byte of the file at which the container begins.
    pub member_offset: u64,
    /// Symbols in the containers before it.
    pub symbols_before: u64,
    /// Number of the content frame that is read next; as many as there are at the end frame.
    pub frame: u64,
    /// Byte of the file at which that frame begins.
    pub offset: u64,
}

impl Entry {
    /// The beginning of a file, behind the header of its first container.
    pub(super) const fn first(header: Header) -> Self {
        Self { header, member_offset: 0, symbols_before: 0, frame: 0, offset: HEADER_BYTES as u64 }
    }
}

/// Finds the frame with a symbol of a file, counted from 0 over all containers in it.
///
/// `None` if the file cannot tell: it is damaged where its places are written, it is incomplete, or something else
/// stands behind its last container. Then only reading from the front helps. A symbol far behind the last is looked for at
/// the last end frame. Where the source stands afterwards is not said.
///
/// Costs three reads for each container from the last one on, twice, and one for every 4 096 frames behind the one
/// sought; without an index, one for each frame before it. Holds 16 KB.
///
/// # Errors
///
/// If the source fails.
///
/// # Examples
///
/// ```
/// use std::io::{Cursor, Seek, SeekFrom};
/// use primestream_codec::Limits;
/// use primestream_codec::container::*;
///
/// let settings = Settings::default().with_frame_blocks(1).expect("at least one block");
/// let mut file = Cursor::new(encode_all(&[b'.'; 1000], &settings, ContainerId([7; 16]))?);
/// let entry = find_symbol(&mut file, 700, &Limits::default())?.expect("an intact file");
/// assert_eq!(entry.frame, 700 / 64);
///
/// file.seek(SeekFrom::Start(entry.offset))?;
/// let mut reader = FrameReader::enter(file, &entry, Limits::default());
/// let Some(Piece::Frame(frame)) = reader.next_piece()? else { panic!("a content frame") };
/// assert_eq!(frame.number(), entry.frame);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_symbol<S: Read + Seek>(
    source: &mut S,
    symbol: u64,
    limits: &Limits,
) -> io::Result<Option<Entry>> {
    let file_end = source.seek(SeekFrom::End(0))?;
    let Some(total) = symbols_before(source, file_end, limits)? else { return Ok(None) };
    let (mut end, mut behind) = (file_end, total);
    loop {
        let Some(member) = member_before(source, end, limits)? else { return Ok(None) };
        let Some(before) = behind.checked_sub(member.end.symbols) else { return Ok(None) };
        if before <= symbol || member.end.member_offset == 0 {
            return member.entry(source, before, symbol.saturating_sub(before));
        }
        (end, behind) = (member.end.member_offset, before);
    }
}

/// Returns header and end of the last container of a file.
///
/// `None` if it is incomplete, its ends are damaged, or something else stands behind it. What is between is not looked at.
///
/// # Errors
///
/// If the source fails.
///
/// # Examples
///
/// ```
/// use std::io::Cursor;
/// use primestream_codec::Limits;
/// use primestream_codec::container::*;
///
/// let bytes = encode_all(b"Hello", &Settings::default(), ContainerId([7; 16]))?;
/// let (header, end) = last_container(&mut Cursor::new(&bytes), &Limits::default())?.expect("an intact file");
/// assert_eq!((header.id(), end.symbols), (ContainerId([7; 16]), 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn last_container<S: Read + Seek>(
    source: &mut S,
    limits: &Limits,
) -> io::Result<Option<(Header, EndFrame)>> {
    let file_end = source.seek(SeekFrom::End(0))?;
    Ok(member_before(source, file_end, limits)?.map(|Member { header, end }| (header, end)))
}

/// Counts the symbols of all containers before this byte.
fn symbols_before<S: Read + Seek>(source: &mut S, end: u64, limits: &Limits) -> io::Result<Option<u64>> {
    let (mut end, mut total) = (end, 0_u64);
    while end > 0 {
        let Some(member) = member_before(source, end, limits)? else { return Ok(None) };
        let Some(sum) = total.checked_add(member.end.symbols) else { return Ok(None) };
        (end, total) = (member.end.member_offset, sum);
    }
    Ok(Some(total))
}

/// A container of which beginning and end fit each other.
struct Member {
    header: Header,
    end: EndFrame,
}

/// Reads end and beginning of the container that ends before this byte.
fn member_before<S: Read + Seek>(source: &mut S, end: u64, limits: &Limits) -> io::Result<Option<Member>> {
    let Some(end_offset) = end.checked_sub(END_FRAME_BYTES as u64) else { return Ok(None) };
    let Some(bytes) = read_at::<END_FRAME_BYTES, _>(source, end_offset)? else { return Ok(None) };
    // Where the container begins is said by bytes that are checked with what is found there.
    let Some(member_offset) =
        EndFrame::stated_offset(&bytes).and_then(|stated| end_offset.checked_sub(stated))
    else {
        return Ok(None);
    };
    let Some(header) = read_at::<HEADER_BYTES, _>(source, member_offset)? else { return Ok(None) };
    let Ok(header) = Header::parse(&header) else { return Ok(None) };
    let frame = RawFrame::parse(&bytes, end_offset, header.id()).filter(|frame| frame.head.kind == KIND_END);
    let end = frame.and_then(|frame| EndFrame::parse(&frame, member_offset));
    Ok(end.filter(|_| header.check(limits).is_ok()).map(|end| Member { header, end }))
}

impl Member {
    /// Finds the frame of a symbol of this container.
    fn entry<S: Read + Seek>(
        &self,
        source: &mut S,
        symbols_before: u64,
        symbol: u64,
    ) -> io::Result<Option<Entry>> {
        let frame = symbol / self.header.settings().frame_symbols() as u64;
        let member_offset = self.end.member_offset;
        let entry =
            |frame, offset| Entry { header: self.header, member_offset, symbols_before, frame, offset };
        if frame >= self.end.frames {
            return Ok(Some(entry(self.end.frames, self.end.offset)));
        }
        let offset = match self.end.index_offset {
            Some(index) => self.by_index(source, frame, index)?,
            None => self.along_frames(source, frame)?,
        };
        let Some(offset) = offset else { return Ok(None) };
        let head = self.head_at(source, offset)?;
        let is_it = head.is_some_and(|head| head.kind == KIND_CONTENT && head.number == frame);
        Ok(is_it.then(|| entry(frame, offset)))
    }

    /// Follows the chain of index frames, the last of which begins at byte `index` of the container.
    fn by_index<S: Read + Seek>(
        &self,
        source: &mut S,
        frame: u64,
        mut index: u64,
    ) -> io::Result<Option<u64>> {
        loop {
            let Some(offset) = self.end.member_offset.checked_add(index) else { return Ok(None) };
            let Some(head) = self.head_at(source, offset)? else { return Ok(None) };
            if head.kind != KIND_INDEX || u64::from(head.payload_bytes) > INDEX_PAYLOAD_BYTES_MAX {
                return Ok(None);
            }
            let mut bytes = vec![0; FRAME_HEAD_BYTES + head.payload_bytes as usize + FRAME_TAIL_BYTES];
            source.seek(SeekFrom::Start(offset))?;
            if !filled(source.read_exact(&mut bytes))? {
                return Ok(None);
            }
            let raw = RawFrame::parse(&bytes, offset, self.header.id());
            let Some(found) = raw.as_ref().and_then(IndexFrame::parse) else { return Ok(None) };
            if let Some(before) = frame.checked_sub(found.first) {
                let place = found.place(before).and_then(|at| at.checked_add(self.end.member_offset));
                return Ok(place);
            }
            match found.previous {
                Some(previous) if previous < index => index = previous,
                _ => return Ok(None),
            }
        }
    }

    /// Walks along the headers of the frames.
    fn along_frames<S: Read + Seek>(&self, source: &mut S, frame: u64) -> io::Result<Option<u64>> {
        let mut offset = self.end.member_offset.saturating_add(HEADER_BYTES as u64);
        while let Some(head) = self.head_at(source, offset)? {
            if head.kind == KIND_CONTENT && head.number == frame {
                return Ok(Some(offset));
            }
            offset = offset.saturating_add(head.stored_bytes());
        }
        Ok(None)
    }

    /// Reads the header of a frame of this container; `None` if none can begin there.
    fn head_at<S: Read + Seek>(&self, source: &mut S, offset: u64) -> io::Result<Option<FrameHead>> {
        // A place that a crafted index makes up may be one to which no file can be set.
        if offset >= self.end.offset {
            return Ok(None);
        }
        let bytes = read_at::<FRAME_HEAD_BYTES, _>(source, offset)?;
        Ok(bytes.and_then(|bytes| FrameHead::parse(&bytes, self.header.id())))
    }
}

/// Reads bytes at a place; `None` if the file ends before.
fn read_at<const N: usize, S: Read + Seek>(source: &mut S, offset: u64) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    source.seek(SeekFrom::Start(offset))?;
    Ok(filled(source.read_exact(&mut bytes))?.then_some(bytes))
}

fn filled(read: io::Result<()>) -> io::Result<bool> {
    match read {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::container::frame::{Digest, FLAG_OPTIONAL, append_plain};
    use crate::container::{ContainerId, FrameEncoder, Settings};

    /// Refuses places beyond 2^63, as files do.
    struct LikeAFile(Cursor<Vec<u8>>);

    impl Read for LikeAFile {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0.read(out)
        }
    }

    impl Seek for LikeAFile {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            match to {
                SeekFrom::Start(at) if i64::try_from(at).is_err() => Err(io::ErrorKind::InvalidInput.into()),
                to => self.0.seek(to),
            }
        }
    }

    /// An index as it is written, true or not.
    struct Forged {
        kind: u8,
        /// The frames that the index, and the end, speak of.
        frames: (u64, u64),
        previous: u64,
        first: u64,
        first_offset: u64,
        lengths: Vec<u32>,
        index_offset: Option<u64>,
    }

    /// What is true of a container of one frame.
    fn true_one() -> Forged {
        let (frames, lengths) = ((1, 1), vec![1]);
        Forged {
            kind: KIND_INDEX,
            frames,
            previous: 0,
            first: 0,
            first_offset: 64,
            lengths,
            index_offset: None,
        }
    }

    /// A container of one frame, and an index that says where that is; the end says where the index is, if not the truth.
    fn indexed(forged: &Forged) -> LikeAFile {
        let settings = Settings::default().with_frame_blocks(1).expect("one block");
        let header = Header::new(settings, ContainerId([9; 16]));
        let mut bytes = header.to_bytes().to_vec();
        FrameEncoder::new(&header).encode(0, b"one frame".as_slice().into(), &mut bytes).expect("bytes");
        let mut payload = [forged.previous, forged.first, forged.first_offset].map(u64::to_le_bytes).concat();
        forged.lengths.iter().for_each(|length| payload.extend(length.to_le_bytes()));
        let index_at = bytes.len() as u64;
        let flags = if forged.kind == KIND_INDEX { FLAG_OPTIONAL } else { 0 };
        let head = FrameHead { flags, ..FrameHead::new(forged.kind, forged.frames.0) };
        append_plain(head, header.id(), &payload, &mut bytes);
        let end = EndFrame {
            offset: 0,
            frames: forged.frames.1,
            symbols: 64 * forged.frames.1,
            digest: Digest([0; 32]),
            index_offset: forged.index_offset.or(Some(index_at)),
            stated_offset: bytes.len() as u64,
            member_offset: 0,
        };
        append_plain(FrameHead::new(KIND_END, forged.frames.1), header.id(), &end.to_payload(), &mut bytes);
        LikeAFile(Cursor::new(bytes))
    }

    fn found(forged: &Forged, symbol: u64) -> Option<u64> {
        let entry = find_symbol(&mut indexed(forged), symbol, &Limits::default());
        entry.expect("no place that a file refuses").map(|entry| entry.offset)
    }

    /// A file of which nothing can be read.
    struct Unread(LikeAFile, io::ErrorKind);

    impl Read for Unread {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(self.1.into())
        }
    }

    impl Seek for Unread {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_and_one_that_ends_is_none() {
        let find = |kind| find_symbol(&mut Unread(indexed(&true_one()), kind), 3, &Limits::default());
        assert_eq!(find(io::ErrorKind::Other).expect_err("it fails").kind(), io::ErrorKind::Other);
        assert_eq!(find(io::ErrorKind::UnexpectedEof).expect("it ends"), None);
    }

    #[test]
    fn an_index_that_points_elsewhere_finds_nothing() {
        assert_eq!(found(&true_one(), 3), Some(64));
        // To a frame of another number, and to itself.
        let before = Forged { first_offset: 64 - 37, frames: (2, 2), lengths: vec![1, 1], ..true_one() };
        assert_eq!((found(&before, 64), found(&Forged { first_offset: 64, ..before }, 3)), (None, Some(64)));
        let own = indexed(&true_one()).0.get_ref().len() as u64 - 100 - (36 + 24 + 4);
        let itself = Forged { first_offset: own - 37, frames: (1, 2), ..true_one() };
        assert_eq!(found(&itself, 64), None);
        // No index, and one of more frames than an index names.
        assert_eq!(found(&Forged { kind: KIND_CONTENT, ..true_one() }, 3), None);
        let many = Forged { frames: (4097, 4097), lengths: vec![1; 4097], ..true_one() };
        assert_eq!(found(&many, 3), None);
        assert_eq!(
            found(&Forged { frames: (4096, 4096), lengths: vec![1; 4096], ..true_one() }, 3),
            Some(64)
        );
    }

    #[test]
    fn a_chain_of_indexes_is_followed_backwards_alone() {
        let own = indexed(&true_one()).0.get_ref().len() as u64 - 100 - (36 + 24 + 4);
        for previous in [own, own + 1, u64::MAX] {
            let circle = Forged { previous, first: 4, frames: (5, 5), ..true_one() };
            assert_eq!(found(&circle, 3), None, "{previous} behind {own}");
        }
        let settings = Settings::default().with_block_len(crate::BlockLen::MIN).with_frame_blocks(1);
        let content: Vec<u8> = (0..8 * 4100_u32).map(|at| at.to_le_bytes()[0]).collect();
        let id = ContainerId([9; 16]);
        let whole = crate::container::encode_all(&content, &settings.expect("one block"), id).expect("bytes");
        let mut file = LikeAFile(Cursor::new(whole));
        for frame in [0, 1, 4095, 4096, 4099] {
            let entry = find_symbol(&mut file, 8 * frame, &Limits::default()).expect("memory");
            assert_eq!(entry.expect("an intact file").frame, frame);
        }
    }

    #[test]
    fn an_index_that_points_beyond_every_file_finds_nothing() {
        let found =
            |first_offset, index_offset| found(&Forged { first_offset, index_offset, ..true_one() }, 3);
        assert_eq!(found(64, None), Some(64));
        for place in [0, 63, 65, 1 << 20, 1 << 63, u64::MAX] {
            assert_eq!(found(place, None), None, "frame at {place}");
            assert_eq!(found(64, Some(place).filter(|&at| at > 0)), if place == 0 { Some(64) } else { None });
        }
    }
}
