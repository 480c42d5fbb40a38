//! A frame found without reading what stands before it is the right one, or none.

use std::io::{Cursor, Seek, SeekFrom};

use primestream_codec::container::{
    ContainerId, ContentDigest, Entry, FrameDecoder, FrameEncoder, FrameReader, Header, Piece, Register,
    Settings, encode_all, find_symbol, last_container,
};
use primestream_codec::{BlockLen, Limits, Symbols, Units};

fn two_members() -> (Vec<u8>, Vec<u8>) {
    let settings = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(1).expect("one block");
    let (first, second) = (&b"the first of two contents"[..], &b"and another"[..]);
    let bytes = |content, id| encode_all(content, &settings, ContainerId([id; 16])).expect("bytes");
    ([bytes(first, 1), bytes(second, 2)].concat(), [first, second].concat())
}

fn found(bytes: &[u8], symbol: u64) -> Option<Entry> {
    find_symbol(&mut Cursor::new(bytes), symbol, &Limits::default()).expect("memory can be read")
}

/// Reads the frame at an entry and compares it with the content.
fn holds(bytes: &[u8], entry: &Entry, content: &[u8]) -> Result<(), String> {
    let mut source = Cursor::new(bytes);
    source.seek(SeekFrom::Start(entry.offset)).map_err(|error| error.to_string())?;
    let mut reader = FrameReader::enter(source, entry, Limits::default());
    let piece = reader.next_piece().map_err(|error| error.to_string())?;
    let Some(Piece::Frame(frame)) = piece else { return Err(format!("{piece:?}")) };
    let mut symbols = Symbols::new(Units::Bytes);
    let decoded = FrameDecoder::new(&entry.header, Limits::default()).decode(&frame, &mut symbols);
    decoded.map_err(|damage| damage.to_string())?;
    let first = usize::try_from(entry.symbols_before + entry.frame * 8).expect("a short content");
    assert_eq!(symbols, Symbols::Bytes(content[first..first + symbols.len()].to_vec()));
    assert_eq!((frame.number(), frame.offset()), (entry.frame, entry.offset));
    Ok(())
}

#[test]
fn every_symbol_is_found_in_its_frame() {
    let (bytes, content) = two_members();
    for symbol in 0..content.len() as u64 {
        let entry = found(&bytes, symbol).expect("an intact file");
        assert_eq!(holds(&bytes, &entry, &content), Ok(()));
        let first = entry.symbols_before + entry.frame * 8;
        assert!((first..first + 8).contains(&symbol));
        let in_second = symbol >= 25;
        assert_eq!(entry.symbols_before, if in_second { 25 } else { 0 });
    }
    let behind = found(&bytes, 100).expect("an intact file");
    assert_eq!((behind.frame, behind.offset), (2, bytes.len() as u64 - 100));
}

#[test]
fn frames_are_found_where_nothing_names_their_places() {
    let settings = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(1).expect("one block");
    let header = Header::new(settings, ContainerId([3; 16]));
    let (mut register, mut digest) = (Register::new(&header).without_index(), ContentDigest::default());
    let mut encoder = FrameEncoder::new(&header);
    let (content, mut bytes) = (b"a content of five frames, no less", header.to_bytes().to_vec());
    for symbols in content.chunks(8) {
        let start = bytes.len();
        encoder.encode(register.frames(), symbols.into(), &mut bytes).expect("bytes");
        register.frame((bytes.len() - start) as u64);
        digest.update(symbols.into());
    }
    register.end(content.len() as u64, &digest.finish(), &mut bytes);
    for symbol in 0..content.len() as u64 {
        let entry = found(&bytes, symbol).expect("an intact file");
        assert_eq!((holds(&bytes, &entry, content), entry.frame), (Ok(()), symbol / 8));
    }
}

#[test]
fn the_last_container_is_the_one_that_ends_the_file() {
    let (bytes, _) = two_members();
    let last = |bytes: &[u8]| {
        let found = last_container(&mut Cursor::new(bytes), &Limits::default()).expect("memory can be read");
        found.map(|(header, end)| (header.id(), end.symbols, end.member_offset > 0))
    };
    assert_eq!(last(&bytes), Some((ContainerId([2; 16]), 11, true)));
    let first = found(&bytes, 25).expect("an intact file").member_offset;
    let first = usize::try_from(first).expect("small");
    assert_eq!(last(&bytes[..first]), Some((ContainerId([1; 16]), 25, false)));
    for cut in [0, 50, first - 1, bytes.len() - 1] {
        assert_eq!(last(&bytes[..cut]), None, "{cut} bytes");
    }
}

#[test]
fn what_is_found_in_a_damaged_file_is_right_or_its_frame_is_damaged() {
    let (bytes, content) = two_members();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1 << bit;
            for symbol in [0, 17, 24, 25, 30, 35] {
                if let Some(entry) = found(&bytes, symbol) {
                    // A damaged frame is a matter of who reads it.
                    let _ = holds(&bytes, &entry, &content);
                }
            }
        }
    }
    for len in 0..bytes.len() {
        if let Some(entry) = found(&bytes[..len], 3) {
            assert_eq!(holds(&bytes, &entry, &content), Ok(()));
        }
    }
}
