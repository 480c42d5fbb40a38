//! Products of many small factors: multiplied up to write codewords, taken apart to read them.
//!
//! A codeword is a product of known prime powers and never needs to be more than its
//! bytes, so it is multiplied limb by limb, in memory that is used again for the next
//! one, and divided by multiplying with inverses modulo 2^64. Right up to some thousand
//! limbs, which is where the default limit for codewords lies; above, better algorithms
//! would pay.

/// A product under construction; 64-bit limbs, least significant first, the last one not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    limbs: Vec<u64>,
}

impl Product {
    /// The empty product, 1.
    pub(crate) fn one() -> Self {
        Self { limbs: vec![1] }
    }

    /// Starts again from 1 in the same memory.
    pub(crate) fn reset(&mut self) {
        self.limbs.clear();
        self.limbs.push(1);
    }

    /// Starts again from another product, in the same memory.
    pub(crate) fn reset_to(&mut self, other: &Self) {
        self.limbs.clear();
        self.limbs.extend_from_slice(&other.limbs);
    }

    /// Multiplies by `factor`, which is not zero.
    pub(crate) fn multiply(&mut self, factor: u64) {
        debug_assert!(factor != 0, "a codeword has no factor 0");
        let mut carry = 0;
        for limb in &mut self.limbs {
            let wide = u128::from(*limb) * u128::from(factor) + u128::from(carry);
            (*limb, carry) = halves(wide);
        }
        if carry != 0 {
            self.limbs.push(carry);
        }
    }

    /// Multiplies by `prime` to the power of `exponent`; for 3, 5 and 7, [`Self::multiply_powers`] is faster.
    pub(crate) fn multiply_power(&mut self, prime: u64, exponent: u64) {
        // As many factors as fit a limb are gathered first, so that the long number is passed over less often.
        let mut gathered = 1_u64;
        for _ in 0..exponent {
            gathered = gathered.checked_mul(prime).unwrap_or_else(|| {
                self.multiply(gathered);
                prime
            });
        }
        if gathered != 1 {
            self.multiply(gathered);
        }
    }

    /// Multiplies by a power of the table's prime, a limb at a time.
    pub(crate) fn multiply_powers<const N: usize>(&mut self, powers: &[u64; N], exponent: u64) {
        let (top, most) = (powers.last().copied().unwrap_or(1), N as u64 - 1);
        for _ in 0..exponent / most {
            self.multiply(top);
        }
        let rest = usize::try_from(exponent % most).ok().and_then(|rest| powers.get(rest));
        self.multiply(rest.copied().unwrap_or(1));
    }

    /// Takes bytes, least significant first.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let limb = |piece: &[u8]| piece.iter().rev().fold(0, |limb, &byte| limb << 8 | u64::from(byte));
        let mut limbs: Vec<u64> = bytes.chunks(8).map(limb).collect();
        strip_zeros(&mut limbs);
        Self { limbs }
    }

    /// Divides the table's odd prime out, a limb's worth at a time, and returns how often it was in.
    pub(crate) fn remove<const N: usize>(&mut self, powers: &[u64; N]) -> u64 {
        let (mut step, mut exponent) = (N - 1, 0);
        let mut quotient = Vec::with_capacity(self.limbs.len());
        while step > 0 && !self.limbs.is_empty() {
            if self.divide(powers.get(step).copied().unwrap_or(1), &mut quotient) {
                std::mem::swap(&mut self.limbs, &mut quotient);
                exponent += step as u64;
            } else {
                step /= 2;
            }
        }
        exponent
    }

    /// Divides by an odd number from the lower end up; `false` if a remainder is left.
    ///
    /// A limb of an exact quotient is the limb times the inverse modulo 2^64, which needs no division.
    fn divide(&self, divisor: u64, quotient: &mut Vec<u64>) -> bool {
        let inverse = inverse_of(divisor);
        quotient.clear();
        let mut carry = 0;
        for &limb in &self.limbs {
            let (rest, borrow) = limb.overflowing_sub(carry);
            let digit = rest.wrapping_mul(inverse);
            quotient.push(digit);
            let (_, high) = halves(u128::from(digit) * u128::from(divisor));
            carry = high + u64::from(borrow);
        }
        strip_zeros(quotient);
        carry == 0
    }

    /// Returns the length in bytes, without zeros on top.
    pub(crate) fn byte_len(&self) -> usize {
        let top = self.limbs.last().map_or(0, |limb| limb.leading_zeros() as usize / 8);
        self.limbs.len() * 8 - top
    }

    /// Appends the bytes, least significant first, the last one not zero.
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.byte_len();
        self.limbs.iter().for_each(|limb| out.extend_from_slice(&limb.to_le_bytes()));
        out.truncate(end);
    }

    /// Returns the bytes, least significant first.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.limbs.len() * 8);
        self.append_to(&mut bytes);
        bytes
    }
}

