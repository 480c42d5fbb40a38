//! Many pipelines at once, in one memory.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use primestream_engine::{Budget, Fixed, Order, Stream, Workers};

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

#[test]
fn pipelines_that_share_workers_never_have_more_at_work() {
    let (workers, busy) = (Workers::new(2), Arc::new(AtomicUsize::new(0)));
    let running: Vec<_> = (0..8)
        .map(|_| {
            let busy = Arc::clone(&busy);
            let one = move |n: u64| {
                assert!(busy.fetch_add(1, Ordering::AcqRel) < 2, "three work at once");
                std::thread::yield_now();
                busy.fetch_sub(1, Ordering::AcqRel);
                n
            };
            Stream::iter(0..2000u64)
                .parallel(4, Order::Relaxed)
                .map(one)
                .drain_with(drop)
                .workers(&workers)
                .start()
        })
        .collect();
    for running in running {
        let report = running.join().unwrap();
        assert_eq!((report.items_out(), report.threads()), (2000, 2));
    }
}

#[test]
fn a_pipeline_without_end_does_not_keep_another_from_the_only_worker() {
    let one = Workers::new(1);
    let endless = Stream::iter(0u64..).drain_with(drop).workers(&one).start();
    let squares = Stream::iter(0..100_000u64).map(|n| n * n).drain_with(drop).workers(&one).start();
    assert_eq!(squares.join().unwrap().items_out(), 100_000);
    endless.flow().cancel();
    assert!(endless.join().is_err());
}

#[test]
fn a_step_may_run_a_pipeline_of_the_same_worker() {
    let one = Workers::new(1);
    let inner = one.clone();
    let sum_below = move |n: u64| Stream::iter(0..n).workers(&inner).fold(0, |a, b| a + b);
    let sums: Vec<u64> = Stream::iter([1u64, 2, 3]).workers(&one).try_map(sum_below).collect().unwrap();
    assert_eq!(sums, [0, 1, 3]);
}

#[test]
fn steps_on_all_workers_may_each_run_a_pipeline_of_many_threads() {
    // Its other threads once waited for turns that their own caller kept until they had ended.
    let two = Workers::new(2);
    let inner = two.clone();
    let both_are_in = Arc::new(Barrier::new(2));
    let sum_below = move |n: u64| {
        both_are_in.wait();
        let numbers = Stream::iter(0..n).chunked(Fixed(1)).parallel(2, Order::Relaxed).map(|n| n + 1);
        numbers.threads(3).workers(&inner).fold(0, |a, b| a + b)
    };
    for _ in 0..100 {
        let numbers = Stream::iter([1u64, 2, 3, 100]).chunked(Fixed(1)).parallel(2, Order::Input);
        let sums: Result<Vec<u64>, _> = numbers.try_map(sum_below.clone()).threads(2).workers(&two).collect();
        assert_eq!(sums.unwrap(), [1, 3, 6, 5_050]);
    }
}
