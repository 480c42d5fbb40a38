//! Calls as futures, streams from and to asynchronous code.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use primestream_engine::error::Cause;
use primestream_engine::{OnError, Order, Retry, Stream};
use proptest::prelude::*;
use tokio::time::sleep;

const MS: Duration = Duration::from_millis(1);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn calls_give_what_a_map_gives(
        waits in prop::collection::vec(0u64..3, 0..60),
        (limit, lanes) in (1usize..20, 1usize..4),
        relaxed: bool,
        spawned: bool,
    ) {
        let order = if relaxed { Order::Relaxed } else { Order::Input };
        let expected: Vec<usize> = (0..waits.len()).map(|n| n * 2).collect();
        let waits = Arc::new(waits);
        let items = 0..waits.len();
        let calls = Stream::iter(items)
            .parallel(lanes, Order::Input)
            .map(|n| n)
            .map_async(limit, order, move |n| {
                let wait = waits[n];
                async move {
                    if wait > 0 {
                        sleep(MS * u32::try_from(wait).unwrap_or(1)).await;
                    }
                    n * 2
                }
            });
        let calls = if spawned { calls.spawned() } else { calls };
        let mut found: Vec<usize> = calls.map(|n| n).collect().unwrap();
        if relaxed {
            found.sort_unstable();
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn no_more_calls_are_on_their_way_than_allowed() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (n, m) = (Arc::clone(&now), Arc::clone(&most));
    Stream::iter(0..200)
        .map_async(7, Order::Input, move |_| {
            let (now, most) = (Arc::clone(&n), Arc::clone(&m));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sleep(MS).await;
                now.fetch_sub(1, Ordering::SeqCst);
            }
        })
        .count()
        .unwrap();
    assert_eq!((most.load(Ordering::SeqCst), now.load(Ordering::SeqCst)), (7, 0));
}

#[test]
fn calls_that_fail_meet_the_policies_in_virtual_time() {
    let letters = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&letters);
    let report = Stream::iter(0..100u32)
        .simulated(5)
        .try_map_async(10, Order::Input, |n| async move {
            match n % 10 {
                3 => Err(format!("{n} is bad")),
                4 => std::future::pending().await,
                5 => std::panic::panic_any(format!("{n} is bad")),
                _ => Ok(n),
            }
        })
        .timeout(Duration::from_secs(60))
        .retry(Retry::fixed(3, Duration::from_secs(600)))
        .on_error(OnError::dead_letter(move |letter| {
            let kind = match letter.error.cause() {
                Cause::Failed(_) => "failed",
                Cause::TimedOut(_) => "timed out",
                Cause::Panicked(_) => "panicked",
                _ => "?",
            };
            into.lock().unwrap().push((letter.item, kind, letter.attempts, letter.position));
            Ok::<(), String>(())
        }))
        .for_each(|_| ())
        .unwrap();
    let mut letters = std::mem::take(&mut *letters.lock().unwrap());
    letters.sort_unstable();
    let expected: Vec<_> = (0..10)
        .flat_map(|ten| {
            [(10 * ten + 3, "failed", 3), (10 * ten + 4, "timed out", 3), (10 * ten + 5, "panicked", 1)]
        })
        .map(|(item, kind, attempts)| (item, kind, attempts, u64::from(item)))
        .collect();
    assert_eq!(letters, expected);
    assert_eq!((report.items_in(), report.items_out(), report.dead()), (100, 70, 30));
    assert!(report.elapsed() >= Duration::from_secs(3 * 60 + 2 * 600), "{:?}", report.elapsed());
}

#[test]
fn a_call_that_fails_for_good_names_its_item() {
    let error = Stream::iter(0..10u32)
        .try_map_async(4, Order::Relaxed, |n| async move { if n == 6 { Err("no") } else { Ok(n) } })
        .count()
        .unwrap_err();
    assert!(error.to_string().contains("item 6 failed in try_map_async: no"), "{error}");
}

