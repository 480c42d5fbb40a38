//! Tuning from a bad start, against the best of some settings by hand: three loads, each of which becomes
//! another half-way.
//!
//! `cargo run --release -p primestream-bench -- tuned`. By hand means a pipeline of its own for each half and
//! each setting; the best of each half is what the tuner is compared with. The tuner begins with chunks of one
//! item and one lane, runs both halves in one pipeline, and of each half the last part is timed, when it has
//! had time to find its way.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use primestream_engine::{Fixed, Order, Pipeline, Strategy, Stream};

use crate::floors::Floors;

/// What an item costs before and after the load has shifted: rounds of a multiplication, or waiting.
#[derive(Clone, Copy)]
enum Cost {
    Rounds(u32),
    Wait(Duration),
}

struct Load {
    name: &'static str,
    halves: [Cost; 2],
}

const LOADS: [Load; 3] = [
    Load { name: "cheap items, 20 then 400 ns", halves: [Cost::Rounds(20), Cost::Rounds(400)] },
    Load { name: "dear items, 20 µs then 100 ns", halves: [Cost::Rounds(20_000), Cost::Rounds(100)] },
    Load {
        name: "items that wait, 200 µs then 1 ms",
        halves: [Cost::Wait(Duration::from_micros(200)), Cost::Wait(Duration::from_millis(1))],
    },
];

/// Settings tried by hand: items in a chunk and lanes at work.
const CHUNKS: [usize; 4] = [1, 64, 1024, 16_384];
const LANES: [usize; 3] = [1, 2, 4];

fn pay(cost: Cost, item: u64) -> u64 {
    match cost {
        Cost::Rounds(rounds) => {
            (0..rounds).fold(black_box(item), |n, _| black_box(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1))
        }
        Cost::Wait(time) => {
            std::thread::sleep(time);
            item
        }
    }
}

/// Makes an endless pipeline whose items cost what `which` says at the time, and which counts those that end.
fn pipeline(halves: [Cost; 2], which: &Arc<AtomicU64>, done: &Arc<AtomicU64>, chunk: usize) -> Pipeline {
    let (which, done) = (Arc::clone(which), Arc::clone(done));
    Stream::iter(0u64..)
        .chunked(Fixed(chunk))
        .parallel(LANES[LANES.len() - 1], Order::Input)
        .map(move |n| pay(halves[usize::from(which.load(Ordering::Relaxed) > 0)], n))
        .chunked(Fixed(chunk))
        .drain_with(move |n| {
            black_box(n);
            done.fetch_add(1, Ordering::Relaxed);
        })
}

/// Returns how many items end in a second, measured for a while after a while.
fn speed(done: &AtomicU64, before: Duration) -> f64 {
    std::thread::sleep(before);
    let (from, started) = (done.load(Ordering::Relaxed), Instant::now());
    std::thread::sleep(MEASURED);
    (done.load(Ordering::Relaxed) - from) as f64 / started.elapsed().as_secs_f64()
}

/// Returns the speed of each half with a setting by hand.
fn by_hand(load: &Load, chunk: usize, lanes: usize) -> [f64; 2] {
    [0, 1].map(|half| {
        let (which, done) = (Arc::new(AtomicU64::new(half)), Arc::new(AtomicU64::new(0)));
        let running = pipeline(load.halves, &which, &done, chunk).lanes_at_first(lanes).start();
        let speed = speed(&done, SETTLED);
        running.flow().cancel();
        let stopped = running.join().expect_err("it was cancelled");
        assert!(stopped.report().items_out() > 0);
        speed
    })
}

/// Returns the speed of each half with a tuner from a bad start, and how much it adjusted.
fn by_tuner(load: &Load, strategy: Strategy) -> ([f64; 2], usize) {
    let (which, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let running = pipeline(load.halves, &which, &done, 1).lanes_at_first(1).tuned(strategy).start();
    let first = speed(&done, LEARNT);
    which.store(1, Ordering::Relaxed);
    let second = speed(&done, LEARNT);
    running.flow().cancel();
    let stopped = running.join().expect_err("it was cancelled");
    ([first, second], stopped.report().adjustments().len())
}

/// Prints the table.
pub(crate) fn run(floors: &Floors) {
    println!(
        "tuned: items/s, best of {} settings by hand against a bad start tuned",
        CHUNKS.len() * LANES.len()
    );
    for load in &LOADS {
        println!("  {}", load.name);
        let mut best = [(0.0, 0, 0); 2];
        for chunk in CHUNKS {
            for lanes in LANES {
                for (best, speed) in best.iter_mut().zip(by_hand(load, chunk, lanes)) {
                    if speed > best.0 {
                        *best = (speed, chunk, lanes);
                    }
                }
            }
        }
        let bad = by_hand(load, 1, 1);
        for strategy in [Strategy::Throughput, Strategy::Balanced] {
            let (tuned, adjustments) = by_tuner(load, strategy);
            for half in [0, 1] {
                let (speed, chunk, lanes) = best[half];
                let share = tuned[half] / speed;
                floors.at_least(
                    &format!("tuned, {}, half {half}, {strategy:?}", load.name),
                    share,
                    SHARE_MIN,
                );
                println!(
                    "    half {half}: by hand {speed:>10.0} (chunks of {chunk}, {lanes} lanes), bad start {:>9.0}, \
                     {strategy:?} {:>10.0}  {:>5.1} % of the best, {adjustments} adjustments in all",
                    bad[half],
                    tuned[half],
                    100.0 * share
                );
            }
        }
    }
}

/// What was asked for, of the best setting by hand.
const SHARE_MIN: f64 = 0.9;

/// How long a setting by hand runs before it is measured.
const SETTLED: Duration = Duration::from_millis(100);

/// How long the tuner has to find its way.
const LEARNT: Duration = Duration::from_secs(1);

/// How long is measured.
const MEASURED: Duration = Duration::from_millis(500);
