//! W4: a hundred thousand waits of a millisecond, a thousand at a time.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use primestream_engine::{Order, Stream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;
use tokio::time::sleep;

use crate::rounds::{Scale, contestant, rounds};

const ITEMS: u64 = 100_000;
const IN_FLIGHT: usize = 1000;

async fn wait(n: u64) -> u64 {
    sleep(Duration::from_millis(1)).await;
    n
}

/// Runs W4.
pub(crate) fn run(scale: &Scale) {
    let items = scale.size.of(ITEMS);
    let expected = (0..items).sum();
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime starts");
    let threads = Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let threads = threads.expect("threads start");
    rounds(
        &format!("W4: {} k sleeps of 1 ms, {IN_FLIGHT} in flight", items / 1000),
        scale,
        (items as f64 / 1e3, "k items"),
        vec![
            contestant("1000 plain loops", || assert_eq!(by_loops(&runtime, items), expected)),
            contestant("ours: map_async, relaxed order", || {
                assert_eq!(ours(items, Order::Relaxed), expected)
            })
            .at_least(0.85),
            contestant("ours: map_async, input order", || assert_eq!(ours(items, Order::Input), expected))
                .at_least(0.85),
            contestant("for_each_concurrent", || assert_eq!(runtime.block_on(by_each(items)), expected)),
            contestant("buffer_unordered", || assert_eq!(runtime.block_on(by_buffer(items)), expected)),
            contestant("buffer_unordered and spawn, 2 threads", || {
                assert_eq!(threads.block_on(by_tasks(items)), expected);
            }),
        ],
    );
}

fn by_loops(runtime: &Runtime, items: u64) -> u64 {
    let (next, sum) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let tasks = LocalSet::new();
    for _ in 0..IN_FLIGHT {
        let (next, sum) = (Rc::clone(&next), Rc::clone(&sum));
        tasks.spawn_local(async move {
            loop {
                let n = next.replace(next.get() + 1);
                if n >= items {
                    break;
                }
                let n = wait(n).await;
                sum.set(sum.get() + n);
            }
        });
    }
    runtime.block_on(tasks);
    sum.get()
}

fn ours(items: u64, order: Order) -> u64 {
    let waits = Stream::iter(0..items).map_async(IN_FLIGHT, order, wait);
    waits.fold(0, |sum, n| sum + n).expect("nothing fails")
}

async fn by_each(items: u64) -> u64 {
    let sum = Cell::new(0);
    let each = futures::stream::iter(0..items).for_each_concurrent(IN_FLIGHT, |n| {
        let sum = &sum;
        async move {
            let n = wait(n).await;
            sum.set(sum.get() + n);
        }
    });
    each.await;
    sum.get()
}

async fn by_buffer(items: u64) -> u64 {
    let waits = futures::stream::iter(0..items).map(wait).buffer_unordered(IN_FLIGHT);
    waits.fold(0, |sum, n| async move { sum + n }).await
}

async fn by_tasks(items: u64) -> u64 {
    let waits = futures::stream::iter(0..items).map(|n| tokio::spawn(wait(n))).buffer_unordered(IN_FLIGHT);
    waits.fold(0, |sum, n| async move { sum + n.expect("no task panics") }).await
}
