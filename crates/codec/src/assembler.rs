//! Putting codewords together that come one by one: which symbols they amount to, and what is missing.
//!
//! Decimal interchange has no frames; what can be told must be told from the codewords'
//! order. Three flows are known and told apart by their first codeword: our blocks, which
//! check themselves; the reference's bare headers, which only count; and the reference's
//! bare data, which do not even tell where they end. Holds one block.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use crate::block::{BlockLen, block_check, end_check};
use crate::container::Verdict;
use crate::flow::{Event, Flow, FlowDamage, FlowFault, FlowSummary};
use crate::limits::Limits;
use crate::reading::{Reading, Unreadable};
use crate::symbol::Kind;
use crate::units::{Symbols, Units};

/// Takes codewords as strict reading left them, in order, and gives symbols and damage.
///
/// See [`DecimalEncoder`](crate::DecimalEncoder) for an example.
#[derive(Debug, Clone)]
pub struct Assembler {
    units: Units,
    stream_id: [u8; 16],
    block_symbols_max: usize,
    state: State,
    /// Codewords pushed so far.
    pushed: u64,
    /// Number of the next block.
    next_block: u64,
    /// Position of the next symbol in the content, in bare flows.
    next_position: u64,
    waiting: Symbols,
    last_place: u64,
    summary: FlowSummary,
}

#[derive(Debug, Clone)]
enum State {
    /// Waiting for the beginning of a block, or of the flow.
    Between,
    /// Passing over what belongs to no block, which has been reported.
    Lost,
    /// Within a block.
    Within(Open),
    /// Behind the header of the end block.
    Ending(u64),
    /// Behind the end block.
    Ended,
    /// In a bare flow.
    Bare,
}

/// A block whose header has been read.
#[derive(Debug, Clone)]
struct Open {
    sequence: Option<u64>,
    length: u64,
    /// Position of its first symbol, once known.
    first: Option<u64>,
    /// Places of symbols that have gone by, readable or not.
    gone_by: u64,
    symbols: Symbols,
    /// A symbol is missing, or the block is not wanted: nothing of it is delivered.
    dropped: bool,
}

impl Assembler {
    /// Begins before the first codeword. The stream id is the writer's; sixteen zeros if it has none.
    #[must_use]
    pub const fn new(units: Units, stream_id: [u8; 16], limits: &Limits) -> Self {
        Self {
            units,
            stream_id,
            block_symbols_max: limits.frame_symbols_max,
            state: State::Between,
            pushed: 0,
            next_block: 0,
            next_position: 0,
            waiting: Symbols::new(units),
            last_place: 0,
            summary: FlowSummary { flow: None, blocks: 0, symbols: 0, damages: 0, ended: false },
        }
    }

    /// Returns how the flow is organised, as soon as that is known.
    #[must_use]
    pub const fn flow(&self) -> Option<Flow> {
        self.summary.flow
    }

    /// Takes the next codeword; `place` is whatever the caller wants damage to be named by.
    pub fn push(&mut self, place: u64, reading: &Result<Reading, Unreadable>, events: &mut Vec<Event>) {
        self.last_place = place;
        let mut report = Report { place, reading, sequence: None, damages: 0, events };
        self.state = match std::mem::replace(&mut self.state, State::Lost) {
            State::Between | State::Lost if self.begins_bare(reading) => {
                self.summary.flow = Some(Flow::Bare);
                self.bare(&mut report)
            }
            State::Between => self.between(&mut report, true),
            State::Lost => self.between(&mut report, false),
            State::Within(open) => self.within(open, &mut report),
            State::Ending(blocks) => self.ending(blocks, &mut report),
            State::Ended => {
                report.damage(FlowFault::AfterEnd);
                State::Ended
            }
            State::Bare => self.bare(&mut report),
        };
        self.summary.damages += report.damages;
        self.pushed += 1;
    }

    /// Says that the flow has ended; gives what still waited, and what is missing.
    pub fn finish(mut self, events: &mut Vec<Event>) -> FlowSummary {
        self.deliver_waiting(events);
        let nothing = Err(Unreadable::Corrupt);
        let mut report =
            Report { place: self.last_place, reading: &nothing, sequence: None, damages: 0, events };
        let state = std::mem::replace(&mut self.state, State::Ended);
        if let State::Within(open) = &state {
            report.sequence = open.sequence;
            open.report_missing(&mut report);
        }
        let wants_end = !matches!(self.summary.flow, Some(Flow::Bare | Flow::BareBlocks));
        if wants_end && self.pushed > 0 && !matches!(state, State::Ended) {
            report.missing(FlowFault::NoEnd, None);
        }
        self.summary.damages += report.damages;
        self.summary
    }

    /// Tells whether the flow turns out to be bare: its data carry as position their place in the flow.
    fn begins_bare(&self, reading: &Result<Reading, Unreadable>) -> bool {
        self.summary.flow.is_none()
            && matches!(reading, Ok(Reading::Data { position, .. }) if *position == self.pushed)
    }

