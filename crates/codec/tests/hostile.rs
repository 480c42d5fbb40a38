//! Frames whose checksums fit and whose fields lie: refused before memory is asked for, and in linear time.

#[path = "golden/forge.rs"]
mod forge;

use forge::{Forged, ID, container};
use primestream_codec::container::{
    Compression, ContainerError, DamageKind, FrameDamage, FrameDecoder, FrameFault, FrameReader, Header,
    Piece, Settings, decode_all, encode_all,
};
use primestream_codec::{Limits, Symbols, Verdict, operation};

fn first_piece(settings: Settings, frame: Forged) -> Result<Option<Piece>, ContainerError> {
    FrameReader::open(container(settings, &[frame]).as_slice(), Limits::default())?.next_piece()
}

fn damage_of(settings: Settings, frame: Forged) -> FrameDamage {
    let Ok(Some(Piece::Frame(frame))) = first_piece(settings, frame) else { panic!("framed well") };
    let header = Header::new(settings, ID);
    let mut symbols = Symbols::Bytes(vec![1]);
    let damage =
        FrameDecoder::new(&header, Limits::default()).decode(&frame, &mut symbols).expect_err("forged");
    assert!(symbols.is_empty());
    damage
}

/// Payload of a good frame of these bytes.
fn payload_of(bytes: &[u8]) -> Vec<u8> {
    let whole = encode_all(bytes, &Settings::default(), ID).expect("small");
    whole[64 + 32..whole.len() - 100 - 4].to_vec()
}

#[test]
fn lengths_that_cannot_be_are_damage() {
    for len in [1 << 31, u32::MAX, u32::MAX - 3, 1 << 26, 100_000_000] {
        let frame = Forged { payload_len: len, whole_len: len, ..Forged::content(&[], 10) };
        let Ok(Some(Piece::Damage(damage))) = first_piece(Settings::default(), frame) else {
            panic!("length {len}")
        };
        assert!(matches!(damage.kind, DamageKind::Length { .. }), "{damage}");
    }
    for (payload_len, whole_len, flags) in [(5, 6, 0), (6, 5, 0), (6, 6, 2), (7, 6, 2), (0, u32::MAX, 2)] {
        let frame = Forged { payload_len, whole_len, flags, ..Forged::content(&[0; 6], 1) };
        let Ok(Some(Piece::Damage(damage))) = first_piece(Settings::default(), frame) else {
            panic!("{whole_len}")
        };
        assert!(matches!(damage.kind, DamageKind::Length { .. }), "{damage}");
    }
    for symbols in [0, 16_385, 1 << 31, u32::MAX] {
        let Ok(Some(Piece::Damage(damage))) = first_piece(Settings::default(), Forged::content(&[], symbols))
        else {
            panic!("{symbols} symbols")
        };
        assert!(matches!(damage.kind, DamageKind::SymbolCount { .. }), "{damage}");
    }
    let end = Forged { kind: 2, ..Forged::content(&[0; 57], 0) };
    assert!(matches!(first_piece(Settings::default(), end), Ok(Some(Piece::Damage(_)))));
    let end = Forged { kind: 2, number: 1, ..Forged::content(&[0; 56], 0) }; // number and count differ
    assert!(matches!(first_piece(Settings::default(), end), Ok(Some(Piece::Damage(_)))));
}

#[test]
fn the_longest_payload_that_can_be_is_the_last_that_is_read() {
    let kind_of = |kind: u8, symbols: u32, len: u32| {
        let frame = Forged { kind, payload_len: len, whole_len: len, ..Forged::content(&[], symbols) };
        match first_piece(Settings::default(), frame) {
            Ok(Some(Piece::Damage(damage))) => damage.kind,
            other => panic!("{len}: {other:?}"),
        }
    };
    for (kind, symbols) in [(1, 1), (1, 64), (1, 65), (1, 16_384), (2, 0)] {
        let DamageKind::Length { bytes_max, .. } = kind_of(kind, symbols, u32::MAX) else {
            panic!("{symbols} symbols are never so long")
        };
        let longest = u32::try_from(bytes_max).expect("32 bits in the header");
        let beyond = DamageKind::Length { bytes: bytes_max + 1, bytes_max };
        assert_eq!(kind_of(kind, symbols, longest + 1), beyond);
        assert_eq!(kind_of(kind, symbols, longest), DamageKind::Cut);
    }
}

