//! Natural numbers with no more than a trial of the program asks for, and nothing in common with what is tried.
//!
//! Products by rows, and powers by Montgomery's product, a limb at a time \[Montgomery1985\]: slow, short, and not the
//! program's own, so that a fault of one is not the fault of both.

use std::fmt;

/// A natural number: limbs of 32 bits, the lowest first, none behind the highest that is not 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Natural(Vec<u32>);

impl From<u128> for Natural {
    fn from(value: u128) -> Self {
        Self((0..4).map(|limb| low(value >> (32 * limb))).collect()).trimmed()
    }
}

impl Natural {
    pub(super) fn one() -> Self {
        Self(vec![1])
    }

    /// Reads decimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut number = Self(Vec::new());
        for digit in text.bytes() {
            if !digit.is_ascii_digit() {
                return None;
            }
            number.times_plus(10, u32::from(digit - b'0'));
        }
        (!text.is_empty()).then_some(number)
    }

    /// Multiplies by a limb and adds another.
    fn times_plus(&mut self, factor: u32, term: u32) {
        let mut carry = u64::from(term);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = low(carry.into());
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(low(carry.into()));
        }
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product = vec![0; self.0.len() + other.0.len()];
        for (shift, &factor) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (index, &limb) in other.0.iter().enumerate() {
                let place = &mut product[shift + index];
                carry += u64::from(factor) * u64::from(limb) + u64::from(*place);
                *place = low(carry.into());
                carry >>= 32;
            }
            product[shift + other.0.len()] = low(carry.into());
        }
        Self(product).trimmed()
    }

    pub(super) fn plus(&self, term: u64) -> Self {
        let (mut carry, mut sum) = (u128::from(term), self.clone());
        for limb in &mut sum.0 {
            carry += u128::from(*limb);
            *limb = low(carry);
            carry >>= 32;
        }
        sum.0.extend([low(carry), low(carry >> 32)]);
        sum.trimmed()
    }

    pub(super) fn is_above(&self, other: &Self) -> bool {
        let key = |number: &Self| (number.0.len(), number.0.iter().rev().copied().collect::<Vec<_>>());
        key(self) > key(other)
    }

    pub(super) fn power(&self, exponent: u64) -> Self {
        (0..exponent).fold(Self::one(), |power, _| power.times(self))
    }

    /// Tells whether it is prime: for certain below 2^81, and beyond unless all the bases are deceived, which are the
    /// first thirteen primes \[SorensonWebster2017\] and those that are given: drawn, nobody can craft against them.
    pub(super) fn is_prime(&self, more_bases: &[u32]) -> bool {
        match self.0[..] {
            [] | [1] => return false,
            [small] if FIRST_PRIMES.contains(&small) => return true,
            [lowest, ..] if lowest % 2 == 0 => return false,
            _ => {}
        }
        if FIRST_PRIMES.iter().any(|&prime| self.modulo(prime) == 0) {
            return false;
        }
        let ring = Ring::of(&self.0);
        // Five bases are enough for one limb [Jaeschke1993].
        let (first, more) = match self.0.len() {
            1 => (&FIRST_PRIMES[..5], &[][..]),
            _ => (&FIRST_PRIMES[..], more_bases),
        };
        first.iter().chain(more).all(|&base| ring.is_probable_prime(base))
    }

    fn modulo(&self, divisor: u32) -> u32 {
        let divisor = u64::from(divisor);
        let rest = self.0.iter().rev().fold(0, |rest, &limb| ((rest << 32) | u64::from(limb)) % divisor);
        low(rest.into())
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

impl fmt::Display for Natural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut rest, mut digits) = (self.0.clone(), Vec::new());
        while rest.iter().any(|&limb| limb > 0) {
            let mut over = 0;
            for limb in rest.iter_mut().rev() {
                over = (over << 32) | u64::from(*limb);
                *limb = low((over / 10).into());
                over %= 10;
            }
            digits.push(char::from_digit(low(over.into()), 10).expect("below ten"));
        }
        let text: String = digits.iter().rev().collect();
        f.pad_integral(true, "", if text.is_empty() { "0" } else { &text })
    }
}

