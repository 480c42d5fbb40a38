//! Polynomials whose values are small and divisible by the primes of the base.
//!
//! For `a` a product of primes of the base and `b² ≡ k·n mod a`, the number `(a·x + b)² - k·n` is `a` times
//! `a·x² + 2b·x - c`, which stays below `m·√(k·n/2)` for `|x| ≤ m` if `a` is about `√(2k·n) / m`. From one
//! `a` of `s` primes come `2^(s-1)` values of `b`, each from the one before by adding or taking away
//! one of `s` terms, so that what is known modulo each prime changes by one addition. Sources:
//! \[Pomerance1985\], \[Contini1997\].

use std::collections::HashSet;

use super::base::{Base, inverse, product};
use crate::Natural;

/// A leading coefficient: as much work as one thread does at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leading {
    /// Its primes, as indices into the base, ascending.
    pub(super) factors: Vec<u32>,
}

/// Chooses leading coefficients, none of them twice as long as there are others.
#[derive(Debug)]
pub(super) struct Chooser {
    /// Length wanted, in bits.
    target: f64,
    count: usize,
    /// Indices of primes of a fitting size.
    pool: std::ops::Range<usize>,
    known: HashSet<Vec<u32>>,
    state: u64,
}

impl Chooser {
    /// Chooses for `k·n` and an interval of `length` values.
    pub(super) fn new(kn: &Natural, base: &Base, length: usize) -> Self {
        let target = target(log2(kn), length);
        let count = count(log2(kn), length);
        let size = (target / count as f64).exp2();
        let center = base.primes.partition_point(|&prime| f64::from(prime) < size).min(base.len() - 2);
        let half = (base.len() / POOL_PARTS).max(POOL_HALF_MIN);
        let first = center.saturating_sub(half).max(POOL_FIRST);
        let pool = first..(center + half).min(base.len() - 1).max(first + 2 * count);
        Self { target, count, pool, known: HashSet::new(), state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// Goes on with others than those chosen before so many units were handed out another day.
    pub(super) fn reseed(&mut self, units: u64) {
        // Source: [SteeleLeaFlood2014].
        self.state = (self.state ^ units.wrapping_mul(0x9e37_79b9_7f4a_7c15)).max(1);
    }

    /// Returns the next one.
    pub(super) fn next(&mut self, base: &Base) -> Leading {
        let mut best: Option<(f64, Vec<u32>)> = None;
        let (mut tries, mut error_max) = (0, ERROR_BITS);
        loop {
            if let Some((error, factors)) = self.draw(base)
                && (tries >= TRIES_FRESH || !self.known.contains(&factors))
                && best.as_ref().is_none_or(|(least, _)| error < *least)
            {
                best = Some((error, factors));
            }
            tries += 1;
            if let Some((_, factors)) = best.take_if(|(error, _)| *error <= error_max) {
                self.known.insert(factors.clone());
                return Leading { factors };
            }
            if tries % TRIES == 0 {
                error_max *= 2.0;
            }
        }
    }

    /// Draws all primes but one, and takes the one that fits best for the last. Returns them with what is
    /// missing, in bits.
    fn draw(&mut self, base: &Base) -> Option<(f64, Vec<u32>)> {
        let mut factors: Vec<u32> = Vec::with_capacity(self.count);
        let mut rest = self.target;
        while factors.len() + 1 < self.count {
            let index = self.pool.start + self.random() % self.pool.len();
            let index = index.min(base.len() - 1);
            let number = u32::try_from(index).expect("a base is small");
            if !factors.contains(&number) {
                factors.push(number);
                rest -= f64::from(base.primes[index]).log2();
            }
        }
        let size = rest.exp2();
        let above = base.primes.partition_point(|&prime| f64::from(prime) < size);
        let near = above.saturating_sub(self.count + 1)..(above + self.count + 1).min(base.len());
        let error = |index: usize| (f64::from(base.primes[index]).log2() - rest).abs();
        let free = near
            .filter(|&index| index >= POOL_FIRST && !factors.iter().any(|&known| known as usize == index));
        let last = free.min_by(|&a, &b| error(a).total_cmp(&error(b)))?;
        factors.push(u32::try_from(last).expect("a base is small"));
        factors.sort_unstable();
        Some((error(last), factors))
    }

    /// Source: \[Marsaglia2003\].
    fn random(&mut self) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 32).expect("half of the bits")
    }
}

/// Returns the length of a leading coefficient, in bits, for `k·n` of so many bits and an interval of `length` values.
fn target(bits: f64, length: usize) -> f64 {
    ((bits + 1.0) / 2.0 - (length as f64 / 2.0).log2()).max(1.0)
}

