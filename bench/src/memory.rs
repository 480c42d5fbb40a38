//! W5: peak memory with a slow sink, in processes of their own.
//!
//! All have the source and two lanes ahead of the sink. Ours is bounded by bytes; so is one peer, by hand.
//! The others are bounded by items, as their libraries offer it, which says nothing of memory.

use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use futures::StreamExt;
use pariter::IteratorExt;
use primestream_engine::{Order, Stream};

use crate::process::{self, cost_of, tell};
use crate::rounds::{Scale, Size};

const BUDGET: usize = 16 << 20;
/// The bound of those that count items.
const ITEMS_MAX: usize = 16;

/// Runs W5.
pub(crate) fn run(scale: &Scale) {
    println!("W5: slow sink, two lanes, budget {} MiB", BUDGET >> 20);
    for kind in KINDS {
        let items = Items::of(kind, scale.size);
        let allowed = (BUDGET + 2 * items.bytes + (16 << 20)) as f64 / 1024.0;
        println!("  {} items of {} bytes, allowed {:.1} MiB", items.count, items.bytes, allowed / 1024.0);
        for (name, _) in PEERS {
            let cost = process::run(&format!("w5/{kind}/{name}"), scale);
            let told = cost.told.expect("a process of its own tells it");
            assert_eq!(told.answer, items.count);
            let peak = told.peak_kib as f64 / 1024.0;
            if name == "ours" {
                scale.floors.at_most(&format!("W5, {kind}, MiB"), peak, allowed / 1024.0);
            }
            println!("    {name:<44} peak {peak:>7.1} MiB  {:>8.1} ms", cost.elapsed.as_secs_f64() * 1e3);
        }
    }
}

/// The process whose memory is measured.
pub(crate) fn child(role: &str, scale: &Scale) {
    let (kind, name) = role.split_once('/').expect("a kind of items and a contestant");
    let work = PEERS.iter().find(|peer| peer.0 == name).expect("a contestant").1;
    let items = Items::of(kind, scale.size);
    let sink = Sink { taken: 0, items };
    let mut taken = 0;
    let cost = cost_of(|| taken = work(items, sink));
    tell(cost, taken);
}

const KINDS: [&str; 2] = ["1k", "4m"];

type Work = fn(Items, Sink) -> u64;

/// Each returns the count of items that reached the sink.
const PEERS: [(&str, Work); 5] = [
    ("ours", ours),
    ("hand-written: channels and a byte semaphore", by_bytes),
    ("crossbeam, channels of 16", by_channels),
    ("futures, buffered(16) and spawn", by_futures),
    ("pariter, its own bound", by_pariter),
];

/// Which items, and how many.
#[derive(Clone, Copy)]
struct Items {
    bytes: usize,
    count: u64,
    /// How many the sink takes before it sleeps a while.
    batch: u64,
    pause: Duration,
}

impl Items {
    fn of(kind: &str, size: Size) -> Self {
        match kind {
            "1k" => Self {
                bytes: 1 << 10,
                count: size.of(1_000_000),
                batch: 1000,
                pause: Duration::from_millis(1),
            },
            "4m" => Self { bytes: 4 << 20, count: size.of(300), batch: 1, pause: Duration::from_millis(3) },
            other => panic!("no such items: {other}"),
        }
    }

    fn iter(self) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
        (0..self.count).map(move |n| vec![n.to_le_bytes()[0]; self.bytes])
    }
}

/// Takes items slowly.
struct Sink {
    taken: u64,
    items: Items,
}

impl Sink {
    fn take(&mut self, item: Vec<u8>) {
        assert_eq!(item.len(), self.items.bytes);
        self.taken += 1;
        if self.taken.is_multiple_of(self.items.batch) {
            thread::sleep(self.items.pause);
        }
    }
}

fn flip(mut item: Vec<u8>) -> Vec<u8> {
    item[0] ^= 1;
    item
}

fn ours(items: Items, mut sink: Sink) -> u64 {
    let stream = Stream::iter(items.iter()).memory_limit(BUDGET).parallel(2, Order::Input).map(flip);
    stream.for_each(move |item| sink.take(item)).expect("nothing fails").items_out()
}

fn by_channels(items: Items, sink: Sink) -> u64 {
    through_channels(items, sink, ITEMS_MAX, &Permits::of(usize::MAX))
}

/// The channels are no bound here: the permits are, which an item holds until the sink has taken it.
fn by_bytes(items: Items, sink: Sink) -> u64 {
    through_channels(items, sink, BUDGET / items.bytes, &Permits::of(BUDGET))
}

fn through_channels(items: Items, mut sink: Sink, items_max: usize, permits: &Permits) -> u64 {
    let (to_lanes, lane) = crossbeam_channel::bounded(items_max);
    let (to_sink, done) = crossbeam_channel::bounded(items_max);
    thread::scope(|scope| {
        for _ in 0..2 {
            let (lane, to_sink) = (lane.clone(), to_sink.clone());
            scope.spawn(move || {
                lane.into_iter().for_each(|item| to_sink.send(flip(item)).expect("it is read"))
            });
        }
        drop((lane, to_sink));
        scope.spawn(move || {
            for n in 0..items.count {
                permits.take(items.bytes);
                let item = vec![n.to_le_bytes()[0]; items.bytes];
                to_lanes.send(item).expect("it is read");
            }
        });
        for item in done {
            sink.take(item);
            permits.give(items.bytes);
        }
    });
    sink.taken
}

/// Bytes that may be held.
struct Permits {
    free: Mutex<usize>,
    has_more: Condvar,
}

impl Permits {
    fn of(bytes: usize) -> Self {
        Self { free: Mutex::new(bytes), has_more: Condvar::new() }
    }

    fn take(&self, bytes: usize) {
        let free = self.free.lock().expect("no thread panics");
        *self.has_more.wait_while(free, |free| *free < bytes).expect("no thread panics") -= bytes;
    }

    fn give(&self, bytes: usize) {
        *self.free.lock().expect("no thread panics") += bytes;
        self.has_more.notify_one();
    }
}

fn by_futures(items: Items, sink: Sink) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("threads start").block_on(async {
        let tasks = futures::stream::iter(items.iter()).map(|item| tokio::spawn(async { flip(item) }));
        let taken = tasks.buffered(ITEMS_MAX).fold(sink, |mut sink, item| async {
            sink.take(item.expect("no task panics"));
            sink
        });
        taken.await.taken
    })
}

fn by_pariter(items: Items, mut sink: Sink) -> u64 {
    items.iter().parallel_map_custom(|lanes| lanes.threads(2), flip).for_each(|item| sink.take(item));
    sink.taken
}
