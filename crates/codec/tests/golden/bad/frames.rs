//! Frames that are damaged, forged, or not in their place.

use primestream_codec::container::encode_symbols;

use super::{
    Bad, TEXT, bad, bytes_payload, changed, joined, parts, plain, settings, unreadable, whole_of, with_end,
};
use crate::forge::{Forged, ID};

/// What is wrong with a frame as such.
pub(super) fn framing() -> Vec<Bad> {
    let good = plain();
    let parts = parts(&good);
    let (second, last) = (parts[2].clone(), parts[4].clone());
    let flip = |at: usize| changed(good.clone(), at, |byte| byte ^ 1);
    let length = bytes_payload(&TEXT[..8], settings()).len();
    let checksum = "payload does not fit its checksum";
    let frame = |change: fn(&mut Forged)| {
        let mut frame = Forged::content(&bytes_payload(&TEXT[..8], settings()), 8);
        change(&mut frame);
        with_end(settings(), vec![frame])
    };
    let newer =
        |field: &str, value: u8| format!("written by a newer version: {field} {value} at byte 64 is unknown");
    let missing_byte = [&good[..second.start + 100], &good[second.start + 101..]].concat();
    let more_bytes = [&good[..second.start + 100], b"??", &good[second.start + 100..]].concat();
    let between = [&good[..second.start], b"??", &good[second.start..]].concat();
    let behind = [&good[..], &[0]].concat();
    vec![
        bad("header-alone", good[..64].to_vec(), 64, "incomplete: no end frame", 0),
        bad(
            "cut-in-a-frame-header",
            good[..second.start + 31].to_vec(),
            second.start,
            "no frame begins here",
            8,
        ),
        bad("cut-behind-a-frame-header", good[..second.start + 32].to_vec(), second.start, "cut", 8),
        bad("cut-in-a-payload", good[..second.start + 99].to_vec(), second.start, "cut", 8),
        bad("cut-in-a-payload-checksum", good[..second.end - 1].to_vec(), second.start, "cut", 8),
        bad("cut-between-frames", good[..second.end].to_vec(), second.end, "incomplete: no end frame", 16),
        bad(
            "cut-before-the-end-frame",
            good[..last.start].to_vec(),
            last.start,
            "incomplete: no end frame",
            20,
        ),
        bad("cut-in-the-end-frame", good[..last.end - 1].to_vec(), last.start, "cut", 20),
        bad("frame-marker-flipped", flip(second.start), second.start, "no frame begins here", 12),
        bad("frame-kind-flipped", flip(second.start + 4), second.start, "no frame begins here", 12),
        bad("frame-number-flipped", flip(second.start + 8), second.start, "no frame begins here", 12),
        bad("frame-length-flipped", flip(second.start + 16), second.start, "no frame begins here", 12),
        bad(
            "frame-header-checksum-flipped",
            flip(second.start + 31),
            second.start,
            "no frame begins here",
            12,
        ),
        bad("payload-flipped", flip(second.start + 80), second.start, checksum, 12),
        bad("payload-checksum-flipped", flip(second.end - 1), second.start, checksum, 12),
        bad(
            "payload-zeroed",
            {
                let mut bytes = good.clone();
                bytes[second.start + 32..second.end - 4].fill(0);
                bytes
            },
            second.start,
            checksum,
            12,
        ),
        bad("a-byte-missing", missing_byte, second.start, "bytes are missing or added", 12),
        bad("bytes-put-in", more_bytes, second.start, checksum, 12),
        bad("bytes-between-frames", between, second.start, "no frame begins here", 20),
        bad("a-byte-behind-the-end", behind, good.len(), "after the end frame", 20),
        unreadable("unknown-required-kind", frame(|frame| frame.kind = 9), 64, newer("frame kind", 9)),
        unreadable("unknown-flag", frame(|frame| frame.flags = 4), 64, newer("frame flags", 4)),
        unreadable("frame-reserved-set", frame(|frame| frame.reserved = 1), 64, newer("frame reserved", 1)),
        bad(
            "content-that-may-be-skipped",
            frame(|frame| frame.flags = 1),
            64,
            "flags 1 do not belong to a frame of its kind",
            0,
        ),
        bad("no-symbols", frame(|frame| frame.symbols = 0), 64, "0 symbols, accepted up to 8", 0),
        bad("too-many-symbols", frame(|frame| frame.symbols = 9), 64, "9 symbols, accepted up to 8", 0),
        bad(
            "length-beyond-what-symbols-need",
            frame(|frame| {
                (frame.payload_len, frame.whole_len) = (u32::MAX, u32::MAX);
            }),
            64,
            "length 4294967295, accepted up to 700",
            0,
        ),
        bad(
            "lengths-that-differ",
            frame(|frame| frame.whole_len -= 1),
            64,
            format!("length {length}, accepted up to {}", length - 1),
            0,
        ),
        bad(
            "compressed-where-nothing-is",
            frame(|frame| {
                (frame.flags, frame.whole_len) = (2, frame.payload_len + 1);
            }),
            64,
            "payload compressed in a container without compression",
            0,
        ),
    ]
}

