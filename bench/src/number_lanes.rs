//! Factors over lanes: a stream of numbers, and one hard number, on one lane and on two.

use primestream::prelude::*;
use primestream::{factor_in_lanes, stream_factorization};

use crate::factors::semiprime;
use crate::random::scatter;
use crate::rounds::{Contestant, Scale, contestant, rounds};

/// Numbers of the stream.
const WORDS: u64 = 1_000_000;
/// Bits of the hard number.
const HARD_BITS: u64 = 200;

/// Runs both.
pub(crate) fn run(scale: &Scale) {
    let count = scale.size.of(WORDS);
    rounds(
        "factor: a stream of random words, in order",
        scale,
        (count as f64, "numbers"),
        on_lanes(|lanes| {
            let numbers = Stream::iter((1..=count).map(scatter).map(Number::from));
            let answers = stream_factorization(numbers, Effort::Normal, lanes, Order::Input);
            let complete = answers.filter(|answer| answer.factorization.is_complete()).count();
            assert_eq!(complete.expect("nothing fails here"), count);
        }),
    );
    let (hard, primes) = semiprime(HARD_BITS, 1);
    rounds(
        &format!("factor: one number of {HARD_BITS} bits"),
        scale,
        (1.0, "numbers"),
        on_lanes(|lanes| {
            let answer = factor_in_lanes(&hard, Effort::Deep, lanes, |_| ()).expect("nothing fails here");
            assert!(answer.factorization.primes().eq(&primes));
        }),
    );
}

/// The same work on one lane and on two.
pub(crate) fn on_lanes<'a>(work: impl Fn(usize) + Copy + 'a) -> Vec<Contestant<'a>> {
    [("one lane", 1), ("two lanes", 2)].map(|(name, lanes)| contestant(name, move || work(lanes))).into()
}