/// Residues of an odd number, each times 2^32 for every limb.
struct Ring<'a> {
    modulus: &'a [u32],
    /// -1 / modulus, modulo 2^32.
    inverse: u32,
    one: Vec<u32>,
}

impl<'a> Ring<'a> {
    fn of(modulus: &'a [u32]) -> Self {
        // Newton's step doubles the bits that are right; three are from the beginning.
        let inverse =
            (0..4).fold(modulus[0], |x, _| x.wrapping_mul(2u32.wrapping_sub(modulus[0].wrapping_mul(x))));
        let mut ring = Self { modulus, inverse: inverse.wrapping_neg(), one: Vec::new() };
        let mut one = vec![0; modulus.len()];
        one[0] = 1;
        ring.one = (0..32 * modulus.len()).fold(one, |one, _| ring.doubled(&one));
        ring
    }

    /// Tells whether a base does not show that the modulus is composite: the strong test.
    fn is_probable_prime(&self, base: u32) -> bool {
        let mut exponent = self.modulus.to_vec();
        exponent[0] -= 1;
        let minus_one = self.difference(&vec![0; self.modulus.len()], &self.one);
        let twos = exponent.iter().position(|&limb| limb > 0).unwrap_or_default();
        let twos = 32 * twos + exponent[twos].trailing_zeros() as usize;
        let bits = 32 * exponent.len();
        let bit = |place: usize| (exponent[place / 32] >> (place % 32)) & 1 == 1;
        let based = self.multiple(base);
        if based.iter().all(|&limb| limb == 0) {
            return true; // a multiple of the modulus tells nothing
        }
        let mut power = (twos..bits).rev().fold(self.one.clone(), |power, place| {
            let square = self.product(&power, &power);
            if bit(place) { self.product(&square, &based) } else { square }
        });
        if power == self.one || power == minus_one {
            return true;
        }
        (1..twos).any(|_| {
            power = self.product(&power, &power);
            power == minus_one
        })
    }

    /// Returns 1 so many times.
    fn multiple(&self, count: u32) -> Vec<u32> {
        (0..32).rev().fold(vec![0; self.modulus.len()], |sum, place| {
            let doubled = self.doubled(&sum);
            if (count >> place) & 1 == 1 { self.sum(&doubled, &self.one) } else { doubled }
        })
    }

    fn doubled(&self, one: &[u32]) -> Vec<u32> {
        self.sum(one, one)
    }

    fn sum(&self, one: &[u32], other: &[u32]) -> Vec<u32> {
        let (mut carry, mut sum) = (0, Vec::with_capacity(one.len()));
        for (&one, &other) in one.iter().zip(other) {
            carry += u64::from(one) + u64::from(other);
            sum.push(low(carry.into()));
            carry >>= 32;
        }
        self.reduced(sum, carry > 0)
    }

    /// Returns `one - other`, both below the modulus.
    fn difference(&self, one: &[u32], other: &[u32]) -> Vec<u32> {
        match subtracted(one, other) {
            (difference, false) => difference,
            (difference, true) => {
                let mut carry = 0;
                let added = difference.iter().zip(self.modulus).map(|(&limb, &term)| {
                    carry += u64::from(limb) + u64::from(term);
                    let sum = low(carry.into());
                    carry >>= 32;
                    sum
                });
                added.collect()
            }
        }
    }

    /// Returns the product of two residues.
    fn product(&self, one: &[u32], other: &[u32]) -> Vec<u32> {
        let len = self.modulus.len();
        let mut sum = vec![0u32; len + 2];
        for &factor in one {
            add_times(&mut sum, other, factor);
            // Makes the lowest limb 0, which is then dropped.
            let multiple = sum[0].wrapping_mul(self.inverse);
            add_times(&mut sum, self.modulus, multiple);
            sum.rotate_left(1);
            sum[len + 1] = 0;
        }
        let is_over = sum[len] > 0;
        sum.truncate(len);
        self.reduced(sum, is_over)
    }

