//! One damaged codeword in a block is corrected whichever byte of it was changed; nothing else is ever delivered.

use primestream_codec::container::{
    Compression, ContainerId, FRAME_HEAD_BYTES, FrameDecoder, FrameReader, HEADER_BYTES, Piece, Positions,
    Repair, Settings, encode_symbols,
};
use primestream_codec::{BlockLen, Kind, Limits, Symbols, Units};

fn blocks_of_8() -> Settings {
    Settings::default().with_block_len(BlockLen::MIN)
}

fn text() -> Symbols {
    Symbols::Bytes(b"two blocks, \x00\xFF".to_vec())
}

/// Reads the first frame and repairs it if it must be.
fn mended(bytes: &[u8]) -> Option<(Symbols, Vec<Repair>)> {
    let mut reader = FrameReader::open(bytes, Limits::default()).expect("the header is good");
    let Ok(Some(Piece::Frame(frame))) = reader.next_piece() else { return None };
    let mut decoder = FrameDecoder::new(reader.header(), Limits::default());
    let mut symbols = Symbols::new(Units::Bytes);
    decoder.decode(&frame, &mut symbols).expect_err("it was damaged");
    let repairs = decoder.repair(&frame, &mut symbols);
    assert!(repairs.is_some() || symbols.is_empty());
    repairs.map(|repairs| (symbols, repairs))
}

fn payload(bytes: &[u8]) -> std::ops::Range<usize> {
    // One frame, and the 100 bytes of the end frame.
    HEADER_BYTES + FRAME_HEAD_BYTES..bytes.len() - 100 - 4
}

#[test]
fn every_changed_byte_of_a_payload_is_corrected() {
    let utf16 = Symbols::Utf16(vec![0x48, 0xD83D, 0xDE00]);
    for (settings, symbols, values) in [
        (blocks_of_8(), text(), &[1, 2, 4, 8, 16, 32, 64, 128, 255][..]),
        (Settings::default(), text(), &[1, 128]),
        (blocks_of_8().with_positions(Positions::Global), text(), &[1, 64]),
        (blocks_of_8().with_units(Units::Utf16), utf16, &[32]),
    ] {
        let bytes = encode_symbols(symbols.as_ref(), &settings, ContainerId([3; 16])).expect("a few symbols");
        let range = payload(&bytes);
        let mut kinds = [0; 3];
        // Of 65 536 values each takes a while.
        let step = if symbols.units() == Units::Utf16 { 7 } else { 1 };
        for place in range.clone().step_by(step) {
            for &value in values {
                let mut bytes = bytes.clone();
                bytes[place] ^= value;
                let (found, repairs) = mended(&bytes).unwrap_or_else(|| panic!("byte {place} by {value}"));
                assert_eq!(found, symbols, "byte {place} by {value}");
                let [repair] = repairs[..] else { panic!("{repairs:?}") };
                assert!((repair.offset.expect("not compressed")..).contains(&(place as u64)));
                assert_eq!(repair.position.is_some(), repair.kind == Kind::Data);
                kinds[match repair.kind {
                    Kind::Header => 0,
                    Kind::Data => 1,
                    _ => 2,
                }] += 1;
            }
        }
        assert!(kinds.iter().all(|&count| count > 0), "{kinds:?}");
        for place in range.end..range.end + 4 {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1;
            assert_eq!(mended(&bytes), Some((symbols.clone(), vec![])), "the checksum itself");
        }
    }
}

#[test]
fn one_codeword_of_each_block_is_corrected_and_no_two_of_one() {
    let bytes = encode_symbols(text().as_ref(), &blocks_of_8(), ContainerId([3; 16])).expect("bytes");
    let starts: Vec<usize> = {
        // Walk along the lengths: all are below 128.
        let range = payload(&bytes);
        let mut at = range.start;
        std::iter::from_fn(|| {
            let start = at;
            at += 1 + usize::from(*bytes.get(at)?);
            (start < range.end).then_some(start)
        })
        .collect()
    };
    assert_eq!(starts.len(), 8 + 2 + 6 + 2);
    for first in 0..starts.len() {
        for second in first + 1..starts.len() {
            let mut bytes = bytes.clone();
            bytes[starts[first] + 1] ^= 4;
            bytes[starts[second] + 1] ^= 4;
            let both = mended(&bytes);
            if first < 10 && second >= 10 {
                let (symbols, repairs) = both.expect("one in each");
                assert_eq!((symbols, repairs.len()), (text(), 2));
            } else {
                assert_eq!(both, None, "codewords {first} and {second}");
            }
        }
    }
}

#[test]
fn missing_and_added_bytes_are_not_guessed() {
    let bytes = encode_symbols(text().as_ref(), &blocks_of_8(), ContainerId([3; 16])).expect("bytes");
    let range = payload(&bytes);
    for place in range.clone() {
        let mut shifted = bytes.clone();
        shifted.copy_within(place + 1..range.end, place);
        if shifted != bytes
            && let Some((symbols, _)) = mended(&shifted)
        {
            assert_eq!(symbols, text(), "only what is right is delivered: byte {place}");
        }
    }
}

#[test]
fn compressed_payloads_and_profile_dense_are_left_as_they_are() {
    let content = Symbols::Bytes(b"again and ".repeat(50));
    let zstd = Settings::default().with_compression(Compression::Zstd);
    for settings in [zstd, Settings::dense()] {
        let bytes = encode_symbols(content.as_ref(), &settings, ContainerId([3; 16])).expect("bytes");
        for place in payload(&bytes) {
            let mut bytes = bytes.clone();
            bytes[place] ^= 16;
            if let Some((symbols, _)) = mended(&bytes) {
                assert_eq!(symbols, content, "byte {place}");
            }
        }
    }
}
