//! Text to UTF-16 units and back, for input cut anywhere.
//!
//! Only exchange with the reference needs units; otherwise text is its UTF-8 bytes.
//! Both directions keep what a cut left unfinished, at most three bytes or one unit, and
//! name the place of what cannot be text. Nothing is replaced.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use std::error::Error;
use std::fmt;

use crate::state::{Taker, put, put_option};

/// Something is not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextError {
    /// Bytes that are not UTF-8.
    InvalidUtf8 {
        /// The first of them, counted from the beginning of the text.
        offset: u64,
    },
    /// The text ends within a character.
    CutCharacter {
        /// Its first byte, counted from the beginning of the text.
        offset: u64,
    },
    /// Half of a surrogate pair without the other half.
    LoneSurrogate {
        /// The unit, counted from the beginning of the text.
        index: u64,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUtf8 { offset } => write!(f, "not UTF-8 at byte {offset}"),
            Self::CutCharacter { offset } => write!(f, "cut within the character at byte {offset}"),
            Self::LoneSurrogate { index } => write!(f, "lone surrogate at unit {index}"),
        }
    }
}

impl Error for TextError {}

/// Turns UTF-8 into UTF-16 units.
///
/// # Examples
///
/// ```
/// use primestream_codec::text::{TextError, TextToUnits};
///
/// let mut text = TextToUnits::default();
/// let mut units = Vec::new();
/// text.push(b"na\xC3", &mut units)?; // cut within a character
/// text.push(b"\xAFve", &mut units)?;
/// text.finish()?;
/// assert_eq!(String::from_utf16_lossy(&units), "naïve");
///
/// let mut broken = TextToUnits::default();
/// assert_eq!(broken.push(b"na\xFF", &mut units), Err(TextError::InvalidUtf8 { offset: 2 }));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct TextToUnits {
    /// The beginning of a character.
    waiting: Vec<u8>,
    /// Bytes turned into units so far.
    offset: u64,
}

impl TextToUnits {
    /// Appends the units of the next bytes to `units`.
    ///
    /// # Errors
    ///
    /// If the bytes are not UTF-8; everything before is in `units`.
    pub fn push(&mut self, bytes: &[u8], units: &mut Vec<u16>) -> Result<(), TextError> {
        let mut rest = bytes;
        while !self.waiting.is_empty() {
            let Some((&byte, behind)) = rest.split_first() else { return Ok(()) };
            rest = behind;
            self.waiting.push(byte);
            let character = std::mem::take(&mut self.waiting);
            self.push_whole(&character, units)?;
        }
        self.push_whole(rest, units)
    }

    /// Appends what [`resume`](Self::resume) needs to go on from here.
    pub fn save(&self, out: &mut Vec<u8>) {
        put(self.offset, out);
        put(self.waiting.len() as u64, out);
        out.extend_from_slice(&self.waiting);
    }

    /// Takes from the front of bytes what was saved; `None` if they are something else.
    pub fn resume(bytes: &mut &[u8]) -> Option<Self> {
        let mut taker = Taker(bytes);
        let (offset, waiting) = (taker.number()?, taker.bytes()?.to_vec());
        (waiting.len() < 4).then_some(Self { waiting, offset })
    }

    /// Says whether the text may end here.
    ///
    /// # Errors
    ///
    /// If it would end within a character.
    pub const fn finish(&self) -> Result<(), TextError> {
        if self.waiting.is_empty() { Ok(()) } else { Err(TextError::CutCharacter { offset: self.offset }) }
    }

    fn push_whole(&mut self, bytes: &[u8], units: &mut Vec<u16>) -> Result<(), TextError> {
        let (good, fault) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let (good, rest) = bytes.split_at_checked(error.valid_up_to()).unwrap_or((bytes, &[]));
                (std::str::from_utf8(good).unwrap_or_default(), Some((error.error_len(), rest)))
            }
        };
        units.extend(good.encode_utf16());
        self.offset += good.len() as u64;
        match fault {
            None => Ok(()),
            Some((None, rest)) => {
                self.waiting = rest.to_vec();
                Ok(())
            }
            Some((Some(_), _)) => Err(TextError::InvalidUtf8 { offset: self.offset }),
        }
    }
}

/// Turns UTF-16 units into UTF-8.
///
/// # Examples
///
/// ```
/// use primestream_codec::text::{TextError, UnitsToText};
///
/// let mut units = UnitsToText::default();
/// let mut text = String::new();
/// units.push(&[0xD83D], &mut text)?; // cut within a pair
/// units.push(&[0xDE00], &mut text)?;
/// units.finish()?;
/// assert_eq!(text, "😀");
/// assert_eq!(units.push(&[0xDE00], &mut text), Err(TextError::LoneSurrogate { index: 2 }));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct UnitsToText {
    /// The first half of a pair.
    waiting: Option<u16>,
    /// Units turned into text so far.
    index: u64,
}

