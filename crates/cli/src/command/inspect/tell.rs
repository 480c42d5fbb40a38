//! The survey of a file, in words and in JSON.

use primestream_codec::container::{HEADER_BYTES, VERSION};
use serde_json::{Value, json};

use super::{Member, Survey};
use crate::exit::escaped;

/// Says what a file holds, a line for each thing.
pub(super) fn in_words(name: &str, survey: &Survey) -> String {
    let mut lines = Vec::new();
    if survey.members_count > 1 {
        lines.push(format!(
            "{name}: {} containers one behind the other, {} symbols",
            survey.members_count, survey.symbols
        ));
    }
    for member in &survey.members {
        let place = match survey.members_count {
            1 => name.to_owned(),
            _ => format!("byte {}", member.offset),
        };
        lines.extend(member_in_words(&place, member));
    }
    if let Some(more) = survey.members_count.checked_sub(survey.members.len() as u64).filter(|&more| more > 0)
    {
        lines.push(format!("and {more} containers more"));
    }
    if !survey.is_good() {
        lines.push(format!("whole up to byte {}", survey.good_bytes));
        lines.push(format!("damage map, {} bytes a sign: {}", survey.map.cell_bytes(), survey.map.signs()));
    }
    lines.extend(survey.damages.iter().map(|damage| format!("damage: {damage}")));
    if let Some(more) = survey.damages_count.checked_sub(survey.damages.len() as u64).filter(|&more| more > 0)
    {
        lines.push(format!("and {more} damaged places more"));
    }
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n")
}

fn member_in_words(place: &str, member: &Member) -> Vec<String> {
    let settings = member.header.settings();
    let content_bytes = settings.units().bytes_each().map(|each| member.symbols * each as u64);
    let ratio = content_bytes.map_or_else(String::new, |bytes| {
        format!(", {:.2} for each of content", member.stored_bytes as f64 / bytes.max(1) as f64)
    });
    let mut lines = vec![
        format!(
            "{place}: container version {VERSION}, profile {}, id {}",
            format!("{:?}", settings.profile()).to_lowercase(),
            member.header.id(),
        ),
        format!(
            "units {:?}, positions {:?}, blocks of {} symbols, frames of {} symbols, compression {:?}",
            settings.units(),
            settings.positions(),
            settings.block_len().get(),
            settings.frame_symbols(),
            settings.compression(),
        ),
        format!(
            "{} frames ({} compressed), {} symbols, {} bytes stored{ratio}",
            member.frames,
            member.compressed,
            member.symbols,
            member.stored_bytes + HEADER_BYTES as u64,
        ),
    ];
    let Some(end) = &member.end else {
        lines.push("no end frame: incomplete".to_owned());
        return lines;
    };
    let index = match end.index_offset {
        Some(offset) => format!("index at byte {}", member.offset + offset),
        None => "no index".to_owned(),
    };
    lines.push(format!(
        "end frame at byte {}: {} frames, {} symbols; {index}",
        end.offset, end.frames, end.symbols
    ));
    lines.push(format!("content digest (BLAKE3) {}", hex(&end.digest.0)));
    lines
}

/// Says the same as one JSON value; counts are of the whole file, settings of its first container.
pub(super) fn in_json(survey: &Survey) -> Value {
    let damages: Vec<_> = survey
        .damages
        .iter()
        .map(|damage| {
            json!({ "offset": damage.offset, "bytes": damage.bytes, "frame": damage.frame,
                    "reason": damage.kind.to_string() })
        })
        .collect();
    let members: Vec<_> = survey.members.iter().map(member_in_json).collect();
    json!({
        "containers": members, "containers_count": survey.members_count, "symbols": survey.symbols,
        "complete": survey.is_good(), "good_bytes": survey.good_bytes,
        "damages": damages, "damages_count": survey.damages_count,
        "map": { "bytes_each": survey.map.cell_bytes(), "cells": survey.map.signs() },
    })
}

fn member_in_json(member: &Member) -> Value {
    let settings = member.header.settings();
    json!({
        "offset": member.offset, "version": VERSION, "id": member.header.id().to_string(),
        "profile": format!("{:?}", settings.profile()).to_lowercase(),
        "units": format!("{:?}", settings.units()).to_lowercase(),
        "positions": format!("{:?}", settings.positions()).to_lowercase(),
        "compression": format!("{:?}", settings.compression()).to_lowercase(),
        "block": settings.block_len().get(), "frame_symbols": settings.frame_symbols(),
        "frames": member.frames, "frames_compressed": member.compressed, "symbols": member.symbols,
        "stored_bytes": member.stored_bytes, "whole_bytes": member.whole_bytes,
        "end": member.end.as_ref().map(|end| json!({
            "offset": end.offset, "frames": end.frames, "symbols": end.symbols, "digest": hex(&end.digest.0),
            "index": end.index_offset.map(|offset| member.offset + offset),
        })),
        "complete": member.is_complete(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