    fn bare(&mut self, report: &mut Report<'_>) -> State {
        match *report.reading {
            Ok(Reading::Data { position, value }) => {
                if position < self.next_position {
                    report.damage(FlowFault::Repeated);
                    return State::Bare;
                }
                // What could not be read before the flow was recognised has been reported.
                let recognised = self.next_position > 0 || self.pushed == 0;
                if position > self.next_position && recognised {
                    let count = position - self.next_position;
                    report.missing(FlowFault::Missing { count }, Some(self.next_position));
                }
                self.next_position = position.saturating_add(1);
                if !self.waiting.push(value) {
                    report.damage(FlowFault::Value);
                }
                if self.waiting.len() > BARE_SYMBOLS_HELD {
                    self.deliver_waiting(report.events);
                }
            }
            Err(unreadable) => {
                report.unreadable(unreadable, Some(Kind::Data), Some(self.next_position));
                self.next_position = self.next_position.saturating_add(1);
            }
            Ok(Reading::Header { .. } | Reading::Trailer { .. }) if self.summary.symbols == 0 => {
                // Not bare at all: the header of the first block is missing. Its symbols are still here.
                self.summary.flow = None;
                if matches!(report.reading, Ok(Reading::Header { .. })) && !self.waiting.is_empty() {
                    report.missing(FlowFault::NoTrailer, None);
                }
                self.waiting.clear();
                return self.between(report, true);
            }
            _ => report.damage(FlowFault::Unexpected),
        }
        State::Bare
    }

    fn between(&mut self, report: &mut Report<'_>, to_be_reported: bool) -> State {
        match *report.reading {
            Ok(Reading::Header { length, sequence }) => return self.begin(length, sequence, report),
            _ if !to_be_reported => {}
            Err(unreadable) => report.unreadable(unreadable, self.summary.flow.map(|_| Kind::Header), None),
            _ => report.damage(FlowFault::Unexpected),
        }
        State::Lost
    }

    /// Begins a block, or the end.
    fn begin(&mut self, length: u64, sequence: Option<u64>, report: &mut Report<'_>) -> State {
        let flow = if sequence.is_some() { Flow::Blocks } else { Flow::BareBlocks };
        report.sequence = sequence;
        if *self.summary.flow.get_or_insert(flow) != flow {
            report.damage(FlowFault::Unexpected);
            return State::Lost;
        }
        let mut dropped = false;
        if let Some(sequence) = sequence {
            if let Some(count) = sequence.checked_sub(self.next_block) {
                if count > 0 {
                    report.missing(FlowFault::BlocksMissing { count }, None);
                }
                self.next_block = sequence.saturating_add(u64::from(length > 0));
            } else {
                report.damage(FlowFault::BlockRepeated);
                dropped = true;
            }
            if length == 0 {
                return if dropped { State::Lost } else { State::Ending(sequence) };
            }
        }
        if length > self.block_symbols_max as u64 {
            report.damage(FlowFault::TooLong);
            dropped = true;
        }
        let symbols = Symbols::new(self.units);
        let open = Open { sequence, length, first: None, gone_by: 0, symbols, dropped };
        self.close_if_bare_and_full(open, report)
    }

    fn within(&mut self, mut open: Open, report: &mut Report<'_>) -> State {
        report.sequence = open.sequence;
        let is_full = open.gone_by == open.length;
        match *report.reading {
            Ok(Reading::Header { .. }) => {
                open.report_missing(report);
                return self.between(report, true);
            }
            Ok(Reading::Trailer { check }) if open.sequence.is_some() => {
                if !is_full {
                    open.report_missing(report);
                } else if !open.dropped {
                    let expected =
                        block_check(self.stream_id, open.sequence.unwrap_or(0), open.symbols.as_ref());
                    if check == expected {
                        self.deliver(open.symbols, report.events);
                    } else {
                        report.damage(FlowFault::Check);
                    }
                }
                return State::Between;
            }
            Err(unreadable) if is_full => {
                report.unreadable(unreadable, Some(Kind::Trailer), None);
                return State::Between;
            }
            _ if is_full => {
                report.damage(FlowFault::Unexpected);
                return State::Lost;
            }
            Ok(Reading::Data { position, value }) => self.symbol(&mut open, position, value, report),
            Err(unreadable) => {
                report.unreadable(unreadable, Some(Kind::Data), open.next_position());
                open.gone_by += 1;
                open.dropped = true;
            }
            _ => {
                report.damage(FlowFault::Unexpected);
                open.gone_by += 1;
                open.dropped = true;
            }
        }
        self.close_if_bare_and_full(open, report)
    }

