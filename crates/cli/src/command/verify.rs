//! `verify`: whether everything is good and all is there.
//!
//! Exit code 0 says so, 65 the opposite. With `--json` every damaged codeword or frame is a line (with
//! `--format decimal` every line of the input is), and the last line is a summary.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use primestream::container::Found;
use primestream::decimal::{Line, LineDamage, LineReport};
use primestream::prelude::*;
use primestream_codec::container::{Damage, DamageKind, FrameDamage};
use primestream_codec::{CodewordDamage, Flow as Organisation, FlowSummary, Reading, Unreadable, Verdict};
use primestream_engine::SinkError;
use primestream_engine::checkpoint::{Epoch, Pending, Transactional};
use serde_json::{Value, json};

use super::numbers::Lines;
use super::{repair, units};
use crate::args::{Format, Global, UnitsArgument, Verify as Arguments};
use crate::checkpoints::{self, Checkpoints, Kept, absolute};
use crate::exit::{DATA, Ending, Outcome, Places, escaped};
use crate::files::{self, Input};
use crate::run;

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    if arguments.repair && arguments.format == Format::Decimal {
        return Err(Ending::usage("decimal lines are not corrected: `--repair` belongs to containers"));
    }
    let checkpoints = checkpoints(arguments)?;
    let counts = Arc::new(Mutex::new(Counts::default()));
    let shared = Arc::clone(&counts);
    let how = Decode { lanes: global.lanes(), repair: arguments.repair, ..Decode::default() };
    let (name, bytes, pipeline) = match (checkpoints, arguments.format) {
        (Some((mut checkpoints, _)), _) => {
            let (input, name, bytes) = checkpoints.input(arguments.input.as_deref())?;
            let found = found_in(input, &name, arguments, how)?;
            let teller = Teller { json: global.json, name: name.clone(), lines: Lines::open()? };
            let pipeline = found.write_to(Telling { teller, counts: shared });
            (name, Some(bytes), checkpoints.keep(pipeline))
        }
        (None, Format::Container) => {
            let input = files::open(arguments.input.as_deref())?;
            let (name, bytes) = (input.name.clone(), input.bytes);
            let found = found_in(input, &name, arguments, how)?;
            let teller = Teller { json: global.json, name: name.clone(), lines: Lines::open()? };
            (name, bytes, found.write_to(Telling { teller, counts: shared }))
        }
        (None, Format::Decimal) => {
            let input = files::open(arguments.input.as_deref())?;
            let (name, bytes) = (input.name.clone(), input.bytes);
            let mut teller = Teller { json: global.json, name: name.clone(), lines: Lines::open()? };
            let lines = decimal_lines(input, arguments, global);
            let told = lines.sink(move |line| {
                teller.line(&line, &mut shared.lock().unwrap_or_else(PoisonError::into_inner))
            });
            (name, bytes, told)
        }
    };
    let places = Places { input: &name, output: "standard output" };
    let report = run::run(pipeline, global, bytes).map_err(|error| places.explain(error))?;
    let counts = std::mem::take(&mut *counts.lock().unwrap_or_else(PoisonError::into_inner));
    let is_good = counts.is_good();
    let mut lines = Lines::open()?;
    let said = if global.json {
        lines.print(&counts.summary(arguments.format, run::to_json("verify", &report)).to_string())
    } else if global.quiet {
        Ok(())
    } else {
        lines.print(&format!("{name}: {}", counts.in_words(arguments.format)))
    };
    said.map_err(|error| Ending::io("standard output", &error))?;
    if is_good { Ok(()) } else { Err(Ending::reported(DATA)) }
}

/// Opens the checkpoints of the command, if it keeps any.
fn checkpoints(arguments: &Arguments) -> Result<Option<(Checkpoints, Value)>, Ending> {
    checkpoints::refuse_lines(&arguments.checkpointing, arguments.format)?;
    let command = json!({
        "command": "verify",
        "input": absolute(arguments.input.as_ref()),
        "repair": arguments.repair,
    });
    let files = [Kept::Input(arguments.input.as_deref())];
    Checkpoints::open(&arguments.checkpointing, &files, command, Value::Null)
}

