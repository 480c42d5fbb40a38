//! Law 2: `Order::Input` with any number of lanes equals one lane; `Order::Relaxed` gives the same items.

mod model;

use model::{Lost, add, expect, hush, placed};
use primestream_engine::{Order, Stream};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn order(count in 0u64..400, steps in prop::collection::vec(placed(), 0..5)) {
        hush();
        let mut lost = Lost::default();
        let expected = steps.iter().fold((0..count).collect(), |items, placed| expect(items, &placed.step, &mut lost));
        let kept = Arc::new(Mutex::new(Lost::default()));
        let source = Stream::iter(0..count).boxed();
        let stream = steps.iter().fold(source, |stream, placed| add(stream, placed, Order::Input, &kept));
        prop_assert_eq!(stream.collect::<Vec<_>>().unwrap(), expected);
    }

    #[test]
    fn relaxed_order_gives_the_same_items(count in 0u64..2000, lanes in 1usize..=8, by in 2u64..5) {
        let mut found: Vec<u64> = Stream::iter(0..count)
            .parallel(lanes, Order::Relaxed)
            .filter(move |n| !n.is_multiple_of(by))
            .map(|n| n * 3)
            .collect()
            .unwrap();
        found.sort_unstable();
        let expected: Vec<_> = (0..count).filter(|n| !n.is_multiple_of(by)).map(|n| n * 3).collect();
        prop_assert_eq!(found, expected);
    }
}
