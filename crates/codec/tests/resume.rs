//! Whatever follows a container can be saved as bytes and gone on with: what comes out is what would have come out, and
//! bytes that are cut are no state.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use primestream_codec::container::{
    ContainerError, ContainerId, ContentDigest, Continuity, FrameDecoder, FrameEncoder, FrameReader, Header,
    Piece, Register, Settings, decode_all,
};
use primestream_codec::text::{TextToUnits, UnitsToText};
use primestream_codec::{BlockLen, Limits, Symbols};

/// What is saved and gone on with, and what tells that it is the same.
type Resume<'a, T> = &'a dyn Fn(&mut &[u8]) -> Option<T>;

/// Goes on with a copy that knows no more than what was saved, and demands that nothing shorter is a state.
fn again<T>(state: &[u8], resume: Resume<'_, T>) -> T {
    for len in (0..state.len()).rev().take(200) {
        assert!(resume(&mut &state[..len]).is_none(), "{len} of {} bytes are a state", state.len());
    }
    let behind = [state, b"and more"].concat();
    let mut rest = behind.as_slice();
    let resumed = resume(&mut rest).expect("it was saved");
    assert_eq!(rest, b"and more", "what follows belongs to others");
    resumed
}

/// Everything that a reader tells of a container, in words; begun again behind each piece, or at once.
fn told(bytes: &[u8], is_begun_again: bool) -> Result<Vec<String>, ContainerError> {
    let limits = Limits { frame_bytes_max: 1 << 20, ..Limits::default() };
    let mut reader = FrameReader::open(Cursor::new(bytes), limits)?;
    let mut header = *reader.header();
    let mut continuity = Continuity::new(&header);
    let mut decoder = FrameDecoder::new(&header, limits);
    let mut symbols = Symbols::new(header.settings().units());
    let mut told = Vec::new();
    loop {
        if is_begun_again {
            let mut state = Vec::new();
            reader.save(&mut state);
            reader = again(&state, &|state| {
                let mut reader = FrameReader::open(Cursor::new(bytes), limits).expect("as before");
                let offset = reader.resume(state)?;
                reader.get_mut().set_position(offset);
                Some(reader)
            });
            state.clear();
            continuity.save(&mut state);
            continuity = again(&state, &|state| Continuity::resume(&header, state));
        }
        let Some(piece) = reader.next_piece()? else { break };
        match piece {
            Piece::Frame(frame) => {
                // One in three is not looked into.
                let words = if frame.number() % 3 == 2 && bytes.len() % 2 == 1 {
                    format!("{:?}", continuity.passed(&frame.place(), frame.symbols()))
                } else {
                    match decoder.decode(&frame, &mut symbols) {
                        Ok(()) => format!("{:?}", continuity.admit(&frame.place(), symbols.as_ref())),
                        Err(damage) => format!("{damage:?} {:?}", continuity.damaged(&frame.place())),
                    }
                };
                told.push(format!("{:?} {words} {symbols:?}", frame.place()));
                let stored = frame.stored_bytes();
                assert_eq!(frame.into_payload().len() as u64 + 36, stored, "a head and a checksum beside it");
            }
            Piece::End(end) => told.push(format!("{end:?} {:?}", continuity.end(&end))),
            Piece::Damage(damage) => {
                continuity.broken();
                told.push(format!("{damage:?}"));
            }
            Piece::Member { header: next, offset } => {
                told.push(format!("{} {offset} {}", continuity.is_complete(), reader.member_offset()));
                header = next;
                (continuity, decoder) = (Continuity::new(&header), FrameDecoder::new(&header, limits));
            }
            _ => unreachable!("no other piece exists"),
        }
        told.push(format!("{:?} {:?}", continuity.frames(), continuity.symbols()));
    }
    told.push(format!("{} at {}", continuity.is_complete(), reader.offset()));
    Ok(told)
}

#[test]
fn a_reader_that_is_begun_again_behind_each_piece_tells_the_same() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v0.1");
    let (mut count, mut damaged) = (0, 0);
    for kind in ["good", "bad"] {
        for entry in fs::read_dir(fixtures.join(kind)).expect("a folder") {
            let path = entry.expect("a file").path();
            let bytes = fs::read(&path).expect("a file");
            let in_one = told(&bytes, false).map_err(|error| error.to_string());
            let again = told(&bytes, true).map_err(|error| error.to_string());
            assert_eq!(in_one, again, "{}", path.display());
            count += 1;
            damaged += u32::from(kind == "bad" && in_one.is_ok());
        }
    }
    assert!(count > 150 && damaged > 50, "{count} files, {damaged} damaged");
}

