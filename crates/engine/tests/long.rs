//! A stream that is far larger than the memory: what is resident stays what it was after the first part.
//!
//! Alone in its process, so that the numbers are of this stream. `PRIMESTREAM_GIGABYTES` says how much, as
//! `cargo xtask long flat --gigabytes 100` does.

#![expect(
    clippy::print_stdout,
    reason = "a run of hours tells how far it is, and a test that is skipped says so"
)]
#![expect(clippy::disallowed_methods, reason = "whoever starts a long run says how long it is")]

use std::fs;

use primestream_engine::{Order, Stream};

const GIGABYTES: u64 = 4;
const PIECE_BYTES: usize = 1 << 20;
const BUDGET_BYTES: usize = 32 << 20;
/// Threads, the allocator's own, and what the test harness holds.
const SLACK_BYTES: u64 = 16 << 20;

/// Returns the bytes of memory that are resident, where the system says so.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

/// A piece that says which one it is.
fn piece(number: u64) -> Vec<u8> {
    let [fill, ..] = number.to_le_bytes();
    let mut piece = vec![fill; PIECE_BYTES];
    piece[..8].copy_from_slice(&number.to_le_bytes());
    piece
}

#[test]
fn a_stream_larger_than_the_memory_leaves_it_flat() {
    let Some(before) = resident_bytes() else {
        println!("skipped: this system does not say how much memory is resident");
        return;
    };
    let gigabytes = std::env::var("PRIMESTREAM_GIGABYTES")
        .map_or(GIGABYTES, |text| text.parse().expect("PRIMESTREAM_GIGABYTES is a whole number"));
    let pieces = gigabytes * 1000 * 1_000_000 / PIECE_BYTES as u64;
    let (mut next, mut peak) = (0, 0);
    let report = Stream::iter((0..pieces).map(piece))
        .memory_limit(BUDGET_BYTES)
        .parallel(2, Order::Input)
        .map(|mut piece| {
            piece[8] ^= 0xFF;
            piece
        })
        .for_each(move |piece| {
            assert_eq!(piece[..8], u64::to_le_bytes(next), "in order and none missing");
            assert_eq!(piece[8], !piece[PIECE_BYTES - 1], "changed once");
            next += 1;
            peak = peak.max(resident_bytes().filter(|_| next.is_multiple_of(64)).unwrap_or(0));
            let allowed = before + BUDGET_BYTES as u64 + SLACK_BYTES;
            assert!(peak <= allowed, "{peak} bytes are resident after {next} MiB, {allowed} are allowed");
            if next.is_multiple_of(10_000) {
                println!("{next} MiB, at most {} MiB resident", peak >> 20);
            }
        })
        .unwrap();
    assert_eq!((report.items_out(), report.reserved_bytes_at_end()), (pieces, 0));
}
