//! Laws 1, 2 and 4 for the steps with memory: each equals its naive twin over a vector however the stream
//! is cut, fused to its source or behind three lanes, and the report accounts for every item.

mod model;

use model::hush;
use primestream_engine::runtime::Failure;
use primestream_engine::{Fixed, OnError, Order, PipelineError, Report, Stream};

/// Numbers in no order, with repetitions near and far.
fn numbers(count: u64) -> Vec<u64> {
    (0..count).map(|n| n.wrapping_mul(0x9E37_79B9) % 97 % (3 + n % 11)).collect()
}

/// Collects a stream, and asserts that its report accounts for every item.
macro_rules! collected {
    ($stream:expr) => {{
        let (send, receive) = std::sync::mpsc::channel();
        let report = $stream.sink(move |item| send.send(item)).run();
        report.map(|report| (receive.try_iter().collect::<Vec<_>>(), report))
    }};
}

/// Asserts that a verb equals its twin for many lengths and chunk sizes, fused to the source, behind one
/// lane, and behind three.
macro_rules! equals {
    (|$stream:ident| $verb:expr, |$items:ident| $twin:expr) => {
        for count in [0, 1, 2, 5, 6, 7, 60, 500] {
            let expected: Vec<_> = {
                let $items = numbers(count).into_iter();
                $twin
            };
            for chunk in [1, 2, 3, 7, 64, 10_000] {
                let fused = {
                    let $stream = Stream::iter(numbers(count));
                    collected!($verb.chunked(Fixed(chunk)).boxed())
                };
                let behind = {
                    let $stream = Stream::iter(numbers(count)).chunked(Fixed(chunk)).boxed();
                    collected!($verb)
                };
                let in_lanes = {
                    let $stream = Stream::iter(numbers(count))
                        .chunked(Fixed(chunk))
                        .parallel(3, Order::Input)
                        .map(|n| n);
                    collected!($verb.map(|item| item))
                };
                for outcome in [fused, behind, in_lanes] {
                    let (found, report) = outcome.unwrap();
                    assert_eq!(found, expected, "{count} items, chunks of {chunk}");
                    accounts_for_all(&report);
                    assert_eq!(report.items_out(), expected.len() as u64);
                }
            }
        }
    };
}

fn accounts_for_all(report: &Report) {
    for stage in report.stages() {
        assert!(stage.tally.is_balanced(), "{}: {:?}", stage.name, stage.tally);
        assert_eq!((stage.tally.failed, stage.tally.skipped, stage.tally.dead), (0, 0, 0));
    }
    assert_eq!(report.reserved_bytes_at_end(), 0);
}

#[test]
fn scan() {
    let sum = |sum: &mut u64, n: u64| {
        *sum += n;
        (*sum < 200).then_some(*sum)
    };
    equals!(|stream| stream.scan(0, sum), |items| items.scan(0, sum).collect());
}

#[test]
fn take_while_skip_while_and_map_while() {
    equals!(|stream| stream.take_while(|&n| n != 8), |items| items.take_while(|&n| n != 8).collect());
    equals!(|stream| stream.skip_while(|&n| n != 8), |items| items.skip_while(|&n| n != 8).collect());
    let half = |n: u64| (n != 9).then_some(n / 2);
    equals!(|stream| stream.map_while(half), |items| items.map_while(half).collect());
}

#[test]
fn step_by_and_enumerate() {
    for step in [1, 2, 7, 1000] {
        let usize_step = usize::try_from(step).unwrap();
        equals!(|stream| stream.step_by(step), |items| items.step_by(usize_step).collect());
    }
    equals!(|stream| stream.enumerate(), |items| (0u64..).zip(items).collect());
}

/// What `distinct` promises, word for word.
fn naive_distinct(items: impl Iterator<Item = u64>, capacity: usize, by: u64) -> Vec<u64> {
    let mut passed: Vec<u64> = Vec::new();
    for item in items {
        if !passed.iter().rev().take(capacity).any(|before| before / by == item / by) {
            passed.push(item);
        }
    }
    passed
}

