//! A file read in ranges gives the lines and bytes it has, however the ranges fall.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{Seek, SeekFrom, Write};

use primestream_connectors::LargeFile;
use primestream_engine::Order;
use proptest::prelude::*;

fn file_of(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn lines_are_those_of_the_standard_library_wherever_ranges_begin(
        text in "[a-zé\\r\n]{0,200}",
        range in 1u64..40,
        lanes in 1usize..4,
    ) {
        // The standard library keeps a carriage return that nothing follows, and so does this.
        let file = file_of(text.as_bytes());
        let large = LargeFile::open(file.path()).unwrap().range_bytes(range);
        let lines: Vec<String> = large.lines(lanes, Order::Input).collect().unwrap();
        prop_assert_eq!(lines, text.lines().map(str::to_owned).collect::<Vec<_>>());
        let pieces: Vec<Vec<u8>> = large.pieces(lanes, Order::Input).collect().unwrap();
        prop_assert_eq!(pieces.concat(), text.as_bytes());
    }
}

#[test]
fn a_line_that_is_not_text_or_too_long_fails_with_its_offset_and_the_others_come() {
    let mut bytes = b"good\n\xFFbad\n".to_vec();
    bytes.extend(vec![b'x'; (1 << 20) + 1]);
    bytes.extend(b"\nlast");
    let file = file_of(&bytes);
    let error = LargeFile::open(file.path()).unwrap().lines(2, Order::Input).count().unwrap_err();
    assert!(error.to_string().ends_with("byte 5 is not UTF-8"), "{error}");
}

#[test]
fn a_line_above_the_limit_fails_once_however_many_ranges_it_runs_through() {
    let mut bytes = b"good\n".to_vec();
    bytes.extend(vec![b'x'; 1 << 20]);
    bytes.extend(b"\n");
    let at_the_limit = LargeFile::open(file_of(&bytes).path()).unwrap().range_bytes(100_000);
    let lengths: Vec<usize> = at_the_limit.lines(2, Order::Input).map(|line| line.len()).collect().unwrap();
    assert_eq!(lengths, [4, 1 << 20]);

    bytes.insert(5, b'x');
    let above = LargeFile::open(file_of(&bytes).path()).unwrap().range_bytes(100_000);
    let error = above.lines(2, Order::Input).count().unwrap_err();
    assert!(error.to_string().ends_with("the record at byte 5 has no end within 1048576 bytes"), "{error}");
}

#[test]
#[cfg(unix)]
fn the_file_is_the_one_that_was_opened_whatever_becomes_of_its_name() {
    let file = file_of(b"one\ntwo\n");
    let large = LargeFile::open(file.path()).unwrap().range_bytes(3);
    std::fs::remove_file(file.path()).unwrap();
    std::fs::write(file.path(), b"another").unwrap();
    assert_eq!(large.lines(2, Order::Input).collect::<Vec<_>>().unwrap(), ["one", "two"]);
    assert_eq!(large.pieces(2, Order::Input).collect::<Vec<_>>().unwrap().concat(), b"one\ntwo\n");
}

#[test]
fn progress_knows_how_much_is_done() {
    let file = file_of(&b"a line\n".repeat(100_000));
    let fractions = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let into = std::sync::Arc::clone(&fractions);
    let report = LargeFile::open(file.path())
        .unwrap()
        .range_bytes(4096)
        .lines(2, Order::Relaxed)
        .on_progress(std::time::Duration::ZERO, move |metrics| {
            into.lock().unwrap().extend(metrics.stages[0].fraction);
        })
        .for_each(|_| ())
        .unwrap();
    assert_eq!((report.items_out(), report.bytes_in()), (100_000, 700_000));
    let fractions = fractions.lock().unwrap();
    assert!(fractions.windows(2).all(|pair| pair[0] <= pair[1]), "{fractions:?}");
    assert_eq!(fractions.last(), Some(&1.0));
}

/// A file with holes: it has gigabytes, and a disk need not.
#[test]
fn a_file_of_gigabytes_is_read_in_a_small_memory() {
    const BYTES: u64 = (2 << 30) + (1 << 24) + 13;
    const MARKS: [u64; 4] = [0, (1 << 31) - 1, 1 << 31, BYTES - 1];
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(BYTES).unwrap();
    for at in MARKS {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(b"!").unwrap();
    }
    let (offset, found) = LargeFile::open(file.path())
        .unwrap()
        .pieces(2, Order::Input)
        .memory_limit(8 << 20)
        .fold_mut((0, Vec::new()), |(offset, found), piece| {
            // Whole pieces of nothing are told by a comparison, which is fast without optimisation too.
            if piece != vec![0; piece.len()] {
                let marks = piece.iter().zip(*offset..).filter(|(byte, _)| **byte != 0);
                found.extend(marks.map(|(_, at)| at));
            }
            *offset += piece.len() as u64;
        })
        .unwrap();
    assert_eq!((offset, found), (BYTES, MARKS.to_vec()));
}

#[test]
fn what_is_not_there_or_not_a_file_is_refused() {
    assert_eq!(LargeFile::open("/no/such/file").unwrap_err().kind(), std::io::ErrorKind::NotFound);
    assert_eq!(LargeFile::open("/").unwrap_err().kind(), std::io::ErrorKind::Unsupported);
}

#[test]
fn a_file_that_becomes_shorter_is_an_error() {
    let file = file_of(&[7; 10_000]);
    let large = LargeFile::open(file.path()).unwrap().range_bytes(1000);
    file.as_file().set_len(4500).unwrap();
    let error = large.pieces(1, Order::Input).count().unwrap_err();
    assert!(error.to_string().contains("became shorter"), "{error}");
}
