//! Codewords of a content, one after the other, in memory used again and again.
//!
//! What is the same from one codeword to the next is kept: the table of small
//! codewords and the power of 5 that positions grow by. Writing uses it to write;
//! reading uses it to compare what is there with what must be there.

use primestream_primes::Natural;

use crate::block::BlockLen;
use crate::lookup::ByteCodewords;
use crate::product::{POWERS_OF_5, Product};
use crate::role::{HEADER_RADIX, POSITION_RADIX};
use crate::symbol::{
    DataExponents, POSITION_MAX, SymbolError, multiply_header_end, multiply_header_start, multiply_trailer,
};

/// Makes the codewords of one container.
#[derive(Debug, Clone)]
pub(crate) struct Coder {
    /// Codewords of byte values at positions within a block.
    table: &'static ByteCodewords,
    /// The codeword made last.
    product: Product,
    fives: Product,
    fives_exponent: u64,
    header_start: HeaderStart,
}

/// What the headers of sixteen blocks in a row have in common.
#[derive(Debug, Clone)]
struct HeaderStart {
    /// Length of the blocks and number of the first of them, over sixteen.
    of: Option<(u16, u64)>,
    product: Product,
    index: u64,
}

impl Coder {
    pub(crate) fn new(block_len: BlockLen) -> Self {
        let table = ByteCodewords::for_blocks_of(block_len);
        let header_start = HeaderStart { of: None, product: Product::one(), index: 0 };
        Self { table, product: Product::one(), fives: Product::one(), fives_exponent: 0, header_start }
    }

    pub(crate) const fn table(&self) -> &'static ByteCodewords {
        self.table
    }

    /// Makes a data codeword. Positions close to the last one cost least.
    pub(crate) fn data(&mut self, position: u64, value: u32) -> Result<&Product, SymbolError> {
        let exponents = DataExponents::of(position, value)?;
        self.advance_fives(exponents.fives);
        self.product.reset_to(&self.fives);
        exponents.multiply_into(&mut self.product);
        Ok(&self.product)
    }

    /// Returns the integer with these bytes without its fives, or with them if the position puts few in it.
    ///
    /// `None` if the fives that belong to `position` are not all in it.
    pub(crate) fn without_fives(&mut self, position: u64, bytes: &[u8]) -> Option<Product> {
        let exponent = position / POSITION_RADIX + 1;
        if exponent <= FIVES_LEFT_MAX {
            return Some(Product::from_bytes(bytes));
        }
        // Before the power is made: one of 76 KB takes longer than foreign bytes that are not as long deserve.
        if position > POSITION_MAX || (bytes.len() as u64) < bytes_min(position) {
            return None;
        }
        self.advance_fives(exponent);
        let (quotient, remainder) =
            Natural::from_le_bytes(bytes).checked_div_rem(&Natural::from_le_bytes(&self.fives.to_bytes()))?;
        remainder.is_zero().then(|| Product::from_bytes(&quotient.to_le_bytes()))
    }

    /// Makes `fives` the power with this exponent.
    fn advance_fives(&mut self, exponent: u64) {
        if exponent < self.fives_exponent {
            self.fives.reset();
            self.fives_exponent = 0;
        }
        if exponent != self.fives_exponent {
            self.fives.multiply_powers(&POWERS_OF_5, exponent - self.fives_exponent);
            self.fives_exponent = exponent;
        }
    }

    /// Makes the header codeword of a block.
    pub(crate) fn header(&mut self, length: u16, sequence: u64) -> &Product {
        let (upper, digit) = (sequence / HEADER_RADIX, sequence % HEADER_RADIX);
        let start = &mut self.header_start;
        if start.of != Some((length, upper)) {
            start.product.reset();
            start.index = multiply_header_start(&mut start.product, length, upper);
            start.of = Some((length, upper));
        }
        self.product.reset_to(&start.product);
        multiply_header_end(&mut self.product, start.index, digit);
        &self.product
    }

    /// Makes the trailer codeword of a block.
    pub(crate) fn trailer(&mut self, check: u64) -> &Product {
        self.product.reset();
        multiply_trailer(&mut self.product, check);
        &self.product
    }
}

/// Up to this power of 5 a codeword is divided by 3 and 7 as it is.
///
/// The power fits a limb; above it, dividing once by a long power makes the rest short.
const FIVES_LEFT_MAX: u64 = 27;

/// Returns how many bytes a codeword of a position has at least: as many as its power of 5, which is above that of 2^2.32.
pub(crate) const fn bytes_min(position: u64) -> u64 {
    (position / POSITION_RADIX + 1).saturating_mul(232) / 800
}

#[cfg(test)]
mod tests {
    use primestream_primes::table;

    use super::*;
    use crate::symbol::{data, header};

    #[test]
    fn headers_are_those_made_alone() {
        let mut coder = Coder::new(BlockLen::DEFAULT);
        let numbers = (0..40).chain([15, 16, 0xFF, 0x100, u64::MAX, u64::MAX - 16, 0]);
        for (sequence, length) in numbers.zip([64, 64, 64, 63].into_iter().cycle()) {
            let alone = header(length.into(), sequence).expect("within the table");
            assert_eq!(coder.header(length, sequence).to_bytes(), alone.to_le_bytes(), "{sequence}");
        }
    }

    #[test]
    fn trailers_have_a_prime_for_each_bit() {
        let mut coder = Coder::new(BlockLen::DEFAULT);
        let checks =
            (0..64).map(|bit| 1 << bit).chain([0, u64::MAX, 0x0123_4567_89AB_CDEF, 0x8000_0000_0000_0001]);
        for check in checks {
            let mut naive = Product::one();
            let mut index = 5 * 7;
            naive.multiply_power(13, 7);
            for bit in (0..64).filter(|bit| check >> bit & 1 == 1) {
                naive.multiply(table::prime(6 + bit).expect("within the table"));
                index ^= 6 + bit;
            }
            naive.multiply_power(table::prime(index).expect("within the table"), 6);
            assert_eq!(coder.trailer(check).to_bytes(), naive.to_bytes(), "{check:x}");
        }
    }

    #[test]
    fn no_codeword_is_shorter_than_is_said() {
        for position in (0..20_000).step_by(7).chain([500_000, POSITION_MAX]) {
            let len = data(position, 0).expect("within the table").to_le_bytes().len() as u64;
            let least = bytes_min(position);
            assert!(
                least <= len && len <= least + 20 + position / 20_000,
                "{position}: {len} bytes, {least} said"
            );
        }
    }

    #[test]
    fn positions_may_jump() {
        let mut coder = Coder::new(BlockLen::DEFAULT);
        for position in [0, 7, 8, 1000, 1001, 3, 0, 63, 100_000, 64] {
            let product = coder.data(position, 0xD83D).expect("within the table");
            assert_eq!(product.to_bytes(), data(position, 0xD83D).expect("within the table").to_le_bytes());
        }
    }
}
