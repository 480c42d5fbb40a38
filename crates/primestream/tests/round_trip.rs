//! Law 7: decoding an encoding is the identity, for every setting, any number of lanes and any memory;
//! decoding foreign bytes never panics.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Cursor;

use primestream::container::Found;
use primestream::prelude::*;
use proptest::prelude::*;

fn settings() -> impl Strategy<Value = Settings> {
    (8usize..=256, any::<bool>(), any::<bool>(), 1u32..4).prop_map(|(block, zstd, utf16, frame_blocks)| {
        Settings::default()
            .with_block_len(BlockLen::try_new(block).unwrap())
            .with_compression(if zstd { Compression::Zstd } else { Compression::None })
            .with_units(if utf16 { Units::Utf16 } else { Units::Bytes })
            .with_frame_blocks(frame_blocks)
            .unwrap()
    })
}

fn encoded(content: &[u8], settings: Settings, lanes: usize, verify: bool) -> Vec<u8> {
    let header = Header::new(settings, ContainerId([3; 16]));
    let parts =
        container::encode(Cursor::new(content.to_vec()), header, Encode { lanes, verify, index: true });
    parts.memory_limit(4 << 20).collect::<Vec<_>>().unwrap().concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn round_trip(text in "\\PC{0,1500}", settings in settings(), lanes in 1usize..5, verify: bool) {
        let bytes = encoded(text.as_bytes(), settings, lanes, verify);
        prop_assert_eq!(&bytes, &encoded(text.as_bytes(), settings, 1, false), "lanes change nothing");
        let how = Decode { lanes, ..Decode::default() };
        let (header, content) = container::decode(Cursor::new(bytes), how).unwrap();
        prop_assert_eq!(header.settings(), &settings);
        prop_assert_eq!(content.collect::<Vec<_>>().unwrap().concat(), text.as_bytes());
    }

    #[test]
    fn decimal_round_trip(text in "\\PC{0,300}", global: bool, utf16: bool, lanes in 1usize..4) {
        let units = if utf16 { Units::Utf16 } else { Units::Bytes };
        let positions = if global { Positions::Global } else { Positions::Block };
        let settings = Settings::default().with_units(units).with_positions(positions);
        let content = Cursor::new(text.clone().into_bytes());
        let lines = decimal::write(content, settings, lanes, true).collect::<Vec<_>>().unwrap().concat();
        let limits = Limits { codeword_bits_max: 1 << 20, ..Limits::default() };
        let back = decimal::decode(Cursor::new(lines), units, lanes, limits).collect::<Vec<_>>().unwrap().concat();
        prop_assert_eq!(back, text.as_bytes());
    }

    #[test]
    fn any_change_is_found_and_nothing_else_is_lost(
        content in prop::collection::vec(any::<u8>(), 1..3000),
        at: prop::sample::Index,
        with in 1u8..,
        lanes in 1usize..4,
    ) {
        let settings = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(4).unwrap();
        let mut bytes = encoded(&content, settings, 1, false);
        let at = 64 + at.index(bytes.len() - 64); // behind the header, which is refused as a whole
        bytes[at] ^= with;
        let how = Decode { lanes, ..Decode::default() };
        let (_, found) = container::verify(Cursor::new(bytes), how).unwrap();
        let (mut good, mut damages) = (Vec::new(), 0);
        for found in found.collect::<Vec<_>>().unwrap() {
            match found {
                Found::Symbols { symbols: primestream_codec::Symbols::Bytes(bytes), .. } => good.push(bytes),
                Found::Symbols { .. } => prop_assert!(false, "these are bytes"),
                _ => damages += 1,
            }
        }
        prop_assert!(damages > 0);
        // One changed byte touches one frame; all the others are delivered as they were.
        let frames: Vec<&[u8]> = content.chunks(32).collect();
        prop_assert!(good.len() + 1 >= frames.len(), "{} of {}", good.len(), frames.len());
        let mut expected = frames.iter();
        prop_assert!(good.iter().all(|part| expected.any(|frame| frame == part)), "in order, unchanged");
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..4000), keep in 0usize..200, lanes in 1usize..3) {
        let mut container = encoded(b"a good beginning", Settings::default(), 1, false);
        container.truncate(keep);
        container.extend(&bytes);
        if let Ok((_, found)) = container::verify(Cursor::new(container), Decode { lanes, ..Decode::default() }) {
            drop(found.collect::<Vec<_>>());
        }
        drop(decimal::read(Cursor::new(bytes), None, lanes, Limits::default()).collect::<Vec<_>>());
    }
}

#[test]
fn containers_one_behind_the_other_are_one_content() {
    let bytes = |settings: Settings, id| {
        container::encode(
            Cursor::new(b"beads".repeat(9000)),
            Header::new(settings, ContainerId([id; 16])),
            Encode::default(),
        )
        .collect::<Vec<_>>()
        .unwrap()
        .concat()
    };
    let both = [bytes(Settings::default(), 1), bytes(Settings::dense(), 2)].concat();
    let (_, content) =
        container::decode(Cursor::new(both.clone()), Decode { lanes: 2, ..Decode::default() }).unwrap();
    assert_eq!(content.collect::<Vec<_>>().unwrap().concat(), b"beads".repeat(18_000));
    let mixed = [both, bytes(Settings::default().with_units(Units::Utf16), 3)].concat();
    let (_, content) = container::decode(Cursor::new(mixed), Decode::default()).unwrap();
    let error = content.collect::<Vec<_>>().unwrap_err().to_string();
    assert!(error.contains("container of Utf16 symbols"), "{error}");
}