/// Frames that are good and not in their place.
pub(super) fn order() -> Vec<Bad> {
    let good = plain();
    let parts = parts(&good);
    let other = whole_of(settings(), 6, false);
    let spliced = [&joined(&good, &[0, 1]), &joined(&other, &[2]), &joined(&good, &[3, 4])[..]].concat();
    let start = |order: &[usize]| joined(&good, order).len();
    let optional = Forged { kind: 77, flags: 1, ..Forged::content(b"optional", 0) }.bytes();
    let damaged = changed(optional.clone(), 34, |byte| byte ^ 1);
    vec![
        bad("first-frame-lost", joined(&good, &[0, 2, 3, 4]), 64, "1 frames lost", 12),
        bad("middle-frame-lost", joined(&good, &[0, 1, 3, 4]), start(&[0, 1]), "1 frames lost", 12),
        bad("last-frame-lost", joined(&good, &[0, 1, 2, 4]), start(&[0, 1, 2]), "1 frames lost", 16),
        bad("all-frames-lost", joined(&good, &[0, 4]), 64, "3 frames lost", 0),
        bad("frames-swapped", joined(&good, &[0, 2, 1, 3, 4]), 64, "1 frames lost", 12),
        bad("frame-repeated", joined(&good, &[0, 1, 1, 2, 3, 4]), start(&[0, 1]), "repeated", 20),
        bad(
            "frame-behind-the-end",
            joined(&good, &[0, 1, 2, 3, 4, 3]),
            good.len(),
            "after the end frame",
            20,
        ),
        bad("end-frame-repeated", joined(&good, &[0, 1, 2, 3, 4, 4]), good.len(), "after the end frame", 20),
        bad("frame-of-another-container", spliced, parts[2].start, "no frame begins here", 12),
        bad(
            "short-frame-in-the-middle",
            {
                let frames = [&TEXT[..8], &TEXT[8..12], &TEXT[12..20]].into_iter().zip(0..).map(
                    |(content, number)| {
                        let whole = encode_symbols(
                            [vec![0; 8 * small(number)], content.to_vec()].concat().as_slice().into(),
                            &settings(),
                            ID,
                        )
                        .expect("bytes");
                        let part = super::parts(&whole)[1 + small(number)].clone();
                        Forged {
                            number,
                            ..Forged::content(
                                &whole[part.start + 32..part.end - 4],
                                u32::try_from(content.len()).expect("few"),
                            )
                        }
                    },
                );
                with_end(settings(), frames.collect())
            },
            parts[2].start,
            "not full and not the last",
            20,
        ),
        bad(
            "optional-frame-damaged",
            [&good[..64], &damaged, &good[64..]].concat(),
            64,
            "payload does not fit its checksum",
            20,
        ),
        bad(
            "optional-frame-behind-the-end",
            [&good[..], &optional].concat(),
            good.len(),
            "after the end frame",
            20,
        ),
    ]
}

fn small(number: u64) -> usize {
    usize::try_from(number).expect("a small number")
}