#[test]
fn numbers_at_the_end_of_64_bits_are_damage() {
    for number in [u64::MAX, u64::MAX - 1, 1 << 63, u64::MAX / 256, u64::MAX / 256 + 1] {
        let damage =
            damage_of(Settings::default(), Forged { number, ..Forged::content(&payload_of(b"abc"), 3) });
        assert!(matches!(damage.fault, FrameFault::Block { .. }), "{damage}");
    }
}

#[test]
fn what_a_newer_version_wrote_is_refused() {
    for frame in [
        Forged { kind: 4, ..Forged::content(&[], 0) },
        Forged { flags: 4, ..Forged::content(&[1], 1) },
        Forged { flags: 0x80, ..Forged::content(&[1], 1) },
        Forged { reserved: 1, ..Forged::content(&[1], 1) },
    ] {
        let error = first_piece(Settings::default(), frame).expect_err("newer");
        assert!(error.to_string().starts_with("written by a newer version"), "{error}");
    }
    let mut bytes = Header::new(Settings::default(), ID).to_bytes();
    bytes[8] = 2;
    let crc = crc32fast::hash(&bytes[..60]).to_le_bytes();
    bytes[60..].copy_from_slice(&crc);
    let error = FrameReader::open(bytes.as_slice(), Limits::default()).expect_err("version 2");
    assert!(matches!(error, ContainerError::NewerVersion { version: 2, version_max: 1 }));
}

#[test]
fn optional_kinds_are_passed_over() {
    let whole = encode_all(b"abc", &Settings::default(), ID).expect("small");
    let (content, end) = whole.split_at(whole.len() - 100);
    let mut payload = end[32..96].to_vec();
    let optional = Forged { kind: 77, flags: 1, ..Forged::content(&[9; 20_000], 0) }.bytes();
    let offset = content.len() + optional.len();
    payload[56..].copy_from_slice(&(offset as u64).to_le_bytes());
    let end = Forged { kind: 2, number: 1, ..Forged::content(&payload, 0) }.bytes();
    let mut with = [&whole[..64], &optional, &content[64..], &end].concat();
    assert_eq!(decode_all(&with, &Limits::default()).expect("what is unknown is no damage"), b"abc");
    with[64 + 9000] ^= 1;
    assert!(decode_all(&with, &Limits::default()).is_err(), "but a change in it is");
    let mut reader = FrameReader::open(with.as_slice(), Limits::default()).expect("a header");
    let Ok(Some(Piece::Damage(damage))) = reader.next_piece() else { panic!("damaged") };
    assert_eq!((damage.offset, damage.bytes, damage.frame), (64, 20_036, None));
    assert_eq!(damage.kind, DamageKind::Content(FrameFault::Checksum));
    let behind = [whole, optional].concat();
    assert!(
        decode_all(&behind, &Limits::default()).is_err(),
        "nothing but a container stands behind the end"
    );
}

/// A header that stands in a payload is what it is only where the frame around it is damaged.
#[test]
fn headers_within_good_frames_are_no_frames() {
    let within = Forged::content(&[1; 6], 1).bytes();
    let frame = Forged::content(&[&[7; 40], within.as_slice(), &[7; 40]].concat(), 3);
    assert!(matches!(first_piece(Settings::default(), frame), Ok(Some(Piece::Frame(_)))));
    // With nothing behind it, a damaged end frame is one, whatever is in it; a content frame is not all.
    let reads = |kind| {
        let frame =
            Forged { kind, ..Forged::content(&[&within[..32], &[0; 32]].concat(), u32::from(kind == 1)) };
        let mut bytes = container(Settings::default(), &[frame]);
        *bytes.last_mut().expect("a checksum") ^= 1;
        let mut reader = FrameReader::open(bytes.as_slice(), Limits::default()).expect("a header");
        let Ok(Some(Piece::Damage(damage))) = reader.next_piece() else { panic!("damaged") };
        (damage.bytes, damage.kind)
    };
    assert_eq!(reads(2), (100, DamageKind::Content(FrameFault::Checksum)));
    assert_eq!(reads(1), (32, DamageKind::Broken));
}

