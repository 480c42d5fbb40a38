//! What the kernels of this crate cost, each asserting the answer it times.
//!
//! `cargo bench -p primestream-primes [-- filter]`; seeds are fixed, the best of a few
//! runs is shown, and lines are named `area/case/variant`.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and its arguments")]
#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use primestream_primes::{
    Effort, Natural, Primality, are_primes, count, factor, factor_u64, factor_u64s, is_prime_u64, primality,
    primes, tree,
};

fn main() {
    // `cargo test --all-targets` runs benches too, without this flag: there, building is enough.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let bench = |name: &str, units: u64, unit: &str, run: &dyn Fn()| {
        if name.contains(&filter) {
            let best = (0..RUNS).map(|_| time(run)).min().unwrap_or_default();
            let each = best.as_secs_f64() * 1e9 / units as f64;
            println!("{name:<40} {best:>12.2?} {each:>12.3} ns per {unit}");
        }
    };

    bench("sieve/count/below_10^9", 1_000_000_000, "number", &|| {
        assert_eq!(count(..1_000_000_000), 50_847_534); // OEIS A006880
    });
    bench("sieve/fold/below_10^9", 50_847_534, "prime", &|| {
        assert_eq!(primes(..1_000_000_000).fold(0, u64::wrapping_add), 24_739_512_092_254_535);
    });
    bench("sieve/next/below_10^9", 50_847_534, "prime", &|| {
        let mut sum = 0;
        for prime in primes(..1_000_000_000) {
            sum += prime;
        }
        assert_eq!(sum, 24_739_512_092_254_535); // OEIS A046731
    });
    for (name, exponent, expected) in [
        ("10^12", 12, 3_618_282),
        ("10^13", 13, 3_342_093),
        ("10^15", 15, 2_893_937),
        ("10^18", 18, 2_414_886),
    ] {
        let first = 10_u64.pow(exponent);
        bench(&format!("sieve/count/10^8_from_{name}"), 100_000_000, "number", &|| {
            assert_eq!(count(first..first + 100_000_000), expected);
        });
    }
    bench("sieve/first/from_10^18", 1, "call", &|| {
        assert_eq!(primes(1_000_000_000_000_000_000..).next(), Some(1_000_000_000_000_000_003));
    });

    // Sums modulo 2^64, as primesieve 11 gives them.
    for (name, first, len, expected) in [
        ("1000_from_10^18", 10_u64.pow(18), 1_000, 3_875_820_019_704_804_608),
        ("10^6_from_10^15", 10_u64.pow(15), 1_000_000, 3_875_837_292_539_298_972),
        ("10^6_from_10^18", 10_u64.pow(18), 1_000_000, 2_003_784_904_519_841_316),
    ] {
        bench(&format!("sieve/take/{name}"), len, "prime", &|| {
            let taken = primes(first..).take(usize::try_from(len).unwrap_or(usize::MAX));
            assert_eq!(taken.fold(0, u64::wrapping_add), expected);
        });
    }

    let large: Vec<u64> = primes(1 << 62..).take(10_000).collect();
    bench("primality/word/primes_of_63_bits", 10_000, "number", &|| {
        assert!(large.iter().all(|&prime| is_prime_u64(black_box(prime))));
    });
    bench("primality/eight/primes_of_63_bits", 10_000, "number", &|| {
        assert!(large.as_chunks().0.iter().all(|primes| are_primes(black_box(primes)) == [true; 8]));
    });
    let candidates: Vec<u64> =
        random(3).map(|n| n | 1).filter(|n| gcd_with_small(*n) == 1).take(10_000).collect();
    bench("primality/word/candidates", 10_000, "number", &|| {
        black_box(candidates.iter().filter(|&&n| is_prime_u64(n)).count());
    });
    bench("primality/eight/candidates", 10_000, "number", &|| {
        black_box(candidates.as_chunks().0.iter().filter(|eight| are_primes(eight)[0]).count());
    });
    bench("primality/word/random_odd_64_bits", 100_000, "number", &|| {
        black_box(random(1).take(100_000).filter(|n| is_prime_u64(n | 1)).count());
    });
    for exponent in [127_u64, 521, 1_279, 2_203, 4_253] {
        let mersenne = (Natural::ONE << exponent) - 1;
        bench(&format!("primality/natural/2^{exponent}-1"), 1, "number", &|| {
            black_box(primality(&mersenne));
        });
    }

    bench("factor/word/random_64_bits", 10_000, "number", &|| {
        assert!(random(2).take(10_000).all(|n| factor_u64(n).product() == n));
    });
    let halves: Vec<u64> = primes((1 << 32) - 10_000..1 << 32).collect();
    let pairs = halves.iter().zip(halves.iter().rev());
    bench("factor/word/two_primes_of_32_bits", halves.len() as u64, "number", &|| {
        assert!(pairs.clone().all(|(p, q)| factor_u64(p * q).primes().count() == 2));
    });
    let short: Vec<u64> = (16..=21)
        .flat_map(|bits| {
            let half: Vec<u64> = primes((1 << bits) - 3_000..1 << bits).take(200).collect();
            half.iter().zip(half.iter().rev()).map(|(p, q)| p * q).collect::<Vec<_>>()
        })
        .collect();
    bench("factor/word/short_semiprimes", short.len() as u64, "number", &|| {
        assert!(short.iter().all(|&n| factor_u64(n).primes().count() == 2));
    });
    bench("factor/word/consecutive_from_10^9", 100_000, "number", &|| {
        assert!((1_000_000_000..1_000_100_000).all(|n| factor_u64(n).product() == n));
    });
    let words: Vec<u64> = random(2).take(10_000).collect();
    let semiprimes: Vec<u64> = pairs.clone().map(|(p, q)| p * q).collect();
    let consecutive: Vec<u64> = (1_000_000_000..1_000_100_000).collect();
    for (name, numbers) in [
        ("random_64_bits", &words),
        ("two_primes_of_32_bits", &semiprimes),
        ("consecutive_from_10^9", &consecutive),
    ] {
        for at_once in [8, 64, 1024] {
            bench(&format!("factor/words/{at_once}_at_once/{name}"), numbers.len() as u64, "number", &|| {
                assert!(numbers.chunks(at_once).all(|some| {
                    factor_u64s(some).iter().zip(some).all(|(factors, &n)| factors.product() == n)
                }));
            });
        }
    }
    let (p, q) = (Natural::from((1_u64 << 40) + 15), (Natural::ONE << 86) - 35);
    let semiprime = &p * &q;
    bench("factor/natural/40_and_86_bits", 1, "number", &|| {
        assert!(factor(&semiprime, Effort::Normal).is_complete());
    });
    for bits in [42, 50, 58, 66, 82, 98] {
        let (p, q) = (largest_prime_below(bits), largest_prime_below(bits - 3));
        let n = &p * &q;
        bench(&format!("factor/natural/semiprime_of_{}_bits", n.bits()), 1, "number", &|| {
            assert!(factor(&n, Effort::Normal).primes().eq([&q, &p]));
        });
    }
    let words: Vec<u64> = random(5).take(200).collect();
    let random: Vec<Natural> =
        words.as_chunks().0.iter().map(|[high, low]| (Natural::from(*high) << 64) + *low).collect();
    bench("factor/natural/random_of_128_bits", 100, "number", &|| {
        assert!(random.iter().all(|n| factor(n, Effort::Normal).product() == *n));
    });
    let keys: Vec<Natural> =
        self::random(4).take(1_000).map(|seed| Natural::from(seed).pow(16) * 2_u64 + 1_u64).collect();
    bench("tree/batch_gcd/1000_of_1024_bits", 1_000, "number", &|| {
        assert_eq!(tree::batch_gcd(&keys).len(), keys.len());
    });
    bench("tree/trial_division/1000_of_1024_bits", 1_000, "number", &|| {
        let small: Vec<u64> = primes(..1 << 16).collect();
        assert_eq!(tree::batch_trial_division(&keys, &small).len(), keys.len());
    });
    let long = (Natural::ONE << 332_192) + 3;
    bench("factor/natural/10^5_digits", 1, "number", &|| {
        assert_eq!(factor(&long, Effort::Normal).product(), long);
    });
}

fn largest_prime_below(bits: u64) -> Natural {
    let below = (1_u64..).step_by(2).map(|distance| (Natural::ONE << bits) - distance);
    below.into_iter().find(|n| primality(n) != Primality::Composite).expect("there is one")
}

fn time(run: &dyn Fn()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// Words of a fixed sequence; the seed is not 0. Source: [Marsaglia2003].
fn random(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed << 32 | 0x9e37_79b9), |word| {
        let word = word ^ word << 13;
        let word = word ^ word >> 7;
        Some(word ^ word << 17)
    })
}

/// The common divisor with the product of the primes below 54.
fn gcd_with_small(n: u64) -> u64 {
    let (mut a, mut b) = (16_294_579_238_595_022_365, n);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

const RUNS: u32 = 3;
