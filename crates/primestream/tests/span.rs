//! A part of a content comes out as it is in the whole, however it is reached and whatever is broken elsewhere.

#![expect(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "contents are small and good")]

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use primestream::container::{Found, Span};
use primestream::prelude::*;
use primestream_codec::Symbols;
use primestream_codec::container::{ContainerWriter, FramePlace, encode_all};
use proptest::prelude::*;

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|place| (place * 7 + place / 251) as u8).collect()
}

fn bytes_of(content: &[u8], settings: Settings, id: u8, is_indexed: bool) -> Vec<u8> {
    let writer = ContainerWriter::new(Vec::new(), Header::new(settings, ContainerId([id; 16]))).unwrap();
    let mut writer = if is_indexed { writer } else { writer.without_index() };
    writer.write(content.into()).unwrap();
    writer.finish().unwrap()
}

fn small_frames(settings: Settings) -> Settings {
    let block = BlockLen::try_new(8).unwrap();
    let settings = if settings == Settings::dense() { settings } else { settings.with_block_len(block) };
    settings.with_frame_blocks(1).unwrap()
}

fn how(span: impl Into<Span>, lanes: usize) -> Decode {
    Decode { lanes, span: span.into(), ..Decode::default() }
}

/// Decodes from front to back, and by the index.
fn both(bytes: &[u8], how: Decode) -> [Result<Vec<u8>, String>; 2] {
    let collected = |content: Stream<Vec<u8>>| {
        content.collect::<Vec<_>>().map(|parts| parts.concat()).map_err(|error| error.to_string())
    };
    let (_, passing) = container::decode(Cursor::new(bytes.to_vec()), how).unwrap();
    let (_, jumping) = container::decode_file(Cursor::new(bytes.to_vec()), how).unwrap();
    [collected(passing), collected(jumping)]
}

/// Counts what is read of a file.
struct Counted(Cursor<Vec<u8>>, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(out)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_span_is_what_it_is_in_the_whole(
        lens in prop::collection::vec(0usize..700, 1..4),
        kinds in prop::collection::vec((0usize..3, any::<bool>()), 4),
        start in 0u64..2100, len in 0u64..900, lanes in 1usize..3,
    ) {
        let settings = [
            small_frames(Settings::default()),
            small_frames(Settings::dense()),
            small_frames(Settings::default()).with_compression(Compression::Zstd),
        ];
        let contents: Vec<_> = lens.iter().map(|&len| content(len)).collect();
        let members = contents.iter().zip(&kinds).zip(1..);
        let bytes: Vec<u8> = members
            .flat_map(|((content, &(kind, is_indexed)), id)| bytes_of(content, settings[kind], id, is_indexed))
            .collect();
        let whole = contents.concat();
        for answer in both(&bytes, how(start..start + len, lanes)) {
            if start > whole.len() as u64 && len > 0 {
                let error = answer.unwrap_err();
                let said = format!("begins at symbol {start}, the content has {}", whole.len());
                prop_assert!(error.contains(&said), "{error}");
            } else {
                let from = whole.len().min(start as usize);
                let to = whole.len().min((start + len) as usize);
                prop_assert_eq!(answer.unwrap(), &whole[from..to]);
            }
        }
    }

    #[test]
    fn what_is_broken_elsewhere_does_not_matter(place in 0usize..100_000, value in 1u8..=255) {
        let content = content(640);
        let mut bytes = bytes_of(&content, small_frames(Settings::default()), 1, true);
        let concerned = places(&bytes)[30].offset..places(&bytes)[40].offset;
        let place = 64 + place % (bytes.len() - 64);
        bytes[place] ^= value;
        for answer in both(&bytes, how(240..320, 1)) {
            match answer {
                Ok(part) => prop_assert_eq!(part, &content[240..320]),
                Err(error) => prop_assert!(concerned.contains(&(place as u64)), "byte {place}: {error}"),
            }
        }
    }
}

fn places(bytes: &[u8]) -> Vec<FramePlace> {
    let (_, found) = container::verify(Cursor::new(bytes.to_vec()), Decode::default()).unwrap();
    let found = found.collect::<Vec<_>>().unwrap();
    let places = found.iter().filter_map(|found| match found {
        Found::Symbols { place, first, .. } => {
            assert_eq!(*first, Some(place.number * 8));
            Some(*place)
        }
        _ => None,
    });
    places.collect()
}

