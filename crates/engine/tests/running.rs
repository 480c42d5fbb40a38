//! A hand on a running pipeline, its threads, and its ends.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use primestream_engine::metrics::LimitOrigin;
use primestream_engine::runtime::Failure;
use primestream_engine::{Order, Stream};

#[test]
fn no_more_threads_work_than_were_asked_for() {
    for (lanes, asked, most) in
        [(1, None, 1), (4, None, 4), (8, Some(2), 2), (2, Some(9), 4), (2, Some(3), 3)]
    {
        let seen: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
        let threads = Arc::clone(&seen);
        let mut stream = Stream::iter(0..3000u64)
            .parallel(lanes, Order::Relaxed)
            .inspect(move |_| drop(threads.lock().map(|mut seen| seen.insert(std::thread::current().id()))));
        if let Some(asked) = asked {
            stream = stream.threads(asked);
        }
        let report = stream.for_each(|_| ()).unwrap();
        assert_eq!(report.threads(), most);
        assert!(seen.lock().unwrap().len() <= most);
    }
}

#[test]
fn metrics_tell_of_a_pipeline_that_runs() {
    // The source waits in the middle until it was looked at.
    let (go, wait) = mpsc::channel::<()>();
    let (tell, arrived) = mpsc::channel();
    let items = (0..100u64).inspect(move |&n| {
        if n == 50 {
            let _ = wait.recv();
        }
    });
    let running = Stream::iter(items).memory_limit(1 << 20).map(|n| n).sink(move |n| tell.send(n)).start();
    for expected in 0..50 {
        assert_eq!(arrived.recv().unwrap(), expected);
    }
    let flow = running.flow();
    let before = flow.metrics();
    assert_eq!(before.limit_bytes, 1 << 20);
    assert!(before.items_in() <= 50 && !running.is_finished());
    go.send(()).unwrap();
    let report = running.join().unwrap();
    assert_eq!((flow.metrics().items_in(), flow.metrics().items_out()), (100, 100));
    assert_eq!((report.items_in(), report.items_out()), (100, 100));
}

#[test]
fn cancelling_at_any_moment_ends_the_pipeline_and_returns_its_memory() {
    for spins in [0u32, 10, 1000, 100_000, 3_000_000] {
        for lanes in [1, 3] {
            let running =
                Stream::iter((0u64..).map(|n| vec![0u8; 100 + usize::try_from(n % 7).unwrap_or(0)]))
                    .memory_limit(1 << 20)
                    .parallel(lanes, Order::Input)
                    .flat_map(|item| [item.clone(), item])
                    .batch(3)
                    .sink(|_| Ok::<(), std::io::Error>(()))
                    .start();
            for _ in 0..spins {
                std::hint::spin_loop();
            }
            running.flow().cancel();
            let error = running.join().unwrap_err();
            assert!(matches!(error.failure(), Failure::Cancelled));
            assert_eq!(error.report().reserved_bytes_at_end(), 0);
            assert_eq!(error.to_string(), "cancelled");
        }
    }
}

#[test]
fn progress_is_told_as_values() {
    let (tell, told) = mpsc::channel();
    let report = Stream::iter(0..100_000u64)
        .parallel(2, Order::Input)
        .map(|n| n)
        .sink(|_| Ok::<(), std::io::Error>(()))
        .on_progress(Duration::ZERO, move |metrics| {
            let _ = tell.send((metrics.items_in(), metrics.elapsed));
        })
        .run()
        .unwrap();
    let told: Vec<_> = told.iter().collect();
    assert!(!told.is_empty() && told.is_sorted());
    assert!(told.iter().all(|&(items, _)| items <= report.items_in()));
}

#[test]
fn reduce_combines_all_items_and_knows_of_none() {
    for lanes in [1, 4] {
        let largest = |count: u64| {
            let stream = Stream::iter(0..count).parallel(lanes, Order::Input).map(|n| n * 7 % 101);
            stream.reduce(u64::max).unwrap()
        };
        assert_eq!(largest(0), None);
        assert_eq!(largest(500), Some(100));
    }
}

#[test]
fn anything_that_extends_collects() {
    let pairs: HashMap<u64, u64> = Stream::iter(0..10u64).map(|n| (n, n * n)).collect().unwrap();
    assert_eq!(pairs[&7], 49);
    let text: String =
        Stream::iter(["a", "b"]).parallel(2, Order::Input).map(str::to_owned).collect().unwrap();
    assert_eq!(text, "ab");
}

#[test]
fn the_limit_and_where_it_comes_from_are_in_the_report() {
    let run = |stream: Stream<u64>| stream.for_each(|_| ()).unwrap().memory_limit();
    assert_eq!(run(Stream::iter(0..3u64).memory_limit(12_345).boxed()), (12_345, LimitOrigin::Set));
    let (bytes, origin) = run(Stream::iter(0..3u64).boxed());
    assert!(bytes > 1 << 20 && origin != LimitOrigin::Set);
}
