//! Decimal lines to content.

use std::error::Error;
use std::fmt;
use std::io::Read as ReadBytes;

use primestream_codec::{
    Assembler, Event, FlowDamage, FlowFault, FlowSummary, Limits, Reading, Symbols, Units, Unreadable,
};
use primestream_engine::sources::Record;
use primestream_engine::{Boundary, Emit, Operator, Order, Outcome, Stream, Tally, Weigh};
use primestream_primes::Natural;

use crate::codewords::Decoded;
use crate::contents::Contents;

/// What a decimal flow turned out to hold, in the order of its lines.
#[derive(Debug)]
#[non_exhaustive]
pub enum Line {
    /// A line, and what strict reading says of it.
    Read(LineReport),
    /// The symbols of a good block, or the next ones of a bare flow.
    Symbols(Symbols),
    /// Something is wrong: the place is the number of the line, from 1.
    Damage(FlowDamage),
    /// The end, and what it all amounts to.
    End(FlowSummary),
}

/// A line, and what strict reading says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineReport {
    /// The number of the line, from 1.
    pub line: u64,
    /// The offset of its first byte.
    pub offset: u64,
    /// Its one reading, if there is one.
    pub reading: Result<Reading, Unreadable>,
    /// Whether it is a decimal integer at all.
    pub is_number: bool,
}

impl Weigh for Line {
    fn heap_bytes(&self) -> usize {
        match self {
            Line::Symbols(symbols) => symbols.heap_bytes(),
            Line::Read(_) | Line::Damage(_) | Line::End(_) => 0,
        }
    }
}

/// Streams what decimal lines hold: a report on every line, symbols where they are good, damage where
/// it is, and a summary at the end.
///
/// Lines do not say what they stand for. With `None` they are taken for bytes until a block or a value
/// fits UTF-16 units alone.
pub fn read<R>(lines: R, units: Option<Units>, lanes: usize, limits: Limits) -> Stream<Line>
where
    R: ReadBytes + Send + 'static,
{
    Stream::raw_records(lines, lines_within(&limits))
        .parallel(lanes, Order::Input)
        .map(move |record| strict(record, &limits))
        .boxed()
        .through(Assemble::new(units, limits))
        .boxed()
}

/// Streams the content of decimal lines, in order; damage fails as an item and stops the pipeline.
pub fn decode<R>(lines: R, units: Units, lanes: usize, limits: Limits) -> Stream<Vec<u8>>
where
    R: ReadBytes + Send + 'static,
{
    contents(read(lines, Some(units), lanes, limits))
}

/// Streams the content of codewords, in order; damage fails as an item, its line the place of the codeword from 1.
pub(crate) fn content_of(codewords: Stream<Decoded>, units: Units, limits: Limits) -> Stream<Vec<u8>> {
    let lines = codewords
        .enumerate()
        .map(|(offset, Decoded { reading, .. })| Strict { offset, reading, is_number: true })
        .boxed()
        .through(Assemble::new(Some(units), limits))
        .boxed();
    contents(lines)
}

fn contents(lines: Stream<Line>) -> Stream<Vec<u8>> {
    lines
        .filter(|line| match line {
            Line::Read(report) => !report.is_number,
            Line::Symbols(_) | Line::Damage(_) => true,
            Line::End(_) => false,
        })
        .try_map(|line| -> Result<_, Box<dyn Error + Send + Sync>> {
            match line {
                Line::Symbols(symbols) => Ok(Some(symbols)),
                Line::Damage(damage) => Err(LineDamage(damage).into()),
                Line::Read(LineReport { line, .. }) => Err(NotDecimal { line }.into()),
                Line::End(_) => Ok(None),
            }
        })
        .through(Contents::default())
        .boxed()
}

/// A line is no decimal integer at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDecimal {
    /// Its number, from 1.
    pub line: u64,
}

impl fmt::Display for NotDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: not a decimal integer", self.line)
    }
}

impl Error for NotDecimal {}

/// What is wrong at one line, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineDamage(pub FlowDamage);

impl fmt::Display for LineDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FlowDamage { place, fault, position, .. } = &self.0;
        write!(f, "line {place}: ")?;
        match fault {
            FlowFault::Unreadable(unreadable) => write!(f, "{unreadable}")?,
            FlowFault::Unexpected => f.write_str("this codeword does not belong here")?,
            FlowFault::Missing { count } => write!(f, "{count} symbols are missing before this")?,
            FlowFault::NoTrailer => f.write_str("the block before this has no trailer")?,
            FlowFault::Repeated => f.write_str("this position was there before")?,
            FlowFault::Value => f.write_str("the value is too large for these units")?,
            FlowFault::TooLong => f.write_str("the block is longer than the limit")?,
            FlowFault::Check => f.write_str("the block does not fit its check")?,
            FlowFault::BlocksMissing { count } => write!(f, "{count} blocks are missing before this")?,
            FlowFault::BlockRepeated => f.write_str("this block was there before, or comes too late")?,
            FlowFault::Totals => f.write_str("the totals of the end are others than those found")?,
            FlowFault::AfterEnd => f.write_str("this comes after the end")?,
            FlowFault::NoEnd => f.write_str("incomplete: there is no end block")?,
            other => write!(f, "{other:?}")?,
        }
        match position {
            Some(position) => write!(f, " (position {position})"),
            None => Ok(()),
        }
    }
}

