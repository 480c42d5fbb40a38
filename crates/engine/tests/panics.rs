//! A panic at any item, in any operator, under any policy, in one lane or four: it is the item's failure
//! and nobody else's.
//!
//! Ten places in 200 items in an ordinary test; `PRIMESTREAM_POSITIONS` asks for each of so many, as `cargo xtask long
//! panics` does.
#![expect(clippy::print_stdout, reason = "a long run says how many passed")]
#![expect(clippy::disallowed_methods, reason = "whoever starts a long run says how long it is")]

mod model;

use std::sync::{Arc, Mutex};

use model::hush;
use primestream_engine::runtime::Failure;
use primestream_engine::{OnError, Order, PipelineError, Stream};

const COUNT: u64 = 200;

#[derive(Clone, Copy, Debug)]
enum Verb {
    Map,
    TryMap,
    Filter,
    FilterMap,
    FlatMap,
    FlatMapIterator,
    Inspect,
    Scan,
    TakeWhile,
    MapWhile,
    DistinctBy,
    DedupBy,
    BatchBy,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Policy {
    None,
    Stop,
    Skip,
    DeadLetter,
}

fn blow(n: u64, at: u64) -> u64 {
    if n == at {
        std::panic::panic_any(format!("{n} is bad"));
    }
    n
}

/// Runs a verb that panics at one item; returns the items that came out and the dead letters.
fn run(
    verb: Verb,
    policy: Policy,
    lanes: usize,
    (count, at): (u64, u64),
) -> Result<(Vec<u64>, Vec<u64>), PipelineError> {
    let dead = Arc::new(Mutex::new(Vec::new()));
    let letters = Arc::clone(&dead);
    let on_error = match policy {
        Policy::None | Policy::Stop => OnError::Stop,
        Policy::Skip => OnError::Skip,
        Policy::DeadLetter => OnError::dead_letter(move |letter| {
            letters.lock().map_err(|_| "poisoned")?.push(letter.item);
            Ok::<(), &str>(())
        }),
    };
    let stream = Stream::iter(0..count).parallel(lanes, Order::Input).map(|n| n);
    macro_rules! ended {
        ($stream:expr) => {
            match policy {
                Policy::None => $stream.filter(|_| true).collect::<Vec<_>>(),
                _ => $stream.on_error(on_error).filter(|_| true).collect::<Vec<_>>(),
            }
        };
    }
    let items = match verb {
        Verb::Map => ended!(stream.map(move |n| blow(n, at))),
        Verb::TryMap => ended!(stream.try_map(move |n| Ok::<_, String>(blow(n, at)))),
        Verb::Filter => ended!(stream.filter(move |&n| blow(n, at) == n)),
        Verb::FilterMap => ended!(stream.filter_map(move |n| Some(blow(n, at)))),
        Verb::FlatMap => ended!(stream.flat_map(move |n| [blow(n, at)])),
        Verb::FlatMapIterator => {
            ended!(stream.flat_map(move |n| std::iter::once(n).map(move |n| blow(n, at))))
        }
        Verb::Inspect => ended!(stream.inspect(move |&n| assert_eq!(blow(n, at), n))),
        Verb::Scan => ended!(stream.scan(0, move |_, n| Some(blow(n, at)))),
        Verb::TakeWhile => ended!(stream.take_while(move |&n| blow(n, at) == n)),
        Verb::MapWhile => ended!(stream.map_while(move |n| Some(blow(n, at)))),
        Verb::DistinctBy => ended!(stream.distinct_by(5, move |&n| blow(n, at))),
        Verb::DedupBy => ended!(stream.dedup_by_key(move |&n| blow(n, at))),
        Verb::BatchBy => ended!(stream.batch_by(move |&n| blow(n, at) / 7)).map(|batches| batches.concat()),
    }?;
    let dead = dead.lock().map(|dead| dead.clone()).unwrap_or_default();
    Ok((items, dead))
}

#[test]
fn a_panic_is_the_failure_of_one_item() {
    hush();
    let asked = std::env::var("PRIMESTREAM_POSITIONS").ok().map(|text| text.parse().expect("a whole number"));
    let positions: Vec<u64> = match asked {
        None => vec![0, 1, 15, 16, 17, 79, 80, 100, 198, 199],
        Some(positions) => (0..positions).collect(),
    };
    let count = asked.map_or(COUNT, |positions: u64| positions.max(COUNT));
    let verbs = [
        Verb::Map,
        Verb::TryMap,
        Verb::Filter,
        Verb::FilterMap,
        Verb::FlatMap,
        Verb::FlatMapIterator,
        Verb::Inspect,
        Verb::Scan,
        Verb::TakeWhile,
        Verb::MapWhile,
        Verb::DistinctBy,
        Verb::DedupBy,
        Verb::BatchBy,
    ];
    let mut passed = 0;
    for verb in verbs {
        for policy in [Policy::None, Policy::Stop, Policy::Skip, Policy::DeadLetter] {
            for lanes in [1, 4] {
                for &at in &positions {
                    let case = format!("{verb:?}, {policy:?}, {lanes} lanes, item {at}");
                    match run(verb, policy, lanes, (count, at)) {
                        Ok((items, dead)) => {
                            assert!(matches!(policy, Policy::Skip | Policy::DeadLetter), "{case}");
                            let rest: Vec<_> = (0..count).filter(|&n| n != at).collect();
                            assert_eq!(items, rest, "{case}");
                            let expected = if policy == Policy::DeadLetter { vec![at] } else { Vec::new() };
                            assert_eq!(dead, expected, "{case}");
                        }
                        Err(error) => {
                            assert!(matches!(policy, Policy::None | Policy::Stop), "{case}: {error}");
                            assert!(
                                error.to_string().ends_with(&format!("panicked: {at} is bad")),
                                "{error}"
                            );
                            let Failure::Item(item) = error.into_failure() else { panic!("{case}") };
                            assert_eq!(item.position(), Some(at), "{case}");
                        }
                    }
                    passed += 1;
                }
            }
        }
    }
    println!("panics: {passed} passed, 0 failed");
}

#[test]
fn a_panic_behind_a_guard_is_not_taken_for_its_own() {
    hush();
    let error =
        Stream::iter(0..COUNT).map(|n| n).on_error(OnError::Skip).map(|n| blow(n, 50)).count().unwrap_err();
    assert!(matches!(error.failure(), Failure::Item(_)));
    assert_eq!(error.report().skipped(), 0);
}

#[test]
fn the_last_batch_meets_the_policy_of_the_step_that_fails() {
    hush();
    let sums: Vec<u64> = Stream::iter(0..10u64)
        .batch(4)
        .map(|batch| blow(batch.iter().sum(), 17)) // 8 + 9
        .on_error(OnError::Skip)
        .collect()
        .unwrap();
    assert_eq!(sums, [6, 22]);
}

#[test]
fn a_panic_in_the_end_stops_the_pipeline() {
    hush();
    for lanes in [1, 3] {
        let error = Stream::iter(0..COUNT)
            .parallel(lanes, Order::Input)
            .map(|n| n)
            .for_each(|n| assert_eq!(blow(n, 120), n))
            .unwrap_err();
        assert!(matches!(error.failure(), Failure::Item(_)), "{error}");
        assert_eq!(error.report().items_out(), 120);
    }
}

/// Panics when it is dropped, once, if its number is bad.
struct Bomb(u64);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 == 3 && !std::thread::panicking() {
            std::panic::panic_any("3 is bad".to_owned());
        }
    }
}

