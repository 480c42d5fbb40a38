//! RSA-100 and RSA-110, whose factors are published: hours, and so only on request, by `cargo xtask long factor`.
#![expect(clippy::print_stderr, reason = "whoever waits for hours wants to know how far it is")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use primestream::factor_in_lanes;
use primestream::prelude::*;
use primestream_engine::all_cores;

/// A challenge and its two factors, as published.
type Challenge = [&'static str; 3];

const RSA_100: Challenge = [
    "1522605027922533360535618378132637429718068114961380688657908494580122963258952897654000350692006139",
    "37975227936943673922808872755445627854565536638199",
    "40094690950920881030683735292761468389214899724061",
];

const RSA_110: Challenge = [
    "35794234179725868774991807832568455403003778024228226193532908190484670252364677411513516111204504060317568667",
    "6122421090493547576937037317561418841225758554253106999",
    "5846418214406154678836553182979162384198610505601062333",
];

fn is_factored(challenge: Challenge) {
    let [n, mut factors @ ..] = challenge.map(|digits| digits.parse::<Natural>().unwrap());
    factors.sort_unstable();
    let mut told = 0;
    let answer = factor_in_lanes(&n, Effort::Deep, all_cores(), move |progress| {
        let percent = progress.done * 100 / progress.wanted.max(1);
        if percent != told {
            told = percent;
            eprintln!("{}: {} of {}", progress.method, progress.done, progress.wanted);
        }
    });
    assert!(answer.unwrap().factorization.primes().eq(&factors));
}

#[test]
#[ignore = "hours"]
fn rsa_100() {
    is_factored(RSA_100);
}

#[test]
#[ignore = "days"]
fn rsa_110() {
    is_factored(RSA_110);
}

#[test]
fn the_published_factors_are_primes_of_the_challenges() {
    for challenge in [RSA_100, RSA_110] {
        let [n, p, q] = challenge.map(|digits| digits.parse::<Natural>().unwrap());
        assert_eq!(&p * &q, n);
        for prime in [p, q] {
            assert_ne!(primestream_primes::primality(&prime), Primality::Composite);
        }
    }
}
