//! Arithmetic modulo several primes of the base at once.
//!
//! A product of two numbers below 2^26 is exact in a float, and its quotient by the prime is right but for its
//! rounding; so a remainder takes seven operations, four primes at a time, where a single division takes longer than
//! all of them.

/// A number for each prime of a group.
pub(super) type Lanes = [f64; GROUP];

/// Primes that are looked at together.
pub(super) const GROUP: usize = 16;

/// A group of primes below 2^26.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moduli {
    primes: Lanes,
    reciprocals: Lanes,
    /// What power of a number is its inverse.
    exponents: [i32; GROUP],
}

impl Moduli {
    pub(super) fn new(primes: [u32; GROUP]) -> Self {
        assert!(primes.iter().all(|&prime| prime < PRIME_END), "a product is exact");
        Self {
            primes: primes.map(f64::from),
            reciprocals: primes.map(|prime| f64::from(prime).recip()),
            exponents: primes.map(|prime| prime.saturating_sub(2).cast_signed()),
        }
    }

    /// Returns the remainders of products that are whole and below 2^52 in size.
    #[inline(always)]
    pub(super) fn product(&self, a: &Lanes, b: &Lanes) -> Lanes {
        let mut rests = [0.0; GROUP];
        for lane in 0..GROUP {
            let product = a[lane] * b[lane];
            // To add this number and to take it away rounds to a whole one.
            let quotient = product * self.reciprocals[lane] + ROUNDING - ROUNDING;
            let rest = product - quotient * self.primes[lane];
            rests[lane] = if rest < 0.0 { rest + self.primes[lane] } else { rest };
        }
        rests
    }

    /// Returns the inverses of residues, by Fermat's theorem; 0 of 0.
    #[inline(always)]
    pub(super) fn inverse(&self, residues: &Lanes) -> Lanes {
        let all = self.exponents.iter().fold(0, |all, exponent| all | exponent);
        let mut power = [1.0; GROUP];
        for bit in (0..i32::BITS - all.leading_zeros()).rev() {
            let mut factor = [0.0; GROUP];
            for lane in 0..GROUP {
                factor[lane] = 1.0 + (residues[lane] - 1.0) * f64::from((self.exponents[lane] >> bit) & 1);
            }
            power = self.product(&self.product(&power, &power), &factor);
        }
        power
    }
}

/// Returns residues as integers.
#[inline(always)]
pub(super) fn to_integers(residues: &Lanes) -> [u32; GROUP] {
    let mut integers = [0; GROUP];
    for lane in 0..GROUP {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 2^26, and whole")]
        let integer = residues[lane] as u32;
        integers[lane] = integer;
    }
    integers
}

const PRIME_END: u32 = 1 << 26;

/// Floats of this size, and a little smaller or larger, are whole numbers.
const ROUNDING: f64 = 1.5 * (1_u64 << 52) as f64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remainders_are_those_of_whole_numbers() {
        let all: Vec<u32> =
            crate::primes(3..1 << 26).step_by(9_973).map(|prime| prime.try_into().unwrap()).collect();
        for primes in all.as_chunks::<GROUP>().0 {
            let moduli = Moduli::new(*primes);
            for (a, b) in
                [(0_u32, 1_u32), (1, 1), ((1 << 26) - 1, (1 << 26) - 1), (65_537, 3), (1 << 25, 1 << 26)]
            {
                let found = moduli.product(&[f64::from(a); GROUP], &[f64::from(b); GROUP]);
                let inverses = moduli.inverse(&found);
                let inverses = to_integers(&inverses).map(u64::from);
                for ((&prime, found), inverse) in primes.iter().zip(to_integers(&found)).zip(inverses) {
                    let expected = u64::from(a) * u64::from(b) % u64::from(prime);
                    assert_eq!(u64::from(found), expected, "{a}·{b} mod {prime}");
                    assert_eq!(inverse * expected % u64::from(prime), u64::from(expected > 0), "{prime}");
                }
            }
            let negative = moduli.product(&[-7.0; GROUP], &[1.0; GROUP]);
            for (&prime, found) in primes.iter().zip(to_integers(&negative)) {
                assert_eq!(i64::from(found), (-7_i64).rem_euclid(prime.into()));
            }
        }
    }
}