/// Returns the inverse of an odd number modulo 2^64. Each step doubles the bits that are right, from 3 to 96.
const fn inverse_of(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

fn strip_zeros(limbs: &mut Vec<u64>) {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
}

/// Powers of 3, 5 and 7, from 0 to the largest that fits a limb.
pub(crate) const POWERS_OF_3: [u64; 41] = powers_of(3);
pub(crate) const POWERS_OF_5: [u64; 28] = powers_of(5);
pub(crate) const POWERS_OF_7: [u64; 23] = powers_of(7);

const fn powers_of<const N: usize>(prime: u64) -> [u64; N] {
    let mut powers = [1; N];
    let mut exponent = 1;
    while exponent < N {
        powers[exponent] = powers[exponent - 1] * prime;
        exponent += 1;
    }
    powers
}

/// Splits a double limb into its lower and upper half.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn halves(wide: u128) -> (u64, u64) {
    (wide as u64, (wide >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(prime: u64, exponent: u32) -> u128 {
        u128::from(prime).pow(exponent)
    }

    #[test]
    fn small_products_are_those_of_the_machine() {
        for (prime, exponent) in [(2, 0), (2, 1), (2, 64), (2, 127), (3, 40), (3, 41), (7_754_077, 5)] {
            let mut product = Product::one();
            product.multiply_power(prime, exponent.into());
            let mut bytes = product.to_bytes();
            assert_eq!(bytes.len(), product.byte_len());
            assert_ne!(bytes.last(), Some(&0), "{prime}^{exponent}");
            bytes.resize(16, 0);
            let value = u128::from_le_bytes(bytes.try_into().expect("sixteen bytes"));
            assert_eq!(value, naive(prime, exponent), "{prime}^{exponent}");
        }
    }

    #[test]
    fn a_limb_at_a_time_is_the_same() {
        for exponent in [0, 1, 22, 23, 27, 28, 40, 41, 513, 1000] {
            let mut plain = [Product::one(), Product::one(), Product::one()];
            let mut fast = plain.clone();
            for (product, prime) in plain.iter_mut().zip([3, 5, 7]) {
                product.multiply_power(prime, exponent);
            }
            fast[0].multiply_powers(&POWERS_OF_3, exponent);
            fast[1].multiply_powers(&POWERS_OF_5, exponent);
            fast[2].multiply_powers(&POWERS_OF_7, exponent);
            assert_eq!(plain, fast, "exponent {exponent}");
        }
    }

    #[test]
    fn what_was_multiplied_in_is_removed() {
        for (threes, fives, sevens) in
            [(0, 0, 0), (1, 2, 3), (40, 27, 22), (41, 28, 23), (130, 33, 513), (7, 500, 1)]
        {
            let mut product = Product::one();
            product.multiply(1 << 9);
            product.multiply_powers(&POWERS_OF_3, threes);
            product.multiply_powers(&POWERS_OF_5, fives);
            product.multiply_powers(&POWERS_OF_7, sevens);
            product.multiply(1_000_003);
            assert_eq!(Product::from_bytes(&product.to_bytes()), product);
            assert_eq!(product.remove(&POWERS_OF_3), threes);
            assert_eq!(product.remove(&POWERS_OF_7), sevens);
            assert_eq!(product.remove(&POWERS_OF_5), fives);
            assert_eq!(
                product.to_bytes(),
                Product::from_bytes(&(1_000_003_u64 << 9).to_le_bytes()).to_bytes()
            );
        }
        assert_eq!(Product::from_bytes(&[0, 0]).remove(&POWERS_OF_3), 0);
    }

    #[test]
    fn memory_can_be_used_again() {
        let mut product = Product::one();
        product.multiply_power(5, 300);
        let large = product.clone();
        product.reset();
        assert_eq!(product, Product::one());
        product.reset_to(&large);
        assert_eq!(product, large);
    }
}
