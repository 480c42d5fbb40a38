//! The strong Lucas test with Selfridge's parameters: the second half of Baillie–PSW.
//!
//! It asks of `n + 1` what the strong test asks of `n - 1`, in a quadratic ring, and
//! the two err on different numbers. Squares have no parameters and are refused.
//!
//! For `n + 1 = d·2^s` it asks whether `U_d = 0`, or `V_(d·2^r) = 0` for an `r < s`. Cost: two products a
//! bit, since the sequences are exchanged for those with `P' = P²/Q - 2` and `Q' = 1`, of which `V` alone
//! is needed. There, with `v` and `w` for `V'_d` and `V'_(d+1)`, and all that follows modulo `n`:
//!
//! - `V_2k = Q^k·V'_k`, so the zeros with `r ≥ 1` are those of `V'_(d·2^(r-1))`.
//! - `U_2k = Q^(k-1)·U'_k` and `V_k² = Q^k·(V'_k + 2) = D·U_k² + 4·Q^k`. Hence `V_d = 0` gives `v = -2` and
//!   `U'_d = 0`, and `U_d = 0` gives `v = 2` and `U'_d = 0`. Conversely `v = -2` makes `V_d² = 0` and `U_d` a
//!   unit, so that `U_d·V_d = U_2d = 0` gives `V_d = 0`; and `v = 2` makes `V_d` a unit and `U_d = 0`.
//! - `(P'² - 4)·U'_d = 2·w - P'·v`, which for `v = ±2` is 0 when `w = ±P'`.
//!
//! The answers are therefore those of the test as published, for every `n` coprime to `2·Q·D`. Source: [BailliePSW1980],
//! section 6.

use std::hint::select_unpredictable;

use crate::montgomery::{Exponent, Ring};
use crate::natural::gcd_u64;
use crate::tuning::LUCAS_SQUARE_CHECK;

/// Returns whether an odd modulus `n ≥ 3` passes.
pub(super) fn passes<R: Ring>(ring: &R) -> bool {
    let Some(parameters) = Parameters::selfridge(ring) else { return false };
    let exponent = ring.above();
    let mut pair = Pair::first(ring, parameters.p_in(ring));
    for index in (0..exponent.odd_bits - 1).rev() {
        pair.step(ring, R::bit(&exponent.odd, index));
    }
    pair.verdict(ring, &exponent)
}

/// Two neighbours of the sequence `V` with `Q = 1`.
pub(super) struct Pair<R: Ring> {
    p: R::Number,
    two: R::Number,
    /// `V_k` and `V_(k+1)`.
    low: R::Number,
    high: R::Number,
}

impl<R: Ring> Pair<R> {
    /// The neighbours with `k = 0`: zeros leave them as they are.
    #[inline(always)]
    pub(super) fn before_first(ring: &R, p: R::Number) -> Self {
        let two = ring.residue(2);
        Self { low: two.clone(), high: p.clone(), p, two }
    }

    /// The neighbours with `k = 1`.
    #[inline(always)]
    pub(super) fn first(ring: &R, p: R::Number) -> Self {
        let two = ring.residue(2);
        let high = ring.sub(&ring.square(&p), &two);
        Self { low: p.clone(), high, p, two }
    }

    /// Doubles `k`, and adds 1 if the bit is set. Nothing branches on the bit.
    #[inline(always)]
    pub(super) fn step(&mut self, ring: &R, bit: bool) {
        let middle = ring.sub(&ring.mul(&self.low, &self.high), &self.p);
        let end = select_unpredictable(bit, &self.high, &self.low);
        let end = ring.sub(&ring.square(end), &self.two);
        (self.low, self.high) = select_unpredictable(bit, (middle.clone(), end.clone()), (end, middle));
    }

    /// Whether the test is passed, from the neighbours at the odd part of `n + 1`.
    #[inline(always)]
    pub(super) fn verdict(mut self, ring: &R, above: &Exponent<R::Number>) -> bool {
        if self.low == self.two && self.high == self.p
            || self.low == ring.negate(&self.two) && self.high == ring.negate(&self.p)
        {
            return true;
        }
        let zero = ring.residue(0);
        for _ in 1..above.twos {
            if self.low == zero {
                return true;
            }
            self.low = ring.sub(&ring.square(&self.low), &self.two);
        }
        false
    }
}