#[test]
fn a_forged_content_is_never_delivered() {
    let settings = Settings::default();
    let good = payload_of(b"abcdefgh");
    let fault = |payload: &[u8], symbols| damage_of(settings, Forged::content(payload, symbols)).fault;
    assert!(matches!(fault(&good, 7), FrameFault::Block { block: 0, .. })); // one symbol less
    assert!(matches!(fault(&good, 9), FrameFault::Block { block: 0, .. })); // one more
    assert_eq!(fault(&[&good[..], &[1, 1]].concat(), 8), FrameFault::Remainder { bytes: 2 });
    assert!(matches!(fault(&[], 8), FrameFault::Block { block: 0, .. }));
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0x10;
        assert!(matches!(fault(&changed, 8), FrameFault::Block { .. }), "byte {at}");
    }
    // A codeword whose own check fits, but of a symbol that is not there.
    let other = payload_of(b"abcdefgX");
    let (mine, theirs) = (last_data(&good), last_data(&other));
    let mixed = [&good[..mine.start], &other[theirs], &good[mine.end..]].concat();
    let damage = damage_of(settings, Forged::content(&mixed, 8));
    assert_eq!(damage.codewords.len(), 1, "{damage:?}");
    assert_eq!((damage.codewords[0].verdict, damage.codewords[0].value), (Verdict::Ok, None));
}

/// Finds the codeword in front of the trailer.
fn last_data(payload: &[u8]) -> std::ops::Range<usize> {
    let mut starts = vec![0];
    while let Some(&len) = payload.get(starts[starts.len() - 1]) {
        starts.push(starts[starts.len() - 1] + 1 + usize::from(len));
    }
    starts[starts.len() - 3]..starts[starts.len() - 2]
}

#[test]
fn damaged_codewords_are_listed() {
    let mut payload = payload_of(b"abcdefgh");
    let place = last_data(&payload);
    payload[place.start + 5] ^= 1;
    let damage = damage_of(Settings::default(), Forged::content(&payload, 8));
    let [codeword] = damage.codewords.as_slice() else { panic!("{damage:?}") };
    assert_eq!(codeword.payload_offset, place.start as u64);
    assert_eq!(codeword.offset, Some(96 + place.start as u64));
    assert_eq!((codeword.verdict, codeword.position, codeword.value), (Verdict::Corrupt, Some(7), None));

    // An operation in the place of a symbol reads well and does not belong there.
    let step = operation(2, Some(2)).expect("small").to_le_bytes();
    let mut framed = vec![u8::try_from(step.len()).expect("short")];
    framed.extend(step);
    payload.splice(place, framed);
    let damage = damage_of(Settings::default(), Forged::content(&payload, 8));
    let [codeword] = damage.codewords.as_slice() else { panic!("{damage:?}") };
    assert_eq!((codeword.verdict, codeword.kind), (Verdict::Ok, primestream_codec::Kind::Operation));
}

#[test]
fn compressed_payloads_cannot_burst() {
    let settings = Settings::default().with_compression(Compression::Zstd);
    let zeros = zstd::bulk::compress(&vec![0; 400_000], 1).expect("in memory");
    let payload_len = u32::try_from(zeros.len()).expect("small");
    for (whole_len, fault) in [
        (400_000, None),
        (399_999, Some(FrameFault::Decompression)),
        (9_000, Some(FrameFault::Decompression)),
    ] {
        let frame =
            Forged { flags: 2, payload_len, whole_len, symbols: 16_384, ..Forged::content(&zeros, 1) };
        let damage = damage_of(settings, frame);
        match fault {
            Some(fault) => assert_eq!(damage.fault, fault),
            None => assert!(matches!(damage.fault, FrameFault::Block { .. }), "{damage}"),
        }
    }
    // Three symbols cannot fill that much: not even looked at.
    let frame = Forged { flags: 2, payload_len, whole_len: 400_000, ..Forged::content(&zeros, 3) };
    assert!(matches!(first_piece(settings, frame), Ok(Some(Piece::Damage(_)))));
    // A container without compression has no compressed frames.
    let frame =
        Forged { flags: 2, payload_len, whole_len: 400_000, symbols: 16_384, ..Forged::content(&zeros, 1) };
    assert_eq!(damage_of(Settings::default(), frame).fault, FrameFault::Compressed);
}

