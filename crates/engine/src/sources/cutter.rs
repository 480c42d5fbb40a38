//! Cuts a flow of bytes into records, whatever pieces it comes in.
//!
//! A record above the limit is passed over to its end, with no more memory than the limit, and becomes
//! an error of its own. Where that end cannot be found without the bytes, the source fails.

use std::io::BufRead;

use super::boundary::{Boundary, Delimiter, End, LengthPrefix};
use super::record::{Fault, LineError, Record};
use crate::error::SourceError;

/// What is known of the record that is being read.
#[derive(Debug)]
pub(super) struct Cutter {
    boundary: Boundary,
    bytes: Vec<u8>,
    start: u64,
    /// Offset at which the record begins, with the length before it if it has one.
    begin: u64,
    /// Of the first byte that was not taken yet.
    offset: u64,
    /// Whether the record is above the limit, so that of its bytes only those are kept that tell its end.
    is_over: bool,
    /// Bytes that the record still lacks, once its length is known.
    left: Option<u64>,
}

/// What a look at some bytes gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Bytes that belong to the record.
    pub(super) used: usize,
    /// Whether the last of them ends it.
    pub(super) is_whole: bool,
}

impl Cutter {
    pub(super) fn new(boundary: Boundary) -> Self {
        Self { boundary, bytes: Vec::new(), start: 0, begin: 0, offset: 0, is_over: false, left: None }
    }

    /// Counts offsets as if so many bytes had come before.
    pub(super) fn starting_at(self, offset: u64) -> Self {
        Self { start: offset, begin: offset, offset, ..self }
    }

    /// Goes on at an offset, with nothing of a record.
    pub(super) fn begin_at(&mut self, offset: u64) {
        *self = Self::new(self.boundary).starting_at(offset);
    }

    /// Returns the offset at which the record begins of which something may have been taken.
    pub(super) fn begin(&self) -> u64 {
        self.begin
    }

    /// Returns the offset behind the bytes that were taken.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes what `available`, which is not empty, holds of the record.
    ///
    /// # Errors
    ///
    /// If the begin of the next record can never be found.
    #[inline]
    pub(super) fn take(&mut self, available: &[u8]) -> Result<Cut, SourceError> {
        let cut = match *self.boundary.end() {
            End::Byte { delimiter, .. } => self.take_until_byte(available, delimiter)?,
            _ => self.take_otherwise(available)?,
        };
        self.offset += cut.used as u64;
        Ok(cut)
    }

    #[inline(never)]
    fn take_otherwise(&mut self, available: &[u8]) -> Result<Cut, SourceError> {
        match *self.boundary.end() {
            End::Byte { delimiter, .. } => self.take_until_byte(available, delimiter),
            End::Sequence(delimiter) => self.take_until_sequence(available, &delimiter),
            End::Found(find_end) => self.take_until_found(available, find_end),
            End::Length(prefix) => match self.left {
                Some(left) => Ok(self.take_counted(available, left)),
                None => self.take_length(available, prefix),
            },
        }
    }

    // Lines are what most records are: their path is compiled into the loop of the source.
    #[inline]
    fn take_until_byte(&mut self, available: &[u8], delimiter: u8) -> Result<Cut, SourceError> {
        let room = self.boundary.bytes_max().saturating_add(BYTE_END_MAX) - self.bytes.len();
        // `read_until` on a slice is the standard library's own fast search.
        let mut rest = available;
        let used = if room == 0 {
            rest.skip_until(delimiter)
        } else {
            rest = rest.get(..room).unwrap_or(rest);
            rest.read_until(delimiter, &mut self.bytes)
        }?;
        Ok(Cut { used, is_whole: used > 0 && available.get(used - 1) == Some(&delimiter) })
    }

