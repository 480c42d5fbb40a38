//! Streams of numbers by band: order, memory, and what the account says.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use primestream::prelude::*;
use primestream::{BandOptions, BandSelector, process_band_optimized_stream, stream_factorization};
use primestream_engine::runtime::Failure;
use primestream_primes::{Band, Method};

/// The product of two primes of 75 bits.
fn hard_150() -> Natural {
    "29406101033847817256213".parse::<Natural>().unwrap()
        * "32666785865143455153419".parse::<Natural>().unwrap()
}

/// A hard number among easy ones.
fn mixed(count: u64) -> Vec<Number> {
    let mut numbers: Vec<_> = (1..=count).map(|n| Number::from(n * 1_000_003)).collect();
    numbers.insert(10, Number(hard_150()));
    numbers
}

#[test]
fn a_hard_number_holds_back_no_other_in_relaxed_order() {
    let numbers = mixed(5_000);
    let answers = stream_factorization(Stream::iter(numbers.clone()), Effort::Normal, 2, Order::Relaxed);
    let answers = answers.threads(2).collect::<Vec<_>>().unwrap();
    assert_eq!(answers.len(), numbers.len());
    assert!(answers.iter().all(|answer| answer.factorization.is_complete()));
    assert_eq!(answers.last().unwrap().number.0, hard_150(), "it took longer than all others together");
    let mut found: Vec<_> = answers.into_iter().map(|answer| answer.number).collect();
    let mut given = numbers;
    found.sort();
    given.sort();
    assert_eq!(found, given);
}

#[test]
fn behind_a_hard_number_the_others_wait_within_the_budget_in_input_order() {
    let given = Arc::new(AtomicU64::new(0));
    let taken = Arc::clone(&given);
    // Far more than fit: what waits behind the hard number is bounded by the budget.
    let easy = (0..400_000u64).map(|n| Number::from(n * 1_000_003));
    let numbers = std::iter::once(Number(hard_150())).chain(easy);
    let numbers = Stream::iter(numbers).inspect(move |_| {
        taken.fetch_add(1, Ordering::Relaxed);
    });
    let budget = 1 << 20;
    let mut at_first = None;
    let report = stream_factorization(numbers, Effort::Normal, 2, Order::Input)
        .drain_with(move |answer| {
            if at_first.is_none() {
                assert_eq!(answer.number.0, hard_150());
                at_first = Some(given.load(Ordering::Relaxed));
                assert!(
                    at_first < Some(100_000),
                    "{at_first:?} numbers were taken while the first was factored"
                );
            }
        })
        .threads(2)
        .memory_limit(budget)
        .run()
        .unwrap();
    assert_eq!(report.items_out(), 400_001);
    assert!(report.reserved_bytes_peak() <= budget + budget / 2, "{}", report.reserved_bytes_peak());
}

#[test]
fn every_selector_keeps_the_input_order_and_accounts_for_all() {
    let mut numbers = mixed(3_000);
    numbers.push(Number((Natural::ONE << 101) - 1));
    numbers.push(Number(Natural::ZERO));
    for selector in [BandSelector::ByBits, BandSelector::Measured, BandSelector::Fixed(Band::Bits64)] {
        let options = BandOptions { lanes: NonZeroUsize::new(3).unwrap(), ..BandOptions::default() };
        let (answers, report) =
            process_band_optimized_stream(Stream::iter(numbers.clone()), selector, options);
        let answers = answers.threads(2).collect::<Vec<_>>().unwrap();
        assert!(answers.iter().map(|answer| &answer.number).eq(&numbers), "{selector:?}");

        let bands = report.bands();
        assert_eq!(bands.iter().map(|(_, figures)| figures.numbers).sum::<u64>(), numbers.len() as u64);
        assert_eq!(bands.iter().map(|(_, figures)| figures.with_cofactor()).sum::<u64>(), 1, "that is 0");
        if let BandSelector::Fixed(band) = selector {
            assert_eq!(bands.len(), 1);
            assert_eq!(bands[0].0, band);
            continue;
        }
        assert_eq!(report.of(Band::Bits256).numbers, 1);
        assert_eq!(report.of(Band::Bits256).split_by(Method::QuadraticSieve), 1);
        assert_eq!(report.of(Band::Bits64).split_by(Method::QuadraticSieve), 0);
        assert_eq!(report.of(Band::Bits128).numbers, 1);
        assert!(report.of(Band::Bits256).time > report.of(Band::Bits32).time);
        assert_eq!(report.of(Band::Bits512), primestream::BandFigures::default());
    }
}

