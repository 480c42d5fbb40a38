//! Many numbers at once: products in a tree, remainders down the same tree.
//!
//! Right where one number is asked of many, or many of one another: which of some primes divide each number of a list, or which
//! numbers of a list share a factor, as RSA keys of bad generators do. Multiplying neighbours until one product
//! is left, and taking its remainder by their products on the way down, costs a few large products instead of one
//! small operation for every pair.
//!
//! The library behind [`Natural`] multiplies and divides in the manner of Karatsuba and of Burnikel and Ziegler, so that twice the
//! numbers take about three times as long; the way down takes some four times as long as the products.
//! Sources: \[Bernstein2004\], \[Bernstein2005\].

use crate::Natural;

/// Returns the product of all numbers, 1 of none.
///
/// Neighbours are multiplied first, so that long factors meet long ones.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, tree};
///
/// let numbers: Vec<Natural> = (1..=20_u64).map(Natural::from).collect();
/// assert_eq!(tree::product(&numbers), Natural::from(2_432_902_008_176_640_000_u64)); // 20!
/// assert_eq!(tree::product(&[]), Natural::ONE);
/// ```
#[must_use]
pub fn product(numbers: &[Natural]) -> Natural {
    match numbers {
        [] => Natural::ONE,
        [number] => number.clone(),
        _ => {
            let (left, right) = numbers.split_at(numbers.len() / 2);
            product(left) * product(right)
        }
    }
}

/// Returns the products of all subtrees: the numbers first, the product of all in a row of its own last.
///
/// An element of a row is the product of two neighbours of the row before, or the last of them where there is
/// no neighbour. All rows together hold the length of the product as many times as there are rows.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, tree};
///
/// let rows = tree::product_tree([2_u64, 3, 5].map(Natural::from).to_vec());
/// assert_eq!(format!("{rows:?}"), "[[2, 3, 5], [6, 5], [30]]");
/// ```
#[must_use]
pub fn product_tree(numbers: Vec<Natural>) -> Vec<Vec<Natural>> {
    let mut rows = vec![numbers];
    while let Some(last) = rows.last()
        && last.len() > 1
    {
        let row = last.chunks(2).map(|pair| match pair {
            [left, right] => left * right,
            rest => rest[0].clone(),
        });
        let row = row.collect();
        rows.push(row);
    }
    rows
}

/// Returns `n mod m` for each modulus, in order.
///
/// # Panics
///
/// If a modulus is 0.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, tree};
///
/// let n = Natural::from(10_u64).pow(40) + 7;
/// let moduli = [9_u64, 10, 11].map(Natural::from);
/// assert_eq!(tree::remainders(&n, &moduli), [8_u64, 7, 8].map(Natural::from));
/// ```
#[must_use]
pub fn remainders(n: &Natural, moduli: &[Natural]) -> Vec<Natural> {
    remainders_down(n, product_tree(moduli.to_vec()))
}

/// Returns what [`remainders`] does, of the moduli that a [`product_tree`] was made of: for many numbers and the same moduli.
///
/// A tree that is handed over gives the memory of each row back when it is done; one that is lent serves again.
///
/// # Panics
///
/// If a modulus is 0.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, tree};
///
/// let rows = tree::product_tree([9_u64, 10, 11].map(Natural::from).to_vec());
/// for n in [100_u64, 1_000].map(Natural::from) {
///     assert_eq!(tree::remainders_down(&n, &rows), tree::remainders(&n, &rows[0]));
/// }
/// ```
#[must_use]
pub fn remainders_down<R>(n: &Natural, rows: R) -> Vec<Natural>
where
    R: IntoIterator<Item: AsRef<[Natural]>, IntoIter: DoubleEndedIterator>,
{
    let mut above = vec![n.clone()];
    for row in rows.into_iter().rev() {
        let row = row.as_ref();
        // The first row that is looked at is the product of all, whose remainder is taken from n itself.
        let parent = |index: usize| if above.len() == row.len() { index } else { index / 2 };
        above = row.iter().enumerate().map(|(index, modulus)| &above[parent(index)] % modulus).collect();
    }
    above
}