    fn take_until_sequence(&mut self, available: &[u8], delimiter: &Delimiter) -> Result<Cut, SourceError> {
        let delimiter_bytes = delimiter.as_bytes().len();
        let bytes_max = self.boundary.bytes_max().saturating_add(delimiter_bytes);
        let room = bytes_max - self.bytes.len();
        // Looked for by its last byte: where that is found, all before it is at hand, from whatever piece.
        let mut rest = available.get(..room).unwrap_or(available);
        let used = rest.read_until(delimiter.last(), &mut self.bytes)?;
        let is_whole = self.bytes.ends_with(delimiter.as_bytes());
        if !is_whole && self.bytes.len() == bytes_max {
            self.is_over = true;
            self.bytes.drain(..=bytes_max - delimiter_bytes);
        }
        Ok(Cut { used, is_whole })
    }

    fn take_until_found(
        &mut self,
        available: &[u8],
        find_end: fn(&[u8]) -> Option<usize>,
    ) -> Result<Cut, SourceError> {
        let before = self.bytes.len();
        let end = if before == 0 {
            find_end(available)
        } else {
            self.bytes.extend_from_slice(available);
            find_end(&self.bytes)
        };
        let shown = before + available.len();
        if let Some(end) = end {
            assert!(before < end && end <= shown, "the record at byte {} cannot end at {end}", self.start);
        }
        if end.unwrap_or(shown) > self.boundary.bytes_max() {
            return Err(SourceError::new(self.too_long()));
        }
        let used = end.unwrap_or(shown) - before;
        if before == 0 {
            self.bytes.extend_from_slice(&available[..used]);
        } else {
            self.bytes.truncate(before + used);
        }
        Ok(Cut { used, is_whole: end.is_some() })
    }

    fn take_length(&mut self, available: &[u8], prefix: LengthPrefix) -> Result<Cut, SourceError> {
        let used = available.len().min(prefix.width() - self.bytes.len());
        self.bytes.extend_from_slice(&available[..used]);
        if self.bytes.len() < prefix.width() {
            return Ok(Cut { used, is_whole: false });
        }
        let length = prefix.read(&self.bytes);
        self.bytes.clear();
        let start = self.offset + used as u64;
        if start.checked_add(length).is_none() {
            return Err(SourceError::new(LineError::ImpossibleLength { offset: self.start, length }));
        }
        self.start = start;
        self.is_over = length > self.boundary.bytes_max() as u64;
        self.left = Some(length);
        Ok(Cut { used, is_whole: length == 0 })
    }

    fn take_counted(&mut self, available: &[u8], left: u64) -> Cut {
        let used = usize::try_from(left).unwrap_or(usize::MAX).min(available.len());
        if !self.is_over {
            // No room is made ahead: a length that is wrong costs no more memory than came bytes.
            self.bytes.extend_from_slice(&available[..used]);
        }
        let left = left - used as u64;
        self.left = Some(left);
        Cut { used, is_whole: left == 0 }
    }

    fn too_long(&self) -> LineError {
        LineError::TooLong { offset: self.start, bytes_max: self.boundary.bytes_max() }
    }

    /// Returns the record that is complete and begins the next one.
    #[inline]
    pub(super) fn take_record(&mut self) -> Record {
        let mut bytes = std::mem::take(&mut self.bytes);
        match self.boundary.end() {
            End::Byte { delimiter, takes_cr } => {
                if bytes.last() == Some(delimiter) {
                    bytes.pop();
                    if *takes_cr && bytes.last() == Some(&b'\r') {
                        bytes.pop();
                    }
                }
            }
            End::Sequence(delimiter) => {
                if let Some(record) = bytes.strip_suffix(delimiter.as_bytes()) {
                    bytes.truncate(record.len());
                }
            }
            End::Found(_) | End::Length(_) => {}
        }
        self.left = None;
        self.begin = self.offset;
        let offset = std::mem::replace(&mut self.start, self.offset);
        let bytes_max = self.boundary.bytes_max();
        if std::mem::take(&mut self.is_over) || bytes.len() > bytes_max {
            return Record::damaged(offset, Fault::TooLong(bytes_max));
        }
        Record::new(offset, bytes)
    }

