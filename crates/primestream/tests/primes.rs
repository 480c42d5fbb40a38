//! Primes as streams: in order whatever the lanes, from any start, as many as were asked for.

use primestream::prelude::*;
use primestream::{stream_prime_generation, stream_prime_generation_from};
use primestream_primes::count;

#[test]
fn the_first_primes_are_streamed_as_many_as_asked_for() {
    let first: Vec<u64> = stream_prime_generation(100_000).collect().unwrap();
    assert_eq!(first.len(), 100_000);
    assert!(first.iter().copied().eq(primestream_primes::primes(..).take(100_000)));
    assert_eq!(first.last(), Some(&1_299_709)); // OEIS A006988
    let far: Vec<u64> = stream_prime_generation_from(1 << 63, 3).collect().unwrap();
    assert!(far.iter().copied().eq(primestream_primes::primes(1 << 63..).take(3)));
    // The last primes there are: fewer than asked for is no error.
    assert_eq!(stream_prime_generation_from(u64::MAX - 100, 10).count().unwrap(), 3);
    assert_eq!(stream_prime_generation(0).count().unwrap(), 0);
}

#[test]
fn primes_stay_in_order_on_any_number_of_lanes() {
    for range in [0..20_000_000, 1_000_000_000_000..1_000_010_000_000, u64::MAX - 3_000_000..u64::MAX] {
        let expected: Vec<u64> = primestream_primes::primes(range.clone()).collect();
        for lanes in [1, 2, 5] {
            let found: Vec<u64> = primes_in_lanes(range.clone(), lanes).collect().unwrap();
            assert!(found == expected, "{range:?} on {lanes} lanes");
        }
    }
    assert_eq!(primes_in_lanes(7..7, 2).count().unwrap(), 0);
}

#[test]
fn lanes_that_are_ahead_wait_for_memory() {
    let report =
        primes_in_lanes(..30_000_000, 3).sink(|_| Ok::<_, std::io::Error>(())).memory_limit(mib(1)).run();
    let report = report.unwrap();
    assert_eq!(report.items_out(), count(..30_000_000));
    assert!(report.reserved_bytes_peak() <= 2 * mib(1), "{}", report.reserved_bytes_peak());
}
