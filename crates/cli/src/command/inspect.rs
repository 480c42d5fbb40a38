//! `inspect`: what a container says of itself, frame by frame, without decoding it.

use std::io::BufReader;

use primestream::prelude::*;
use primestream_codec::container::{Damage, EndFrame, FrameReader, HEADER_BYTES, Piece, VERSION};
use serde_json::{Value, json};

use super::numbers::Lines;
use crate::args::{Global, Inspect as Arguments};
use crate::exit::{DATA, Ending, Outcome, Places, escaped};
use crate::files;

/// What the frames amount to.
#[derive(Default)]
struct Counts {
    frames: u64,
    compressed: u64,
    symbols: u64,
    stored_bytes: u64,
    whole_bytes: u64,
    end: Option<EndFrame>,
    damages: Vec<Damage>,
    damages_count: u64,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let input = files::open(arguments.input.as_deref())?;
    let name = input.name.clone();
    let places = Places { input: &name, output: "standard output" };
    let mut reader = FrameReader::open(BufReader::with_capacity(1 << 17, input), Limits::default())
        .map_err(|error| places.explain_input(&error))?;
    let header = *reader.header();
    let mut counts = Counts::default();
    while let Some(piece) = reader.next_piece().map_err(|error| places.explain_input(&error))? {
        match piece {
            Piece::Frame(frame) => {
                counts.frames += 1;
                counts.compressed += u64::from(frame.is_compressed());
                counts.symbols += frame.symbols() as u64;
                counts.stored_bytes += frame.stored_bytes();
                counts.whole_bytes += frame.whole_bytes() as u64;
            }
            Piece::End(end) => counts.end = Some(end),
            Piece::Damage(damage) => {
                counts.damages_count += 1;
                if counts.damages.len() < DAMAGES_LISTED_MAX {
                    counts.damages.push(damage);
                }
            }
            _ => {}
        }
    }
    let mut lines = Lines::open()?;
    let text = if global.json {
        in_json(&header, &counts).to_string()
    } else {
        escaped_lines(&in_words(&name, &header, &counts))
    };
    lines.print(&text).map_err(|error| Ending::io("standard output", &error))?;
    if counts.damages_count == 0 { Ok(()) } else { Err(Ending::reported(DATA)) }
}

fn in_words(name: &str, header: &Header, counts: &Counts) -> String {
    let settings = header.settings();
    let content_bytes = settings.units().bytes_each().map(|each| counts.symbols * each as u64);
    let ratio = content_bytes.map_or_else(String::new, |bytes| {
        format!(", {:.2} for each of content", counts.stored_bytes as f64 / bytes.max(1) as f64)
    });
    let mut text = format!(
        "{name}: container version {VERSION}, profile {}, id {}\n\
         units {:?}, positions {:?}, blocks of {} symbols, frames of {} symbols, compression {:?}\n\
         {} frames ({} compressed), {} symbols, {} bytes stored{ratio}",
        format!("{:?}", settings.profile()).to_lowercase(),
        header.id(),
        settings.units(),
        settings.positions(),
        settings.block_len().get(),
        settings.frame_symbols(),
        settings.compression(),
        counts.frames,
        counts.compressed,
        counts.symbols,
        counts.stored_bytes + HEADER_BYTES as u64,
    );
    match &counts.end {
        Some(end) => {
            text +=
                &format!("\nend frame at byte {}: {} frames, {} symbols", end.offset, end.frames, end.symbols)
        }
        None => text += "\nno end frame: incomplete",
    }
    if let Some(end) = &counts.end {
        text += &format!("\ncontent digest (BLAKE3) {}", hex(&end.digest.0));
    }
    for damage in &counts.damages {
        text += &format!("\ndamage: {damage}");
    }
    text
}

fn in_json(header: &Header, counts: &Counts) -> Value {
    let settings = header.settings();
    let damages: Vec<_> = counts
        .damages
        .iter()
        .map(|damage| {
            json!({ "offset": damage.offset, "bytes": damage.bytes, "frame": damage.frame,
                    "reason": damage.kind.to_string() })
        })
        .collect();
    json!({
        "version": VERSION, "profile": format!("{:?}", settings.profile()).to_lowercase(), "id": header.id().to_string(),
        "units": format!("{:?}", settings.units()).to_lowercase(),
        "positions": format!("{:?}", settings.positions()).to_lowercase(),
        "compression": format!("{:?}", settings.compression()).to_lowercase(),
        "block": settings.block_len().get(), "frame_symbols": settings.frame_symbols(),
        "frames": counts.frames, "frames_compressed": counts.compressed, "symbols": counts.symbols,
        "stored_bytes": counts.stored_bytes, "whole_bytes": counts.whole_bytes,
        "end": counts.end.as_ref().map(|end| json!({
            "offset": end.offset, "frames": end.frames, "symbols": end.symbols, "digest": hex(&end.digest.0),
        })),
        "complete": counts.end.is_some() && counts.damages_count == 0,
        "damages": damages, "damages_count": counts.damages_count,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn escaped_lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

/// Most damaged places listed; beyond it they are only counted.
const DAMAGES_LISTED_MAX: usize = 1000;
