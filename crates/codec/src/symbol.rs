//! Writing codewords: what each kind of symbol is as a product of prime powers.
//!
//! The right thing for single codewords, for programs and for decimal interchange.
//! A call allocates and multiplies; whole contents are encoded by
//! [`FrameEncoder`](crate::container::FrameEncoder), which looks small codewords up.
//! The formulas are those of `docs/encoding.md`. Source: [PrimeOS].

use std::error::Error;
use std::fmt;
use std::sync::OnceLock;

use primestream_primes::table;

use crate::checksum::{checksum_index, checksum_prime};
use crate::codeword::Codeword;
use crate::product::{POWERS_OF_3, POWERS_OF_5, POWERS_OF_7, Product};
use crate::role::{
    CHECK_BITS, CHECK_INDEX, HEADER_RADIX, LENGTH_DIGITS, LENGTH_INDEX, POSITION_RADIX, Role, SEAL_INDEX,
    SEQUENCE_DIGITS, SEQUENCE_INDEX, VALUE_RADIX,
};

/// What a codeword is, told by its structure alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A symbol and its position.
    Data,
    /// An operation of a program.
    Operation,
    /// The beginning of a block.
    Header,
    /// The beginning of a transformed block.
    NttHeader,
    /// The end of a block, with its check.
    Trailer,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "data",
            Self::Operation => "operation",
            Self::Header => "header",
            Self::NttHeader => "ntt header",
            Self::Trailer => "trailer",
        })
    }
}

/// A codeword cannot be formed, because its checksum prime would lie beyond the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SymbolError {
    /// The position is above [`POSITION_MAX`].
    Position {
        /// The position.
        position: u64,
    },
    /// The value is above [`VALUE_MAX`].
    Value {
        /// The value.
        value: u32,
    },
    /// The opcode is not a prime up to [`OPCODE_MAX`].
    Opcode {
        /// The opcode.
        opcode: u64,
    },
    /// The operand is above [`OPERAND_MAX`].
    Operand {
        /// The operand.
        operand: u64,
    },
    /// The block length is above [`LENGTH_MAX`].
    Length {
        /// The length.
        length: u64,
    },
}

impl fmt::Display for SymbolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position { position } => write!(f, "position {position}, the largest is {POSITION_MAX}"),
            Self::Value { value } => write!(f, "value {value}, the largest is {VALUE_MAX}"),
            Self::Opcode { opcode } => write!(f, "opcode {opcode} is not a prime up to {OPCODE_MAX}"),
            Self::Operand { operand } => write!(f, "operand {operand}, the largest is {OPERAND_MAX}"),
            Self::Length { length } => write!(f, "block length {length}, the largest is {LENGTH_MAX}"),
        }
    }
}

impl Error for SymbolError {}

/// Writes a symbol: 2^(2+pos%8) · 3^(3+val%128) · 5^(pos/8+1) · 7^(val/128+1), and its check.
///
/// # Errors
///
/// If `position` is above [`POSITION_MAX`] or `value` above [`VALUE_MAX`].
///
/// # Examples
///
/// ```
/// use primestream_codec::{POSITION_MAX, SymbolError, data};
///
/// assert_eq!(data(0, 3)?.to_decimal(), "4801502614860");
/// let position = POSITION_MAX + 1;
/// assert_eq!(data(position, 3), Err(SymbolError::Position { position }));
/// # Ok::<(), SymbolError>(())
/// ```
pub fn data(position: u64, value: u32) -> Result<Codeword, SymbolError> {
    let exponents = DataExponents::of(position, value)?;
    let mut product = Product::one();
    exponents.multiply_into(&mut product);
    product.multiply_powers(&POWERS_OF_5, exponents.fives);
    Ok(finish(&product))
}

/// Writes an operation: opcode^4, with an operand 5^(5+operand), and its check.
///
/// # Errors
///
/// If `opcode` is not a prime up to [`OPCODE_MAX`], or `operand` is above [`OPERAND_MAX`].
///
/// # Examples
///
/// ```
/// use primestream_codec::operation;
///
/// assert_eq!(operation(2, None)?.to_decimal(), "1024"); // PUSH: 2^4, and the check 2^6
/// assert!(operation(4, None).is_err());
/// # Ok::<(), primestream_codec::SymbolError>(())
/// ```
pub fn operation(opcode: u64, operand: Option<u64>) -> Result<Codeword, SymbolError> {
    let index =
        table::index_of(opcode).filter(|_| opcode <= OPCODE_MAX).ok_or(SymbolError::Opcode { opcode })?;
    let mut factors = vec![(index as u64, Role::Opcode.base_exponent())];
    if let Some(operand) = operand {
        if operand > OPERAND_MAX {
            return Err(SymbolError::Operand { operand });
        }
        factors.push((2, Role::Operand.base_exponent() + operand));
    }
    let mut product = Product::one();
    multiply_factors(&mut product, &factors);
    let check = checksum_prime(checksum_index(factors)).ok_or(SymbolError::Opcode { opcode })?;
    product.multiply_power(check, Role::Checksum.base_exponent());
    Ok(finish(&product))
}

