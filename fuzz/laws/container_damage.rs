//! The law of damage: whatever happens to a file of containers, it is noticed, nothing else than was written is ever
//! delivered, and every frame that is still whole and in its order is.

use std::collections::HashMap;
use std::sync::OnceLock;

use primestream_codec::Limits;
use primestream_codec::container::MAGIC;

use crate::arrangement::{Arrangement, Part, PartKind};
use crate::draw::Draw;
use crate::mutation::mutated;
use crate::survey::survey;

/// Panics if the law does not hold for the file, and the damage to it, that some bytes choose.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    let (known, other) = files();
    let drawn;
    let file = match known.get(draw.below(known.len() + known.len() / 8)) {
        Some(file) => file,
        None => {
            drawn = Arrangement::drawn(&mut draw, 0);
            &drawn
        }
    };
    let damaged = mutated(&mut draw, file, other);
    let limits = Limits { frame_bytes_max: 1 << 20, codewords_listed_max: 2, ..Limits::default() };
    // A header that cannot be read is noticed, and nothing is delivered.
    let Ok(found) = survey(damaged.as_slice(), limits) else { return };
    let whole = is_whole(file, &damaged);
    assert_eq!(found.is_complete, whole, "taken for good, or not: {:?}", found.damages);
    assert_eq!(found.damages.is_empty(), whole, "{:?}", found.damages);
    let mut seen = Vec::new();
    for (place, id, number, symbols) in &found.delivered {
        let member = file.members.iter().position(|(own, _)| own == id).expect("a container of the file");
        let number = usize::try_from(*number).expect("small");
        assert_eq!(file.members[member].1.get(number), Some(symbols), "frame {number} is another");
        assert!(!seen.contains(&(*place, number)), "frame {number} is delivered twice");
        seen.push((*place, number));
    }
    for (member, number) in undamaged(file, &damaged) {
        let id = file.members[member].0;
        let is_there = found.delivered.iter().any(|(_, own, at, _)| *own == id && *at == number as u64);
        assert!(is_there, "frame {number} of container {member} is lost: {:?}", found.damages);
    }
}

/// Files that are damaged over and over, and one that foreign frames come from: encoding takes longer than all else.
fn files() -> &'static (Vec<Arrangement>, Arrangement) {
    static FILES: OnceLock<(Vec<Arrangement>, Arrangement)> = OnceLock::new();
    FILES.get_or_init(|| {
        let chosen = |seed: u8| -> Vec<u8> {
            (0..40).map(|at| seed.wrapping_mul(29).wrapping_add(at ^ seed.rotate_left(3))).collect()
        };
        let known = (0..FILES_KNOWN).map(|seed| Arrangement::drawn(&mut Draw::new(&chosen(seed)), 0));
        (known.collect(), Arrangement::drawn(&mut Draw::new(OTHER), 100))
    })
}

/// Tells whether these bytes are whole containers of the file, one behind the other: what nobody can call damaged.
fn is_whole(file: &Arrangement, bytes: &[u8]) -> bool {
    let members: Vec<&[u8]> = (0..file.members.len())
        .map(|member| {
            let mut own = file.parts.iter().filter(|part| part.member == member);
            let start = own.next().expect("a header").start;
            &file.bytes[start..own.next_back().expect("an end").end]
        })
        .collect();
    let mut rest = bytes;
    while let Some(behind) = members.iter().find_map(|member| rest.strip_prefix(*member)) {
        rest = behind;
    }
    rest.is_empty() && !bytes.is_empty()
}

/// Finds the content frames that are whole, stand behind the header of their container and before its end, and have
/// lower numbers before them alone: container and number of each.
fn undamaged(file: &Arrangement, bytes: &[u8]) -> Vec<(usize, usize)> {
    let of_head = |part: &Part| (&file.bytes[part.start..part.start + head_bytes(part)], *part);
    let heads: HashMap<&[u8], Part> = file.parts.iter().map(of_head).collect();
    let at = |at: usize| {
        let starting = |len: usize| bytes.get(at..at + len).and_then(|head| heads.get(head));
        starting(64).or_else(|| starting(32))
    };
    let marks = (0..bytes.len()).filter(|&at| bytes[at] == 0xF5 || bytes[at] == MAGIC[0]);
    let found: Vec<(usize, Part)> = marks.filter_map(|start| at(start).map(|part| (start, *part))).collect();
    let is_intact = |start: usize, part: &Part| {
        bytes.get(start..start + part.end - part.start) == Some(&file.bytes[part.start..part.end])
    };
    // What lies within a frame that the reader has reason to believe is not looked at.
    let is_believed = |start: usize, part: &Part| {
        let end = start + part.end - part.start;
        let is_followed = at(end).is_some()
            || part.kind == PartKind::End
                && (end == bytes.len() || bytes[end.min(bytes.len())..].starts_with(&MAGIC));
        part.kind != PartKind::Header && (is_followed || is_intact(start, part))
    };
    let mut undamaged = Vec::new();
    let (mut member, mut is_open, mut lowest, mut believed) = (0, true, 0, 0);
    for (start, part) in &found {
        let is_within = *start < believed;
        if is_believed(*start, part) {
            believed = believed.max(start + part.end - part.start);
        }
        match part.kind {
            PartKind::Header => {
                // Whether one within a frame is seen depends on the frame, so nothing is expected behind it.
                (member, is_open, lowest) = (part.member, !is_within, 0);
            }
            _ if part.member != member => {}
            PartKind::End => is_open = false,
            PartKind::Index => {}
            PartKind::Content(number) => {
                if is_open && !is_within && number >= lowest && is_intact(*start, part) {
                    undamaged.push((member, number));
                }
                lowest = lowest.max(number + 1);
            }
        }
    }
    undamaged
}

fn head_bytes(part: &Part) -> usize {
    if part.kind == PartKind::Header { 64 } else { 32 }
}

/// Choices for the first byte; an eighth more of them draw a file anew.
const FILES_KNOWN: u8 = 128;

/// Chooses the container that foreign frames come from.
const OTHER: &[u8] = &[0, 0, 2, 5, 0, 40, 1, 2, 3, 4, 1];
