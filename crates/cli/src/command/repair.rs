//! What is said of corrected codewords.

use primestream_codec::container::{FramePlace, Repair};
use serde_json::{Value, json};

/// Says of each codeword of a frame what it was corrected to.
pub(super) fn in_words(place: &FramePlace, repairs: &[Repair]) -> Vec<String> {
    if repairs.is_empty() {
        return vec![format!("byte {}, frame {}: its checksum alone", place.offset, place.number)];
    }
    repairs
        .iter()
        .map(|repair| {
            let symbol = match (repair.position, repair.value) {
                (Some(position), Some(value)) => format!(" at position {position}: value {value}"),
                _ => String::new(),
            };
            let Repair { kind, block, .. } = repair;
            let offset = repair.offset.unwrap_or(place.offset);
            format!("byte {offset}, frame {}: {kind} codeword of block {block}{symbol}", place.number)
        })
        .collect()
}

/// Says the same as a JSON value.
pub(super) fn in_json(place: &FramePlace, repairs: &[Repair]) -> Value {
    let codewords: Vec<_> = repairs
        .iter()
        .map(|repair| {
            json!({ "offset": repair.offset, "kind": repair.kind.to_string(), "block": repair.block,
                    "position": repair.position, "value": repair.value })
        })
        .collect();
    json!({
        "frame": place.number, "offset": place.offset, "bytes": place.bytes,
        "verdict": "corrupt", "kind": "frame", "position": null, "value": null,
        "reason": "payload does not fit its checksum", "repairable": true, "repairs": codewords,
    })
}
