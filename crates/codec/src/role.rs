//! What an exponent stands for.
//!
//! Each role has a base exponent, to which positions, values, operands and lengths
//! are added, so that the exponent alone already hints at the role. Source: [PrimeOS].

/// What an exponent of a codeword stands for.
///
/// # Examples
///
/// ```
/// use primestream_codec::Role;
///
/// // Position 0 and value 0 are 2^2 · 3^3 · 5^1 · 7^1, before the checksum.
/// assert_eq!((Role::Position.base_exponent(), Role::Value.base_exponent()), (2, 3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Where a symbol stands: on 2, with the higher part on 5.
    Position,
    /// Which symbol it is: on 3, with the higher part on 7.
    Value,
    /// What to do: on the prime that names the operation.
    Opcode,
    /// With what: on 5.
    Operand,
    /// The check of the codeword: on the prime that is the check.
    Checksum,
    /// The beginning of a block: on 7, of a transformed block on 11, of its trailer on 13.
    Header,
}

impl Role {
    /// Returns the exponent to which what the role carries is added.
    #[must_use]
    pub const fn base_exponent(self) -> u64 {
        match self {
            Self::Position => 2,
            Self::Value => 3,
            Self::Opcode => 4,
            Self::Operand => 5,
            Self::Checksum => 6,
            Self::Header => 7,
        }
    }
}

/// Values of the lower part of a position, on 2.
pub(crate) const POSITION_RADIX: u64 = 8;

/// Values of the lower part of a value, on 3.
pub(crate) const VALUE_RADIX: u32 = 128;

/// Base of the digits in which a block header states length and number.
pub(crate) const HEADER_RADIX: u64 = 16;

/// Index of the first prime that holds a digit of a block's length: 11.
pub(crate) const LENGTH_INDEX: usize = 4;

/// Digits of a block's length.
pub(crate) const LENGTH_DIGITS: usize = 4;

/// Index of the first prime that holds a digit of a block's number: 23.
pub(crate) const SEQUENCE_INDEX: usize = LENGTH_INDEX + LENGTH_DIGITS;

/// Digits of a block's number.
pub(crate) const SEQUENCE_DIGITS: usize = 16;

/// Index of the prime that marks a checked header: 3673.
///
/// It is a power of two above every index times digit, so the checksum prime of a header
/// lies beyond every prime that holds a digit, and a header has one reading by construction.
pub(crate) const SEAL_INDEX: usize = 512;
const _: () = assert!((SEQUENCE_INDEX + SEQUENCE_DIGITS - 1) * 15 < SEAL_INDEX && HEADER_RADIX == 16);

/// Index of the first prime that holds a bit of a block's check: 17.
pub(crate) const CHECK_INDEX: usize = 6;

/// Bits of a block's check.
pub(crate) const CHECK_BITS: usize = 64;
