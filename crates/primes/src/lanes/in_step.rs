//! Several residues side by side, so that one waits for the multiplier while another is there.
//!
//! A product in Montgomery's form is a chain of three multiplications, each waiting for the one before: a
//! processor could begin three times as many. Two lanes in step fill the gaps.

use crate::montgomery::Arithmetic;

/// The same operation in each lane, each modulo its own number.
pub(crate) struct Lanes<R, const LANES: usize>(pub(crate) [R; LANES]);

impl<R: Arithmetic<Number: Copy>, const LANES: usize> Lanes<R, LANES> {
    #[inline(always)]
    fn each(&self, operation: impl Fn(&R, usize) -> R::Number) -> [R::Number; LANES] {
        std::array::from_fn(|lane| operation(&self.0[lane], lane))
    }
}

impl<R: Arithmetic<Number: Copy>, const LANES: usize> Arithmetic for Lanes<R, LANES> {
    type Number = [R::Number; LANES];

    #[inline(always)]
    fn add(&self, a: &Self::Number, b: &Self::Number) -> Self::Number {
        self.each(|ring, lane| ring.add(&a[lane], &b[lane]))
    }

    #[inline(always)]
    fn sub(&self, a: &Self::Number, b: &Self::Number) -> Self::Number {
        self.each(|ring, lane| ring.sub(&a[lane], &b[lane]))
    }

    #[inline(always)]
    fn mul(&self, a: &Self::Number, b: &Self::Number) -> Self::Number {
        self.each(|ring, lane| ring.mul(&a[lane], &b[lane]))
    }

    #[inline(always)]
    fn square(&self, a: &Self::Number) -> Self::Number {
        self.each(|ring, lane| ring.square(&a[lane]))
    }
}
