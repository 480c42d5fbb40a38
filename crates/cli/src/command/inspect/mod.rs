//! `inspect`: what a file says of itself, container by container and frame by frame, without decoding it.

mod map;
mod tell;

use std::io::BufReader;

use primestream::prelude::*;
use primestream_codec::container::{
    Continuity, Damage, DamageKind, EndFrame, FrameFault, FrameReader, Piece,
};

use super::numbers::Lines;
use crate::args::{Global, Inspect as Arguments};
use crate::exit::{DATA, Ending, Outcome, Places};
use crate::files;
use map::Map;

/// What the frames of a container amount to.
struct Member {
    header: Header,
    offset: u64,
    frames: u64,
    compressed: u64,
    symbols: u64,
    stored_bytes: u64,
    whole_bytes: u64,
    end: Option<EndFrame>,
    is_damaged: bool,
}

impl Member {
    const fn new(header: Header, offset: u64) -> Self {
        let (frames, compressed, symbols, stored_bytes, whole_bytes) = (0, 0, 0, 0, 0);
        let (end, is_damaged) = (None, false);
        Self { header, offset, frames, compressed, symbols, stored_bytes, whole_bytes, end, is_damaged }
    }

    const fn is_complete(&self) -> bool {
        self.end.is_some() && !self.is_damaged
    }
}

/// What a file holds.
struct Survey {
    /// The first of its containers.
    members: Vec<Member>,
    members_count: u64,
    /// The container that is being read.
    current: Member,
    symbols: u64,
    damages: Vec<Damage>,
    damages_count: u64,
    map: Map,
    /// Behind the last byte up to which every container is whole.
    good_bytes: u64,
}

impl Survey {
    fn new(header: Header) -> Self {
        let mut map = Map::new();
        map.add(0, primestream_codec::container::HEADER_BYTES as u64, false);
        Self {
            members: Vec::new(),
            members_count: 1,
            current: Member::new(header, 0),
            symbols: 0,
            damages: Vec::new(),
            damages_count: 0,
            map,
            good_bytes: 0,
        }
    }

    fn damage(&mut self, damage: Damage) {
        self.map.add(damage.offset, damage.bytes, true);
        self.current.is_damaged = true;
        self.damages_count += 1;
        if self.damages.len() < LISTED_MAX {
            self.damages.push(damage);
        }
    }

    /// Puts the container that was read to the others.
    fn close(&mut self, next: Member) {
        let last = std::mem::replace(&mut self.current, next);
        if self.members.len() < LISTED_MAX {
            self.members.push(last);
        }
    }

    fn is_good(&self) -> bool {
        self.damages_count == 0
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let input = files::open(arguments.input.as_deref())?;
    let name = input.name.clone();
    let places = Places { input: &name, output: "standard output" };
    let survey = survey(BufReader::with_capacity(1 << 17, input), &places)?;
    let mut lines = Lines::open()?;
    let text = if global.json { tell::in_json(&survey).to_string() } else { tell::in_words(&name, &survey) };
    lines.print(&text).map_err(|error| Ending::io("standard output", &error))?;
    if survey.is_good() { Ok(()) } else { Err(Ending::reported(DATA)) }
}

fn survey(input: BufReader<files::Input>, places: &Places<'_>) -> Result<Survey, Ending> {
    let mut reader =
        FrameReader::open(input, Limits::default()).map_err(|error| places.explain_input(&error))?;
    let mut survey = Survey::new(*reader.header());
    let mut continuity = Continuity::new(reader.header());
    while let Some(piece) = reader.next_piece().map_err(|error| places.explain_input(&error))? {
        match piece {
            Piece::Frame(frame) => {
                let place = frame.place();
                if frame.is_intact(reader.header().id()) {
                    continuity.passed(&place, frame.symbols()).into_iter().for_each(|d| survey.damage(d));
                    survey.map.add(place.offset, place.bytes, false);
                } else {
                    continuity.damaged(&place).into_iter().for_each(|damage| survey.damage(damage));
                    survey.damage(place.damage(DamageKind::Content(FrameFault::Checksum)));
                }
                let member = &mut survey.current;
                member.frames += 1;
                member.compressed += u64::from(frame.is_compressed());
                member.symbols += frame.symbols() as u64;
                member.stored_bytes += frame.stored_bytes();
                member.whole_bytes += frame.whole_bytes() as u64;
                survey.symbols += frame.symbols() as u64;
            }
            Piece::End(end) => {
                continuity.end(&end).into_iter().for_each(|damage| survey.damage(damage));
                survey.map.add(end.offset, reader.offset() - end.offset, false);
                survey.current.end = Some(end);
                if survey.is_good() {
                    survey.good_bytes = reader.offset();
                }
            }
            Piece::Damage(damage) => {
                continuity.broken();
                survey.damage(damage);
            }
            Piece::Member { header, offset } => {
                continuity = Continuity::new(&header);
                survey.members_count += 1;
                survey.close(Member::new(header, offset));
                survey.map.add(offset, reader.offset() - offset, false);
            }
            _ => {}
        }
    }
    let last = Member::new(survey.current.header, 0);
    survey.close(last);
    Ok(survey)
}

/// Most containers and damaged places listed; beyond it they are only counted.
const LISTED_MAX: usize = 1000;
