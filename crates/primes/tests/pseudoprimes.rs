//! Composites made to be taken for primes: all Carmichael numbers below 10^12, and all strong pseudoprimes to base 2
//! below 2^32.

use primestream_primes::{
    Natural, Primality, are_primes, factor_u64, is_prime_u64, primality, primes, table,
};

/// Finds the Carmichael numbers below a limit by Korselt's rule: products of different odd primes `p` where each `p - 1`
/// divides the number less 1.
struct Carmichael {
    limit: u64,
    found: Vec<u64>,
}

impl Carmichael {
    /// Extends a product of different primes by `primes`, all of which are larger; `lambda` is the least common multiple
    /// of its primes less 1.
    fn extend(&mut self, product: u64, lambda: u64, primes: &[u16]) {
        for (index, &prime) in (1..).zip(primes) {
            let prime = u64::from(prime);
            // Another one, still larger, must follow.
            if product * prime * prime >= self.limit {
                break;
            }
            if gcd(product, prime - 1) == 1 {
                let lambda = lambda / gcd(lambda, prime - 1) * (prime - 1);
                if product > 1 {
                    self.close(product * prime, prime, lambda);
                }
                self.extend(product * prime, lambda, &primes[index..]);
            }
        }
    }

    /// Looks for the last prime: `q` with `product·q = 1` modulo `lambda`, where `q - 1` divides `product - 1`.
    fn close(&mut self, product: u64, last: u64, lambda: u64) {
        let Some(inverse) = inverse(product, lambda) else { return };
        let end = product.min((self.limit - 1) / product);
        let mut prime = inverse;
        while prime <= end {
            if prime > last && (product - 1).is_multiple_of(prime - 1) && is_prime_u64(prime) {
                self.found.push(product * prime);
            }
            prime += lambda;
        }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The inverse of a number, below the modulus.
fn inverse(n: u64, modulus: u64) -> Option<u64> {
    let (mut a, mut b) = (i128::from(modulus), i128::from(n % modulus));
    let (mut x, mut y) = (0_i128, 1);
    while b != 0 {
        let quotient = a / b;
        (a, b) = (b, a - quotient * b);
        (x, y) = (y, x - quotient * y);
    }
    (a == 1).then(|| u64::try_from(x.rem_euclid(i128::from(modulus))).expect("below the modulus"))
}

#[test]
fn carmichael_numbers_below_10_12_are_composite_and_factored() {
    let mut carmichael = Carmichael { limit: 1_000_000_000_000, found: Vec::new() };
    carmichael.extend(1, 1, &table::small_primes()[1..]);
    carmichael.found.sort_unstable();
    // OEIS A055553: so many there are below 10^12; A002997: the first of them.
    assert_eq!(carmichael.found.len(), 8_241);
    assert_eq!(carmichael.found[..7], [561, 1_105, 1_729, 2_465, 2_821, 6_601, 8_911]);
    for &n in &carmichael.found {
        assert!(!is_prime_u64(n), "{n}");
        assert_eq!(primality(&Natural::from(n)), Primality::Composite);
        let factors = factor_u64(n);
        assert!(factors.product() == n && factors.powers().len() >= 3);
        let follows_the_rule = |p: u64| is_prime_u64(p) && (n - 1).is_multiple_of(p - 1);
        assert!(factors.primes().all(follows_the_rule), "{factors}");
    }
}

/// The strong test to base 2 of an odd number below 2^32, by division.
fn is_strong_to_base_2(n: u64) -> bool {
    let twos = (n - 1).trailing_zeros();
    let mut power = 1;
    for bit in (twos..32).rev() {
        power = power * power % n * (1 + ((n - 1) >> bit & 1)) % n;
    }
    power == 1
        || std::iter::successors(Some(power), |power| Some(power * power % n))
            .take(twos as usize)
            .any(|power| power == n - 1)
}

#[test]
fn strong_pseudoprimes_to_base_2_below_2_32_are_composite_and_factored() {
    // All 2314 of them, found by asking every odd composite below 2^32; OEIS A001262.
    let all: Vec<u64> = include_str!("strong_pseudoprimes_2.txt")
        .lines()
        .map(|line| line.parse().expect("a number"))
        .collect();
    assert_eq!((all.len(), all.is_sorted()), (2_314, true));
    for &n in &all {
        assert!(is_strong_to_base_2(n), "{n} belongs here");
        assert!(!is_prime_u64(n), "{n}");
        assert_eq!(primality(&Natural::from(n)), Primality::Composite);
        let factors = factor_u64(n);
        assert!(
            factors.product() == n && factors.primes().count() >= 2 && factors.primes().all(is_prime_u64)
        );
    }
    for eight in all.chunks(8) {
        let mut numbers = [7; 8];
        numbers[..eight.len()].copy_from_slice(eight);
        let verdicts = are_primes(&numbers);
        assert!(verdicts[..eight.len()].iter().all(|is_prime| !is_prime));
    }
    // None is among the primes of the sieve.
    for window in all.chunk_by(|a, b| b - a < 1 << 20) {
        let (first, last) = (window[0], window[window.len() - 1]);
        assert!(primes(first..=last).all(|prime| window.binary_search(&prime).is_err()));
    }
}
