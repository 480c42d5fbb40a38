//! Law 3: bytes held never exceed the budget plus one chunk for each stage and lane, and a pipeline over
//! finite sources always ends.

use std::time::Duration;

use primestream_engine::runtime::Failure;
use primestream_engine::{Budget, Bytes, Fixed, Order, Rate, Stream};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn budget(
        sizes in prop::collection::vec(0usize..4000, 0..300),
        limit in 4100usize..40_000,
        chunk in 1usize..3000,
        lanes in 1usize..=8,
        grow in 1usize..4,
        relaxed: bool,
    ) {
        let order = if relaxed { Order::Relaxed } else { Order::Input };
        let expected: usize = sizes.iter().sum();
        // No chunk is larger than its limit and the item that reaches it; a lane may make `grow` times
        // what it took.
        let chunk_bytes_max = (chunk + 4024) * (1 + grow);
        let stream = Stream::iter(sizes)
            .map(|size| vec![1u8; size])
            .chunked(Bytes(chunk))
            .parallel(lanes, order)
            .flat_map(move |item| vec![item; grow])
            .chunked(Bytes(chunk))
            .memory_limit(limit);
        let report = stream.write_to(Bytesum { sum: 0, expected: expected * grow }).run().unwrap();
        let (limit, _) = report.memory_limit();
        let allowed = limit + chunk_bytes_max * (lanes + 2);
        prop_assert!(report.reserved_bytes_peak() <= allowed, "{} of {allowed}", report.reserved_bytes_peak());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn lanes_behind_lanes_in_little_memory_come_to_their_end(
        count in 0u64..120,
        limit in 600usize..5000,
        (first, second, threads) in (1usize..5, 1usize..5, 1usize..5),
        (fan, take) in (1u64..80, 1u64..3000),
        relaxed: bool,
    ) {
        let order = if relaxed { Order::Relaxed } else { Order::Input };
        let taken = Stream::iter(0..count)
            .memory_limit(limit)
            .threads(threads)
            .parallel(first, order)
            .flat_map(move |n| (0..fan).map(move |i| vec![1u8; usize::try_from((n + i) % 50).unwrap_or(0)]))
            .parallel(second, order)
            .flat_map(|item| [item.clone(), item])
            .boxed()
            .flat_map(|item| [item])
            .take(take)
            .count()
            .unwrap();
        prop_assert_eq!(taken, (2 * count * fan).min(take));
    }
}

struct Bytesum {
    sum: usize,
    expected: usize,
}

impl primestream_engine::Sink<Vec<u8>> for Bytesum {
    fn write(&mut self, items: &mut Vec<Vec<u8>>) -> Result<(), primestream_engine::SinkError> {
        self.sum += items.drain(..).map(|item| item.len()).sum::<usize>();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), primestream_engine::SinkError> {
        assert_eq!(self.sum, self.expected);
        Ok(())
    }
}

#[test]
fn an_item_above_the_limit_is_an_error_with_both_sizes() {
    for lanes in [1, 4] {
        let error = Stream::iter([10usize, 5000, 10])
            .map(|size| vec![0u8; size])
            .memory_limit(1000)
            .parallel(lanes, Order::Input)
            .map(|item| item.len())
            .count()
            .unwrap_err();
        let Failure::Budget(error) = error.into_failure() else { panic!("not a budget error") };
        assert_eq!((error.item_bytes, error.limit_bytes), (5024, 1000));
    }
}

#[test]
fn a_batch_above_the_limit_is_an_error_and_not_a_deadlock() {
    let error =
        Stream::iter(0..1_000_000u64).memory_limit(10_000).boxed().batch(100_000).count().unwrap_err();
    assert!(matches!(error.failure(), Failure::Budget(_)), "{error}");
}

#[test]
fn a_batch_of_almost_the_limit_gets_through() {
    for lanes in [1, 3] {
        let batches = Stream::iter(0..10_000u64)
            .memory_limit(10_000)
            .chunked(Fixed(100))
            .parallel(lanes, Order::Input)
            .map(|n| n)
            .batch(1000)
            .boxed()
            .count()
            .unwrap();
        assert_eq!(batches, 10);
    }
}