/// Returns how many primes it has.
pub(super) fn count(bits: f64, length: usize) -> usize {
    let wanted = PRIME_BITS + bits / BITS_PER_PRIME_BIT;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number above 0")]
    let count = (target(bits, length) / wanted).round().clamp(2.0, PARTS_MAX as f64) as usize;
    count
}

/// A number with a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) is_negative: bool,
    pub(super) size: Natural,
}

impl Signed {
    pub(super) fn new(is_negative: bool, size: Natural) -> Self {
        Self { is_negative, size }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        if self.is_negative == other.is_negative {
            return Self::new(self.is_negative, &self.size + &other.size);
        }
        match self.size.checked_sub(&other.size) {
            Some(size) => Self::new(self.is_negative, size),
            None => Self::new(other.is_negative, &other.size - &self.size),
        }
    }

    pub(super) fn times(&self, factor: i64) -> Self {
        Self::new(self.is_negative != (factor < 0), self.size.mul_u64(factor.unsigned_abs()))
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&Self::new(!other.is_negative, other.size.clone()))
    }

    fn to_words(&self) -> Words {
        let words = self.size.to_words();
        if self.is_negative { negative(words) } else { words }
    }
}

/// One polynomial of a leading coefficient, and the terms that lead to the next.
#[derive(Debug)]
pub(super) struct Polynomial {
    pub(super) a: Natural,
    pub(super) b: Signed,
    /// `(k·n - b²) / a`.
    pub(super) c: Signed,
    /// `b` is a sum of these, each with a sign of its own.
    terms: Vec<Natural>,
    /// For each prime of `a`, by what `a` without this prime is multiplied to make its term.
    pub(super) parts: Vec<(u32, u32)>,
    number: u32,
    /// `a`, `2b` and `c` in words.
    coefficients: [Words; 3],
}

/// A number in words, least significant first; if it may be negative, as its complement.
///
/// A value is shorter than `k·n`'s root and the interval together: 256 bits serve numbers of twice the length of
/// those that anybody sieves.
pub(super) type Words = [u64; WORDS];
pub(super) const WORDS: usize = 4;

/// More primes than a coefficient has.
pub(super) const PARTS_MAX: usize = 24;

/// How the next polynomial differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// Which term changed its sign.
    pub(super) term: usize,
    /// Whether twice that term was taken away.
    pub(super) is_taken: bool,
}

impl Polynomial {
    /// Returns the first polynomial of a coefficient.
    pub(super) fn first(leading: &Leading, base: &Base, kn: &Natural) -> Self {
        let primes = leading.factors.iter().map(|&index| base.primes[index as usize]);
        let a: Natural = primes.map(Natural::from).product();
        let (parts, terms) = leading
            .factors
            .iter()
            .map(|&index| {
                let (prime, root) = (base.primes[index as usize], base.roots[index as usize]);
                let others = &a / u64::from(prime);
                let residue = u32::try_from(others.rem_u64(prime.into())).expect("a remainder");
                let factor = product(root, inverse(residue, prime), prime);
                let factor = factor.min(prime - factor);
                ((prime, factor), others * u64::from(factor))
            })
            .collect::<(Vec<(u32, u32)>, Vec<Natural>)>();
        let b = terms.iter().fold(Natural::ZERO, |sum, term| sum + term);
        let mut first = Self {
            a,
            b: Signed::new(false, b),
            c: Signed::new(false, Natural::ZERO),
            terms,
            parts,
            number: 0,
            coefficients: [[0; WORDS]; 3],
        };
        first.complete(kn);
        first
    }

    /// Becomes the next one, and tells how; `None` behind the last.
    pub(super) fn advance(&mut self, kn: &Natural) -> Option<Change> {
        self.number += 1;
        let term = self.number.trailing_zeros() as usize;
        if term + 1 >= self.terms.len() {
            return None;
        }
        // Gray's code: each number differs from the one before in one bit.
        let is_taken = (self.number ^ self.number >> 1) >> term & 1 == 1;
        self.b = self.b.plus(&Signed::new(is_taken, &self.terms[term] << 1));
        self.complete(kn);
        Some(Change { term, is_taken })
    }

    fn complete(&mut self, kn: &Natural) {
        let square = Signed::new(false, &self.b.size * &self.b.size);
        let rest = Signed::new(false, kn.clone()).minus(&square);
        let (quotient, remainder) = rest.size.div_rem(&self.a);
        assert!(remainder.is_zero(), "b is a root of k·n modulo a");
        self.c = Signed::new(rest.is_negative, quotient);
        self.coefficients = [self.a.to_words(), self.b.times(2).to_words(), self.c.to_words()];
    }

