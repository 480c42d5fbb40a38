//! Containers one behind the other, indexes, and ends.

use primestream_codec::container::{ContainerId, encode_symbols};
use primestream_codec::{Symbols, Units};

use super::{Bad, bad, changed, end, joined, parts, plain, settings, whole_of};
use crate::forge::Forged;

/// What is wrong with one container behind another, or with an index.
pub(super) fn behind() -> Vec<Bad> {
    let (good, second) = (plain(), whole_of(settings(), 6, false));
    let behind = |second: &[u8]| [&good[..], second].concat();
    let indexed = whole_of(settings(), 5, true);
    let index = parts(&indexed)[4].clone();
    let utf16 = settings().with_units(Units::Utf16);
    let units =
        encode_symbols(Symbols::Utf16(vec![65]).as_ref(), &utf16, ContainerId([6; 16])).expect("a unit");
    let without_end = joined(&good, &[0, 1, 2, 3]);
    let lying = {
        let mut payload = indexed[index.start + 32..index.end - 4].to_vec();
        payload[8] = 1; // the first frame it names, which with three lengths does not reach its number
        Forged { kind: 3, flags: 1, number: 3, ..Forged::content(&payload, 0) }.bytes()
    };
    let required = {
        let payload = &indexed[index.start + 32..index.end - 4];
        Forged { kind: 3, number: 3, ..Forged::content(payload, 0) }.bytes()
    };
    vec![
        bad(
            "header-of-the-second-damaged",
            behind(&changed(second.clone(), 30, |byte| byte ^ 1)),
            good.len(),
            "header of a further container damaged or cut",
            20,
        ),
        bad(
            "header-of-the-second-cut",
            behind(&second[..40]),
            good.len(),
            "header of a further container damaged or cut",
            20,
        ),
        bad(
            "second-cut",
            behind(&second[..second.len() - 100]),
            good.len() + second.len() - 100,
            "incomplete: no end frame",
            40,
        ),
        bad(
            "first-without-its-end",
            [&without_end[..], &second].concat(),
            without_end.len(),
            "incomplete: no end frame",
            40,
        ),
        bad(
            "second-of-other-symbols",
            behind(&units),
            good.len(),
            format!("container of Utf16 symbols at byte {}, behind one of Bytes", good.len()),
            20,
        ),
        bad(
            "index-frame-damaged",
            changed(indexed.clone(), index.start + 40, |byte| byte ^ 1),
            index.start,
            "payload does not fit its checksum",
            20,
        ),
        bad("index-frame-cut", indexed[..index.end - 1].to_vec(), index.start, "cut", 20),
        bad(
            "index-frame-that-contradicts-itself",
            [&indexed[..index.start], &lying, &indexed[index.end..]].concat(),
            index.start,
            "payload contradicts itself or its frame header",
            20,
        ),
        bad(
            "index-frame-that-must-not-be-skipped",
            [&indexed[..index.start], &required, &indexed[index.end..]].concat(),
            index.start,
            "flags 0 do not belong to a frame of its kind",
            20,
        ),
    ]
}

/// End frames that fit their checksums and not their container.
pub(super) fn ends() -> Vec<Bad> {
    let good = plain();
    let at = parts(&good)[4].start;
    let digest: [u8; 32] = good[at + 48..at + 80].try_into().expect("32 bytes");
    let place = at as u64;
    let with = |end: Vec<u8>| [&good[..at], &end].concat();
    let under = |flags, number| {
        let payload = &good[at + 32..at + 96];
        Forged { kind: 2, flags, number, ..Forged::content(payload, 0) }.bytes()
    };
    vec![
        bad("end-counts-more-frames", with(end(4, 20, digest, place)), at, "1 frames lost", 20),
        bad(
            "end-counts-fewer-frames",
            with(end(2, 20, digest, place)),
            at,
            "3 frames, the end frame states 2",
            20,
        ),
        bad(
            "end-counts-other-symbols",
            with(end(3, 21, digest, place)),
            at,
            "20 symbols, the end frame states 21",
            20,
        ),
        bad(
            "end-of-another-content",
            with(end(3, 20, [7; 32], place)),
            at,
            "the content's digest differs from the end frame's",
            20,
        ),
        bad(
            "end-elsewhere",
            with(end(3, 20, digest, place + 1)),
            at,
            format!("end frame at byte {at} of its container, it states {}", at + 1),
            20,
        ),
        bad(
            "end-that-contradicts-itself",
            with(under(0, 4)),
            at,
            "payload contradicts itself or its frame header",
            20,
        ),
        bad(
            "end-that-may-be-skipped",
            with(under(1, 3)),
            at,
            "flags 1 do not belong to a frame of its kind",
            20,
        ),
        bad(
            "end-flipped",
            changed(good.clone(), at + 40, |byte| byte ^ 1),
            at,
            "payload does not fit its checksum",
            20,
        ),
    ]
}
