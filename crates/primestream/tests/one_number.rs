//! One hard number over many lanes: the same factors, an end in time, and progress on the way.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::mpsc;
use std::time::Duration;

use primestream::prelude::*;
use primestream::{Advance, Allowance, factor_in_lanes, factoring_in_lanes};
use primestream_engine::runtime::Failure;
use primestream_primes::{Method, factor};

/// The product of two primes of 80 bits.
fn hard_160() -> Natural {
    "913606902053129454719621".parse::<Natural>().unwrap()
        * "1035799683425972114427209".parse::<Natural>().unwrap()
}

fn answer(advances: &[Advance]) -> &Factored {
    match advances.last() {
        Some(Advance::Done(factored)) => factored,
        other => panic!("{other:?}"),
    }
}

#[test]
fn many_lanes_find_the_factors_that_one_finds() {
    for n in [hard_160(), (Natural::ONE << 101) - 1, Natural::from(1_001_u64), Natural::ONE, Natural::ZERO] {
        let expected = factor(&n, Effort::Normal);
        for lanes in [1, 2, 5] {
            let advances = factoring_in_lanes(&n, Effort::Normal, lanes).collect::<Vec<_>>().unwrap();
            assert_eq!(answer(&advances).factorization, expected);
            assert_eq!(answer(&advances).number.0, n);
            assert_eq!(advances.len() > 1, n.bits() > 64, "it tells how it advances");
        }
    }
}

#[test]
fn all_lanes_work() {
    let advances = factoring_in_lanes(&hard_160(), Effort::Normal, 2);
    let report = advances.drain_with(|_| ()).threads(2).run().unwrap();
    let work = report.stages().iter().find(|stage| stage.name.contains("work")).unwrap();
    assert_eq!(work.lanes, 2);
    assert!(work.tally.taken > 10, "{} units", work.tally.taken);
    let elapsed = report.elapsed().as_secs_f64();
    assert!(work.times.busy.as_secs_f64() > 0.2 * elapsed, "{report}");
}

#[test]
fn any_schedule_gives_the_same_factors() {
    let n = (Natural::ONE << 101) - 1;
    for seed in 0..20 {
        let advances = factoring_in_lanes(&n, Effort::Normal, 3).simulated(seed).collect::<Vec<_>>().unwrap();
        assert_eq!(answer(&advances).factorization.to_string(), "7432339208719 · 341117531003194129");
    }
}

#[test]
fn cancelling_waits_for_the_units_in_hand_and_no_longer() {
    // Two primes of 150 bits: hours. A unit takes milliseconds.
    let n = ((Natural::ONE << 150) - 3) * ((Natural::ONE << 150) - 5);
    let (told, heard) = mpsc::channel();
    let running = factoring_in_lanes(&n, Effort::Deep, 2)
        .drain_with(move |advance| {
            let _ = told.send(matches!(advance, Advance::Working(_)));
        })
        .threads(2)
        .start();
    assert!(heard.recv().unwrap());
    running.flow().cancel();
    let error = running.join().unwrap_err();
    assert!(matches!(error.failure(), Failure::Cancelled), "{error}");
}

#[test]
fn time_ends_it_and_the_rest_is_the_cofactor() {
    let n = ((Natural::ONE << 127) - 1) * ((Natural::ONE << 107) - 1) * 1001_u64;
    let time = Duration::from_millis(100);
    let allowance = Allowance::of_time(time);
    let answer = factor_in_lanes(&n, allowance, 2, |_| ()).unwrap();
    assert!(!answer.factorization.is_complete());
    assert_eq!(answer.factorization.powers().len(), 3);
    assert_eq!(answer.factorization.product(), n);

    let within = Factor::new(Effort::Deep).within(time);
    let answers = Stream::iter([Number(n.clone()), Number::from(15)]).through(within).collect::<Vec<_>>();
    let answers = answers.unwrap();
    assert!(!answers[0].factorization.is_complete());
    assert!(answers[1].factorization.is_complete());
}

#[test]
fn a_step_may_factor_its_number_in_lanes() {
    let numbers = [hard_160(), Natural::from(77_u64), hard_160()].map(Number);
    let answers = Stream::iter(numbers)
        .chunked(Fixed(1))
        .parallel(2, Order::Input)
        .map(move |number| factor_in_lanes(&number.0, Effort::Normal, 2, |_| ()).unwrap())
        .threads(2)
        .collect::<Vec<_>>()
        .unwrap();
    assert!(answers.iter().all(|answer| answer.factorization.is_complete()));
    assert_eq!(answers[0].factorization, answers[2].factorization);
    assert!(answers[0].methods.contains(&Method::QuadraticSieve));
}