    /// Subtracts the modulus once if the number, with a limb of 1 behind it if that is so, is not below it.
    fn reduced(&self, number: Vec<u32>, is_over: bool) -> Vec<u32> {
        match subtracted(&number, self.modulus) {
            (difference, is_below) if is_over || !is_below => difference,
            _ => number,
        }
    }
}

/// Adds a row of a product.
fn add_times(sum: &mut [u32], row: &[u32], factor: u32) {
    let mut carry = 0;
    for (index, place) in sum.iter_mut().enumerate() {
        let limb = row.get(index).copied().unwrap_or(0);
        carry += u64::from(*place) + u64::from(limb) * u64::from(factor);
        *place = low(carry.into());
        carry >>= 32;
    }
}

/// Subtracts, and tells whether the first is below the other.
fn subtracted(one: &[u32], other: &[u32]) -> (Vec<u32>, bool) {
    let mut borrows = false;
    let difference = one.iter().zip(other).map(|(&one, &other)| {
        let (difference, under) = one.overflowing_sub(other);
        let (difference, under_again) = difference.overflowing_sub(u32::from(borrows));
        borrows = under || under_again;
        difference
    });
    (difference.collect(), borrows)
}

/// Returns the lowest limb.
fn low(value: u128) -> u32 {
    u32::try_from(value & u128::from(u32::MAX)).expect("32 bits")
}

/// With these as bases no composite below 2^81 is taken for a prime.
const FIRST_PRIMES: [u32; 13] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41];

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Natural {
        Natural::parse(text).unwrap()
    }

    #[test]
    fn products_and_digits_are_those_of_128_bits() {
        for (a, b) in [(0, 7), (1, 1), (u64::MAX, u64::MAX), (1 << 32, (1 << 32) - 1), (999_999_999, 10)] {
            let product = u128::from(a) * u128::from(b);
            let ours = Natural::from(u128::from(a)).times(&Natural::from(u128::from(b)));
            assert_eq!(ours.to_string(), product.to_string());
            assert_eq!(number(&product.to_string()), ours);
            assert_eq!(ours.plus(b).to_string(), (product + u128::from(b)).to_string());
            assert_eq!(ours.is_above(&Natural::from(u128::from(a))), product > u128::from(a));
        }
        assert_eq!(Natural::from(2).power(200).to_string().len(), 61);
        assert!(Natural::parse("").is_none() && Natural::parse("1x").is_none());
    }

    #[test]
    fn primes_are_told_from_what_looks_like_them() {
        let by_division = |n: u128| n > 1 && (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
        for n in 0..3_000 {
            assert_eq!(Natural::from(n).is_prime(&[1_000]), by_division(n), "{n}");
        }
        // A base that is a multiple of the number tells nothing.
        let prime = Natural::from((1 << 61) - 1);
        assert!(prime.is_prime(&[0]) && !prime.times(&prime).is_prime(&[0]));
        // 2^61 - 1, 2^127 - 1, 2^521 - 1.
        for exponent in [61, 127, 521] {
            let mut mersenne = Natural::from(2).power(exponent);
            for limb in &mut mersenne.0 {
                *limb = limb.wrapping_sub(1);
                if *limb != u32::MAX {
                    break;
                }
            }
            assert!(mersenne.trimmed().is_prime(&[]), "{exponent}");
        }
        // The least that deceives the first nine primes and the first twelve; the thirteenth sees the second.
        for composite in ["3825123056546413051", "318665857834031151167461"] {
            assert!(!number(composite).is_prime(&[]), "{composite}");
        }
        assert!(!number("170141183460469231731687303715884105725").is_prime(&[]));
    }
}
