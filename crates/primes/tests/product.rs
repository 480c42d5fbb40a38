//! Law 8, product: the prime powers and the cofactor multiply to `n`, and every prime
//! passes `primality`.

use primestream_primes::{
    Effort, Factoring, Factorization, Natural, Primality, Worker, factor, factor_u64, is_prime_u64,
    primality, table,
};
use proptest::prelude::*;

/// What the law says of one answer.
fn holds(n: &Natural, factors: &Factorization) -> Result<(), TestCaseError> {
    prop_assert_eq!(&factors.product(), n);
    for power in factors.powers() {
        prop_assert!(power.exponent > 0);
        prop_assert_eq!(primality(&power.prime), power.primality);
        prop_assert!(power.primality != Primality::Composite);
        let mut cofactor = factors.cofactor().clone();
        prop_assert_eq!(cofactor.remove_natural(&power.prime), 0, "the cofactor shares no prime");
    }
    prop_assert!(factors.powers().is_sorted_by(|a, b| a.prime < b.prime));
    prop_assert_eq!(factors.is_complete(), factors.cofactor().is_one());
    if !factors.is_complete() && factors.cofactor_primality() == Some(Primality::Composite) {
        prop_assert_eq!(primality(factors.cofactor()), Primality::Composite);
    }
    Ok(())
}

/// Primes of every size, and composites where a method may stumble.
fn part() -> impl Strategy<Value = Natural> {
    prop_oneof![
        (0..table::small_primes().len()).prop_map(|index| table::small_primes()[index].into()),
        (0..table::TABLE_LEN).prop_map(|index| table::prime(index).unwrap_or(2).into()),
        any::<u32>().prop_map(|word| Natural::from(word | 1)),
        any::<u64>().prop_map(|word| Natural::from(word >> 20 | 1)),
        proptest::sample::select(vec![61_u64, 89, 107, 127]).prop_map(|bits| (Natural::ONE << bits) - 1),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn words(n in any::<u64>(), shift in 0..64_u32) {
        let n = n >> shift;
        let factors = factor_u64(n);
        prop_assert_eq!(factors.product(), n);
        prop_assert_eq!(factors.is_complete(), n != 0);
        prop_assert!(factors.primes().all(is_prime_u64));
        holds(&n.into(), &factors.into())?;
    }

    #[test]
    fn products_of_words_below_two_to_the_64(a in any::<u32>(), b in any::<u32>()) {
        let n = u64::from(a) * u64::from(b);
        prop_assert_eq!(factor_u64(n).product(), n);
        prop_assert!(factor_u64(n).primes().all(is_prime_u64));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn products_of_parts(parts in proptest::collection::vec((part(), 1..7_u32), 0..7)) {
        let n = parts.iter().map(|(part, exponent)| part.pow(*exponent)).product::<Natural>();
        holds(&n, &factor(&n, Effort::Quick))?;
    }

    #[test]
    fn foreign_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let n = Natural::from_le_bytes(&bytes);
        holds(&n, &factor(&n, Effort::Quick))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

    #[test]
    fn two_words_at_normal_effort(n in any::<u128>()) {
        let n = Natural::from(n);
        holds(&n, &factor(&n, Effort::Normal))?;
    }
}

#[test]
fn nothing_and_one() {
    for effort in [Effort::Quick, Effort::Normal, Effort::Deep] {
        for n in [Natural::ZERO, Natural::ONE] {
            let factors = factor(&n, effort);
            assert!(factors.powers().is_empty());
            assert_eq!(factors.product(), n);
        }
    }
}

#[test]
fn long_numbers_answer() {
    // 10^5 digits: random, a high power, and a product of all small primes.
    let mut seed = 7_u64;
    let digits: Vec<u8> = (0..100_000)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            b"0123456789"[(seed >> 60) as usize % 10]
        })
        .collect();
    let random = Natural::parse_decimal(&digits).expect("digits");
    let power = ((Natural::ONE << 61) - 1).pow(5_003);
    let small = table::small_primes().iter().map(|&prime| Natural::from(prime).pow(3)).product::<Natural>();
    for n in [random, power, small] {
        let factors = factor(&n, Effort::Normal);
        assert_eq!(factors.product(), n);
    }
}

#[test]
fn the_sieve_finds_relations_of_the_longest_numbers_it_is_asked_for() {
    let n = ((Natural::ONE << 200) - 75) * ((Natural::ONE << 199) - 49);
    let (mut factoring, mut worker) = (Factoring::new(&n, Effort::Deep), Worker::new());
    while !factoring.save().contains("\nattack ") {
        let unit = factoring.unit_of_at_most(u64::MAX).expect("it is not given up");
        factoring.merge(worker.run(&unit));
    }
    // As if all curves before the sieve, days of them, were done.
    let text = factoring.save();
    let without_curves =
        |line: &str| match line.strip_prefix("attack ").and_then(|rest| rest.rsplit_once(' ')) {
            Some((attack, _)) => format!("attack {attack} 0\n"),
            None => format!("{line}\n"),
        };
    let text: String = text.lines().map(without_curves).collect();
    let mut factoring = Factoring::resume(&text).expect("a state");
    while !factoring.save().contains("\nrelation ") {
        let unit = factoring.unit_of_at_most(u64::MAX).expect("it sieves");
        factoring.merge(worker.run(&unit));
    }
    // Every relation is checked where it is read.
    assert!(Factoring::resume(&factoring.save()).is_ok());
}
