//! A part of a content, of which only the frames that hold it are decoded.

use std::fmt;
use std::io::Read;
use std::ops::{Range, RangeFrom, RangeTo};

use primestream_codec::container::{DamageKind, Entry, FrameReader, Piece};
use primestream_codec::{Symbols, SymbolsRef};
use primestream_engine::{Emit, Operator, Outcome, Tally};

use super::follow::Found;

/// Which symbols of a content: those from `start` on, before `end`, counted from 0 over all containers of a file.
///
/// # Examples
///
/// ```
/// use primestream::container::Span;
///
/// assert_eq!(Span::from(3..), Span { start: 3, end: u64::MAX });
/// assert_eq!(Span::default(), Span::from(0..));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub start: u64,
    /// The one behind the last; what is beyond the content is not there.
    pub end: u64,
}

impl Default for Span {
    fn default() -> Self {
        (0..).into()
    }
}

impl From<Range<u64>> for Span {
    fn from(Range { start, end }: Range<u64>) -> Self {
        Self { start, end }
    }
}

impl From<RangeFrom<u64>> for Span {
    fn from(RangeFrom { start }: RangeFrom<u64>) -> Self {
        Self { start, end: u64::MAX }
    }
}

impl From<RangeTo<u64>> for Span {
    fn from(RangeTo { end }: RangeTo<u64>) -> Self {
        Self { start: 0, end }
    }
}

/// Why a part of a content cannot be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanError {
    /// It begins behind the end.
    Beyond {
        /// Where it begins.
        start: u64,
        /// Symbols of the content.
        symbols: u64,
    },
    /// A container before this byte is incomplete, so that its symbols cannot be counted.
    Uncounted {
        /// Byte of the file.
        offset: u64,
    },
}

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beyond { start, symbols } => {
                write!(f, "the range begins at symbol {start}, the content has {symbols}")
            }
            Self::Uncounted { offset } => {
                write!(f, "symbols before byte {offset} cannot be counted: a container there is incomplete")
            }
        }
    }
}

impl std::error::Error for SpanError {}

/// Counts the symbols before each frame, and picks out the pieces that concern a span.
#[derive(Debug)]
pub(super) struct Picker {
    span: Span,
    /// Symbols in the containers before this one, if they are known.
    symbols_before: Option<u64>,
    has_entered: bool,
    is_done: bool,
}

/// What is to be done with a piece.
pub(super) enum Pick {
    /// It stands before the span.
    Leave,
    /// The span begins with it: whoever follows the frames begins here.
    Enter(Entry),
    /// It belongs to the span.
    Take,
}

impl Picker {
    pub(super) fn new(span: Span, symbols_before: u64) -> Self {
        let is_done = span.start >= span.end;
        let has_entered = span == Span::default();
        Self { span, symbols_before: Some(symbols_before), has_entered, is_done }
    }

    /// Tells whether everything belongs to the span.
    pub(super) fn is_for_all(&self) -> bool {
        self.span == Span::default()
    }

    /// Appends what [`resume`](Self::resume) needs to go on with a span of everything.
    pub(super) fn save(&self, out: &mut Vec<u8>) {
        out.push(self.symbols_before.is_some().into());
        out.extend_from_slice(&self.symbols_before.unwrap_or_default().to_le_bytes());
    }

    /// Takes from the front of bytes what was saved; `None` if they are something else.
    pub(super) fn resume(&mut self, bytes: &mut &[u8]) -> Option<()> {
        let (&is_known, rest) = bytes.split_first()?;
        let (symbols, rest) = rest.split_first_chunk()?;
        *bytes = rest;
        self.symbols_before = (is_known != 0).then(|| u64::from_le_bytes(*symbols));
        Some(())
    }

    /// Tells whether nothing further belongs to the span.
    pub(super) const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Returns the number of the first symbol of a frame.
    pub(super) fn first<R: Read>(&self, number: u64, reader: &FrameReader<R>) -> Option<u64> {
        let frame_symbols = reader.header().settings().frame_symbols() as u64;
        self.symbols_before.map(|before| before.saturating_add(number.saturating_mul(frame_symbols)))
    }

