//! The strong Lucas test with Selfridge's parameters: the second half of Baillie–PSW.
//!
//! It asks of `n + 1` what the strong test asks of `n - 1`, in a quadratic ring, and
//! the two err on different numbers. Cost: about five products per bit. Squares have
//! no parameters and are refused. Source: [BailliePSW1980], section 6.

use crate::montgomery::Ring;
use crate::tuning::LUCAS_SQUARE_CHECK;

/// Returns whether an odd modulus `n ≥ 3` passes.
pub(crate) fn passes<R: Ring>(ring: &R) -> bool {
    let Some(parameters) = Parameters::selfridge(ring) else { return false };
    let discriminant = parameters.discriminant_in(ring);
    let q = parameters.q_in(ring);
    let zero = ring.residue(0);
    let exponent = ring.above();
    // The sequences at index 1, with P = 1: U = 1, V = 1, and Q to that index.
    let (mut u, mut v, mut q_power) = (ring.residue(1), ring.residue(1), q.clone());
    for index in (0..exponent.odd_bits - 1).rev() {
        u = ring.mul(&u, &v);
        v = ring.sub(&ring.square(&v), &ring.double(&q_power));
        q_power = ring.square(&q_power);
        if R::bit(&exponent.odd, index) {
            let next_u = ring.half(&ring.add(&u, &v));
            v = ring.half(&ring.add(&ring.mul(&discriminant, &u), &v));
            u = next_u;
            q_power = ring.mul(&q_power, &q);
        }
    }
    if u == zero || v == zero {
        return true;
    }
    for _ in 1..exponent.twos {
        v = ring.sub(&ring.square(&v), &ring.double(&q_power));
        if v == zero {
            return true;
        }
        q_power = ring.square(&q_power);
    }
    false
}

/// Selfridge's choice: the first D of 5, -7, 9, -11, … with Jacobi symbol -1, P = 1
/// and Q = (1 - D)/4.
struct Parameters {
    /// The absolute value of D; its sign is that of the residue 1 or 3 modulo 4.
    size: u64,
}

impl Parameters {
    /// `None` proves the modulus composite: a square, or a factor shared with a D.
    fn selfridge<R: Ring>(ring: &R) -> Option<Self> {
        for size in (5_u64..).step_by(2) {
            match jacobi(size, ring) {
                -1 => return Some(Self { size }),
                // A symbol 0 shows a common factor, which is proper unless it is n itself.
                0 if !ring_divides(ring, size) => return None,
                _ => {}
            }
            // Half of all D serve unless n is a square, in which case none does.
            if size == LUCAS_SQUARE_CHECK && ring.is_square() {
                return None;
            }
        }
        None
    }

    fn discriminant_in<R: Ring>(&self, ring: &R) -> R::Number {
        let size = ring.residue(self.size);
        if self.size % 4 == 1 { size } else { ring.negate(&size) }
    }

    fn q_in<R: Ring>(&self, ring: &R) -> R::Number {
        // D = 1 - 4Q: for D > 0 Q is -(size - 1)/4, for D < 0 it is (size + 1)/4.
        if self.size % 4 == 1 {
            ring.negate(&ring.residue(self.size / 4))
        } else {
            ring.residue(self.size / 4 + 1)
        }
    }
}

/// Whether the modulus divides `value`; only a modulus no larger can.
fn ring_divides<R: Ring>(ring: &R, value: u64) -> bool {
    ring.residue(value) == ring.residue(0)
}

/// Jacobi's symbol (D/n) for the D of absolute value `size`, odd, and of the sign
/// that makes D ≡ 1 modulo 4: then (D/n) = (n/|D|), whatever n.
fn jacobi<R: Ring>(size: u64, ring: &R) -> i32 {
    let (mut numerator, mut denominator, mut sign) = (ring.modulus_rem(size), size, 1);
    while numerator != 0 {
        let twos = numerator.trailing_zeros();
        numerator >>= twos;
        if twos % 2 == 1 && matches!(denominator % 8, 3 | 5) {
            sign = -sign;
        }
        if numerator % 4 == 3 && denominator % 4 == 3 {
            sign = -sign;
        }
        (numerator, denominator) = (denominator % numerator, numerator);
    }
    if denominator == 1 { sign } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::montgomery::{DoubleMontgomery, LargeRing, Montgomery};
    use crate::table;

    #[test]
    fn strong_lucas_pseudoprimes() {
        // OEIS A217255, all below 10^5, and the count below 10^6.
        let listed = [5459, 5777, 10877, 16109, 18971, 22499, 24569, 25199, 40309, 58519, 75077, 97439];
        let mut found = Vec::new();
        for n in (3..1_000_000).step_by(2) {
            match (passes(&Montgomery::new(n)), table::index_of(n)) {
                (true, None) => found.push(n),
                (passes, index) => assert_eq!(passes, index.is_some(), "{n}"),
            }
        }
        assert_eq!(found[..listed.len()], listed);
        assert!(found[listed.len()] > 100_000);
        assert!(found.iter().all(|&n| !crate::is_prime_u64(n)));
    }

    #[test]
    fn three_rings_agree() {
        for n in (3..2_000).step_by(2).chain([5459, 5777, (1 << 61) - 1, (1 << 61) + 1]) {
            let expected = passes(&Montgomery::new(n));
            assert_eq!(passes(&DoubleMontgomery::new(n.into())), expected, "{n}");
            assert_eq!(passes(&LargeRing::new(n.into())), expected, "{n}");
        }
    }

    #[test]
    fn jacobi_symbols_by_euler() {
        // For a prime n, D^((n-1)/2) is the symbol.
        for n in [3_u64, 7, 11, 13, 101, 65_537] {
            let ring = Montgomery::new(n);
            for size in (5..60).step_by(2) {
                let d = if size % 4 == 1 { size % n } else { (n - size % n) % n };
                let euler = (0..(n - 1) / 2).fold(1, |power, _| power * d % n);
                let expected = if euler == n - 1 { -1 } else { i32::try_from(euler).unwrap() };
                assert_eq!(jacobi(size, &ring), expected, "({d}/{n})");
            }
        }
    }
}