#[test]
fn distinct() {
    for capacity in [1, 2, 5, 1000] {
        equals!(|stream| stream.distinct(capacity), |items| naive_distinct(items, capacity, 1));
        equals!(|stream| stream.distinct_by(capacity, |n| (n / 3).to_string()), |items| naive_distinct(
            items, capacity, 3
        ));
    }
}

#[test]
fn dedup() {
    fn naive(items: impl Iterator<Item = u64>, by: u64) -> Vec<u64> {
        let mut items: Vec<u64> = items.collect();
        items.dedup_by_key(|n| *n / by);
        items
    }
    equals!(|stream| stream.dedup(), |items| naive(items, 1));
    equals!(|stream| stream.dedup_by_key(|n| n / 4), |items| naive(items, 4));
}

#[test]
fn batches_by_bytes_and_by_key() {
    equals!(|stream| stream.batch_bytes(24), |items| items
        .collect::<Vec<_>>()
        .chunks(3)
        .map(<[u64]>::to_vec)
        .collect());
    equals!(|stream| stream.batch_by(|n| n % 2), |items| items
        .collect::<Vec<_>>()
        .chunk_by(|a, b| a % 2 == b % 2)
        .map(<[u64]>::to_vec)
        .collect());
    equals!(|stream| stream.batch(4).unbatch(), |items| items.collect());
}

#[test]
fn windows() {
    fn naive(items: impl Iterator<Item = u64>, count: usize, step: usize) -> Vec<Vec<u64>> {
        items.collect::<Vec<_>>().windows(count).step_by(step).map(<[u64]>::to_vec).collect()
    }
    for (count, step) in [(1, 1), (2, 1), (3, 1), (3, 2), (3, 3), (2, 5), (100, 7)] {
        equals!(|stream| stream.windows_by(count, step), |items| naive(items, count, step));
    }
    equals!(|stream| stream.windows(6), |items| naive(items, 6, 1));
}

#[test]
fn sort_batches() {
    fn naive(items: impl Iterator<Item = u64>, count: usize, key: fn(&u64) -> u64) -> Vec<u64> {
        let mut items: Vec<u64> = items.collect();
        items.chunks_mut(count).for_each(|batch| batch.sort_by_key(key));
        items
    }
    for count in [1, 2, 7, 1000] {
        equals!(|stream| stream.sort_batches(count), |items| naive(items, count, |&n| n));
        equals!(|stream| stream.sort_batches_by_key(count, |n| n % 4), |items| naive(items, count, |n| n
            % 4));
    }
}

/// A function that is fine with all numbers but one.
fn picky(n: u64, bad: u64) -> u64 {
    if n == bad {
        std::panic::panic_any(format!("{n} is bad"));
    }
    n
}

#[test]
fn a_panic_in_a_step_with_memory_is_the_failure_of_one_item() {
    hush();
    for at in [0u64, 3, 50, 99] {
        for chunk in [1, 7, 1000] {
            let stream =
                || Stream::iter(0..100u64).chunked(Fixed(chunk)).parallel(2, Order::Input).map(|n| n);
            let rest = || (0..100u64).filter(move |&n| n != at);
            macro_rules! skips {
                (|$stream:ident| $verb:expr, $expected:expr) => {{
                    let $stream = stream();
                    let skipped = collected!($verb.on_error(OnError::Skip).inspect(|_| ()));
                    let (found, report) = skipped.unwrap();
                    assert_eq!(found, $expected.collect::<Vec<_>>());
                    assert_eq!(report.skipped(), 1);
                    let $stream = stream();
                    let error = $verb.count().unwrap_err();
                    assert!(error.to_string().ends_with(&format!("panicked: {at} is bad")), "{error}");
                    let failed: u64 = error.report().stages().iter().map(|stage| stage.tally.failed).sum();
                    assert_eq!(failed, 1);
                }};
            }
            skips!(|stream| stream.scan(0, move |_, n| Some(picky(n, at))), rest());
            skips!(|stream| stream.take_while(move |&n| picky(n, at) < 1000), rest());
            skips!(|stream| stream.map_while(move |n| Some(picky(n, at))), rest());
            skips!(|stream| stream.distinct_by(5, move |&n| picky(n, at)), rest());
            skips!(|stream| stream.dedup_by_key(move |&n| picky(n, at)), rest());
            skips!(
                |stream| stream.batch_by(move |&n| picky(n, at) / 1000),
                std::iter::once(rest().collect::<Vec<_>>())
            );
        }
    }
}

