//! Readers, lines and records as sources.

use std::io::{self, Read};

use primestream_engine::runtime::Failure;
use primestream_engine::{Boundary, OnError, Order, Stream};

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
