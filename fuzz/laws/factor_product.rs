//! The law of products: whatever the bytes stand for, the factors found multiply to it, are what they are said to be, and
//! are the same however they are looked for.

use primestream_primes::{Effort, Factoring, Natural, Primality, Worker, factor, factor_u64, primality};

/// Panics if the law does not hold for the integer that some bytes are, least byte first.
pub(crate) fn holds(bytes: &[u8]) {
    let n = Natural::from_le_bytes(&bytes[..bytes.len().min(BYTES_MAX)]);
    let factors = factor(&n, Effort::Quick);
    assert_eq!(factors.product(), n);
    for power in factors.powers() {
        assert!(power.exponent > 0);
        assert_eq!(primality(&power.prime), power.primality);
        assert_ne!(power.primality, Primality::Composite);
        assert!(factors.is_complete() || !(factors.cofactor() % &power.prime).is_zero() || n.is_zero());
    }
    assert!(factors.powers().is_sorted_by(|a, b| a.prime < b.prime));
    if let Some(word) = n.to_u64() {
        let of_word = factor_u64(word);
        assert!(of_word.is_complete() || word == 0);
        assert!(of_word.primes().map(Natural::from).eq(factors.primes().cloned()));
    } else {
        assert_eq!(interrupted(&n), factors);
    }
}

/// Factors it with a break after the first unit.
fn interrupted(n: &Natural) -> primestream_primes::Factorization {
    let (mut factoring, mut worker) = (Factoring::new(n, Effort::Quick), Worker::new());
    if let Some(unit) = factoring.unit() {
        factoring.merge(worker.run(&unit));
    }
    let mut factoring = Factoring::resume(&factoring.save()).expect("it was saved");
    while let Some(unit) = factoring.unit() {
        factoring.merge(worker.run(&unit));
    }
    factoring.finish()
}

/// Longer numbers take milliseconds.
const BYTES_MAX: usize = 20;