#[test]
fn an_order_that_panics_loses_its_batch_alone() {
    hush();
    let sort = |stream: Stream<u64>| {
        stream.sort_batches_by_key(10, |&n| std::cmp::Reverse(picky(n, 25))).on_error(OnError::Skip)
    };
    let (found, report) = collected!(sort(Stream::iter(0..40u64).boxed())).unwrap();
    let expected = (0..10u64).rev().chain((10..20).rev()).chain((30..40).rev());
    assert_eq!(found, expected.collect::<Vec<_>>());
    assert_eq!(report.skipped(), 1);
}

/// Runs a stream whose steps with memory are followed by one that fails at some items.
fn with_failures(
    stream: Stream<u64>,
    policy: OnError<u64>,
    panics: bool,
) -> Result<(Vec<u64>, Report), PipelineError> {
    let fails = move |n: u64| match n % 10 {
        4 | 5 if panics => std::panic::panic_any(format!("{n} is bad")),
        4 | 5 => Err(format!("{n} is bad")),
        _ => Ok(n),
    };
    collected!(stream.sort_batches_by_key(7, |&n| n % 7).sort_batches(5).try_map(fails).on_error(policy))
}

#[test]
fn a_failure_behind_a_step_that_emits_many_loses_one() {
    hush();
    let sorted = {
        let mut items: Vec<u64> = (0..200).collect();
        items.chunks_mut(7).for_each(|batch| batch.sort_by_key(|n| n % 7));
        items.chunks_mut(5).for_each(<[u64]>::sort);
        items.into_iter().filter(|n| !matches!(n % 10, 4 | 5)).collect::<Vec<_>>()
    };
    for panics in [false, true] {
        for chunk in [1, 3, 1000] {
            let stream = || Stream::iter(0..200u64).chunked(Fixed(chunk)).boxed();
            let (found, report) = with_failures(stream(), OnError::Skip, panics).unwrap();
            assert_eq!(found, sorted);
            assert_eq!(report.skipped(), 40);
            let error = with_failures(stream(), OnError::Stop, panics).unwrap_err();
            assert!(matches!(error.failure(), Failure::Item(_)), "{error}");
        }
    }
}

#[test]
fn an_early_end_behind_steps_that_hold_items_ends_all_steps() {
    for chunk in [1, 3, 1000] {
        for take in [0, 1, 2, 3, 4, 7, 12, 1000] {
            let stream = Stream::iter(0..11u64).chunked(Fixed(chunk)).boxed();
            let ended =
                collected!(stream.batch(2).unbatch().sort_batches(4).batch(3).take(take).batch(2).unbatch());
            let (found, report) = ended.unwrap();
            accounts_for_all(&report);
            let batches = (0..11u64).collect::<Vec<_>>().chunks(3).map(<[u64]>::to_vec).collect::<Vec<_>>();
            assert_eq!(found, batches.into_iter().take(usize::try_from(take).unwrap()).collect::<Vec<_>>());
        }
    }
}

#[test]
fn what_is_held_counts_towards_the_memory() {
    let long = |n: u64| format!("{n:01000}");
    let stream = || Stream::iter(0..1000u64).map(long).memory_limit(50_000).boxed();
    let held = [
        stream().distinct(100).count(),
        stream().windows(100).count(),
        stream().sort_batches(100).count(),
        stream().batch_bytes(100_000).count(),
        stream().batch_by(|_| 0u8).count(),
    ];
    for outcome in held {
        let error = outcome.unwrap_err();
        assert!(matches!(error.failure(), Failure::Budget(_)), "{error}");
    }
    assert_eq!(stream().distinct(10).count().unwrap(), 1000);
    assert_eq!(stream().windows(10).count().unwrap(), 991);
    assert_eq!(stream().sort_batches(10).count().unwrap(), 1000);
}