fn found_in<R: Read + Send + 'static>(
    input: R,
    name: &str,
    arguments: &Arguments,
    how: Decode,
) -> Result<Stream<Found>, Ending> {
    let places = Places { input: name, output: "" };
    let (header, found) = container::verify(input, how).map_err(|error| places.explain_input(&error))?;
    check_units(arguments.units, name, header.settings().units())?;
    Ok(found)
}

/// Refuses a container of other symbols than asked for.
pub(super) fn check_units(asked: Option<UnitsArgument>, name: &str, stated: Units) -> Outcome {
    match asked.map(units) {
        Some(asked) if asked != stated => {
            Err(Ending::usage(format_args!("{name}: the container holds {stated:?}, not {asked:?}")))
        }
        _ => Ok(()),
    }
}

fn decimal_lines(input: Input, arguments: &Arguments, global: &Global) -> Stream<Line> {
    decimal::read(input, arguments.units.map(units), global.lanes(), decimal_limits())
}

/// What decimal lines may cost: codewords of the public reference grow with the text, so that a line of
/// some hundred kilobits is nothing unusual.
pub(super) fn decimal_limits() -> Limits {
    Limits { codeword_bits_max: 1 << 21, ..Limits::default() }
}

/// What was found so far.
#[derive(Default)]
struct Counts {
    frames: u64,
    frames_damaged: u64,
    frames_repairable: u64,
    symbols: u64,
    damages: u64,
    is_incomplete: bool,
    lines: u64,
    unreadable: u64,
    /// Lines that read as data or headers: without any, they are no content but a program.
    content_lines: u64,
    flow_damages: Vec<Value>,
    summary: Option<FlowSummary>,
}

impl Counts {
    fn is_good(&self) -> bool {
        self.damages == 0 && self.unreadable == 0
    }

    /// What is counted of containers.
    fn numbers(&self) -> [u64; 6] {
        let Self { frames, frames_damaged, frames_repairable, symbols, damages, .. } = *self;
        [frames, frames_damaged, frames_repairable, symbols, damages, self.is_incomplete.into()]
    }

    fn of_numbers(numbers: &[u64]) -> Option<Self> {
        let &[frames, frames_damaged, frames_repairable, symbols, damages, is_incomplete] = numbers else {
            return None;
        };
        let is_incomplete = is_incomplete != 0;
        let none = Self::default();
        Some(Self { frames, frames_damaged, frames_repairable, symbols, damages, is_incomplete, ..none })
    }

    fn verdict(&self) -> &'static str {
        match (self.is_good(), self.is_incomplete) {
            (true, _) => "ok",
            (false, true) => "incomplete",
            (false, false) => "corrupt",
        }
    }

    fn summary(&self, format: Format, report: Value) -> Value {
        let verdict = self.verdict();
        match format {
            Format::Container => json!({
                "summary": true, "verdict": verdict, "frames": self.frames,
                "frames_damaged": self.frames_damaged, "frames_repairable": self.frames_repairable,
                "symbols": self.symbols, "damages": self.damages, "report": report,
            }),
            Format::Decimal => json!({
                "summary": true, "verdict": verdict, "lines": self.lines,
                "lines_damaged": self.unreadable, "symbols": self.symbols,
                "flow": self.summary.and_then(|summary| summary.flow).map(flow_name),
                "complete": self.summary.is_some_and(|summary| summary.is_verified()),
                "damages": self.flow_damages, "report": report,
            }),
        }
    }

    fn in_words(&self, format: Format) -> String {
        let verdict = self.verdict();
        match format {
            Format::Container => {
                let repairable = match self.frames_repairable {
                    0 => String::new(),
                    count => format!(" ({count} of them can be corrected)"),
                };
                format!(
                    "{verdict}: {} frames good, {} damaged{repairable}, {} symbols, {} places reported",
                    self.frames, self.frames_damaged, self.symbols, self.damages
                )
            }
            Format::Decimal => format!(
                "{verdict}: {} lines, {} unreadable, {} symbols, {} places reported",
                self.lines,
                self.unreadable,
                self.symbols,
                self.flow_damages.len()
            ),
        }
    }
}