#[test]
fn one_item_that_makes_endlessly_many_needs_no_more_memory() {
    for lanes in [1, 2, 4] {
        let taken: Vec<u64> = Stream::iter(0..3u64)
            .memory_limit(100_000)
            .parallel(lanes, Order::Input)
            .flat_map(|n| (0u64..).map(move |i| n + i))
            .take(1_000_000)
            .collect()
            .unwrap();
        assert_eq!(taken.len(), 1_000_000);
        assert_eq!(taken.last(), Some(&999_999));
    }
}

#[test]
fn a_step_that_makes_much_of_little_in_every_lane_stays_in_order_and_within_memory() {
    let pipeline = Stream::iter(0..40u64)
        .memory_limit(200_000)
        .chunked(Fixed(1))
        .parallel(4, Order::Input)
        .flat_map(|n| (0..20_000u64).map(move |i| n * 20_000 + i))
        .boxed();
    let mut next = 0;
    let report = pipeline
        .for_each(move |n| {
            assert_eq!(n, next);
            next += 1;
        })
        .unwrap();
    assert_eq!(report.items_out(), 800_000);
    assert!(report.reserved_bytes_peak() < 200_000 + 6 * (256 << 10), "{}", report.reserved_bytes_peak());
}

#[test]
fn empty_input_and_items_without_bytes_pass() {
    assert_eq!(Stream::iter(Vec::<u8>::new()).parallel(3, Order::Input).map(|n| n).count().unwrap(), 0);
    assert_eq!(
        Stream::iter([(), ()]).memory_limit(1).parallel(3, Order::Input).map(|n| n).count().unwrap(),
        2
    );
}

#[test]
fn the_budget_is_returned_at_every_end() {
    let ends = [
        Stream::iter(0..1000u64).boxed().for_each(|_| ()),
        Stream::iter(0..1000u64)
            .boxed()
            .try_map(|n| if n == 500 { Err("bad") } else { Ok(n) })
            .for_each(|_| ()),
        Stream::iter(0..1000u64).boxed().take(10).for_each(|_| ()),
        Stream::iter(0..1000u64)
            .boxed()
            .batch(7)
            .try_map(|b| if b[0] > 500 { Err("bad") } else { Ok(b) })
            .for_each(|_| ()),
    ];
    for end in ends {
        let report = end.unwrap_or_else(|error| error.report().clone());
        assert_eq!(report.reserved_bytes_at_end(), 0);
    }
}

/// Runs 400 items of 1 kB through a slow end, with 100 kB of memory; returns the most bytes held.
fn peak_under(threshold: f64, seed: u64) -> usize {
    let report = Stream::iter(0..400u32)
        .map(|_| vec![0u8; 1000])
        .chunked(Fixed(2))
        .parallel(8, Order::Input)
        .map(|item| item)
        .chunked(Fixed(2))
        .boxed()
        .throttle(Rate::per_second(1000.0))
        .memory_limit(100_000)
        .backpressure_threshold(threshold)
        .simulated(seed)
        .for_each(|_| ())
        .expect("a slow end is an end");
    assert_eq!(report.items_out(), 400);
    report.reserved_bytes_peak()
}

#[test]
fn sources_are_held_from_the_threshold_on() {
    for seed in 0..20 {
        let chunk = 2 * 1024;
        let (whole, half) = (peak_under(1.0, seed), peak_under(0.5, seed));
        assert!(whole > 80_000, "nothing but the limit holds the source: {whole}");
        assert!((40_000..=50_000 + chunk).contains(&half), "seed {seed}: {half}");
        // Held wherever there is anything on its way: one chunk at a time, and still to the end.
        let none = peak_under(0.0, seed);
        assert!(none <= 3 * chunk, "seed {seed}: {none}");
    }
}

