//! W3: SHA-256 of 64-KiB items, in order.

use std::collections::BTreeMap;
use std::thread;

use futures::StreamExt;
use pariter::IteratorExt;
use primestream_engine::{Order, Stream};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use sha2::{Digest, Sha256};

use crate::claims::in_order;
use crate::rounds::{Scale, contestant, rounds};

const ITEMS: u64 = 20_000;
const ITEM_BYTES: usize = 1 << 16;

type Item = Vec<u8>;

fn items(count: u64) -> impl Iterator<Item = Item> + Send + 'static {
    (0..count).map(|n| vec![n.to_le_bytes()[0]; ITEM_BYTES])
}

fn hash(item: &[u8]) -> u64 {
    Sha256::digest(item).iter().take(8).fold(0, |sum, &byte| (sum << 8) | u64::from(byte))
}

/// Combines hashes so that another order would give another value.
fn chain(sum: u64, hash: u64) -> u64 {
    sum.wrapping_mul(31).wrapping_add(hash)
}

/// Runs W3.
pub(crate) fn run(scale: &Scale) {
    let count = scale.size.of(ITEMS);
    let expected = by_hand(count);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads start");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("threads start");
    rounds(
        "W3: SHA-256 of 64-KiB items, in order",
        scale,
        (count as f64 * ITEM_BYTES as f64 / 1e6, "MB"),
        vec![
            contestant("one thread by hand", || assert_eq!(by_hand(count), expected)),
            contestant("ours: one lane", || assert_eq!(ours_lanes(count, 1), expected)).at_least(0.9),
            contestant("ours: two lanes", || assert_eq!(ours_lanes(count, 2), expected)).at_least(1.7),
            contestant("hand-written claims, the caller works too", || {
                assert_eq!(by_claims(count), expected);
            }),
            contestant("futures buffered and spawn", || {
                let sum = runtime.spawn(by_futures(count));
                assert_eq!(runtime.block_on(sum).expect("no task panics"), expected);
            }),
            contestant("rayon in windows of 64", || {
                assert_eq!(pool.install(|| by_windows(count)), expected);
            }),
            contestant("crossbeam and a map to reorder", || assert_eq!(by_channels(count), expected)),
            contestant("pariter", || assert_eq!(by_pariter(count), expected)),
        ],
    );
}

fn by_hand(count: u64) -> u64 {
    items(count).map(|item| hash(&item)).fold(0, chain)
}

fn ours_lanes(count: u64, lanes: usize) -> u64 {
    let stream = Stream::iter(items(count)).parallel(lanes, Order::Input).map(|item| hash(&item));
    stream.fold(0, chain).expect("nothing fails")
}

fn by_claims(count: u64) -> u64 {
    let mut sum = 0;
    in_order(items(count), HELD, |item| hash(&item), |hash| sum = chain(sum, hash));
    sum
}

async fn by_futures(count: u64) -> u64 {
    let tasks = futures::stream::iter(items(count)).map(|item| tokio::spawn(async move { hash(&item) }));
    let sum = tasks.buffered(HELD).fold(0, |sum, hash| async move { chain(sum, hash.expect("no panic")) });
    sum.await
}

fn by_windows(count: u64) -> u64 {
    let (mut items, mut sum) = (items(count), 0);
    loop {
        let window: Vec<Item> = items.by_ref().take(64).collect();
        if window.is_empty() {
            return sum;
        }
        let hashes: Vec<u64> = window.into_par_iter().map(|item| hash(&item)).collect();
        sum = hashes.into_iter().fold(sum, chain);
    }
}

fn by_channels(count: u64) -> u64 {
    let (to_lanes, lane) = crossbeam_channel::bounded::<(u64, Item)>(HELD);
    let (to_sink, done) = crossbeam_channel::bounded(HELD);
    thread::scope(|scope| {
        for _ in 0..2 {
            let (lane, to_sink) = (lane.clone(), to_sink.clone());
            scope.spawn(move || {
                lane.into_iter().for_each(|(n, item)| to_sink.send((n, hash(&item))).expect("it is read"));
            });
        }
        drop((lane, to_sink));
        scope
            .spawn(move || (0..).zip(items(count)).for_each(|item| to_lanes.send(item).expect("it is read")));
        let (mut early, mut next, mut sum) = (BTreeMap::new(), 0u64, 0);
        for (n, hash) in done {
            early.insert(n, hash);
            while let Some(hash) = early.remove(&next) {
                sum = chain(sum, hash);
                next += 1;
            }
        }
        sum
    })
}

fn by_pariter(count: u64) -> u64 {
    items(count).parallel_map_custom(|lanes| lanes.threads(2), |item| hash(&item)).fold(0, chain)
}

/// Items between the source and the end.
const HELD: usize = 8;