/// Writes the header of a block: its length, its number in the stream, and a check.
///
/// # Errors
///
/// If `length` is above [`LENGTH_MAX`].
pub fn header(length: u64, sequence: u64) -> Result<Codeword, SymbolError> {
    let length = u16::try_from(length).map_err(|_| SymbolError::Length { length })?;
    let mut product = Product::one();
    multiply_header(&mut product, length, sequence);
    Ok(finish(&product))
}

/// Writes the header the reference emits: 7^7 · 11^length, without number and check.
///
/// # Errors
///
/// If `length` is above [`LENGTH_MAX`].
pub fn bare_header(length: u64) -> Result<Codeword, SymbolError> {
    powers(7, 11, length)
}

/// Writes the header of a transformed block as the reference emits it: 11^7 · 13^length.
///
/// # Errors
///
/// If `length` is above [`LENGTH_MAX`].
pub fn ntt_header(length: u64) -> Result<Codeword, SymbolError> {
    powers(11, 13, length)
}

/// Writes the trailer of a block: its 64-bit check, and a check of that.
#[must_use]
pub fn trailer(check: u64) -> Codeword {
    let mut product = Product::one();
    multiply_trailer(&mut product, check);
    finish(&product)
}

fn powers(marker: u64, counter: u64, length: u64) -> Result<Codeword, SymbolError> {
    if length > LENGTH_MAX {
        return Err(SymbolError::Length { length });
    }
    let mut product = Product::one();
    product.multiply_power(marker, Role::Header.base_exponent());
    product.multiply_power(counter, length);
    Ok(finish(&product))
}

/// Multiplies in a header: 7^7, the length's digits over 11 … 19, the number's over 23 … 89, the seal, the check.
pub(crate) fn multiply_header(product: &mut Product, length: u16, sequence: u64) {
    let index = multiply_header_start(product, length, sequence / HEADER_RADIX);
    multiply_header_end(product, index, sequence % HEADER_RADIX);
}

/// Multiplies in what sixteen blocks in a row have in common; returns the index of the check so far.
pub(crate) fn multiply_header_start(product: &mut Product, length: u16, upper: u64) -> u64 {
    let mut index = checksum_index([(3, Role::Header.base_exponent()), (SEAL_INDEX as u64, 1)]);
    product.multiply_power(7, Role::Header.base_exponent());
    let digits =
        [(u64::from(length), LENGTH_INDEX, LENGTH_DIGITS), (upper, SEQUENCE_INDEX + 1, SEQUENCE_DIGITS - 1)];
    for (mut rest, first, count) in digits {
        for place in first..first + count {
            let digit = rest % HEADER_RADIX;
            rest /= HEADER_RADIX;
            index ^= place as u64 * digit;
            product.multiply_power(table::prime(place).unwrap_or(1), digit);
        }
    }
    product.multiply_power(table::prime(SEAL_INDEX).unwrap_or(1), 1);
    index
}

/// Multiplies in the last digit of a block's number, and the check.
pub(crate) fn multiply_header_end(product: &mut Product, index: u64, digit: u64) {
    product.multiply_power(table::prime(SEQUENCE_INDEX).unwrap_or(1), digit);
    let index = index ^ (SEQUENCE_INDEX as u64 * digit);
    product.multiply_power(checksum_prime(index).unwrap_or(1), Role::Checksum.base_exponent());
}

/// Multiplies in a trailer: 13^7, for each set bit a prime from 17 on, the check.
pub(crate) fn multiply_trailer(product: &mut Product, check: u64) {
    product.multiply_power(13, Role::Header.base_exponent());
    let mut index = checksum_index([(5, Role::Header.base_exponent())]);
    let mut rest = check;
    for parts in trailer_parts() {
        let [lowest, ..] = rest.to_le_bytes();
        let part = &parts[usize::from(lowest) & (CHECK_PARTS - 1)];
        rest >>= CHECK_BITS_OF_LIMB;
        product.multiply(part.product);
        index ^= part.index;
    }
    product.multiply_power(checksum_prime(index).unwrap_or(1), Role::Checksum.base_exponent());
}

/// What seven bits of a check put in a trailer.
#[derive(Clone, Copy)]
struct TrailerPart {
    product: u64,
    index: u64,
}