impl Error for LineDamage {}

/// Returns whether a block or a value does not fit the units.
fn contradicts(events: &[Event]) -> bool {
    let is_misfit = |fault| matches!(fault, FlowFault::Check | FlowFault::Value);
    events.iter().any(|event| matches!(event, Event::Damage(damage) if is_misfit(damage.fault)))
}

/// A line as a lane leaves it.
struct Strict {
    offset: u64,
    reading: Result<Reading, Unreadable>,
    is_number: bool,
}

impl Weigh for Strict {}

/// Returns where lines end, none of them longer than a codeword within the limits.
pub(crate) fn lines_within(limits: &Limits) -> Boundary {
    // A decimal digit carries more than three bits.
    Boundary::line().record_bytes_max(usize::try_from(limits.codeword_bits_max / 3).unwrap_or(usize::MAX))
}

/// Reads the digits of a line strictly; the error is `None` if they are no number.
pub(crate) fn read_digits(digits: &[u8], limits: &Limits) -> Result<Reading, Option<Unreadable>> {
    let number = Natural::parse_decimal(digits).map_err(|_| None)?;
    primestream_codec::read(&number, limits).map_err(Some)
}

fn strict(record: Record, limits: &Limits) -> Strict {
    let offset = record.offset();
    let read = record.into_bytes().map_err(|_| None).and_then(|digits| read_digits(&digits, limits));
    let is_number = read != Err(None);
    let reading = read.map_err(|unreadable| unreadable.unwrap_or(Unreadable::Corrupt));
    Strict { offset, reading, is_number }
}

/// Puts codewords together to blocks and symbols. Holds one block.
struct Assemble {
    units: Option<Units>,
    limits: Limits,
    /// `None` behind the end.
    assembler: Option<Assembler>,
    /// The other way to understand the lines, until one of the two has proved wrong.
    rival: Option<Assembler>,
    line: u64,
    events: Vec<Event>,
    tally: Tally,
}

impl Assemble {
    fn new(units: Option<Units>, limits: Limits) -> Self {
        let assembler = Some(Assembler::new(units.unwrap_or(Units::Bytes), [0; 16], &limits));
        let rival = units.is_none().then(|| Assembler::new(Units::Utf16, [0; 16], &limits));
        Self { units, limits, assembler, rival, line: 0, events: Vec::new(), tally: Tally::default() }
    }

    /// Gives a line to both ways to understand it, and drops the one it proves wrong.
    fn push(&mut self, reading: &Result<Reading, Unreadable>) {
        let Some(assembler) = &mut self.assembler else { return };
        assembler.push(self.line, reading, &mut self.events);
        let Some(rival) = &mut self.rival else { return };
        let mut rival_events = Vec::new();
        rival.push(self.line, reading, &mut rival_events);
        match (contradicts(&self.events), contradicts(&rival_events)) {
            (true, false) => {
                self.assembler = self.rival.take();
                self.events = rival_events;
            }
            (false, true) => self.rival = None,
            _ => {}
        }
    }

    fn hand_on(&mut self, line: Line, out: &mut impl Emit<Line>) -> Outcome {
        self.tally.created += 1;
        out.emit(line)
    }

    fn hand_on_events(&mut self, out: &mut impl Emit<Line>) -> Outcome {
        for event in std::mem::take(&mut self.events) {
            match event {
                Event::Symbols(symbols) => self.hand_on(Line::Symbols(symbols), out)?,
                Event::Damage(damage) => self.hand_on(Line::Damage(damage), out)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Operator for Assemble {
    type In = Strict;
    type Out = Line;

    fn on_item(&mut self, item: Strict, out: &mut impl Emit<Line>) -> Outcome {
        self.tally.absorbed += 1;
        self.line += 1;
        self.push(&item.reading);
        let Strict { offset, reading, is_number } = item;
        self.hand_on(Line::Read(LineReport { line: self.line, offset, reading, is_number }), out)?;
        self.hand_on_events(out)
    }

    fn on_end(&mut self, out: &mut impl Emit<Line>) -> Outcome {
        let Some(assembler) = self.assembler.take() else { return Ok(()) };
        let summary = assembler.finish(&mut self.events);
        self.hand_on_events(out)?;
        self.hand_on(Line::End(summary), out)
    }

    fn fork(&self) -> Self {
        Self::new(self.units, self.limits)
    }

    fn name(&self) -> &'static str {
        "assemble"
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}
