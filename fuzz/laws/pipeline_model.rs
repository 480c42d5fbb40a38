//! The law of pipelines: whatever steps follow each other, in however many lanes, chunks and bytes of memory, and in
//! whatever order their stages are run, the items are those of the same steps over a vector, and none is unaccounted for.

use std::sync::{Arc, Mutex};

use primestream_engine::{Order, Stream};

use crate::draw::Draw;
use crate::verbs::{self, Placed};

/// Panics if the law does not hold for the pipeline that some bytes describe.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    let (order, kinds) = match draw.below(4) {
        0 => (Order::Relaxed, FREE),
        _ => (Order::Input, ALL),
    };
    let count = draw.below(300) as u64;
    let limit = LIMIT_MIN + draw.below(20_000);
    let threshold = [0.8, 0.0, 0.3, 1.0][draw.below(4)];
    let seed = draw.below(1 << 32) as u64;
    let (steps, mut expected) = verbs::drawn(&mut draw, kinds, count, limit);

    let source = Stream::iter_from(move |at| at..count).simulated(seed);
    let source = source.memory_limit(limit).backpressure_threshold(threshold).boxed();
    let stream = steps.iter().fold(source, |stream, &placed| verbs::add(stream, placed, order));
    let found = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&found);
    let report = stream.for_each(move |n| into.lock().expect("nothing panics").push(n)).expect("none fails");
    let mut found = std::mem::take(&mut *found.lock().expect("nothing panics"));
    if order == Order::Relaxed {
        found.sort_unstable();
        expected.sort_unstable();
    }
    assert_eq!(found, expected, "{steps:?} of {count} items in {limit} bytes, seed {seed}");
    assert_eq!(report.items_out(), expected.len() as u64);
    assert_eq!(report.reserved_bytes_at_end(), 0);
    let most = limit + steps.iter().map(chunks_bytes).sum::<usize>() + CHUNK_BYTES;
    assert!(report.reserved_bytes_peak() <= most, "{} of {most} bytes", report.reserved_bytes_peak());
}

/// How many of the first kinds of steps look at each item alone.
const FREE: usize = 5;
/// How many kinds of steps there are.
const ALL: usize = 23;
/// The least memory that is tried: that of the heaviest item and some more.
const LIMIT_MIN: usize = 1000;
/// The heaviest item, of a vector of bytes.
const ITEM_BYTES: usize = 24 + 320;
/// A chunk of items that nobody cuts.
const CHUNK_BYTES: usize = 16 * ITEM_BYTES;

/// The most bytes of the chunks that the lanes of a step have in hand: what they take, and what they make of it.
fn chunks_bytes(placed: &Placed) -> usize {
    (placed.lanes + 4) * 2 * (placed.chunk + 1) * 4 * ITEM_BYTES
}
