//! A factorisation never holds more memory than is said of it before.

use primestream_primes::{Effort, Factoring, Natural, Worker};

#[path = "../../../fuzz/laws/counting.rs"]
mod counting;

/// Factors a number with so many workers in turn, for so many units, and returns the most that was held.
fn peak_of(n: &Natural, effort: Effort, workers: usize, units_max: usize) -> usize {
    let factor = || {
        let mut factoring = Factoring::new(n, effort);
        let mut workers: Vec<Worker> = (0..workers).map(|_| Worker::new()).collect();
        let mut units = 0;
        while units < units_max
            && let Some(unit) = factoring.unit()
        {
            let next = units % workers.len();
            factoring.merge(workers[next].run(&unit));
            units += 1;
        }
    };
    counting::peak_of(factor).1
}

#[test]
fn a_factorisation_holds_no_more_than_is_said_before() {
    // Of two primes of half the length, so that the sieve has to end it; and one that is not sieved, which is stopped.
    let prime = |bits: u64, below: u64| (Natural::ONE << bits) - below;
    for (p, q, effort, workers, units_max) in [
        (prime(40, 87), prime(41, 21), Effort::Quick, 1, usize::MAX),
        (prime(64, 59), prime(61, 1), Effort::Normal, 3, usize::MAX),
        (prime(89, 1), prime(81, 51), Effort::Normal, 1, usize::MAX),
        (prime(521, 1), prime(607, 1), Effort::Normal, 2, 20),
    ] {
        let n = p * q;
        let said = Factoring::memory_bytes(n.bits(), effort, workers);
        let held = peak_of(&n, effort, workers, units_max);
        assert!(held <= said, "{} bits: {held} of {said} bytes", n.bits());
    }
}

#[test]
fn more_bits_and_more_workers_are_said_to_hold_more() {
    for effort in [Effort::Quick, Effort::Normal, Effort::Deep] {
        for bits in 1..=100 {
            let [one, longer, two] = [(bits, 1), (bits + 1, 1), (bits, 2)]
                .map(|(bits, workers)| Factoring::memory_bytes(bits, effort, workers));
            assert!(one < two && (one <= longer || bits == 100 && effort == Effort::Quick), "{bits}");
        }
    }
    let known = [256, 330, 400].map(|bits| Factoring::memory_bytes(bits, Effort::Deep, 1) >> 20);
    assert!(known.is_sorted() && known[2] < 4_096, "{known:?} MiB");
}