#[test]
fn headers_within_headers_cost_linear_time() {
    // Twenty thousand frame headers, each claiming the next half megabyte and none of it true.
    let claim = Forged { payload_len: 500_000, whole_len: 500_000, ..Forged::content(&[], 16_384) }.bytes();
    let mut bytes = container(Settings::default(), &[]);
    (0..20_000).for_each(|_| bytes.extend_from_slice(&claim[..32]));
    let mut reader = FrameReader::open(bytes.as_slice(), Limits::default()).expect("a header");
    let (mut pieces, mut covered) = (0_u64, 0);
    while let Some(piece) = reader.next_piece().expect("in memory") {
        pieces += 1;
        covered += match piece {
            Piece::Frame(frame) => frame.stored_bytes(),
            Piece::Damage(damage) => damage.bytes,
            _ => panic!("no end frame was written"),
        };
    }
    assert_eq!(covered, bytes.len() as u64 - 64, "every byte is accounted for once");
    assert!(pieces < 100, "{pieces} pieces");
}

#[test]
fn what_is_above_a_limit_names_it() {
    let whole = encode_all(&[b'.'; 5000], &Settings::default(), ID).expect("small");
    let limits = Limits { frame_bytes_max: 10_000, ..Limits::default() };
    let error = FrameReader::open(whole.as_slice(), limits).and_then(|mut reader| reader.next_piece());
    assert!(error.expect_err("too long").to_string().contains("frame_bytes_max"));
    let exactly = |frame_bytes_max| Limits { frame_bytes_max, ..Limits::default() };
    let len = payload_of(&[b'.'; 5000]).len();
    assert!(decode_all(&whole, &exactly(len)).is_ok() && decode_all(&whole, &exactly(len - 1)).is_err());

    let limits = Limits { frame_symbols_max: 10_000, ..Limits::default() };
    let error = FrameReader::open(whole.as_slice(), limits).expect_err("too many symbols");
    assert!(error.to_string().contains("frame_symbols_max"));

    let limits = Limits { codeword_bits_max: 100, ..Limits::default() };
    let error = decode_all(&whole, &limits).expect_err("too many bits");
    let source = std::error::Error::source(&error).expect("a frame").to_string();
    assert!(source.contains("codeword_bits_max"), "{source}");

    let limits = Limits { content_symbols_max: 4999, ..Limits::default() };
    let error = decode_all(&whole, &limits).expect_err("too many symbols in all");
    assert!(error.to_string().contains("content_symbols_max"), "{error}");
}

#[test]
fn forged_frames_never_panic() {
    // Payloads cut, changed and put together anew, under checksums that fit.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % end as u64).expect("below the end")
    };
    let small = |number: usize| u32::try_from(number).expect("small");
    let good = payload_of(b"It was the best of times, it was the worst of times, it was the age of wisdom");
    let settings = Settings::default().with_compression(Compression::Zstd);
    let header = Header::new(settings, ID);
    let mut decoder = FrameDecoder::new(&header, Limits::default());
    let mut symbols = Symbols::Bytes(Vec::new());
    for _ in 0..6000 {
        let mut payload = good.clone();
        for _ in 0..1 + random(3) {
            let at = random(payload.len());
            match random(4) {
                0 => payload[at] = u8::try_from(random(256)).expect("a byte"),
                1 => payload.truncate(at.max(1)),
                2 => payload.extend_from_slice(&good[at.min(good.len() - 1)..]),
                _ => drop(payload.drain(at..(at + random(60)).min(payload.len() - 1).max(at))),
            }
        }
        let compressed = random(2) == 1;
        let whole_len = small(payload.len());
        let stored = if compressed { zstd::bulk::compress(&payload, 1).expect("in memory") } else { payload };
        let frame = Forged {
            flags: if compressed { 2 } else { 0 },
            payload_len: small(stored.len()),
            whole_len,
            number: [0, 0, 1, u64::MAX][random(4)],
            ..Forged::content(&stored, small([77, 77, 1 + random(200), 1 + random(16_384)][random(4)]))
        };
        let bytes = container(settings, &[frame]);
        let mut reader = FrameReader::open(bytes.as_slice(), Limits::default()).expect("a header");
        while let Some(piece) = reader.next_piece().expect("in memory") {
            if let Piece::Frame(frame) = piece
                && decoder.decode(&frame, &mut symbols).is_err()
            {
                assert!(symbols.is_empty());
            }
        }
    }
}