/// Selfridge's choice: the first D of 5, -7, 9, -11, … with Jacobi symbol -1, P = 1
/// and Q = (1 - D)/4.
pub(super) struct Parameters {
    /// The absolute value of D; its sign is that of the residue 1 or 3 modulo 4.
    size: u64,
}

impl Parameters {
    /// `None` proves the modulus composite: a square, or a factor shared with a D or with Q.
    #[inline]
    pub(super) fn selfridge<R: Ring>(ring: &R) -> Option<Self> {
        // Half of all moduli stop here, and a remainder by a constant is a product.
        if matches!(ring.modulus_rem(5), 2 | 3) {
            return Some(Self { size: 5 });
        }
        for size in (5_u64..).step_by(2) {
            match jacobi(size, ring) {
                -1 => {
                    let found = Self { size };
                    // A prime has no multiple among the Q: it would divide D - 1, whose symbol is 1.
                    let size = found.q_size();
                    return (size == 1 || gcd_u64(size, ring.modulus_rem(size)) == 1).then_some(found);
                }
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

    /// The absolute value of Q.
    fn q_size(&self) -> u64 {
        // D = 1 - 4Q: for D > 0 Q is -(size - 1)/4, for D < 0 it is (size + 1)/4.
        self.size.div_ceil(4) - u64::from(self.size % 4 == 1)
    }

    /// `P²/Q - 2` with `P = 1`.
    pub(super) fn p_in<R: Ring>(&self, ring: &R) -> R::Number {
        let one = ring.residue(1);
        let inverse = match self.q_size() {
            1 => one,
            2 => ring.half(&one),
            size => ring.divide(&one, size),
        };
        let two = ring.residue(2);
        if self.size % 4 == 1 { ring.negate(&ring.add(&inverse, &two)) } else { ring.sub(&inverse, &two) }
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
    use crate::montgomery::{DoubleMontgomery, LargeRing, LimbMontgomery, Montgomery};
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

    /// The test as published, with both sequences and the powers of Q.
    fn naive_passes(n: u64) -> bool {
        let wide = u128::from(n);
        let ring = Montgomery::new(n);
        let Some(parameters) = Parameters::selfridge(&ring) else { return false };
        let q = match parameters.size % 4 {
            1 => wide - u128::from(parameters.q_size()) % wide,
            _ => u128::from(parameters.q_size()) % wide,
        };
        let discriminant = (1 + 4 * (wide - q)) % wide;
        let half = |a: u128| if a.is_multiple_of(2) { a / 2 } else { (a + wide) / 2 };
        let exponent = ring.above();
        let (mut u, mut v, mut power) = (1, 1, q);
        for index in (0..exponent.odd_bits - 1).rev() {
            (u, v) = (u * v % wide, (v * v + 2 * (wide - power)) % wide);
            power = power * power % wide;
            if exponent.odd >> index & 1 == 1 {
                (u, v) = (half((u + v) % wide), half((discriminant * u + v) % wide));
                power = power * q % wide;
            }
        }
        let mut is_zero = u == 0 || v == 0;
        for _ in 1..exponent.twos {
            v = (v * v + 2 * (wide - power)) % wide;
            power = power * power % wide;
            is_zero |= v == 0;
        }
        is_zero
    }

    #[test]
    fn one_sequence_answers_as_two_do() {
        let powers = [53_u64, 59, 61]
            .map(|p| (p * p..1 << 28).step_by(usize::try_from(2 * p * p).unwrap()).take(3_000));
        for n in (3..200_000).step_by(2).chain(powers.into_iter().flatten()) {
            assert_eq!(passes(&Montgomery::new(n)), naive_passes(n), "{n}");
        }
    }

    #[test]
    fn rings_agree() {
        for n in (3..2_000).step_by(2).chain([5459, 5777, (1 << 61) - 1, (1 << 61) + 1]) {
            let expected = passes(&Montgomery::new(n));
            assert_eq!(passes(&DoubleMontgomery::new(n.into())), expected, "{n}");
            assert_eq!(passes(&LimbMontgomery::<3>::new(&n.into())), expected, "{n}");
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
