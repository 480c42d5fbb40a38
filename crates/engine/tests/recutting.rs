//! Law 1: how a stream is cut into chunks never changes its result.

mod model;

use model::{Lost, Uneven, add, expect, hush, placed};
use primestream_engine::{Adaptive, Order, Stream};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn recutting(count in 0u64..400, mut steps in prop::collection::vec(placed(), 0..5), seed in 0usize..100) {
        hush();
        let mut lost = Lost::default();
        let expected = steps.iter().fold((0..count).collect(), |items, placed| expect(items, &placed.step, &mut lost));
        for chunk in [1, 2, 7, 1000] {
            let kept = Arc::new(Mutex::new(Lost::default()));
            let source = Stream::iter(0..count).chunked(Uneven(seed.into())).boxed();
            for placed in &mut steps {
                (placed.lanes, placed.chunk) = (1, chunk);
            }
            let stream = steps.iter().fold(source, |stream, placed| add(stream, placed, Order::Input, &kept));
            prop_assert_eq!(&stream.collect::<Vec<_>>().unwrap(), &expected);
        }
    }
}

#[test]
fn chunks_that_adapt_change_no_result() {
    for micros in [0, 1, 100, 10_000] {
        let target = std::time::Duration::from_micros(micros);
        let chunker = || (Adaptive::new(target).between(1, 500), Adaptive::new(target));
        let doubled: Vec<u64> = Stream::iter(0..20_000u64)
            .chunked(chunker())
            .parallel(3, Order::Input)
            .map(|n| 2 * n)
            .chunked(chunker())
            .windows(2)
            .map(|window| window[1])
            .collect()
            .unwrap();
        assert!(doubled.into_iter().eq((1..20_000).map(|n| 2 * n)));
    }
}