impl UnitsToText {
    /// Appends the text of the next units to `text`.
    ///
    /// # Errors
    ///
    /// At a surrogate without its other half; everything before is in `text`.
    pub fn push(&mut self, units: &[u16], text: &mut String) -> Result<(), TextError> {
        let (whole, last) = match units.split_last() {
            Some((&last, whole)) if (0xD800..0xDC00).contains(&last) => (whole, Some(last)),
            _ => (units, None),
        };
        if units.is_empty() {
            return Ok(());
        }
        let all = self.waiting.take().into_iter().chain(whole.iter().copied());
        // A half that waits for more input is not alone yet.
        for character in char::decode_utf16(all) {
            let character = character.map_err(|_| TextError::LoneSurrogate { index: self.index })?;
            text.push(character);
            self.index += character.len_utf16() as u64;
        }
        self.waiting = last;
        Ok(())
    }

    /// Appends what [`resume`](Self::resume) needs to go on from here.
    pub fn save(&self, out: &mut Vec<u8>) {
        put(self.index, out);
        put_option(self.waiting.map(u64::from), out);
    }

    /// Takes from the front of bytes what was saved; `None` if they are something else.
    pub fn resume(bytes: &mut &[u8]) -> Option<Self> {
        let mut taker = Taker(bytes);
        let (index, waiting) = (taker.number()?, taker.option()?);
        let waiting = waiting.map(u16::try_from).transpose().ok()?;
        Some(Self { waiting, index })
    }

    /// Says whether the text may end here.
    ///
    /// # Errors
    ///
    /// If it would end within a surrogate pair.
    pub const fn finish(&self) -> Result<(), TextError> {
        if self.waiting.is_none() { Ok(()) } else { Err(TextError::LoneSurrogate { index: self.index }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\u{0}é€\u{FEFF}😀\r\n\u{10FFFF}z";

    #[test]
    fn every_cut_gives_the_same_units() {
        let naive: Vec<u16> = TEXT.encode_utf16().collect();
        for cut in 0..=TEXT.len() {
            for len in 1..=4 {
                let mut text = TextToUnits::default();
                let mut units = Vec::new();
                let (first, rest) = TEXT.as_bytes().split_at(cut);
                text.push(first, &mut units).expect("text");
                rest.chunks(len).for_each(|piece| text.push(piece, &mut units).expect("text"));
                assert_eq!((text.finish(), &units), (Ok(()), &naive), "cut at {cut}");
            }
        }
    }

    #[test]
    fn every_cut_gives_the_same_text() {
        let units: Vec<u16> = TEXT.encode_utf16().collect();
        for len in 1..=units.len() {
            let (mut from, mut text) = (UnitsToText::default(), String::new());
            units.chunks(len).for_each(|piece| from.push(piece, &mut text).expect("text"));
            assert_eq!((from.finish(), text.as_str()), (Ok(()), TEXT), "pieces of {len}");
        }
    }

    #[test]
    fn what_is_not_text_is_named() {
        // Overlong, surrogate, above the last character, continuation alone, cut by another character.
        for bytes in [&b"ab\xC0\x80"[..], b"ab\xED\xA0\x80", b"ab\xF4\x90\x80\x80", b"ab\x80", b"ab\xE2\x82z"]
        {
            for len in 1..=bytes.len() {
                let (mut text, mut units) = (TextToUnits::default(), Vec::new());
                let pushed: Result<(), _> =
                    bytes.chunks(len).try_for_each(|piece| text.push(piece, &mut units));
                assert_eq!(
                    pushed,
                    Err(TextError::InvalidUtf8 { offset: 2 }),
                    "{bytes:x?} in pieces of {len}"
                );
            }
        }
        let mut text = TextToUnits::default();
        text.push(b"ab\xE2\x82", &mut Vec::new()).expect("not yet wrong");
        assert_eq!(text.finish(), Err(TextError::CutCharacter { offset: 2 }));
    }

    #[test]
    fn lone_surrogates_are_named() {
        for units in [[0x61, 0xD800, 0x61], [0x61, 0xDC00, 0x61], [0x61, 0xD800, 0xD800]] {
            for len in 1..=3 {
                let (mut from, mut text) = (UnitsToText::default(), String::new());
                let pushed: Result<(), _> =
                    units.chunks(len).try_for_each(|piece| from.push(piece, &mut text));
                assert_eq!(pushed.and_then(|()| from.finish()), Err(TextError::LoneSurrogate { index: 1 }));
            }
        }
    }
}
