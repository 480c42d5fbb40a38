//! Payloads that are not what an encoder writes, in frames whose checksums fit.

use primestream_codec::container::{Compression, Positions, Settings};
use primestream_codec::{CodewordRun, Symbols, Units, data, operation};

use super::{
    Bad, TEXT, bad, bytes_payload, changed, codewords, framed, only, parts, payload_of, plain, replaced,
    settings, with_end,
};
use crate::forge::Forged;

/// Blocks that are not what an encoder writes, in frames whose checksums fit.
pub(super) fn blocks() -> Vec<Bad> {
    let good = bytes_payload(&TEXT[..8], settings());
    let other = bytes_payload(b"eight ab", settings());
    let (mine, theirs) = (codewords(&good), codewords(&other));
    let swapped = [&mine[..1], &[mine[2].clone(), mine[1].clone()], &mine[3..]].concat().concat();
    let first = |fault: &str| format!("block 0: {fault}");
    let only = |payload: &[u8]| only(settings(), payload, 8);
    let program = framed(&operation(2, Some(1)).expect("a prime").to_le_bytes());
    let beyond = framed(&data(8, 65).expect("a symbol").to_le_bytes());
    let large = framed(&data(1, 256).expect("a symbol").to_le_bytes());
    let global = settings().with_positions(Positions::Global);
    vec![
        bad(
            "block-header-flipped",
            only(&changed(good.clone(), 3, |byte| byte ^ 1)),
            64,
            first("header does not belong here"),
            0,
        ),
        bad(
            "block-of-another-number",
            only(&{
                let whole = plain();
                let second = parts(&whole)[2].clone();
                whole[second.start + 32..second.end - 4].to_vec()
            }),
            64,
            first("header does not belong here"),
            0,
        ),
        bad(
            "bare-block-header",
            only(&replaced(&good, 0, &framed(&bare_header(8)))),
            64,
            first("header does not belong here"),
            0,
        ),
        bad("symbols-swapped", only(&swapped), 64, first("codeword 0 does not belong here"), 0),
        bad(
            "symbol-of-another-block",
            only(&replaced(&good, 3, &theirs[3])),
            64,
            first("symbols do not fit the block's check"),
            0,
        ),
        bad(
            "position-beyond-the-block",
            only(&replaced(&good, 8, &beyond)),
            64,
            first("codeword 7 does not belong here"),
            0,
        ),
        bad(
            "value-that-is-no-byte",
            only(&replaced(&good, 2, &large)),
            64,
            first("codeword 1 does not belong here"),
            0,
        ),
        bad(
            "operation-in-a-block",
            only(&replaced(&good, 2, &program)),
            64,
            first("codeword 1 does not belong here"),
            0,
        ),
        bad(
            "symbol-flipped",
            only(&changed(good.clone(), mine[0].len() + 2, |byte| byte ^ 1)),
            64,
            first("codeword 0 does not belong here"),
            0,
        ),
        bad(
            "trailer-of-another-block",
            only(&replaced(&good, 9, &theirs[9])),
            64,
            first("symbols do not fit the block's check"),
            0,
        ),
        bad("codeword-length-0", only(&replaced(&good, 1, &[0])), 64, first("impossible codeword length"), 0),
        bad(
            "codeword-length-with-a-superfluous-byte",
            only(&replaced(&good, 1, &{
                let (length, codeword) = mine[1].split_first().expect("a length");
                [&[length | 0x80, 0], codeword].concat()
            })),
            64,
            first("impossible codeword length"),
            0,
        ),
        bad(
            "codeword-with-a-zero-on-top",
            only(&replaced(&good, 1, &{
                let (_, codeword) = mine[1].split_first().expect("a length");
                framed(&[codeword, &[0]].concat())
            })),
            64,
            first("impossible codeword length"),
            0,
        ),
        bad(
            "codeword-above-the-limit",
            only(&replaced(&good, 1, &[0xFF, 0xFF, 0x7F])),
            64,
            first("codeword of 2097151 bytes, the limit codeword_bits_max allows 131072"),
            0,
        ),
        bad("block-cut", only(&mine[..9].concat()), 64, first("cut"), 0),
        bad(
            "bytes-behind-the-last-block",
            only(&[&good[..], &[1, 1]].concat()),
            64,
            "2 bytes after the last block",
            0,
        ),
        bad(
            "fewer-symbols-than-the-frame-says",
            {
                let payload = bytes_payload(&TEXT[..7], settings());
                super::only(settings(), &payload, 8)
            },
            64,
            first("header does not belong here"),
            0,
        ),
        bad(
            "global-positions-from-0-again",
            {
                let frames = (0..2).map(|number| Forged {
                    number,
                    ..Forged::content(&bytes_payload(&TEXT[..8], global), 8)
                });
                with_end(global, frames.collect())
            },
            64 + 36 + bytes_payload(&TEXT[..8], global).len(),
            first("header does not belong here"),
            8,
        ),
    ]
}

/// The header of a block as the public reference writes it: 7^7 · 11^length.
fn bare_header(length: u32) -> Vec<u8> {
    let number = 7_u64.pow(7) * 11_u64.pow(length);
    let mut bytes = number.to_le_bytes().to_vec();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    bytes
}