    /// Judges the next piece.
    pub(super) fn pick<R: Read>(
        &mut self,
        piece: &Piece,
        reader: &FrameReader<R>,
    ) -> Result<Pick, SpanError> {
        let Span { start, end } = self.span;
        let concerns = match piece {
            Piece::Frame(frame) => match self.first(frame.number(), reader) {
                Some(first) => {
                    let behind = first.saturating_add(frame.symbols() as u64);
                    // A frame behind the span shows that those of the span are lost.
                    self.is_done |= behind >= end;
                    behind > start
                }
                None if self.has_entered && end == u64::MAX => true,
                None => return Err(SpanError::Uncounted { offset: frame.offset() }),
            },
            Piece::End(found) => {
                let before = self.symbols_before;
                self.symbols_before = before.and_then(|before| before.checked_add(found.symbols));
                let pick = self.entered(before, reader, self.symbols_before.is_some_and(|all| all > start));
                self.is_done |= self.symbols_before.is_some_and(|all| all >= end);
                return Ok(pick);
            }
            Piece::Damage(damage) if damage.kind == DamageKind::Incomplete => {
                let pick = self.entered(self.symbols_before, reader, true);
                self.symbols_before = None;
                return Ok(pick);
            }
            _ => false,
        };
        Ok(self.entered(self.symbols_before, reader, concerns))
    }

    fn entered<R: Read>(&mut self, before: Option<u64>, reader: &FrameReader<R>, concerns: bool) -> Pick {
        if self.has_entered {
            return Pick::Take;
        }
        if !concerns {
            return Pick::Leave;
        }
        self.has_entered = true;
        let header = *reader.header();
        let symbols_before = before.unwrap_or(0);
        let frame = self.span.start.saturating_sub(symbols_before) / header.settings().frame_symbols() as u64;
        Pick::Enter(Entry {
            header,
            member_offset: reader.member_offset(),
            symbols_before,
            frame,
            offset: reader.offset(),
        })
    }

    /// Judges the end of the file.
    pub(super) fn finish(&self) -> Result<(), SpanError> {
        match self.symbols_before {
            Some(symbols) if !self.has_entered && symbols < self.span.start => {
                Err(SpanError::Beyond { start: self.span.start, symbols })
            }
            _ => Ok(()),
        }
    }
}

/// Cuts off what the frames hold beyond the span. Preserves order; holds nothing.
pub(super) struct Cut {
    span: Span,
    filtered: u64,
}

impl Cut {
    pub(super) const fn new(span: Span) -> Self {
        Self { span, filtered: 0 }
    }

    fn cut(&self, first: Option<u64>, symbols: Symbols) -> Symbols {
        let Some(first) = first else { return symbols };
        let within = |place: u64| usize::try_from(place.saturating_sub(first)).unwrap_or(usize::MAX);
        let (start, end) = (within(self.span.start), within(self.span.end));
        if start == 0 && end >= symbols.len() {
            return symbols;
        }
        let (kept, _): (SymbolsRef<'_>, _) = symbols.as_ref().split_at(end);
        kept.split_at(start).1.to_symbols()
    }
}

impl Operator for Cut {
    type In = Found;
    type Out = Found;

    fn on_item(&mut self, found: Found, out: &mut impl Emit<Found>) -> Outcome {
        match found {
            Found::Symbols { place, first, symbols, repairs } => {
                let symbols = self.cut(first, symbols);
                if symbols.is_empty() {
                    self.filtered += 1;
                    return Ok(());
                }
                let first = first.map(|first| first.max(self.span.start));
                out.emit(Found::Symbols { place, first, symbols, repairs })
            }
            other => out.emit(other),
        }
    }

    fn fork(&self) -> Self {
        Self::new(self.span)
    }

    fn name(&self) -> &'static str {
        "span"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }
}
