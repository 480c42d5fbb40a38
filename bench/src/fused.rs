//! W1: 200 million integers through map, filter and fold.

use std::hint::black_box;

use primestream_engine::Stream;

use crate::rounds::{contestant, rounds};

const ITEMS: u64 = 200_000_000;

/// Runs W1 with two kinds of steps: the ratio depends on what the compiler makes of each.
pub(crate) fn run() {
    steps("a multiplication by 3, 7 of 8 kept", |n| n.wrapping_mul(3) + 1, |n| n & 7 != 0);
    steps("a 64-bit mix, 3 of 4 kept", |n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (n >> 7), |n| n & 3 != 0);
    steps(
        "a 64-bit mix, 2 of 3 kept",
        |n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (n >> 7),
        |n| !n.is_multiple_of(3),
    );
}

fn steps(
    kind: &str,
    change: impl Fn(u64) -> u64 + Copy + Send + Sync + 'static,
    keep: impl Fn(u64) -> bool + Copy + Send + Sync + 'static,
) {
    let expected = (0..ITEMS).map(change).filter(|&n| keep(n)).fold(0u64, u64::wrapping_add);
    rounds(
        &format!("W1: 200 M u64, map, filter, fold, one thread: {kind}"),
        (ITEMS as f64 / 1e6, "M items"),
        vec![
            contestant("std iterator", || {
                let sum = black_box(0..ITEMS).map(change).filter(|&n| keep(n)).fold(0u64, u64::wrapping_add);
                assert_eq!(sum, expected);
            }),
            contestant("fused: source, steps and fold in a stage", || {
                let stream = Stream::iter(black_box(0..ITEMS)).map(change).filter(move |&n| keep(n));
                assert_eq!(stream.fold(0u64, u64::wrapping_add).expect("nothing fails"), expected);
            }),
            contestant("fused: for_each", || {
                let mut sum = Total { sum: 0, expected };
                let stream = Stream::iter(black_box(0..ITEMS)).map(change).filter(move |&n| keep(n));
                stream.for_each(move |n| sum.add(n)).expect("nothing fails");
            }),
            contestant("across a stage boundary", || {
                let stream = Stream::iter(black_box(0..ITEMS)).boxed().map(change).filter(move |&n| keep(n));
                assert_eq!(stream.fold(0u64, u64::wrapping_add).expect("nothing fails"), expected);
            }),
        ],
    );
}

/// A sum that checks itself when the pipeline lets go of it.
struct Total {
    sum: u64,
    expected: u64,
}

impl Total {
    fn add(&mut self, n: u64) {
        self.sum = self.sum.wrapping_add(n);
    }
}

impl Drop for Total {
    fn drop(&mut self) {
        assert_eq!(self.sum, self.expected);
    }
}
