//! The walk: primes of a range are the same forward, backward, from both ends and after a pause,
//! near and far, sieved or tested, in one machine word and in two.

use primestream_primes::{
    Natural, Position, Primality, Primes, Whole, count, index_of, is_prime_u64, nth_prime, primality, primes,
    primes_u128,
};

/// Numbers of a fixed sequence.
fn random(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |limit| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 20) % limit
    }
}

fn naive_primes(first: u64, last: u64) -> Vec<u64> {
    (first..=last).filter(|&n| is_prime_u64(n)).collect()
}

fn naive_primes_u128(first: u128, last: u128) -> Vec<u128> {
    (first..=last).filter(|&n| primality(&Natural::from(n)) != Primality::Composite).collect()
}

const PLACES: [u64; 8] = [
    0,
    1 << 16,
    10_000_000,
    1 << 32,
    (1 << 44) - 50_000, // where full sieving ends
    10_u64.pow(15),
    10_u64.pow(18),
    u64::MAX - 200_000,
];

#[test]
fn backward_is_forward_turned_around() {
    let mut below = random(3);
    for place in PLACES {
        let first = place + below(60_000);
        let last = first + below(130_000);
        let mut expected = naive_primes(first, last);
        let range = first..=last;
        assert!(primes(range.clone()).eq(expected.iter().copied()), "{range:?}");
        expected.reverse();
        assert!(primes(range.clone()).rev().eq(expected.iter().copied()), "{range:?} backward");
    }
    assert_eq!(primes(..2).next_back(), None);
    assert!(primes(..=30).rev().eq([29, 23, 19, 17, 13, 11, 7, 5, 3, 2]));
    assert_eq!(primes(..).next_back(), Some(u64::MAX - 58));
    assert_eq!(primes(..10_u64.pow(18)).next_back(), Some(10_u64.pow(18) - 11));
}

#[test]
fn both_ends_meet_wherever_they_stand() {
    let expected = naive_primes(0, 3_000_000);
    let mut below = random(5);
    for _ in 0..20 {
        let mut iterator = primes(..=3_000_000);
        let (mut front, mut behind) = (Vec::new(), Vec::new());
        while front.len() + behind.len() < expected.len() {
            // Bursts of very different length, so that every part is crossed from both sides.
            let scale = below(17);
            let burst = usize::try_from(below(1 << scale)).unwrap();
            if below(2) == 0 {
                front.extend(iterator.by_ref().take(burst));
            } else {
                behind.extend(iterator.by_ref().rev().take(burst));
            }
        }
        assert_eq!((iterator.next(), iterator.next_back(), iterator.next()), (None, None, None));
        front.extend(behind.into_iter().rev());
        assert!(front == expected);
    }
}

fn continues<N: Whole>(all: Primes<N>, cuts: &[usize]) {
    let expected: Vec<N> = all.clone().collect();
    for &cut in cuts {
        let mut iterator = all.clone();
        let taken = iterator.by_ref().take(cut).count();
        let behind = iterator.by_ref().rev().take(cut / 3).count();
        let text = iterator.position().to_string();
        let position: Position<N> = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(position, iterator.position());
        let rest: Vec<N> = Primes::resume(position).collect();
        assert!(rest == expected[taken..expected.len() - behind], "after {cut}, at {text}");
        assert!(iterator.eq(rest), "asking for the position changes nothing");
    }
}

#[test]
fn a_position_continues_exactly() {
    let cuts = [0, 1, 2, 3, 4, 10, 500, 511, 512, 513, 4_000, 100_000];
    for place in PLACES {
        continues(primes(place..=place.saturating_add(400_000)), &cuts);
    }
    continues(primes_u128((1 << 64) - 20_000..(1 << 64) + 20_000), &[0, 1, 450, 460, 800, 900]);
    let mut ended = primes(..10);
    assert_eq!(ended.by_ref().count(), 4);
    assert_eq!(ended.position().to_string(), "done");
    assert_eq!(Primes::resume(ended.position()).next(), None);
    assert_eq!(primes(5..5).position().range(), None);
}

