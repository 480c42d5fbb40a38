//! Bytes of a reader in pieces: a new buffer for each, against one that is used again.

use std::io::{Read, repeat};

use primestream_engine::{Order, Stream};

use crate::rounds::{Scale, contestant, rounds};

const BYTES: u64 = 1 << 30;
const PIECE_BYTES: usize = 1 << 16;

fn spaces(piece: &[u8]) -> usize {
    piece.iter().filter(|&&byte| byte == b' ').count()
}

/// Runs the comparison.
pub(crate) fn run(scale: &Scale) {
    rounds(
        "reading: 1 GiB in pieces of 64 KiB, spaces counted",
        scale,
        (BYTES as f64 / 1e6, "MB"),
        vec![
            contestant("one buffer, used again", || {
                let (mut reader, mut buffer, mut sum) = (repeat(b' ').take(BYTES), vec![0; PIECE_BYTES], 0);
                while reader.read_exact(&mut buffer).is_ok() {
                    sum += spaces(&buffer);
                }
                assert_eq!(sum as u64, BYTES);
            }),
            contestant("a stream of pieces", || {
                let pieces = Stream::read(repeat(b' ').take(BYTES), PIECE_BYTES);
                let sum = pieces.map(|piece| spaces(&piece)).fold(0, |sum, count| sum + count);
                assert_eq!(sum.expect("nothing fails") as u64, BYTES);
            }),
            contestant("a stream of pieces, two lanes", || {
                let pieces = Stream::read(repeat(b' ').take(BYTES), PIECE_BYTES).parallel(2, Order::Input);
                let sum = pieces.map(|piece| spaces(&piece)).fold(0, |sum, count| sum + count);
                assert_eq!(sum.expect("nothing fails") as u64, BYTES);
            }),
        ],
    );
}