    /// Returns what is behind the last end, when no more bytes will come.
    pub(super) fn take_rest(&mut self) -> Option<Record> {
        if self.bytes.is_empty() && !self.is_over && self.left.is_none() {
            return None;
        }
        let is_over = self.is_over;
        let record = self.take_record();
        let is_counted = matches!(self.boundary.end(), End::Length(_));
        Some(if is_counted && !is_over { Record::damaged(record.offset(), Fault::Truncated) } else { record })
    }
}

/// Bytes of the longest end that is found by one byte: a carriage return and a line feed.
const BYTE_END_MAX: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts bytes that come in pieces of `step`; answers with the offsets and what was found there.
    fn records(bytes: &[u8], boundary: Boundary, step: usize) -> Result<Vec<(u64, Found)>, String> {
        let mut cutter = Cutter::new(boundary);
        let mut found = Vec::new();
        for mut piece in bytes.chunks(step) {
            while !piece.is_empty() {
                let cut = cutter.take(piece).map_err(|error| error.to_string())?;
                assert!(cut.used > 0 || cut.is_whole);
                piece = &piece[cut.used..];
                if cut.is_whole {
                    found.push(cutter.take_record());
                }
                assert!(cutter.bytes.capacity() <= 2 * (boundary.bytes_max().min(1 << 20) + 100 + step));
            }
        }
        found.extend(cutter.take_rest());
        assert_eq!(cutter.offset(), bytes.len() as u64);
        Ok(found.into_iter().map(|record| (record.offset(), record.into_bytes().ok())).collect())
    }

    /// The bytes of a record, `None` if it is damaged.
    type Found = Option<Vec<u8>>;

    fn texts(found: &[(u64, Found)]) -> Vec<(u64, Option<&str>)> {
        found.iter().map(|(at, bytes)| (*at, bytes.as_deref().map(|b| str::from_utf8(b).unwrap()))).collect()
    }

    const STEPS: [usize; 7] = [1, 2, 3, 4, 5, 7, 100];

    #[test]
    fn lines_end_at_line_feeds_however_the_bytes_arrive() {
        for step in STEPS {
            let found = records(b"a\n\nbc\r\nd", Boundary::line(), step).unwrap();
            assert_eq!(texts(&found), [(0, Some("a")), (2, Some("")), (3, Some("bc")), (7, Some("d"))]);
            assert!(records(b"", Boundary::line(), step).unwrap().is_empty());
        }
    }

    #[test]
    fn a_record_above_the_limit_fails_alone_and_needs_no_more_memory() {
        for step in STEPS {
            let boundary = Boundary::delimiter(b',').record_bytes_max(3);
            let found = records(b"abc,abcd,abcdefghij,x,toolong", boundary, step).unwrap();
            let expected = [(0, Some("abc")), (4, None), (9, None), (20, Some("x")), (22, None)];
            assert_eq!(texts(&found), expected);
        }
    }

    #[test]
    fn a_line_at_the_limit_may_end_with_both_characters() {
        for step in STEPS {
            let found = records(b"abc\r\nabc\rd\n", Boundary::line().record_bytes_max(3), step).unwrap();
            assert_eq!(texts(&found), [(0, Some("abc")), (5, None)]);
        }
    }

    #[test]
    fn a_sequence_may_overlap_itself_and_the_pieces() {
        for step in STEPS {
            let boundary = Boundary::sequence(b"--");
            let found = records(b"a---b--c-d--", boundary, step).unwrap();
            assert_eq!(texts(&found), [(0, Some("a")), (3, Some("-b")), (7, Some("c-d"))]);
            let found = records(b"aabaaab.aab", Boundary::sequence(b"aab"), step).unwrap();
            assert_eq!(texts(&found), [(0, Some("")), (3, Some("a")), (7, Some("."))]);
        }
    }

    #[test]
    fn a_record_above_the_limit_ends_at_its_sequence() {
        for step in STEPS {
            let boundary = Boundary::sequence(b"<->").record_bytes_max(3);
            let found = records(b"abc<->abcd<->a<-<-<-<->x<->too<-long", boundary, step).unwrap();
            let expected = [(0, Some("abc")), (6, None), (13, None), (23, Some("x")), (27, None)];
            assert_eq!(texts(&found), expected);
        }
    }

    #[test]
    fn any_bytes_are_cut_at_a_sequence_as_a_search_from_the_left_cuts_them() {
        // All words of nine letters over an alphabet of two.
        for word in 0..512u32 {
            let bytes: Vec<u8> = (0..9).map(|bit| if word >> bit & 1 == 0 { b'a' } else { b'b' }).collect();
            for delimiter in [&b"ab"[..], b"aa", b"aba", b"abab"] {
                let mut expected = Vec::new();
                let mut start = 0;
                for end in 0..=bytes.len() {
                    if bytes[start..end].ends_with(delimiter) {
                        expected.push((start as u64, Some(bytes[start..end - delimiter.len()].to_vec())));
                        start = end;
                    }
                }
                if start < bytes.len() {
                    expected.push((start as u64, Some(bytes[start..].to_vec())));
                }
                for (_, record) in &mut expected {
                    record.take_if(|record| record.len() > 3);
                }
                for step in STEPS {
                    let boundary = Boundary::sequence(delimiter).record_bytes_max(3);
                    assert_eq!(records(&bytes, boundary, step).unwrap(), expected);
                }
            }
        }
    }

    #[test]
    fn a_function_may_say_where_a_record_ends() {
        // A record is a digit and as many bytes.
        fn find_end(bytes: &[u8]) -> Option<usize> {
            let end = 1 + usize::from(bytes[0] - b'0');
            (end <= bytes.len()).then_some(end)
        }
        for step in STEPS {
            let boundary = Boundary::found_by(find_end).record_bytes_max(4);
            let found = records(b"1a03abc2d", boundary, step).unwrap();
            assert_eq!(texts(&found), [(0, Some("1a")), (2, Some("0")), (3, Some("3abc")), (7, Some("2d"))]);
            let error = records(b"1a4abcd", boundary, step).unwrap_err();
            assert_eq!(error, "the record at byte 2 has no end within 4 bytes");
        }
    }

    #[test]
    fn records_may_be_preceded_by_their_length() {
        for step in STEPS {
            let boundary = Boundary::length_prefixed(LengthPrefix::U16Be).record_bytes_max(3);
            let found = records(b"\0\x03abc\0\0\0\x05abcde\0\x01x", boundary, step).unwrap();
            assert_eq!(texts(&found), [(2, Some("abc")), (7, Some("")), (9, None), (16, Some("x"))]);
            assert!(records(b"", boundary, step).unwrap().is_empty());
        }
    }

    #[test]
    fn a_record_cut_short_is_damaged_wherever_the_bytes_end() {
        let boundary = Boundary::length_prefixed(LengthPrefix::U32Le);
        let bytes = b"\x01\0\0\0a\x03\0\0\0bcd";
        for step in STEPS {
            for end in 6..bytes.len() {
                let found = records(&bytes[..end], boundary, step).unwrap();
                let offset = if end < 9 { 5 } else { 9 };
                assert_eq!(texts(&found), [(4, Some("a")), (offset, None)]);
            }
        }
    }

    #[test]
    fn a_length_beyond_all_offsets_stops_the_source() {
        let boundary = Boundary::length_prefixed(LengthPrefix::U64Le);
        let mut bytes = b"\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend([0xFF; 20]);
        for step in STEPS {
            let error = records(&bytes, boundary, step).unwrap_err();
            assert_eq!(error, "the length at byte 8 is 18446744073709551615, more than there can be");
            // One that only this file cannot hold is passed over to its end.
            let found = records(b"\0\0\0\0\0\0\0\x7Fabc", boundary, step).unwrap();
            assert_eq!(texts(&found), [(8, None)]);
        }
    }
}
