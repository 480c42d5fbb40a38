//! What cannot be opened.

use super::{Bad, changed, header_with, plain, unreadable};

/// What is wrong with the first 64 bytes.
pub(super) fn all() -> Vec<Bad> {
    let (good, other) = (plain(), "not a container: the first eight bytes are others");
    let cut = |length: usize| format!("cut within the container header: {length} of 64 bytes");
    let damaged = "the container header does not fit its checksum";
    let newer = |field: &str, value: u8, at: usize| {
        format!("written by a newer version: {field} {value} at byte {at} is unknown")
    };
    let range = |field: &str, value: u32| format!("container header: {field} {value} is out of range");
    let no_text = good.iter().flat_map(|&byte| if byte == b'\n' { vec![b'\r', b'\n'] } else { vec![byte] });
    vec![
        unreadable("no-bytes", vec![], 0, cut(0)),
        unreadable("one-byte", good[..1].to_vec(), 0, cut(1)),
        unreadable("magic-alone", good[..8].to_vec(), 0, cut(8)),
        unreadable("header-cut", good[..63].to_vec(), 0, cut(63)),
        unreadable(
            "text",
            b"Not a container, but a text that is long enough for the header.....".to_vec(),
            0,
            other,
        ),
        unreadable("png", b"\x89PNG\r\n\x1A\n".repeat(9), 0, other),
        unreadable("line-ends-converted", no_text.collect(), 0, other),
        unreadable("magic-damaged", changed(good.clone(), 1, |byte| byte ^ 1), 0, other),
        unreadable("header-bit-flipped", changed(good.clone(), 20, |byte| byte ^ 1), 0, damaged),
        unreadable("header-checksum-flipped", changed(good, 63, |byte| byte ^ 0x80), 0, damaged),
        unreadable(
            "version-2",
            header_with(&[(8, 2)]),
            0,
            "written by a newer version: container version 2, known up to 1",
        ),
        unreadable("version-0", header_with(&[(8, 0)]), 0, range("version", 0)),
        unreadable("unknown-profile", header_with(&[(10, 3)]), 10, newer("profile", 3, 10)),
        unreadable("unknown-units", header_with(&[(11, 4)]), 11, newer("units", 4, 11)),
        unreadable("unknown-positions", header_with(&[(12, 3)]), 12, newer("positions", 3, 12)),
        unreadable("unknown-compression", header_with(&[(13, 2)]), 13, newer("compression", 2, 13)),
        unreadable("reserved-byte-set", header_with(&[(59, 1)]), 59, newer("reserved", 1, 59)),
        unreadable("block-length-7", header_with(&[(14, 7)]), 0, range("block length", 7)),
        unreadable("block-length-257", header_with(&[(14, 1), (15, 1)]), 0, range("block length", 257)),
        unreadable("frames-of-no-block", header_with(&[(16, 0)]), 0, range("blocks of a full frame", 0)),
        unreadable(
            "frames-too-long",
            header_with(&[(16, 1), (18, 2)]),
            0,
            range("blocks of a full frame", (1 << 17) + 1),
        ),
        unreadable("dense-of-units", header_with(&[(10, 2), (11, 2)]), 0, range("units of profile dense", 2)),
        unreadable("dense-with-positions", header_with(&[(10, 2), (12, 2)]), 0, range("positions", 2)),
        unreadable(
            "dense-in-short-blocks",
            header_with(&[(10, 2)]),
            0,
            range("block length of profile dense", 8),
        ),
        unreadable("codewords-with-positions", header_with(&[(11, 3), (12, 2)]), 0, range("positions", 2)),
    ]
}