#[test]
fn portions_are_sized_by_band() {
    let easy = (1..=8_192u64).map(Number::from);
    let long = (1..=20u64).map(|n| Number(Natural::from(n) << 100));
    let numbers = Stream::iter(easy.chain(long));
    let (answers, report) =
        process_band_optimized_stream(numbers, BandSelector::ByBits, BandOptions::default());
    assert_eq!(answers.count().unwrap(), 8_212);
    assert_eq!(report.of(Band::Bits128).portions, 20, "each alone");
    let portions = report.of(Band::Bits32).portions;
    assert!((8..=64).contains(&portions), "{portions} portions of 8192 words");
}

#[test]
fn measured_portions_follow_what_numbers_cost() {
    // Powers of two beyond a word cost next to nothing, which only measuring tells.
    let cheap = || Stream::iter((0..4_000u64).map(|n| Number(Natural::ONE << (65 + n % 60))));
    let portions = |selector| {
        let (answers, report) = process_band_optimized_stream(cheap(), selector, BandOptions::default());
        assert_eq!(answers.count().unwrap(), 4_000);
        report.of(Band::Bits128).portions
    };
    assert_eq!(portions(BandSelector::ByBits), 4_000);
    let measured = portions(BandSelector::Measured);
    assert!(measured < 3_000, "{measured} portions");
}

#[test]
fn a_hard_number_has_threads_of_its_own() {
    let options = BandOptions {
        lanes: NonZeroUsize::new(2).unwrap(),
        hard_lanes: NonZeroUsize::new(2).unwrap(),
        ..BandOptions::default()
    };
    let (answers, report) =
        process_band_optimized_stream(Stream::iter(mixed(500)), BandSelector::ByBits, options);
    let answers = answers.threads(2).collect::<Vec<_>>().unwrap();
    assert!(answers.iter().all(|answer| answer.factorization.is_complete()));
    assert_eq!(report.of(Band::Bits256).complete, 1);
}

#[test]
fn what_is_left_is_accounted_for() {
    let numbers = Stream::iter([Number(hard_150()), Number::from(6)]);
    let options = BandOptions { allowance: Effort::Quick.into(), ..BandOptions::default() };
    let (answers, report) = process_band_optimized_stream(numbers, BandSelector::ByBits, options);
    assert_eq!(answers.count().unwrap(), 2);
    let figures = report.of(Band::Bits256);
    assert_eq!((figures.numbers, figures.complete, figures.with_cofactor()), (1, 0, 1));
    assert_eq!(report.of(Band::Bits32).complete, 1);
}

#[test]
fn the_step_keeps_the_order_of_words_and_longer_numbers_however_they_come() {
    let numbers: Vec<Number> = (0..1000u64)
        .map(|n| if n % 97 == 5 { Number(Natural::from(n).pow(12) + 1) } else { Number::from(n * n + 1) })
        .collect();
    for (size, lanes) in [(1, 1), (64, 2), (2000, 1)] {
        let answers = Stream::iter(numbers.clone())
            .chunked(Fixed(size))
            .parallel(lanes, Order::Input)
            .through(Factor::new(Effort::Normal))
            .collect::<Vec<_>>()
            .unwrap();
        assert_eq!(answers.len(), numbers.len());
        for (answer, number) in answers.iter().zip(&numbers) {
            assert_eq!(&answer.number, number);
            assert_eq!(answer.factorization, primestream_primes::factor(&number.0, Effort::Normal));
        }
    }
}

#[test]
fn cancelling_gives_up_a_number_of_days_at_the_end_of_a_unit() {
    let days = Number(((Natural::ONE << 150) - 3) * ((Natural::ONE << 150) - 5));
    let lanes = |count| NonZeroUsize::new(count).unwrap();
    let options = |hard_lanes| BandOptions {
        allowance: Effort::Deep.into(),
        hard_lanes: lanes(hard_lanes),
        lanes: lanes(1),
        ..BandOptions::default()
    };
    let numbers = || Stream::iter([Number::from(15), days.clone()]).chunked(Fixed(1));
    let by_step = numbers().through(Factor::new(Effort::Deep)).boxed();
    let by_band =
        |hard_lanes| process_band_optimized_stream(numbers(), BandSelector::ByBits, options(hard_lanes)).0;
    for answers in [by_step, by_band(1), by_band(2)] {
        let (told, heard) = mpsc::channel();
        let running =
            answers.chunked(Fixed(1)).drain_with(move |_| told.send(()).unwrap()).threads(2).start();
        heard.recv().unwrap();
        running.flow().cancel();
        assert!(matches!(running.join().unwrap_err().failure(), Failure::Cancelled));
    }
}
