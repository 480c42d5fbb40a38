//! Law 4: every item that enters is passed on, filtered, skipped, dead-lettered or the one that failed,
//! however the pipeline ends. The runtime asserts it for each stage; here its numbers are compared with
//! those counted outside.

mod model;

use model::{Fault, Lost, Placed, Policy, Step, add, expect, hush, placed};
use primestream_engine::runtime::Failure;
use primestream_engine::{OnError, Order, Stream};
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn conservation(count in 0u64..300, steps in prop::collection::vec(placed(), 1..5)) {
        hush();
        // A `take` ends the pipeline while items before it are still on their way.
        let steps: Vec<_> = steps.into_iter().filter(|placed| !matches!(placed.step, Step::Take(_))).collect();
        let mut lost = Lost::default();
        let expected = steps.iter().fold((0..count).collect::<Vec<_>>(), |items, placed| expect(items, &placed.step, &mut lost));
        let kept = Arc::new(Mutex::new(Lost::default()));
        let source = Stream::iter(0..count).boxed();
        let stream = steps.iter().fold(source, |stream, placed| add(stream, placed, Order::Relaxed, &kept));
        let delivered = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&delivered);
        let report = stream.for_each(move |_| { counter.fetch_add(1, Ordering::Relaxed); }).unwrap();

        prop_assert_eq!(report.items_in(), count);
        prop_assert_eq!(report.items_out(), delivered.load(Ordering::Relaxed));
        if !steps.iter().any(|placed| placed.step.depends_on_order()) {
            prop_assert_eq!(report.items_out(), expected.len() as u64);
            prop_assert_eq!(report.skipped(), lost.skipped);
            let mut dead = kept.lock().unwrap().dead.clone();
            dead.sort_unstable();
            lost.dead.sort_unstable();
            prop_assert_eq!(report.dead(), dead.len() as u64);
            prop_assert_eq!(dead, lost.dead);
        }
    }

    #[test]
    fn a_failure_at_any_item_stops_the_pipeline_and_is_accounted_for(
        count in 1u64..300,
        at in 0u64..300,
        lanes in 1usize..=8,
        panics: bool,
        before in prop::collection::vec(placed(), 0..3),
    ) {
        hush();
        let kept = Arc::new(Mutex::new(Lost::default()));
        let source = Stream::iter(0..count).boxed();
        let stream = before.iter().fold(source, |stream, placed| add(stream, placed, Order::Input, &kept));
        let outcome = stream
            .parallel(lanes, Order::Input)
            .try_map(move |n| match n {
                _ if n != at => Ok(n),
                _ if panics => std::panic::panic_any(format!("{n} is bad")),
                _ => Err(format!("{n} is bad")),
            })
            .for_each(|_| ());
        let mut lost = Lost::default();
        let reaches = before.iter().fold((0..count).collect::<Vec<_>>(), |items, placed| expect(items, &placed.step, &mut lost));
        match outcome {
            Ok(_) => prop_assert!(!reaches.contains(&at)),
            Err(error) => {
                prop_assert!(reaches.contains(&at));
                prop_assert!(matches!(error.failure(), Failure::Item(_)), "{}", error);
                prop_assert!(error.to_string().contains("is bad"), "{}", error);
            }
        }
    }
}

#[test]
fn the_dead_letter_holds_the_item_its_position_and_the_error() {
    hush();
    for (how, lanes) in [(Fault::Error, 1), (Fault::Panic, 1), (Fault::Error, 4), (Fault::Panic, 4)] {
        let letters = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&letters);
        let good: Vec<u64> = Stream::iter(0..100u64)
            .parallel(lanes, Order::Input)
            .try_map(move |n| match how {
                _ if n % 10 != 3 => Ok(n),
                Fault::Error => Err(format!("{n} is bad")),
                Fault::Panic => std::panic::panic_any(format!("{n} is bad")),
            })
            .on_error(OnError::dead_letter(move |letter| {
                kept.lock().unwrap().push((letter.item, letter.position, letter.error.to_string()));
                Ok::<(), String>(())
            }))
            .collect()
            .unwrap();
        assert_eq!(good, (0..100).filter(|n| n % 10 != 3).collect::<Vec<_>>());
        let mut letters = letters.lock().unwrap().clone();
        letters.sort_unstable();
        let items: Vec<_> = letters.iter().map(|letter| letter.0).collect();
        assert_eq!(items, (0..100).filter(|n| n % 10 == 3).collect::<Vec<_>>());
        for (item, position, error) in letters {
            assert_eq!(item, position, "a source of numbers from 0 gives each its position");
            assert!(error.starts_with(&format!("item {item} failed in try_map")), "{error}");
        }
    }
}

#[test]
fn a_dead_letter_sink_that_fails_stops_the_pipeline() {
    let error = Stream::iter(0..10u64)
        .try_map(|n| if n == 5 { Err("bad") } else { Ok(n) })
        .on_error(OnError::dead_letter(|_| Err("the letterbox is full")))
        .count()
        .unwrap_err();
    assert!(matches!(error.failure(), Failure::Sink(_)));
    assert_eq!(error.report().stages()[0].tally.failed, 1);
}

#[test]
fn a_panic_in_a_guarded_flat_map_keeps_what_came_before() {
    hush();
    let placed = Placed { step: Step::FlatMap(1), lanes: 1, chunk: 3 };
    let lost = Arc::new(Mutex::new(Lost::default()));
    let stream = add(Stream::iter(0..4u64).boxed(), &placed, Order::Input, &lost);
    let found: Vec<u64> = stream
        .flat_map(|n| {
            (0..3).map(move |i| {
                if n == 2 && i == 1 { std::panic::panic_any("2 is bad".to_owned()) } else { 10 * n + i }
            })
        })
        .on_error(OnError::Skip)
        .collect()
        .unwrap();
    assert_eq!(found, [0, 1, 2, 10, 11, 12, 20, 30, 31, 32]);
    let _ = Policy::Skip;
}

#[test]
fn a_panic_among_items_made_many_at_once_loses_the_one_in_hand() {
    hush();
    for in_key in [false, true] {
        let blow = |n: u64| {
            if n == 25 {
                std::panic::panic_any("25 is bad".to_owned());
            }
            n
        };
        let made = Stream::iter(0..4u64)
            .flat_map(move |n| (10 * n..10 * n + 10).map(move |item| if in_key { item } else { blow(item) }));
        let error =
            made.distribute(2, move |&item| if in_key { blow(item) } else { item }).count().unwrap_err();
        let tally = error.report().stages()[0].tally;
        assert_eq!((tally.taken, tally.absorbed, tally.created), (3, 3, 26), "in the key: {in_key}");
        assert_eq!((tally.passed, tally.failed), (25, 1), "in the key: {in_key}");
        assert!(error.to_string().contains("25 is bad"), "{error}");
    }
}

#[test]
fn a_source_that_panics_fails_the_pipeline_and_says_so() {
    hush();
    let items = (0..10u64).inspect(|&n| {
        if n == 7 {
            std::panic::panic_any("7 is bad".to_owned());
        }
    });
    let error = Stream::iter(items).map(|n| n).count().unwrap_err();
    assert!(matches!(error.failure(), Failure::Source(_)));
    assert_eq!(error.report().items_in(), 7);
    assert_eq!(error.to_string(), "stage 0 (iter, map, fold): the source failed: panicked: 7 is bad");
}
