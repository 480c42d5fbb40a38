//! W1 on two threads: two thousand million integers through map, filter and fold.

use std::hint::black_box;
use std::sync::Mutex;
use std::thread;

use orx_parallel::{IntoParIter, Par as _};
use rayon::iter::{IntoParallelIterator, ParallelBridge, ParallelIterator};

use primestream_engine::{Order, Stream};

use crate::dataflow;
use crate::fused::mix;
use crate::rounds::{Scale, contestant, rounds};

const ITEMS: u64 = 2_000_000_000;

/// Runs W1 on two threads.
pub(crate) fn run(scale: &Scale) {
    let items = scale.size.of(ITEMS);
    let expected = by_iterator(items);
    let tenth = by_iterator(items / 10);
    let thousandth = by_iterator(items / 1000);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads start");
    rounds(
        &format!("W1: {} M u64, map, filter, fold, two threads", items / 1_000_000),
        scale,
        (items as f64 / 1e6, "M items"),
        vec![
            contestant("std iterator, one thread", || assert_eq!(by_iterator(items), expected)),
            contestant("ours: two lanes", || assert_eq!(ours_lanes(items), expected)),
            contestant("ours: two lanes, ranges and sums of their own", || {
                assert_eq!(ours_ranges(items), expected);
            })
            .at_least(1.2),
            contestant("orx-parallel", || assert_eq!(by_orx(items), expected)),
            contestant("rayon par_iter", || assert_eq!(pool.install(|| by_rayon(items)), expected)),
            contestant("hand-written: chunks pulled under a lock", || {
                assert_eq!(by_pulling(items), expected);
            }),
            contestant("timely, two workers", || {
                assert_eq!(dataflow::fold(2, items / 10, mix, keep), tenth);
            })
            .part(0.1),
            contestant("rayon par_bridge", || {
                assert_eq!(pool.install(|| by_bridge(items / 1000)), thousandth);
            })
            .part(0.001),
        ],
    );
}

fn keep(n: u64) -> bool {
    n & 3 != 0
}

fn by_iterator(items: u64) -> u64 {
    black_box(0..items).map(mix).filter(|&n| keep(n)).fold(0, u64::wrapping_add)
}

fn ours_ranges(items: u64) -> u64 {
    let ranges =
        (0..black_box(items)).step_by(RANGE).map(move |start| start..items.min(start + RANGE as u64));
    Stream::iter(ranges)
        .parallel(2, Order::Relaxed)
        .flat_map(|range| range)
        .map(mix)
        .filter(|&n| keep(n))
        .aggregate(0, u64::wrapping_add, u64::wrapping_add)
        .expect("nothing fails")
}

/// Integers a lane takes at once.
const RANGE: usize = 1 << 16;

fn ours_lanes(items: u64) -> u64 {
    let lanes = Stream::iter(black_box(0..items)).parallel(2, Order::Relaxed).map(mix).filter(|&n| keep(n));
    lanes.fold(0, u64::wrapping_add).expect("nothing fails")
}

fn by_orx(items: u64) -> u64 {
    let items = 0..usize::try_from(black_box(items)).expect("64 bits");
    let kept = items.into_par().num_threads(2).map(|n| mix(n as u64)).filter(|&n| keep(n));
    kept.reduce(u64::wrapping_add).expect("something is kept")
}

fn by_rayon(items: u64) -> u64 {
    black_box(0..items).into_par_iter().map(mix).filter(|&n| keep(n)).reduce(|| 0, u64::wrapping_add)
}

fn by_bridge(items: u64) -> u64 {
    black_box(0..items).par_bridge().map(mix).filter(|&n| keep(n)).reduce(|| 0, u64::wrapping_add)
}

/// Each thread fills a buffer of its own from the one source, and lets go of the source for the work.
fn by_pulling(items: u64) -> u64 {
    let source = Mutex::new(black_box(0..items));
    let part = || {
        let (mut chunk, mut sum) = (Vec::with_capacity(CHUNK), 0u64);
        loop {
            chunk.clear();
            chunk.extend(source.lock().expect("no thread panics").by_ref().take(CHUNK));
            if chunk.is_empty() {
                return sum;
            }
            sum = chunk.iter().map(|&n| mix(n)).filter(|&n| keep(n)).fold(sum, u64::wrapping_add);
        }
    };
    thread::scope(|scope| {
        let other = scope.spawn(part);
        part().wrapping_add(other.join().expect("no thread panics"))
    })
}

const CHUNK: usize = 16_384;
