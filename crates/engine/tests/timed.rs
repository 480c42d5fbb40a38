//! Steps and sources that wait, in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use primestream_engine::{Order, Rate, Stream, Timed};
use proptest::prelude::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// The numbers of a stream of ticks, 10 ms apart, with `gaps` of so many ticks left out after each.
fn ticks(gaps: Vec<u64>) -> Stream<u64> {
    let mut due: Vec<u64> = Vec::new();
    let mut at = 0;
    for gap in gaps {
        at += gap;
        due.push(at);
    }
    let last = due.last().copied().unwrap_or(0);
    Stream::interval(MS(10)).take(last + 1).filter(move |n| due.contains(n)).boxed()
}

#[test]
fn a_rate_with_a_burst_passes_the_burst_at_once_and_the_rest_in_time() {
    for (order, lanes) in [(Order::Input, 1), (Order::Input, 3)] {
        let passed = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&passed);
        let report = Stream::iter(0..25u64)
            .simulated(2)
            .parallel(lanes, order)
            .map(|n| n)
            .throttle(Rate::per_second(10.0).burst(5.0))
            .for_each(move |n| into.lock().unwrap().push(n))
            .unwrap();
        assert_eq!(*passed.lock().unwrap(), (0..25).collect::<Vec<_>>());
        let expected = MS(2000);
        assert!(report.elapsed() >= expected && report.elapsed() < expected * 2, "{:?}", report.elapsed());
    }
}

#[test]
fn costs_are_paid_even_if_one_is_more_than_a_burst() {
    let report = Stream::iter([5.0f64, 1.0, 1.0])
        .simulated(4)
        .throttle_by(Rate::per_second(1.0), |cost| *cost)
        .for_each(|_| ())
        .unwrap();
    assert!(report.elapsed() >= MS(6000), "{:?}", report.elapsed());
}

#[test]
fn throttled_items_pass_through_the_steps_behind_before_the_end_does() {
    let batches: Vec<Vec<u64>> = Stream::iter(0..10u64)
        .simulated(1)
        .throttle(Rate::per_second(1.0))
        .batch(4)
        .throttle(Rate::per_second(0.1))
        .collect()
        .unwrap();
    assert_eq!(batches, [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]]);
}

#[test]
fn debounce_gives_the_last_before_each_pause() {
    let last: Vec<u64> = ticks(vec![1, 1, 1, 10, 1, 10]).simulated(3).debounce(MS(50)).collect().unwrap();
    assert_eq!(last, [3, 14, 24]);
}

#[test]
fn a_batch_leaves_when_it_is_full_or_has_waited() {
    let batches: Vec<Vec<u64>> =
        ticks(vec![1, 1, 1, 20, 1, 1, 1, 1, 20]).simulated(3).batch_within(3, MS(100)).collect().unwrap();
    assert_eq!(batches, [vec![1, 2, 3], vec![23, 24, 25], vec![26, 27], vec![47]]);
}

#[test]
fn a_lingering_chunk_leaves_in_time() {
    let late = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&late);
    let report = Stream::interval(MS(10))
        .take(100)
        .chunked(Timed(MS(45)))
        .simulated(8)
        .boxed()
        .for_each(move |n| into.lock().unwrap().push(n))
        .unwrap();
    assert_eq!(*late.lock().unwrap(), (0..100).collect::<Vec<_>>());
    let chunks = report.latency().count;
    assert!((15..=35).contains(&chunks), "{chunks} chunks of four or five items each");
    assert!(report.latency().max <= MS(60), "{:?}", report.latency());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn waiting_never_changes_what_comes(
        count in 0u64..60,
        (rate, burst) in (1.0f64..1000.0, 1.0f64..20.0),
        (batch, within) in (1usize..9, 0u64..200),
        linger in 0u64..100,
        buffer in 1usize..5,
        seed: u64,
    ) {
        let found: Vec<u64> = Stream::iter(0..count)
            .simulated(seed)
            .flat_map(|n| [2 * n, 2 * n + 1])
            .throttle(Rate::per_second(rate).burst(burst))
            .chunked(Timed(MS(linger)))
            .buffer(buffer)
            .batch_within(batch, MS(within))
            .flat_map(|batch| batch)
            .collect()
            .unwrap();
        prop_assert_eq!(found, (0..2 * count).collect::<Vec<_>>());
    }
}