fn flow_name(flow: Organisation) -> &'static str {
    match flow {
        Organisation::Blocks => "blocks",
        Organisation::BareBlocks => "bare blocks",
        Organisation::Bare => "bare",
        _ => "other",
    }
}

/// Prints what is found, and counts it.
struct Teller {
    json: bool,
    name: String,
    lines: Lines,
}

/// Tells what is found, and remembers how much it was. Of what stands behind the last checkpoint the places are told
/// again after a crash, and counted once.
struct Telling {
    teller: Teller,
    counts: Arc<Mutex<Counts>>,
}

impl Sink<Found> for Telling {
    fn write(&mut self, items: &mut Vec<Found>) -> Result<(), SinkError> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for found in items.drain(..) {
            self.teller.frame(&found, &mut counts)?;
        }
        Ok(())
    }

    fn transactional(&mut self) -> Option<&mut dyn Transactional> {
        Some(self)
    }
}

impl Transactional for Telling {
    fn prepare(&mut self, _: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        state.extend(counts.numbers().iter().flat_map(|number| number.to_le_bytes()));
        Ok(Pending::done())
    }

    fn commit(&mut self, _: Epoch) -> Result<(), SinkError> {
        Ok(())
    }

    fn restore(&mut self, _: Epoch, state: &[u8]) -> Result<(), SinkError> {
        let (numbers, rest) = state.as_chunks();
        let numbers: Vec<u64> = numbers.iter().map(|&number| u64::from_le_bytes(number)).collect();
        let counts = Counts::of_numbers(&numbers).filter(|_| rest.is_empty());
        let counts = counts.ok_or_else(|| SinkError::new("the checkpoint holds no counts"))?;
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = counts;
        Ok(())
    }
}

impl Teller {
    fn frame(&mut self, found: &Found, counts: &mut Counts) -> std::io::Result<()> {
        match found {
            Found::Symbols { place, symbols, repairs: Some(repairs), .. } => {
                counts.frames_damaged += 1;
                counts.frames_repairable += 1;
                counts.damages += 1;
                counts.symbols += symbols.len() as u64;
                if self.json {
                    return self.lines.print(&repair::in_json(place, repairs).to_string());
                }
                repair::in_words(place, repairs).iter().try_for_each(|words| {
                    self.lines.print(&format!("{}: can be corrected: {words}", self.name))
                })
            }
            Found::Symbols { symbols, .. } => {
                counts.frames += 1;
                counts.symbols += symbols.len() as u64;
                Ok(())
            }
            Found::Frame(damage) => {
                counts.frames_damaged += 1;
                counts.damages += 1;
                self.damaged_frame(damage)
            }
            Found::Member { .. } => Ok(()),
            Found::Damage(damage) => {
                counts.damages += 1;
                let is_missing =
                    matches!(damage.kind, DamageKind::Incomplete | DamageKind::Cut | DamageKind::Lost { .. });
                counts.is_incomplete |= is_missing;
                self.say(damage, &damage_json(damage, is_missing))
            }
            other => self.say(&format!("{other:?}"), &json!({ "verdict": "corrupt" })),
        }
    }

    fn damaged_frame(&mut self, damage: &FrameDamage) -> std::io::Result<()> {
        if !self.json || damage.codewords.is_empty() {
            return self.say(damage, &damage_json(&damage.summary(), false));
        }
        let reason = damage.fault.to_string();
        for codeword in &damage.codewords {
            self.lines.print(&codeword_json(damage, codeword, &reason).to_string())?;
        }
        Ok(())
    }