/// Compressed payloads that are not what they say.
pub(super) fn compressed() -> Vec<Bad> {
    let zstd = settings().with_compression(Compression::Zstd);
    let payload = bytes_payload(&TEXT[..8], settings());
    let stored = zstd::bulk::compress(&[0; 600], 1).expect("memory");
    let frame = |stored: &[u8], whole_len: usize| {
        let whole_len = u32::try_from(whole_len).expect("short");
        with_end(zstd, vec![Forged { flags: 2, whole_len, ..Forged::content(stored, 8) }])
    };
    let decompression = "payload cannot be decompressed to its stated length";
    vec![
        bad("no-zstd", frame(&payload[..50], payload.len()), 64, decompression, 0),
        bad("zstd-that-breaks-off", frame(&stored[..stored.len() - 1], 600), 64, decompression, 0),
        bad("zstd-of-more-than-stated", frame(&stored, 599), 64, decompression, 0),
        bad("zstd-of-less-than-stated", frame(&stored, 601), 64, decompression, 0),
        bad("zstd-of-zeros", frame(&stored, 600), 64, "block 0: impossible codeword length", 0),
        bad(
            "zstd-that-is-not-shorter",
            frame(&stored, stored.len()),
            64,
            format!("length {0}, accepted up to {0}", stored.len()),
            0,
        ),
        bad(
            "zstd-of-more-than-symbols-need",
            frame(&stored, 100_000),
            64,
            "length 100000, accepted up to 700",
            0,
        ),
    ]
}

/// Words that are not what an encoder writes, in frames whose checksums fit.
pub(super) fn dense() -> Vec<Bad> {
    let words = Settings::dense().with_frame_blocks(1).expect("one block");
    let zstd = words.with_compression(Compression::Zstd);
    let (good, listed) = (bytes_payload(b"words", words), bytes_payload(b"words", zstd));
    let only = |payload: &[u8]| only(words, payload, 5);
    let chosen = |payload: &[u8]| super::only(zstd, payload, 5);
    let first = |fault: &str| format!("block 0: {fault}");
    // A mask, two bytes of lengths, and words; a list of words less one, words, choices.
    let (lengths, list) = (1, 1);
    vec![
        bad(
            "dense-of-another-mask",
            only(&changed(good.clone(), 0, |mask| mask ^ 1)),
            64,
            first("symbols do not fit the block's check"),
            0,
        ),
        bad(
            "dense-length-of-no-word",
            only(&changed(good.clone(), lengths, |lengths| lengths | 3)),
            64,
            first("codeword 0 does not belong here"),
            0,
        ),
        bad(
            "dense-unused-bits-set",
            only(&changed(good.clone(), lengths + 1, |lengths| lengths | 0x80)),
            64,
            first("codeword 5 does not belong here"),
            0,
        ),
        bad(
            "dense-word-that-is-no-word",
            only(&changed(good.clone(), lengths + 2, |_| 4)),
            64,
            first("codeword 0 does not belong here"),
            0,
        ),
        bad("dense-cut", only(&good[..6]), 64, first("codeword 3 does not belong here"), 0),
        bad(
            "dense-trailer-flipped",
            only(&changed(good.clone(), good.len() - 3, |byte| byte ^ 1)),
            64,
            first("symbols do not fit the block's check"),
            0,
        ),
        bad("dense-bytes-behind", only(&[&good[..], &[0]].concat()), 64, "1 bytes after the last block", 0),
        bad(
            "dense-zstd-list-not-ascending",
            chosen(&{
                let mut listed = listed.clone();
                let (one, two) = listed[list..].split_at_mut(3);
                one.swap_with_slice(&mut two[..3]);
                listed
            }),
            64,
            first("cut"),
            0,
        ),
        bad(
            "dense-zstd-choice-that-is-not-listed",
            chosen(&changed(listed.clone(), list + 15, |_| 9)),
            64,
            first("codeword 0 does not belong here"),
            0,
        ),
        bad("dense-zstd-list-with-no-word", chosen(&changed(listed, list, |_| 4)), 64, first("cut"), 0),
    ]
}

/// Codewords outside of blocks.
pub(super) fn runs() -> Vec<Bad> {
    let codewords = Settings::default().with_units(Units::Codewords);
    let mut run = CodewordRun::new();
    run.push(&operation(2, Some(1)).expect("a prime"));
    run.push(&operation(5, None).expect("a prime"));
    let good = payload_of(&Symbols::Codewords(run), codewords);
    vec![
        bad(
            "integer-that-is-no-codeword",
            only(codewords, &[&good[..], &framed(&[23])].concat(), 3),
            64,
            "block 0: codeword 2 does not belong here",
            0,
        ),
        bad("codeword-too-few", only(codewords, &good, 3), 64, "block 0: cut", 0),
        bad(
            "codeword-too-many",
            only(codewords, &good, 1),
            64,
            format!("{} bytes after the last block", good.len() - 1 - usize::from(good[0])),
            0,
        ),
    ]
}
