//! The law of lines: a word is a number if it consists of digits, and is refused at its first other byte if not;
//! and lines come out of a stream as they went in, whatever the chunks.

use primestream::prelude::*;
use primestream_engine::Boundary;
use primestream_primes::ParseNaturalError;

/// Panics if the law does not hold for a text of some bytes.
pub(crate) fn holds(bytes: &[u8]) {
    let lines = Stream::raw_records(std::io::Cursor::new(bytes.to_vec()), Boundary::line())
        .map(|record| record.into_bytes().expect("no line is above the limit"))
        .collect::<Vec<_>>()
        .expect("bytes can be read");
    let ends = |line: &'_ [u8]| if line.ends_with(b"\r\n") { 2 } else { usize::from(line.ends_with(b"\n")) };
    let expected = bytes.split_inclusive(|&byte| byte == b'\n').map(|line| &line[..line.len() - ends(line)]);
    assert!(lines.iter().eq(expected));
    for line in &lines {
        line.split(u8::is_ascii_whitespace).for_each(word_holds);
    }
}

fn word_holds(word: &[u8]) {
    match (Natural::parse_decimal(word), word.iter().position(|byte| !byte.is_ascii_digit())) {
        (Ok(number), None) => {
            let digits =
                word.iter().position(|&digit| digit != b'0').map_or(&b"0"[..], |first| &word[first..]);
            assert_eq!(number.to_string().as_bytes(), digits);
        }
        (Err(ParseNaturalError::Empty), None) => assert!(word.is_empty()),
        (Err(ParseNaturalError::Digit { offset, byte }), Some(first)) => {
            assert_eq!((offset, byte), (first, word[first]));
        }
        (answer, first) => panic!("{answer:?} for a word whose first other byte is {first:?}"),
    }
}