/// Returns for each number the primes of a list that divide it, in the order of the list. All of them divide 0.
///
/// The product of the primes is taken down the tree of the numbers, and what is left of it at each number shares exactly
/// these primes with it. Which they are is asked of a tree of the primes, so that numbers without any cost nothing more.
///
/// # Panics
///
/// If a prime is 0.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, primes, tree};
///
/// let numbers = [60_u64, 77, 10_007, 0].map(Natural::from);
/// let small: Vec<u64> = primes(..12).collect();
/// let divisors = tree::batch_trial_division(&numbers, &small);
/// assert_eq!(divisors, [vec![2, 3, 5], vec![7, 11], vec![], vec![2, 3, 5, 7, 11]]);
/// ```
#[must_use]
pub fn batch_trial_division(numbers: &[Natural], primes: &[u64]) -> Vec<Vec<u64>> {
    batch_trial_division_down(
        numbers,
        primes,
        &product_tree(primes.iter().copied().map(Natural::from).collect()),
    )
}

/// Returns what [`batch_trial_division`] does, by the [`product_tree`] of the primes: for many lists and the same primes.
///
/// # Panics
///
/// If a prime is 0.
#[must_use]
pub fn batch_trial_division_down(
    numbers: &[Natural],
    primes: &[u64],
    tree: &[Vec<Natural>],
) -> Vec<Vec<u64>> {
    let product = tree.last().and_then(|row| row.first()).cloned().unwrap_or(Natural::ONE);
    let is_zero = |number: &Natural| number.is_zero();
    let moduli: Vec<Natural> =
        numbers.iter().map(|number| if is_zero(number) { Natural::ONE } else { number.clone() }).collect();
    let shared =
        numbers.iter().zip(remainders(&product, &moduli)).map(|(number, rest)| match is_zero(number) {
            true => primes.to_vec(),
            false => divisors(&number.gcd(&rest), tree, primes),
        });
    shared.collect()
}

/// Returns the primes that divide `n`, by the subtrees that share a factor with it.
fn divisors(n: &Natural, tree: &[Vec<Natural>], primes: &[u64]) -> Vec<u64> {
    let mut places = vec![0];
    for row in tree.iter().rev().skip(1) {
        let below = places.iter().flat_map(|&place: &usize| [2 * place, 2 * place + 1]);
        places = below.filter(|&place| place < row.len() && !n.gcd(&(&row[place] % n)).is_one()).collect();
    }
    places
        .into_iter()
        .filter(|&place| place < primes.len() && n.rem_u64(primes[place]) == 0)
        .map(|place| primes[place])
        .collect()
}

/// Returns for each number the greatest common divisor with the product of all others: what it shares with any of them.
///
/// 1 where there is nothing. Where a number shares all its primes with others, twice occurring ones for example, it is the
/// number itself; then [`Natural::gcd`] with the others tells them apart. 0 shares everything with the others and
/// nothing is learnt: such lists are refused.
///
/// # Panics
///
/// If a number is 0.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, tree};
///
/// let keys = [101 * 103_u64, 107 * 109, 101 * 113, 127 * 131].map(Natural::from);
/// assert_eq!(tree::batch_gcd(&keys), [101_u64, 1, 101, 1].map(Natural::from));
/// ```
#[must_use]
pub fn batch_gcd(numbers: &[Natural]) -> Vec<Natural> {
    batch_gcd_down(&product_tree(numbers.to_vec()))
}

