//! Several streams that become one, and one that becomes several, under many schedules: laws 1 to 4 for
//! networks of stages.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod model;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use model::hush;
use primestream_engine::{Fixed, OnError, Order, Stream};
use proptest::prelude::*;

/// A stream of numbers through some lanes and odd chunks.
fn numbers(items: Vec<u64>, lanes: usize, chunk: usize) -> Stream<u64> {
    Stream::iter(items).chunked(Fixed(chunk)).parallel(lanes, Order::Input).map(|n| n).boxed()
}

fn sorted(mut items: Vec<u64>) -> Vec<u64> {
    items.sort_unstable();
    items
}

/// A sink that keeps what it gets.
fn keep(into: &Arc<Mutex<Vec<u64>>>) -> impl FnMut(u64) -> Result<(), String> + Send + 'static {
    let into = Arc::clone(into);
    move |item| {
        into.lock().unwrap().push(item);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn joins_equal_their_twins(
        a in prop::collection::vec(0u64..100, 0..80),
        b in prop::collection::vec(0u64..100, 0..80),
        (lanes, chunk) in (1usize..4, 1usize..9),
        limit in 300usize..5000,
        seed: u64,
    ) {
        let streams = || {
            let left = numbers(a.clone(), lanes, chunk).simulated(seed).memory_limit(limit);
            (left, numbers(b.clone(), 1, chunk + 1))
        };
        let (left, right) = streams();
        let merged: Vec<u64> = left.merge(right).collect().unwrap();
        let all: Vec<u64> = a.iter().chain(&b).copied().collect();
        prop_assert_eq!(sorted(merged), sorted(all.clone()));

        let (left, right) = streams();
        prop_assert_eq!(left.concat(right).collect::<Vec<_>>().unwrap(), all);

        let (left, right) = streams();
        let pairs: Vec<_> = left.zip(right).collect().unwrap();
        prop_assert_eq!(pairs, a.iter().copied().zip(b.iter().copied()).collect::<Vec<_>>());

        let (left, right) = streams();
        let woven: Vec<u64> = left.interleave(right).collect().unwrap();
        let shorter = a.len().min(b.len());
        let mut expected: Vec<u64> = a.iter().zip(&b).flat_map(|(a, b)| [*a, *b]).collect();
        expected.extend(&a[shorter..]);
        expected.extend(&b[shorter..]);
        prop_assert_eq!(woven, expected);
    }

    #[test]
    fn two_ordered_streams_become_one(
        a in prop::collection::vec(0u64..50, 0..80),
        b in prop::collection::vec(0u64..50, 0..80),
        chunk in 1usize..9,
        seed: u64,
    ) {
        let (a, b) = (sorted(a), sorted(b));
        let left = numbers(a.clone(), 2, chunk).simulated(seed);
        let merged: Vec<u64> = left.merge_by(numbers(b.clone(), 1, 3), u64::cmp).collect().unwrap();
        prop_assert_eq!(merged, sorted(a.into_iter().chain(b).collect()));
    }

    #[test]
    fn ways_on_get_all_that_is_theirs(
        items in prop::collection::vec(0u64..100, 0..120),
        (lanes, chunk, take) in (1usize..4, 1usize..9, 0u64..100),
        limit in 300usize..5000,
        seed: u64,
    ) {
        hush();
        let (copies, rest) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let kept: Vec<u64> = numbers(items.clone(), lanes, chunk)
            .simulated(seed)
            .memory_limit(limit)
            .branch(|all| all.parallel(2, Order::Input).map(|n| n + 1).sink(keep(&copies)))
            .partition(|n| n % 3 == 0, |others| others.sink(keep(&rest)))
            .collect()
            .unwrap();
        let is_kept = |n: &u64| n.is_multiple_of(3);
        prop_assert_eq!(kept, items.iter().copied().filter(is_kept).collect::<Vec<_>>());
        prop_assert_eq!(&*copies.lock().unwrap(), &items.iter().map(|n| n + 1).collect::<Vec<_>>());
        prop_assert_eq!(&*rest.lock().unwrap(), &items.iter().copied().filter(|n| !is_kept(n)).collect::<Vec<_>>());

        // One way that needs no more does not end the other.
        let copies = Arc::new(Mutex::new(Vec::new()));
        let some: Vec<u64> = numbers(items.clone(), lanes, chunk)
            .simulated(seed)
            .memory_limit(limit)
            .branch(|all| all.sink(keep(&copies)))
            .take(take)
            .collect()
            .unwrap();
        prop_assert_eq!(some, items.iter().copied().take(usize::try_from(take).unwrap()).collect::<Vec<_>>());
        prop_assert_eq!(&*copies.lock().unwrap(), &items);
    }

    #[test]
    fn each_key_keeps_its_order_on_any_number_of_lanes(
        items in prop::collection::vec((0u64..12, 0u64..1000), 0..200),
        (before, lanes, chunk) in (1usize..4, 1usize..5, 1usize..9),
        seed: u64,
    ) {
        let expected = items.iter().fold(BTreeMap::<u64, Vec<u64>>::new(), |mut all, (key, item)| {
            all.entry(*key).or_default().push(*item);
            all
        });
        let entries = || {
            let stream = Stream::iter(items.clone()).chunked(Fixed(chunk)).simulated(seed);
            stream.parallel(before, Order::Input).map(|entry| entry)
        };
        let folded: BTreeMap<u64, Vec<u64>> = entries()
            .key_by(|(key, _)| *key)
            .lanes(lanes)
            .fold(Vec::new(), |all, (_, item)| all.push(item))
            .collect()
            .unwrap();
        prop_assert_eq!(&folded, &expected);

        let running: Vec<(u64, u64)> = entries()
            .key_by(|(key, _)| *key)
            .lanes(lanes)
            .scan(0u64, |sum, (_, item)| { *sum += item; *sum })
            .collect()
            .unwrap();
        let mut sums = BTreeMap::<u64, Vec<u64>>::new();
        running.into_iter().for_each(|(key, sum)| sums.entry(key).or_default().push(sum));
        let expected_sums: BTreeMap<u64, Vec<u64>> = expected.iter().map(|(key, items)| {
            let mut sum = 0;
            (*key, items.iter().map(|item| { sum += item; sum }).collect())
        }).collect();
        prop_assert_eq!(sums, expected_sums);

        let distributed: Vec<(u64, u64)> =
            entries().distribute(lanes, |(key, _)| *key).map(|entry| entry).collect().unwrap();
        let mut found = BTreeMap::<u64, Vec<u64>>::new();
        distributed.into_iter().for_each(|(key, item)| found.entry(key).or_default().push(item));
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_zip_of_a_fast_and_a_slow_stream_in_little_memory_comes_to_its_end() {
    for threads in [1, 2] {
        let fast = Stream::iter(0..2000u64).flat_map(|n| (0..20).map(move |i| vec![n + i; 20]));
        let slow = Stream::iter(0..40_000u64).filter(|n| n % 100 == 0);
        let pairs = fast.memory_limit(4000).threads(threads).boxed().zip(slow).count().unwrap();
        assert_eq!(pairs, 400);
    }
}

#[test]
fn concat_does_not_begin_the_second_before_the_first_has_ended() {
    let first_is_over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (over, seen) = (Arc::clone(&first_is_over), Arc::clone(&first_is_over));
    let first = Stream::iter((0..10_000u32).inspect(move |n| {
        over.store(*n == 9999, std::sync::atomic::Ordering::SeqCst);
    }));
    let second = Stream::iter((0..10u32).inspect(move |_| {
        assert!(seen.load(std::sync::atomic::Ordering::SeqCst));
    }));
    assert_eq!(first.parallel(2, Order::Input).map(|n| n).concat(second).count().unwrap(), 10_010);
}

#[test]
fn a_hot_key_does_not_stop_the_others() {
    // Every other item has one key, whose lane waits in its first item until the others are through; they
    // fit in the line.
    let (send, done) = std::sync::mpsc::channel();
    let done = Mutex::new(Some(done));
    let report = Stream::iter(0..400u64)
        .distribute(2, |n| if n % 2 == 0 { 0 } else { *n })
        .inspect(move |n| {
            if *n == 0 {
                let done = done.lock().unwrap().take().unwrap();
                assert_eq!(done.iter().take(100).count(), 100);
            } else if n % 2 == 1 {
                let _ = send.send(*n);
            }
        })
        .for_each(|_| ())
        .unwrap();
    assert_eq!(report.items_out(), 400);
}

#[test]
fn a_copy_that_panics_is_an_item_that_fails() {
    hush();
    struct Moody(u64);
    impl Clone for Moody {
        fn clone(&self) -> Self {
            if self.0 == 3 { std::panic::panic_any("3 is bad".to_owned()) } else { Self(self.0) }
        }
    }
    impl primestream_engine::Weigh for Moody {}
    let error = Stream::iter((0..10).map(Moody))
        .branch(|copies| copies.sink(|_| Ok::<(), String>(())))
        .for_each(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("3 is bad"), "{error}");
}

#[test]
fn a_failure_in_one_way_stops_all_and_loses_no_count() {
    let outcome = Stream::iter(0..10_000u64)
        .branch(|copies| copies.sink(|n| if n == 5000 { Err("full") } else { Ok(()) }))
        .try_map(|n| if n % 2 == 0 { Ok(n) } else { Err("odd") })
        .on_error(OnError::Skip)
        .for_each(|_| ());
    let error = outcome.unwrap_err();
    assert!(error.to_string().ends_with("the sink failed: full"), "{error}");
}