#[test]
fn results_that_wait_for_their_turn_are_bounded() {
    let started = Arc::new(AtomicUsize::new(0));
    let (count, most) = (Arc::clone(&started), Arc::clone(&started));
    let found: Vec<usize> = Stream::iter(0..1000usize)
        .map_async(4, Order::Input, move |n| {
            let (count, most) = (Arc::clone(&count), Arc::clone(&most));
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                if n == 0 {
                    sleep(30 * MS).await;
                    assert!(most.load(Ordering::SeqCst) <= 16, "the first holds back those behind it");
                }
                n
            }
        })
        .collect()
        .unwrap();
    assert_eq!(found, (0..1000).collect::<Vec<_>>());
}

#[test]
fn asynchronous_streams_come_in_and_go_out() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (send, receive) = futures_channel_of(100);
        tokio::spawn(async move {
            for n in 0..500u32 {
                tokio::task::yield_now().await;
                send.push_async(n).await.unwrap();
            }
        });
        let mut items = receive.parallel(2, Order::Input).map(|n| n + 1).into_stream();
        let mut next = 1;
        while let Some(item) = items.next().await {
            assert_eq!(item.unwrap(), next);
            next += 1;
        }
        assert_eq!(next, 501);

        let ticks = futures_util::stream::unfold(0u32, |n| async move {
            sleep(MS).await;
            (n < 20).then_some((n, n + 1))
        });
        let report = Stream::from_stream(ticks).drain_with(|_| ()).run_async().await.unwrap();
        assert_eq!(report.items_out(), 20);
    });
}

/// A channel of few bytes, so that whoever pushes must wait.
fn futures_channel_of(bytes: usize) -> (primestream_engine::Pusher<u32>, Stream<u32>) {
    let (pusher, stream) = Stream::channel::<u32>(bytes);
    (pusher, stream.boxed())
}

#[test]
fn a_timer_needs_no_runtime_around_it() {
    let ticks = futures_util::stream::unfold(0u32, |n| async move {
        sleep(MS).await;
        (n < 20).then_some((n, n + 1))
    });
    assert_eq!(Stream::from_stream(ticks).count().unwrap(), 20);
}

#[test]
fn a_pipeline_may_block_a_thread_of_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let count = runtime.block_on(async {
        Stream::iter(0..50)
            .map_async(10, Order::Input, |n| async move {
                sleep(MS).await;
                n
            })
            .count()
            .unwrap()
    });
    assert_eq!(count, 50);
}

#[test]
fn dropping_the_future_or_the_items_ends_the_pipeline() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    runtime.block_on(async {
        let endless = Stream::iter(0u64..).inspect(move |_| drop(Arc::clone(&held))).drain_with(|_| ());
        let _ = tokio::time::timeout(5 * MS, endless.run_async()).await;
    });
    let held = Arc::clone(&alive);
    let mut items = Stream::iter(0u64..)
        .map(move |n| {
            let _ = &held;
            n
        })
        .into_iter();
    assert_eq!(items.next().unwrap().unwrap(), 0);
    drop(items);
    while Arc::strong_count(&alive) > 1 {
        std::thread::yield_now();
    }
}

#[test]
fn items_end_with_the_error_of_the_pipeline() {
    let outcomes: Vec<_> = Stream::iter(0..5u32)
        .try_map(|n| if n == 3 { Err("three") } else { Ok(n) })
        .into_iter()
        .map(|item| item.map_err(|error| error.to_string()))
        .collect();
    assert_eq!(outcomes.len(), 4);
    assert!(outcomes[3].as_ref().unwrap_err().ends_with("three"));
}

#[test]
fn nothing_is_taken_ahead_of_a_loop_that_stops() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let mut items = Stream::iter(0..100_000_000u64)
        .map(move |n| {
            count.fetch_add(1, Ordering::Relaxed);
            vec![n; 100]
        })
        .into_iter();
    assert_eq!(items.next().unwrap().unwrap()[0], 0);
    std::thread::yield_now();
    assert!(seen.load(Ordering::Relaxed) < 100_000, "{seen:?} items, a chunk or so");
}