/// Returns what [`batch_gcd`] does, of the numbers that a [`product_tree`] was made of.
///
/// # Panics
///
/// If a number is 0, or there is no row.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Natural, tree};
///
/// let rows = tree::product_tree([15_u64, 21, 22].map(Natural::from).to_vec());
/// assert_eq!(tree::batch_gcd_down(&rows), tree::batch_gcd(&rows[0]));
/// ```
#[must_use]
pub fn batch_gcd_down(rows: &[Vec<Natural>]) -> Vec<Natural> {
    let (numbers, last) = (&rows[0], rows.len() - 1);
    assert!(!numbers.iter().any(Natural::is_zero), "0 shares a factor with every number");
    // Of the sum over all numbers of the product of the others, a number divides every term but its own.
    let mut sums = vec![Natural::ONE; numbers.len()];
    for row in &rows[..last] {
        let pairs = sums.chunks(2).zip(row.chunks(2)).map(|pair| match pair {
            ([left_sum, right_sum], [left, right]) => left_sum * right + right_sum * left,
            (rest, _) => rest[0].clone(),
        });
        sums = pairs.collect();
    }
    let sum = sums.pop().unwrap_or(Natural::ZERO);
    numbers.iter().zip(remainders_down(&sum, rows)).map(|(number, others)| number.gcd(&others)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of several lengths, some of which share primes.
    fn samples(count: usize, seed: u64) -> Vec<Natural> {
        let mut word = seed;
        let mut next = move || {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Natural::from(word >> 20)
        };
        (0..count).map(|index| (0..=index % 5).map(|_| next()).product::<Natural>() + 1).collect()
    }

    #[test]
    fn products_agree_with_the_naive_one() {
        for count in 0..40 {
            let numbers = samples(count, 1);
            let naive = numbers.iter().fold(Natural::ONE, |product, number| product * number);
            assert_eq!(product(&numbers), naive);
            let rows = product_tree(numbers.clone());
            assert_eq!(rows[0], numbers);
            assert!(rows.last().unwrap().first().is_none_or(|root| *root == naive), "{count} numbers");
            assert!(rows.iter().all(|row| product(row) == naive));
        }
    }

    #[test]
    fn remainders_agree_with_division() {
        for count in 0..40 {
            let moduli = samples(count, 2);
            for n in [Natural::ZERO, Natural::from(7_u64), samples(1, 3)[0].pow(99)] {
                let naive: Vec<Natural> = moduli.iter().map(|modulus| &n % modulus).collect();
                assert_eq!(remainders(&n, &moduli), naive);
            }
        }
        assert_eq!(remainders(&Natural::from(9_u64), &[Natural::ONE]), [Natural::ZERO]);
    }

    #[test]
    fn trial_division_agrees_with_one_by_one() {
        let primes: Vec<u64> = crate::primes(..300).collect();
        for count in 0..40 {
            let mut numbers = samples(count, 4);
            numbers.extend([
                Natural::ZERO,
                Natural::ONE,
                Natural::from(2_u64).pow(70),
                Natural::from(293_u64 * 283),
            ]);
            for primes in [&primes[..], &primes[..1], &primes[5..8], &[]] {
                let naive =
                    |n: &Natural| primes.iter().copied().filter(|&prime| n.rem_u64(prime) == 0).collect();
                let naive: Vec<Vec<u64>> = numbers.iter().map(naive).collect();
                assert_eq!(batch_trial_division(&numbers, primes), naive);
            }
        }
        assert!(batch_trial_division(&[], &primes).is_empty());
    }

    #[test]
    fn common_divisors_agree_with_pairs() {
        for count in 0..40 {
            let mut numbers = samples(count, 5);
            // A number that is there twice, and two that share one prime.
            numbers.extend(numbers.first().cloned());
            numbers.extend([1_000_003_u64 * 1_000_033, 1_000_003 * 1_000_037].map(Natural::from));
            let naive = |index: usize| {
                let others =
                    numbers.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, number)| number);
                numbers[index].gcd(&others.cloned().product())
            };
            let naive: Vec<Natural> = (0..numbers.len()).map(naive).collect();
            assert_eq!(batch_gcd(&numbers), naive);
        }
        assert!(batch_gcd(&[]).is_empty());
        assert_eq!(batch_gcd(&[Natural::from(6_u64)]), [Natural::ONE]);
    }

    #[test]
    #[should_panic(expected = "0 shares a factor with every number")]
    fn zero_is_refused() {
        let _ = batch_gcd(&[Natural::from(6_u64), Natural::ZERO]);
    }
}