impl primestream_engine::Weigh for Bomb {}

#[test]
fn a_panic_in_drop_is_caught_wherever_it_happens() {
    hush();
    let bombs = || Stream::iter((0..200).map(Bomb));
    let outcomes = [
        // In a step, at an item.
        bombs().filter(|bomb| bomb.0 != 3).for_each(std::mem::forget),
        // In the end, in a sink that lets go of its items.
        bombs().for_each(drop),
        // In a line that is given up: nobody takes what the first stage made.
        bombs().boxed().parallel(2, Order::Input).map(|bomb| bomb).take(1).for_each(std::mem::forget),
    ];
    for (place, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            // A bomb that is left in the source goes off with it, if at all.
            Ok(report) => assert!(place == 2, "{report}"),
            Err(error) => assert!(error.to_string().contains("3 is bad"), "{place}: {error}"),
        }
    }
}

#[test]
fn a_panic_in_the_drop_of_a_sink_is_an_error_and_the_memory_comes_back() {
    hush();
    let bomb = Bomb(3);
    let error = Stream::iter(0..1000u64)
        .parallel(2, Order::Relaxed)
        .map(|n| n)
        .drain_with(move |_| {
            let _ = &bomb;
        })
        .run()
        .unwrap_err();
    assert!(matches!(error.failure(), primestream_engine::runtime::Failure::Panicked(_)), "{error}");
    assert_eq!(error.report().items_out(), 1000);
    assert_eq!(error.report().reserved_bytes_at_end(), 0);
}