#[test]
fn two_words_agree_with_one_and_with_the_test() {
    for place in PLACES {
        let last = place.saturating_add(100_000);
        let expected = primes(place..=last).map(u128::from);
        assert!(primes_u128(u128::from(place)..=u128::from(last)).eq(expected), "{place}");
    }
    for middle in [1_u128 << 64, 1 << 65, 1 << 96, 1 << 127, u128::MAX - 3_000] {
        let range = middle - 3_000..=middle + 3_000;
        let expected = naive_primes_u128(*range.start(), *range.end());
        assert!(primes_u128(range.clone()).eq(expected.iter().copied()), "{range:?}");
        assert!(primes_u128(range.clone()).rev().eq(expected.iter().rev().copied()), "{range:?} backward");
        assert_eq!(primes_u128(range).count(), expected.len());
    }
    // The ten primes before 2^64 are known, and so are the first behind it: A013597, A014234.
    assert!(primes_u128(u128::from(u64::MAX)..).take(2).eq([(1 << 64) + 13, (1 << 64) + 37]));
    assert_eq!(primes_u128((1 << 127) - 20..).next(), Some((1 << 127) - 1));
    assert_eq!(primes_u128(u128::MAX - 158..).collect::<Vec<_>>(), [u128::MAX - 158]);
    assert_eq!(primes_u128(u128::MAX - 157..).next(), None);
}

#[test]
fn windows_leave_what_tests_leave() {
    // Long enough for windows to open: at once where all is counted, on the way where it is asked for.
    for (first, numbers) in [(20_000_000_000_000, 40_000_000), (10_u64.pow(15), 30_000_000)] {
        let last = first + numbers;
        let counted = count(first..=last);
        let walked: Vec<u64> = primes(first..=last).collect();
        let mut asked = primes(first..=last);
        let asked: Vec<u64> = std::iter::from_fn(|| asked.next()).collect();
        assert_eq!(counted, walked.len() as u64, "from {first}");
        assert!(walked == asked, "from {first}");
        assert!(walked.iter().all(|&prime| is_prime_u64(prime)), "from {first}");
        let mut before = walked[0];
        for &prime in &walked[1..] {
            // Between neighbours there is nothing; a sample, since testing all takes long.
            if prime % 16 == 1 {
                assert!((before + 1..prime).all(|n| !is_prime_u64(n)), "between {before} and {prime}");
            }
            before = prime;
        }
        assert!(primes(first..=last).rev().eq(walked.iter().rev().copied()), "from {first}, backward");
    }
}

#[test]
fn published_counts_far_out() {
    // π(x + 10^8) − π(x) for x = 10^15 and 10^18 from tables of short intervals, as counted by primesieve 11.
    assert_eq!(count(10_u64.pow(15)..10_u64.pow(15) + 100_000_000), 2_893_937);
    assert_eq!(count(10_u64.pow(18)..10_u64.pow(18) + 100_000_000), 2_414_886);
    // The last 2^25 numbers below 2^64 hold the same primes by either way.
    let first = u64::MAX - (1 << 25) + 1;
    let parts = (0..64).map(|part| {
        primes(first + (part << 19)..=first + (part << 19) + ((1 << 19) - 1)).fold(0, |count, _| count + 1)
    });
    assert_eq!(count(first..), parts.sum::<u64>());
}

#[test]
fn index_and_prime_are_inverse() {
    // OEIS A006988: the 10^k-th prime; the table ends at the 524 288-th.
    for (place, prime) in [(1, 2), (10_000, 104_729), (1_000_000, 15_485_863), (10_000_000, 179_424_673)] {
        assert_eq!(index_of(prime), Some(place - 1));
        assert_eq!(index_of(prime + 1), if prime == 2 { Some(1) } else { None });
    }
    let mut below = random(7);
    for index in (524_280..524_300).chain((0..20).map(|_| below(3_000_000))) {
        assert_eq!(nth_prime(index).and_then(index_of), Some(index));
    }
    assert_eq!((index_of(0), index_of(1), index_of(7_754_078), index_of(u64::MAX)), (None, None, None, None));
}