#[test]
fn a_writer_that_is_begun_again_before_each_frame_writes_the_same() {
    let settings = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(1).expect("one");
    let header = Header::new(settings, ContainerId([7; 16]));
    let content: Vec<u8> = (0..4200 * settings.frame_symbols()).map(|at| at.to_le_bytes()[0]).collect();
    let mut encoder = FrameEncoder::new(&header);
    for (is_indexed, frames) in [(true, 4200), (true, 1), (false, 20)] {
        let mut write = |is_begun_again: bool| {
            let new = || {
                let register = Register::new(&header);
                if is_indexed { register } else { register.without_index() }
            };
            let (mut register, mut digest) = (new(), ContentDigest::default());
            let mut out = header.to_bytes().to_vec();
            for symbols in content.chunks(settings.frame_symbols()).take(frames) {
                // Each state has all lengths so far; all of them are looked at for a while, and about the first index.
                let number = register.frames();
                if is_begun_again && (number < 40 || (4090..4110).contains(&number)) {
                    let mut state = Vec::new();
                    register.save(&mut state);
                    register = again(&state, &|state| new().resume(state));
                    state.clear();
                    digest.save(&mut state);
                    digest = again(&state, &ContentDigest::resume);
                }
                register.before_frame(&mut out);
                let start = out.len();
                encoder.encode(register.frames(), symbols.into(), &mut out).expect("bytes");
                register.frame((out.len() - start) as u64);
                digest.update(symbols.into());
            }
            register.end((frames * settings.frame_symbols()) as u64, &digest.finish(), &mut out);
            out
        };
        let whole = write(false);
        assert!(write(true) == whole, "{frames} frames");
        let symbols = frames * settings.frame_symbols();
        assert!(decode_all(&whole, &Limits::default()).is_ok_and(|found| found == content[..symbols]));
    }
}

#[test]
fn a_register_that_no_writer_has_is_no_state() {
    // Frames, offset, where the first one without an index begins, the last index, and the lengths behind it.
    let state = |frames: u64, lengths: usize| {
        let mut state: Vec<u8> = [frames, 64, 64].into_iter().flat_map(u64::to_le_bytes).collect();
        state.extend([0; 9]);
        state.extend((lengths as u64).to_le_bytes());
        state.extend(vec![1; 4 * lengths]);
        state
    };
    let header = Header::new(Settings::default(), ContainerId([7; 16]));
    let is_one = |state: Vec<u8>| Register::new(&header).resume(&mut state.as_slice()).is_some();
    assert!(is_one(state(4096, 4096)) && is_one(state(9000, 3)) && is_one(state(0, 0)));
    assert!(!is_one(state(9000, 4097)), "more than an index names");
    assert!(!is_one(state(2, 3)), "more than there are");
}

#[test]
fn a_digest_that_is_begun_again_anywhere_is_that_of_the_content() {
    let content: Vec<u8> = (0..600_000_u32).map(|at| (at / 3).to_le_bytes()[0]).collect();
    for len in [0, 1, 16_384, 16_385, 32_768, 49_152, 65_536, 65_537, 600_000] {
        for step in [1000, 16_384, 20_000, 131_072] {
            let mut digest = ContentDigest::default();
            for piece in content[..len].chunks(step) {
                let mut state = Vec::new();
                digest.save(&mut state);
                digest = again(&state, &ContentDigest::resume);
                digest.update(piece.into());
            }
            let mut in_one = ContentDigest::default();
            in_one.update(content[..len].into());
            assert_eq!(digest.finish(), in_one.finish(), "{len} bytes by {step}");
        }
    }
}

#[test]
fn a_digest_that_no_content_has_is_no_state() {
    // Leaves, a root for each bit of their number, the last leaf, what is not a leaf yet.
    let state = |leaves: u64, last: bool, rest: usize| {
        let mut state = leaves.to_le_bytes().to_vec();
        state.extend(vec![1; 32 * leaves.count_ones() as usize]);
        state.push(last.into());
        state.extend(vec![2; if last { 32 } else { 0 }]);
        state.extend((rest as u64).to_le_bytes());
        state.extend(vec![3; rest]);
        state
    };
    let is_one = |state: Vec<u8>| ContentDigest::resume(&mut state.as_slice()).is_some();
    assert!(is_one(state(0, false, 16_384)) && is_one(state(1 << 47, true, 0)) && is_one(state(0, true, 1)));
    assert!(!is_one(state(0, false, 16_385)), "more than a leaf");
    assert!(!is_one(state(1, false, 1)), "leaves, and none was the last");
    assert!(!is_one(state(1 << 48, true, 0)), "more than there can be");
}

#[test]
fn text_that_is_begun_again_within_a_character_is_the_same_text() {
    let text = "a\u{0}é€\u{FEFF}😀\r\n\u{10FFFF}z";
    let (mut to_units, mut units) = (TextToUnits::default(), Vec::new());
    for byte in text.bytes() {
        to_units.push(&[byte], &mut units).expect("UTF-8");
        let mut state = Vec::new();
        to_units.save(&mut state);
        to_units = again(&state, &TextToUnits::resume);
    }
    to_units.finish().expect("whole");
    assert_eq!(units, text.encode_utf16().collect::<Vec<_>>());
    let (mut to_text, mut found) = (UnitsToText::default(), String::new());
    for unit in units {
        to_text.push(&[unit], &mut found).expect("pairs");
        let mut state = Vec::new();
        to_text.save(&mut state);
        to_text = again(&state, &UnitsToText::resume);
    }
    to_text.finish().expect("whole");
    assert_eq!(found, text);
}
