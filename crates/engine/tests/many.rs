//! Many pipelines at once, in one memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use primestream_engine::{Budget, Order, Stream};

const PIPELINES: u64 = 64;
const ITEMS: u64 = 20_000;

#[test]
fn many_pipelines_at_once_share_a_memory_and_give_all_of_it_back() {
    let budget = Budget::new(1 << 20);
    let sums: Vec<Arc<AtomicU64>> = (0..PIPELINES).map(|_| Arc::default()).collect();
    let running: Vec<_> = (0..PIPELINES)
        .zip(&sums)
        .map(|(number, sum)| {
            let sum = Arc::clone(sum);
            Stream::iter(0..ITEMS)
                .budget(&budget)
                .parallel(2, Order::Input)
                .map(move |n| (n + number).to_string())
                .parallel(2, Order::Relaxed)
                .map(|digits| digits.len() as u64)
                .drain_with(move |length| {
                    sum.fetch_add(length, Ordering::Relaxed);
                })
                .start()
        })
        .collect();
    for (number, (running, sum)) in running.into_iter().zip(sums).enumerate() {
        let report = running.join().unwrap();
        assert_eq!(report.items_out(), ITEMS);
        let number = number as u64;
        let expected: u64 = (0..ITEMS).map(|n| (n + number).to_string().len() as u64).sum();
        assert_eq!(sum.load(Ordering::Relaxed), expected);
    }
    assert_eq!(budget.reserved(), 0);
    assert!(budget.peak() > 0);
}
