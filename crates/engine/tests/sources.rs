//! Readers, lines and records as sources.

use std::io::{self, Read};

use primestream_engine::runtime::Failure;
use primestream_engine::sources::Record;
use primestream_engine::{Boundary, DeadLetter, LengthPrefix, OnError, Order, Stream};

/// Gives its bytes a few at a time, with an interruption before each.
struct Halting {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
    interrupt: bool,
}

impl Read for Halting {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = self.step.min(out.len()).min(self.bytes.len() - self.at);
        out[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn halting(bytes: &[u8], step: usize) -> Halting {
    Halting { bytes: bytes.to_vec(), at: 0, step, interrupt: false }
}

#[test]
fn pieces_have_exactly_the_size_asked_for_however_the_bytes_arrive() {
    let bytes: Vec<u8> = (0..=255).collect();
    for step in [1, 7, 64, 1000] {
        for piece in [1, 10, 64, 256, 300] {
            let pieces: Vec<Vec<u8>> = Stream::read(halting(&bytes, step), piece).collect().unwrap();
            assert_eq!(pieces, bytes.chunks(piece).map(<[u8]>::to_vec).collect::<Vec<_>>());
        }
    }
    assert_eq!(Stream::read(&b""[..], 5).count().unwrap(), 0);
}

#[test]
fn lines_are_those_of_the_standard_library() {
    let text = "one\n\ntwo\r\nthree\nno end";
    for step in [1, 2, 5, 100] {
        let lines: Vec<String> = Stream::lines(halting(text.as_bytes(), step)).collect().unwrap();
        assert_eq!(lines, text.lines().collect::<Vec<_>>());
    }
}

#[test]
fn a_line_above_the_limit_fails_alone_with_its_offset() {
    let text = format!("short\n{}\nlast\n", "x".repeat(5000));
    let boundary = Boundary::line().record_bytes_max(100);
    let (send, dead) = std::sync::mpsc::channel();
    let lines: Vec<String> = Stream::lines_within(io::Cursor::new(text.clone()), boundary)
        .on_error(OnError::dead_letter(move |letter| send.send(letter.error.to_string())))
        .collect()
        .unwrap();
    assert_eq!(lines, ["short", "last"]);
    let dead: Vec<_> = dead.try_iter().collect();
    assert_eq!(dead, ["item 1 failed in lines: the record at byte 6 has no end within 100 bytes"]);
    let error = Stream::lines_within(io::Cursor::new(text), boundary).count().unwrap_err();
    assert!(matches!(error.failure(), Failure::Item(_)));
}

#[test]
fn a_line_is_answered_before_the_next_is_there() {
    /// A pipe whose far end writes the next line only once the last was answered.
    struct Dialogue {
        answers: std::sync::mpsc::Receiver<String>,
        asked: u32,
    }
    impl Read for Dialogue {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if self.asked > 0 {
                let expected = format!("line {}", self.asked - 1);
                assert_eq!(self.answers.recv().map_err(io::Error::other)?, expected);
            }
            if self.asked == 5 {
                return Ok(0);
            }
            let line = format!("line {}\n", self.asked);
            self.asked += 1;
            out[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    for lanes in [2, 3] {
        let (send, answers) = std::sync::mpsc::channel();
        let report = Stream::lines(Dialogue { answers, asked: 0 })
            .parallel(lanes, Order::Input)
            .map(|line| line)
            .sink(move |line| send.send(line))
            .run()
            .unwrap();
        assert_eq!(report.items_out(), 5);
    }
}

#[test]
fn a_reader_that_fails_is_a_failed_source() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no signal"))
        }
    }
    let error = Stream::lines(Broken).count().unwrap_err();
    assert!(matches!(error.failure(), Failure::Source(_)));
    assert!(error.to_string().ends_with("the source failed: no signal"));
}

#[test]
fn records_end_where_their_boundary_says_however_the_bytes_arrive() {
    fn upto_digit(bytes: &[u8]) -> Option<usize> {
        Some(1 + bytes.iter().position(u8::is_ascii_digit)?)
    }
    let cases = [
        (
            Boundary::sequence(b"\r\n\r\n"),
            &b"a: b\r\nc: d\r\n\r\n\r\n\r\nrest\r\n"[..],
            ["a: b\r\nc: d", "", "rest\r\n"],
        ),
        (Boundary::found_by(upto_digit), b"one1two2three", ["one1", "two2", "three"]),
        (Boundary::length_prefixed(LengthPrefix::U32Be), b"\0\0\0\x02ab\0\0\0\0\0\0\0\x01c", ["ab", "", "c"]),
    ];
    for step in [1, 2, 3, 5, 100] {
        for (boundary, bytes, expected) in &cases {
            let records: Vec<String> =
                Stream::lines_within(halting(bytes, step), *boundary).collect().unwrap();
            assert_eq!(records, expected);
        }
    }
}

#[test]
fn a_record_that_the_bytes_end_in_is_an_item_that_fails() {
    let (send, dead) = std::sync::mpsc::channel();
    let bytes = b"\x02ab\x05toolong?";
    let boundary = Boundary::length_prefixed(LengthPrefix::U8).record_bytes_max(4);
    let records: Vec<String> = Stream::raw_records(halting(bytes, 3), boundary)
        .try_map(|record| record.into_bytes())
        .on_error(OnError::dead_letter(move |letter: DeadLetter<Record>| {
            send.send((letter.item.offset(), letter.error.to_string()))
        }))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect()
        .unwrap();
    assert_eq!(records, ["ab"]);
    let letters: Vec<_> = dead.try_iter().collect();
    assert_eq!(
        letters,
        [
            (4, "item 1 failed in try_map: the record at byte 4 has no end within 4 bytes".to_owned()),
            (10, "item 2 failed in try_map: the record at byte 10 has no end within 4 bytes".to_owned()),
        ]
    );
    let cut_short = Stream::records(&b"\x05four"[..], Boundary::length_prefixed(LengthPrefix::U8)).count();
    let error = cut_short.unwrap_err();
    assert!(
        error.to_string().ends_with("item 0 failed in records: the bytes end within the record at byte 1")
    );
}

#[test]
fn a_length_that_leads_nowhere_stops_the_pipeline_with_its_offset() {
    let boundary = Boundary::length_prefixed(LengthPrefix::U64Be);
    let error = Stream::records(&b"\0\0\0\0\0\0\0\x01a\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"[..], boundary)
        .on_error(OnError::Skip)
        .count()
        .unwrap_err();
    assert!(matches!(error.failure(), Failure::Source(_)), "{error}");
    assert!(error.to_string().contains("the length at byte 9 is 18446744073709551615"), "{error}");
    assert_eq!(error.report().items_in(), 1);
}

#[test]
fn a_function_that_finds_no_place_for_an_end_is_a_failed_source() {
    for wrong in [|_: &[u8]| Some(0), |bytes: &[u8]| Some(bytes.len() + 1)] {
        let error = Stream::records(&b"abc"[..], Boundary::found_by(wrong)).count().unwrap_err();
        assert!(matches!(error.failure(), Failure::Source(_)), "{error}");
    }
}

#[test]
fn what_functions_make_is_streamed_until_they_make_nothing() {
    assert_eq!(Stream::empty::<u64>().count().unwrap(), 0);
    assert_eq!(Stream::once("one").collect::<Vec<_>>().unwrap(), ["one"]);
    let three = Stream::repeat("again".to_owned()).parallel(3, Order::Input).map(|word| word).take(3);
    assert_eq!(three.collect::<Vec<_>>().unwrap(), ["again"; 3]);
    for count in [0, 1, 100, 10_000] {
        let mut calls = 0..count;
        assert_eq!(
            Stream::generate(move || calls.next()).collect::<Vec<u64>>().unwrap(),
            (0..count).collect::<Vec<_>>()
        );
        let mut calls = 0..count;
        let tried = Stream::try_generate(move || Ok::<_, String>(calls.next()));
        assert_eq!(tried.collect::<Vec<u64>>().unwrap(), (0..count).collect::<Vec<_>>());
        let unfolded = Stream::unfold(0..count, Iterator::next);
        assert_eq!(unfolded.boxed().collect::<Vec<u64>>().unwrap(), (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn an_item_that_fails_is_not_generated_twice() {
    let mut calls = 0..10u64;
    let kept: Vec<u64> = Stream::try_generate(move || Ok::<_, String>(calls.next()))
        .try_map(|n| if n % 3 == 0 { Err("a third") } else { Ok(n) })
        .on_error(OnError::Skip)
        .collect()
        .unwrap();
    assert_eq!(kept, [1, 2, 4, 5, 7, 8]);
}