    fn line(&mut self, line: &Line, counts: &mut Counts) -> std::io::Result<()> {
        match line {
            Line::Read(report) => {
                counts.lines += 1;
                counts.unreadable += u64::from(report.reading.is_err());
                counts.content_lines += u64::from(!matches!(
                    report.reading,
                    Ok(Reading::Operation { .. } | Reading::NttHeader { .. })
                ));
                match report.reading {
                    _ if self.json => self.lines.print(&line_json(report).to_string()),
                    Ok(_) => Ok(()),
                    Err(_) if !report.is_number => self
                        .lines
                        .print(&format!("{}: line {}: not a decimal integer", self.name, report.line)),
                    Err(unreadable) => {
                        self.lines.print(&format!("{}: line {}: {unreadable}", self.name, report.line))
                    }
                }
            }
            Line::Symbols(symbols) => {
                counts.symbols += symbols.len() as u64;
                Ok(())
            }
            Line::Damage(damage) => {
                let is_unreadable = matches!(damage.fault, primestream_codec::FlowFault::Unreadable(_));
                if is_unreadable {
                    return Ok(()); // the line was reported as it was read
                }
                counts.is_incomplete |= damage.verdict == Verdict::Incomplete;
                counts.damages += 1;
                let words = LineDamage(*damage).to_string();
                if counts.flow_damages.len() < DAMAGES_LISTED_MAX {
                    counts.flow_damages.push(json!({ "line": damage.place, "reason": words }));
                }
                Ok(())
            }
            Line::End(summary) => {
                counts.summary = Some(*summary);
                if counts.content_lines == 0 {
                    // Operations alone are a program; nothing is missing from a content there is not.
                    (counts.damages, counts.is_incomplete) = (0, false);
                    counts.flow_damages.clear();
                }
                if !self.json {
                    for damage in &counts.flow_damages {
                        let reason = damage["reason"].as_str().unwrap_or_default();
                        self.lines.print(&format!("{}: {reason}", self.name))?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn say(&mut self, words: &dyn std::fmt::Display, value: &Value) -> std::io::Result<()> {
        if self.json {
            self.lines.print(&value.to_string())
        } else {
            self.lines.print(&escaped(&format!("{}: {words}", self.name)))
        }
    }
}

fn damage_json(damage: &Damage, is_missing: bool) -> Value {
    json!({
        "frame": damage.frame, "offset": damage.offset, "bytes": damage.bytes,
        "verdict": if is_missing { "incomplete" } else { "corrupt" },
        "kind": "frame", "position": null, "value": null, "reason": damage.kind.to_string(),
    })
}

fn codeword_json(frame: &FrameDamage, codeword: &CodewordDamage, reason: &str) -> Value {
    json!({
        "frame": frame.frame, "offset": codeword.offset.unwrap_or(frame.offset), "block": codeword.block,
        "verdict": codeword.verdict.to_string(), "kind": codeword.kind.to_string(),
        "position": codeword.position, "value": codeword.value, "reason": reason,
    })
}

fn line_json(report: &LineReport) -> Value {
    let (verdict, reason) = match report.reading {
        Ok(_) => ("ok", None),
        Err(_) if !report.is_number => ("corrupt", Some("not a decimal integer".to_owned())),
        Err(unreadable @ Unreadable::Ambiguous { .. }) => ("ambiguous", Some(unreadable.to_string())),
        Err(unreadable @ Unreadable::Checksum { .. }) => ("checksum", Some(unreadable.to_string())),
        Err(unreadable) => ("corrupt", Some(unreadable.to_string())),
    };
    let mut line = json!({
        "line": report.line, "offset": report.offset, "verdict": verdict,
        "kind": report.reading.ok().map(|reading| reading.kind().to_string()),
        "position": null, "value": null,
    });
    if let Some(reason) = reason {
        line["reason"] = reason.into();
    }
    match report.reading {
        Ok(Reading::Data { position, value }) => {
            line["position"] = position.into();
            line["value"] = value.into();
        }
        Ok(Reading::Operation { opcode, operand }) => {
            line["opcode"] = opcode.into();
            line["operand"] = operand.into();
        }
        Ok(Reading::Header { length, sequence }) => {
            line["length"] = length.into();
            line["sequence"] = sequence.into();
        }
        Ok(Reading::NttHeader { length }) => line["length"] = length.into(),
        _ => {}
    }
    line
}

/// Most places listed in the summary of decimal lines; beyond it they are only counted.
const DAMAGES_LISTED_MAX: usize = 1000;