#[test]
fn above_the_threshold_there_is_room_for_what_grows() {
    // Each item becomes about three times as large when nothing more comes in: past the threshold, within the limit.
    for seed in 0..20 {
        let report = Stream::iter(0..400u32)
            .map(|_| vec![0u8; 100])
            .chunked(Fixed(10))
            .parallel(4, Order::Input)
            .map(|item| item.repeat(3))
            .chunked(Fixed(10))
            .boxed()
            .throttle(Rate::per_second(1000.0))
            .memory_limit(100_000)
            .backpressure_threshold(0.3)
            .simulated(seed)
            .for_each(|_| ())
            .unwrap();
        let peak = report.reserved_bytes_peak();
        assert!(peak > 30_000 && peak <= 100_000, "seed {seed}: {peak}");
        assert!(report.metrics().pressure_events > 0);
    }
}

#[test]
fn an_item_of_which_much_is_made_is_held_at_the_threshold_too() {
    for seed in 0..20 {
        let report = Stream::iter(0..4u32)
            .flat_map(|_| (0..200).map(|_| vec![0u8; 1000]))
            .chunked(Fixed(2))
            .parallel(8, Order::Input)
            .map(|item| item)
            .chunked(Fixed(2))
            .boxed()
            .throttle(Rate::per_second(1000.0))
            .memory_limit(100_000)
            .backpressure_threshold(0.5)
            .simulated(seed)
            .for_each(|_| ())
            .unwrap();
        let peak = report.reserved_bytes_peak();
        assert_eq!(report.items_out(), 800);
        assert!(peak <= 50_000 + 2 * 1024, "seed {seed}: {peak}");
    }
}

#[test]
fn sources_that_wait_for_each_other_end_under_any_threshold() {
    for seed in 0..40 {
        let made = |count: u32, each: u32| {
            let source =
                Stream::iter(0..count).flat_map(move |n| (0..each).map(move |m| vec![n * each + m; 50]));
            source.chunked(Fixed(3)).parallel(2, Order::Input).map(|item| item)
        };
        let pairs = made(40, 5).zip(made(2, 100)).memory_limit(20_000).backpressure_threshold(0.0);
        let out = pairs.simulated(seed).collect::<Vec<_>>().unwrap();
        assert_eq!(out.len(), 200, "seed {seed}");
        assert!(out.iter().enumerate().all(|(at, (a, b))| (a[0] as usize, b[0] as usize) == (at, at)));
        let merged = made(40, 5).merge_by(made(2, 100), |a, b| a[0].cmp(&b[0])).memory_limit(20_000);
        let out = merged.backpressure_threshold(0.01).simulated(seed).collect::<Vec<_>>().unwrap();
        assert!(out.len() == 400 && out.is_sorted(), "seed {seed}");
    }
}

#[test]
fn what_is_parted_off_does_not_hold_the_sources_of_others() {
    let whole = Budget::new(1_000_000);
    let part = whole.part(900_000).expect("the whole is free");
    let slow = Stream::iter(0..400u32)
        .map(|_| vec![0u8; 1000])
        .chunked(Fixed(2))
        .parallel(8, Order::Input)
        .map(|item| item)
        .chunked(Fixed(2))
        .boxed()
        .throttle(Rate::per_second(1000.0));
    let report = slow.budget(&whole).simulated(1).for_each(|_| ()).unwrap();
    // Held at four fifths of what the part leaves, and not from the first byte on.
    let peak = report.reserved_bytes_peak() - 900_000;
    assert!((70_000..=80_000 + 2 * 1024).contains(&peak), "{peak}");
    drop(part);
    assert_eq!(whole.reserved(), 0);
}

#[test]
fn buffers_that_lie_idle_are_given_back_if_asked_for() {
    // A burst, and then a trickle that needs no second buffer.
    let given_back = |every: Option<Duration>| {
        let burst = Stream::iter(0..2000u64).concat(Stream::interval(Duration::from_secs(1)).take(20));
        let stream = burst.parallel(2, Order::Input).map(|n| n).boxed().simulated(7);
        let stream = match every {
            Some(every) => stream.give_back_every(every),
            None => stream,
        };
        let report = stream.for_each(|_| ()).unwrap();
        assert_eq!(report.items_out(), 2020);
        report.metrics().given_back_bytes
    };
    assert_eq!(given_back(None), 0);
    assert!(given_back(Some(Duration::from_secs(2))) > 0);
}