    /// Takes a symbol into its block.
    fn symbol(&self, open: &mut Open, position: u64, value: u32, report: &mut Report<'_>) {
        // Positions count from 0 in the block, or through the content if the writer chose so.
        let is_global = open.gone_by == 0 && position > 0 && position == self.summary.symbols;
        let first = *open.first.get_or_insert(if is_global { position } else { 0 });
        let expected = first + open.gone_by;
        if position < expected {
            report.damage(FlowFault::Repeated);
            open.dropped = true;
            return;
        }
        let ahead = position - expected;
        if ahead >= open.length - open.gone_by {
            report.damage(FlowFault::Unexpected);
            open.gone_by += 1;
            open.dropped = true;
            return;
        }
        if ahead > 0 {
            report.missing(FlowFault::Missing { count: ahead }, Some(expected));
            open.gone_by += ahead;
            open.dropped = true;
        }
        open.gone_by += 1;
        if !open.dropped && !open.symbols.push(value) {
            report.damage(FlowFault::Value);
            open.dropped = true;
        }
    }

    /// A bare block has no trailer: it ends with its last symbol.
    fn close_if_bare_and_full(&mut self, open: Open, report: &mut Report<'_>) -> State {
        if open.sequence.is_some() || open.gone_by < open.length {
            return State::Within(open);
        }
        if !open.dropped {
            self.deliver(open.symbols, report.events);
        }
        State::Between
    }

    fn ending(&mut self, blocks: u64, report: &mut Report<'_>) -> State {
        report.sequence = Some(blocks);
        match *report.reading {
            Ok(Reading::Trailer { check }) => {
                // With something missing the totals differ, and that has been said.
                let damages = self.summary.damages + report.damages;
                if damages == 0 && check != end_check(self.stream_id, blocks, self.summary.symbols) {
                    report.damage(FlowFault::Totals);
                }
                self.summary.ended = true;
                State::Ended
            }
            Err(unreadable) => {
                report.unreadable(unreadable, Some(Kind::Trailer), None);
                State::Between
            }
            _ => {
                report.damage(FlowFault::Unexpected);
                State::Lost
            }
        }
    }

    fn deliver(&mut self, symbols: Symbols, events: &mut Vec<Event>) {
        self.summary.symbols += symbols.len() as u64;
        self.summary.blocks += 1;
        if !symbols.is_empty() {
            events.push(Event::Symbols(symbols));
        }
    }

    fn deliver_waiting(&mut self, events: &mut Vec<Event>) {
        if !self.waiting.is_empty() {
            let symbols = std::mem::replace(&mut self.waiting, Symbols::new(self.units));
            self.summary.symbols += symbols.len() as u64;
            events.push(Event::Symbols(symbols));
        }
    }
}

impl Open {
    /// Reports what the block lacks: symbols, or, with all of them, its trailer.
    fn report_missing(&self, report: &mut Report<'_>) {
        match self.length - self.gone_by {
            0 => report.missing(FlowFault::NoTrailer, None),
            count => report.missing(FlowFault::Missing { count }, self.next_position()),
        }
    }

    fn next_position(&self) -> Option<u64> {
        self.first.unwrap_or(0).checked_add(self.gone_by)
    }
}

/// Collects the damage at one place.
struct Report<'a> {
    place: u64,
    reading: &'a Result<Reading, Unreadable>,
    sequence: Option<u64>,
    damages: u64,
    events: &'a mut Vec<Event>,
}

impl Report<'_> {
    /// Reports a codeword that could be read and is wrong.
    fn damage(&mut self, fault: FlowFault) {
        let kind = self.reading.as_ref().ok().map(Reading::kind);
        let (position, value) = match *self.reading {
            Ok(Reading::Data { position, value }) => (Some(position), Some(value)),
            _ => (None, None),
        };
        self.add(fault, Verdict::Ok, kind, position, value);
    }

    fn unreadable(&mut self, unreadable: Unreadable, kind: Option<Kind>, position: Option<u64>) {
        let verdict = match unreadable {
            Unreadable::Ambiguous { .. } => Verdict::Ambiguous,
            Unreadable::Checksum { .. } => Verdict::Checksum,
            _ => Verdict::Corrupt,
        };
        self.add(FlowFault::Unreadable(unreadable), verdict, kind, position, None);
    }

    fn missing(&mut self, fault: FlowFault, position: Option<u64>) {
        let kind = position.map(|_| Kind::Data);
        self.add(fault, Verdict::Incomplete, kind, position, None);
    }

    fn add(
        &mut self,
        fault: FlowFault,
        verdict: Verdict,
        kind: Option<Kind>,
        position: Option<u64>,
        value: Option<u32>,
    ) {
        self.damages += 1;
        let (place, sequence) = (self.place, self.sequence);
        self.events.push(Event::Damage(FlowDamage {
            place,
            fault,
            verdict,
            kind,
            position,
            value,
            sequence,
        }));
    }
}

/// Symbols of a bare flow held back at first.
///
/// As many as the longest block has, so that a block without its header is not taken for a bare flow.
const BARE_SYMBOLS_HELD: usize = BlockLen::MAX.get();