#[test]
fn a_file_is_entered_by_its_index() {
    let content = content(100_000);
    let bytes = bytes_of(&content, small_frames(Settings::default()), 1, true);
    for start in [0, 8 * 4095, 8 * 4096, 8 * 8192 + 3, 99_990] {
        let read = Arc::new(AtomicU64::new(0));
        let file = Counted(Cursor::new(bytes.clone()), Arc::clone(&read));
        let (_, part) = container::decode_file(file, how(start..start + 10, 1)).unwrap();
        let part = part.collect::<Vec<_>>().unwrap().concat();
        assert_eq!(part, &content[start as usize..start as usize + 10]);
        let read = read.load(Ordering::Relaxed);
        assert!(read < 80_000, "{read} bytes read of {} for symbol {start}", bytes.len());
    }
}

#[test]
fn frames_missing_in_a_span_are_told() {
    let settings = small_frames(Settings::default());
    let content = content(80);
    let bytes = bytes_of(&content, settings, 1, true);
    let places = places(&bytes);
    let without = |numbers: std::ops::Range<usize>| {
        let (first, last) = (places[numbers.start], places[numbers.end - 1]);
        [&bytes[..first.offset as usize], &bytes[(last.offset + last.bytes) as usize..]].concat()
    };
    for answer in both(&without(4..6), how(24..48, 2)) {
        assert!(answer.as_ref().is_err_and(|error| error.contains("frame 4: 2 frames lost")), "{answer:?}");
    }
    // The index frame no longer stands behind what it names.
    for answer in both(&without(9..10), how(24..80, 2)) {
        assert!(answer.as_ref().is_err_and(|error| error.contains("out of place")), "{answer:?}");
    }
    // All that is asked for is lost; then a file that ends before it.
    for answer in both(&without(4..5), how(33..34, 2)) {
        assert!(answer.as_ref().is_err_and(|error| error.contains("frame 4: 1 frames lost")), "{answer:?}");
    }
    let cut = &bytes[..places[5].offset as usize];
    for answer in both(cut, how(60..64, 2)) {
        assert!(answer.as_ref().is_err_and(|error| error.contains("incomplete")), "{answer:?}");
    }
    for answer in both(&without(4..5), how(0..8, 2)) {
        assert_eq!(answer.unwrap(), &content[..8]);
    }
}

#[test]
fn a_span_behind_an_incomplete_container_cannot_be_counted() {
    let settings = small_frames(Settings::default());
    let (first, second) = (
        encode_all(&content(80), &settings, ContainerId([1; 16])).unwrap(),
        encode_all(b"abc", &settings, ContainerId([2; 16])).unwrap(),
    );
    let bytes = [&first[..first.len() - 100], &second].concat();
    let (_, found) = container::verify_file(Cursor::new(bytes), how(81..83, 1)).unwrap();
    let error = found.collect::<Vec<_>>().unwrap_err().to_string();
    assert!(error.contains("cannot be counted"), "{error}");
}

#[test]
fn characters_of_a_span_are_whole() {
    let settings = Settings::default().with_units(Units::Utf16);
    let header = Header::new(settings, ContainerId([1; 16]));
    let text = "añ𝄞b".repeat(30_000);
    let bytes = container::encode(Cursor::new(text.into_bytes()), header, Encode::default());
    let bytes = bytes.collect::<Vec<_>>().unwrap().concat();
    for answer in both(&bytes, how(100_000..100_005, 1)) {
        assert_eq!(answer.unwrap(), "añ𝄞b".as_bytes());
    }
    for answer in both(&bytes, how(100_003..100_005, 1)) {
        assert!(answer.is_err(), "half a character");
    }
    let (_, found) = container::verify_file(Cursor::new(bytes), how(100_002..100_003, 1)).unwrap();
    let found = found.collect::<Vec<_>>().unwrap();
    assert!(
        matches!(&found[..], [Found::Symbols { symbols: Symbols::Utf16(units), first: Some(100_002), .. }] if units[..] == [0xD834])
    );
}