    /// Returns `a·x + b`, whose square is `a` times the value and a multiple of `k·n`.
    pub(super) fn root(&self, x: i64) -> Signed {
        Signed::new(false, self.a.clone()).times(x).plus(&self.b)
    }

    /// Returns `a·x² + 2b·x - c`, of which `a` times is `(a·x + b)² - k·n`: whether it is negative, and its size.
    pub(super) fn value(&self, x: i64) -> (bool, Words) {
        let [a, twice_b, c] = &self.coefficients;
        let value = plus(times(plus(times(*a, x), twice_b), x), &negative(*c));
        match value[WORDS - 1] >> 63 {
            0 => (false, value),
            _ => (true, negative(value)),
        }
    }
}

fn plus(mut a: Words, b: &Words) -> Words {
    let mut carry = false;
    for (word, &other) in a.iter_mut().zip(b) {
        (*word, carry) = word.carrying_add(other, carry);
    }
    a
}

fn negative(a: Words) -> Words {
    plus(a.map(|word| !word), &[1, 0, 0, 0])
}

fn times(mut a: Words, x: i64) -> Words {
    let mut carry = 0;
    for word in &mut a {
        (*word, carry) = word.carrying_mul(x.unsigned_abs(), carry);
    }
    if x < 0 { negative(a) } else { a }
}

/// Returns the logarithm to base 2.
pub(super) fn log2(n: &Natural) -> f64 {
    let shift = n.bits().saturating_sub(64);
    (n >> shift).to_u64().map_or(0.0, |leading| (leading.max(1) as f64).log2()) + shift as f64
}

/// Length of the primes of a coefficient, and how much longer they are for longer numbers.
///
/// Longer primes mean fewer polynomials for each coefficient, shorter ones are missed more in the values.
const PRIME_BITS: f64 = 6.0;
const BITS_PER_PRIME_BIT: f64 = 50.0;

/// Part of the base on either side of the fitting size that primes are drawn from, and the least number of them.
const POOL_PARTS: usize = 12;
const POOL_HALF_MIN: usize = 12;

/// First index drawn: smaller primes are missed too much where they divide the coefficient.
const POOL_FIRST: usize = 4;

/// What a coefficient may differ by from the size wanted, in bits, and the tries after which it may be twice that.
const ERROR_BITS: f64 = 0.05;
const TRIES: u32 = 30;

/// Draws after which a coefficient may come again: of numbers of 65 bits there are fewer than 200.
const TRIES_FRESH: u32 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_another_one() {
        let kn = Natural::from(4_294_967_311_u64) * 4_294_967_357_u64;
        let base = Base::new(&kn, 60);
        let mut chooser = Chooser::new(&kn, &base, 1 << 15);
        let all: HashSet<_> = (0..2_000).map(|_| chooser.next(&base).factors).collect();
        assert!(all.len() > 50, "{}", all.len());
    }

    #[test]
    fn values_are_what_they_are_said_to_be() {
        let kn = Natural::from(1_000_000_000_039_u64) * 1_000_000_000_061_u64;
        let base = Base::new(&kn, 150);
        let mut chooser = Chooser::new(&kn, &base, 1 << 15);
        let mut seen = HashSet::new();
        for _ in 0..50 {
            let leading = chooser.next(&base);
            assert!(seen.insert(leading.factors.clone()));
            let mut polynomial = Polynomial::first(&leading, &base, &kn);
            assert!((log2(&polynomial.a) - chooser.target).abs() < 1.0);
            let mut count = 1;
            let mut roots = HashSet::new();
            loop {
                assert!(roots.insert(polynomial.b.size.clone()), "a polynomial comes once");
                for x in [-1_000, -1, 0, 1, 77] {
                    let root = polynomial.root(x).size;
                    let square = Signed::new(false, &root * &root);
                    let (is_negative, value) = polynomial.value(x);
                    let times_a = Signed::new(is_negative, Natural::from_words(&value) * &polynomial.a);
                    assert_eq!(square.minus(&Signed::new(false, kn.clone())), times_a);
                }
                let before = polynomial.b.clone();
                let Some(change) = polynomial.advance(&kn) else { break };
                let term = Signed::new(change.is_taken, &polynomial.terms[change.term] << 1);
                assert_eq!(before.plus(&term), polynomial.b);
                count += 1;
            }
            assert_eq!(count, 1 << (leading.factors.len() - 1));
        }
    }
}