/// Returns the parts for the lowest seven bits of a check, for the next ones, and so on.
fn trailer_parts() -> &'static [[TrailerPart; CHECK_PARTS]] {
    static PARTS: OnceLock<Vec<[TrailerPart; CHECK_PARTS]>> = OnceLock::new();
    PARTS.get_or_init(|| {
        (0..CHECK_BITS)
            .step_by(CHECK_BITS_OF_LIMB)
            .map(|first| std::array::from_fn(|bits| trailer_part(first, bits)))
            .collect()
    })
}

fn trailer_part(first: usize, bits: usize) -> TrailerPart {
    let places =
        (first..CHECK_BITS.min(first + CHECK_BITS_OF_LIMB)).filter(|bit| bits >> (bit - first) & 1 == 1);
    places.fold(TrailerPart { product: 1, index: 0 }, |part, bit| TrailerPart {
        product: part.product * table::prime(CHECK_INDEX + bit).unwrap_or(1),
        index: part.index ^ (CHECK_INDEX + bit) as u64,
    })
}

fn multiply_factors(product: &mut Product, factors: &[(u64, u64)]) {
    for &(index, exponent) in factors {
        product.multiply_power(checksum_prime(index).unwrap_or(1), exponent);
    }
}

fn finish(product: &Product) -> Codeword {
    Codeword::from_le_bytes(&product.to_bytes())
}

/// The exponents of a data codeword before its check, and the check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataExponents {
    pub(crate) twos: u64,
    pub(crate) threes: u64,
    pub(crate) fives: u64,
    pub(crate) sevens: u64,
    pub(crate) check: u64,
}

impl DataExponents {
    pub(crate) fn of(position: u64, value: u32) -> Result<Self, SymbolError> {
        if position > POSITION_MAX {
            return Err(SymbolError::Position { position });
        }
        if value > VALUE_MAX {
            return Err(SymbolError::Value { value });
        }
        let twos = Role::Position.base_exponent() + position % POSITION_RADIX;
        let threes = Role::Value.base_exponent() + u64::from(value % VALUE_RADIX);
        let (fives, sevens) = (position / POSITION_RADIX + 1, u64::from(value / VALUE_RADIX) + 1);
        let index = data_index(threes, fives, sevens);
        let check = checksum_prime(index).ok_or(SymbolError::Position { position })?;
        Ok(Self { twos, threes, fives, sevens, check })
    }

    /// Multiplies in everything but the fives, which a caller may have at hand.
    pub(crate) fn multiply_into(&self, product: &mut Product) {
        product.multiply(1 << self.twos);
        product.multiply_powers(&POWERS_OF_3, self.threes);
        product.multiply_powers(&POWERS_OF_7, self.sevens);
        product.multiply_power(self.check, Role::Checksum.base_exponent());
    }
}

/// Index of the checksum prime of data; the twos do not count, their prime has index 0.
pub(crate) fn data_index(threes: u64, fives: u64, sevens: u64) -> u64 {
    checksum_index([(1, threes), (2, fives), (3, sevens)])
}

/// Largest position a codeword can carry: beyond it the checksum prime may lie beyond the table.
pub const POSITION_MAX: u64 = POSITION_RADIX * (TABLE_LEN / 2 - 1) - 1;

/// Largest value a codeword can carry. Contents use 0 … 255 or 0 … 65 535.
#[expect(clippy::cast_possible_truncation, reason = "a third of the table, times 128, is below 2^25")]
pub const VALUE_MAX: u32 = VALUE_RADIX * (TABLE_LEN / 3) as u32 - 1;

/// Largest opcode, the prime with index 2^17 − 1: index times 4 must be an index too.
pub const OPCODE_MAX: u64 = 1_742_537;

/// Largest operand a codeword can carry.
pub const OPERAND_MAX: u64 = TABLE_LEN / 2 - 1 - Role::Operand.base_exponent();

/// Longest block a header can state.
pub const LENGTH_MAX: u64 = HEADER_RADIX.pow(4) - 1;
const _: () = assert!(LENGTH_DIGITS == 4 && LENGTH_MAX == u16::MAX as u64);

/// How many of the primes that hold bits of a check, up to 349, can be multiplied in one limb.
const CHECK_BITS_OF_LIMB: usize = 7;
const CHECK_PARTS: usize = 1 << CHECK_BITS_OF_LIMB;
const _: () = assert!(349_u64.checked_pow(7).is_some() && CHECK_BITS_OF_LIMB == 7);

const TABLE_LEN: u64 = table::TABLE_LEN as u64;
// An exclusive or of indices below a power of two stays below it, so no check can leave the table.
const _: () = assert!(TABLE_LEN.is_power_of_two());
const _: () = assert!(2 * (POSITION_MAX / POSITION_RADIX + 1) < TABLE_LEN);
const _: () = assert!(3 * (VALUE_MAX as u64 / VALUE_RADIX as u64 + 1) < TABLE_LEN);
const _: () = assert!(2 * (OPERAND_MAX + Role::Operand.base_exponent()) < TABLE_LEN);
