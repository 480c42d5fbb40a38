//! Factors: products of two primes of equal length, one after the other, on one thread.

use primestream_primes::{Effort, Natural, Primality, factor, factor_u64, primality};
use rusqsieve::{FactorConfig, Parallelism, factor_with};

use crate::random::scatter;
use crate::rounds::{Scale, contestant, rounds};

/// Lengths in bits, and how many numbers of each.
const NUMBERS: [(u64, u64); 5] = [(80, 200), (96, 100), (128, 40), (160, 10), (192, 3)];

/// Semiprimes of one word.
const WORDS: u64 = 10_000;

/// Runs all lengths.
pub(crate) fn run(scale: &Scale) {
    let words: Vec<(u64, [u64; 2])> = (0..scale.size.of(WORDS)).map(word).collect();
    rounds(
        "factor: semiprimes of 64 bits, one thread",
        scale,
        (words.len() as f64, "numbers"),
        vec![
            contestant("ours: factor_u64", || {
                assert!(words.iter().all(|(n, primes)| factor_u64(*n).primes().eq(*primes)));
            }),
            contestant("rusqsieve", || {
                assert!(
                    words.iter().all(|(n, primes)| theirs(&(*n).into()) == primes.map(|p| p.to_string()))
                );
            }),
        ],
    );
    for (bits, count) in NUMBERS {
        let numbers: Vec<(Natural, [Natural; 2])> =
            (0..scale.size.of(count * 10).div_ceil(10)).map(|index| semiprime(bits, index)).collect();
        rounds(
            &format!("factor: semiprimes of {bits} bits, one thread"),
            scale,
            (numbers.len() as f64, "numbers"),
            vec![
                contestant("ours: factor", || {
                    assert!(numbers.iter().all(|(n, primes)| factor(n, Effort::Deep).primes().eq(primes)));
                }),
                contestant("rusqsieve", || {
                    assert!(
                        numbers
                            .iter()
                            .all(|(n, primes)| { theirs(n) == primes.each_ref().map(ToString::to_string) })
                    );
                }),
            ],
        );
    }
}

/// Returns the primes that the peer finds, as text.
fn theirs(n: &Natural) -> Vec<String> {
    let n: rusqsieve::Natural<8> = n.to_string().parse().expect("it fits in 512 bits");
    let one = Parallelism::threads(1).expect("one is more than none");
    let config = FactorConfig::default().with_parallelism(one);
    let factors = factor_with(n, config).expect("it can be factored");
    let mut primes: Vec<_> = factors.expanded().collect();
    primes.sort_unstable();
    primes.into_iter().map(|prime| prime.to_string()).collect()
}

fn word(index: u64) -> (u64, [u64; 2]) {
    let (n, primes) = semiprime(64, index);
    (n.to_u64().expect("64 bits"), primes.map(|prime| prime.to_u64().expect("32 bits")))
}

/// Returns a product of two primes of half the length, ascending.
pub(crate) fn semiprime(bits: u64, index: u64) -> (Natural, [Natural; 2]) {
    let mut primes = [0, 1].map(|half| prime(bits / 2, 2 * index + half));
    primes.sort_unstable();
    (&primes[0] * &primes[1], primes)
}

/// Returns a prime whose two leading bits are set, so that a product of two has twice the length.
fn prime(bits: u64, seed: u64) -> Natural {
    let words = bits.div_ceil(64);
    let random = (0..words).fold(Natural::ZERO, |n, word| (n << 64) + scatter(seed * 8 + word));
    let lead = (Natural::ONE << (bits - 1)) + (Natural::ONE << (bits - 2));
    let first = lead + random.low_bits(bits - 2);
    let mut candidate = if first.is_even() { first + 1 } else { first };
    while primality(&candidate) == Primality::Composite {
        candidate += 2;
    }
    candidate
}
