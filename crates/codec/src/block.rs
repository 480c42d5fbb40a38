//! Blocks: a header codeword, the data codewords it counts, and a trailer codeword that checks them.
//!
//! A block stands alone: positions count from 0 in it, so its codewords are small
//! whatever the length of the content, and it can be read, lost and repeated without
//! touching its neighbours. The trailer's 64 bits see what the codewords' own checks
//! cannot (`docs/encoding.md`), and that a block is not at its place.

use std::fmt;

use crate::units::SymbolsRef;

/// How many symbols a full block has: 8 to 256.
///
/// Short blocks spend more on headers and trailers, long ones have larger codewords;
/// 64 is close to the smallest total for text.
///
/// # Examples
///
/// ```
/// use primestream_codec::BlockLen;
///
/// assert_eq!(BlockLen::default().get(), 64);
/// assert!(BlockLen::try_new(7).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockLen(u16);

impl BlockLen {
    /// The shortest block.
    pub const MIN: Self = Self(8);
    /// The usual block.
    pub const DEFAULT: Self = Self(64);
    /// The longest block.
    pub const MAX: Self = Self(256);

    /// Makes a block length, or `None` outside 8 … 256.
    #[must_use]
    pub const fn try_new(symbols: usize) -> Option<Self> {
        if symbols < Self::MIN.get() || symbols > Self::MAX.get() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 256")]
        Some(Self(symbols as u16))
    }

    /// Returns the number of symbols.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn to_u16(self) -> u16 {
        self.0
    }

    pub(crate) const fn to_u32(self) -> u32 {
        self.0 as u32
    }
}

impl Default for BlockLen {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Returns the 64-bit check of a block, which its trailer carries.
///
/// It is the first eight bytes of the BLAKE3 of stream id, block number, length and
/// symbols, each integer as eight bytes, the least significant first; a symbol is one
/// byte, a UTF-16 unit two.
///
/// # Examples
///
/// ```
/// use primestream_codec::block::block_check;
///
/// let check = block_check([0; 16], 0, b"UOR".as_slice().into());
/// assert_ne!(check, block_check([0; 16], 1, b"UOR".as_slice().into())); // at another place
/// assert_ne!(check, block_check([1; 16], 0, b"UOR".as_slice().into())); // in another stream
/// ```
#[must_use]
pub fn block_check(stream_id: [u8; 16], sequence: u64, symbols: SymbolsRef<'_>) -> u64 {
    // One buffer for all: hashing once over 100 bytes takes half the time of hashing four parts.
    let mut input = [0; CHECK_INPUT_BYTES];
    let mut len = 0;
    let mut put = |bytes: &[u8]| {
        let room = input.get_mut(len..len + bytes.len());
        len += bytes.len();
        room.map(|room| room.copy_from_slice(bytes)).is_some()
    };
    let mut fits =
        put(&stream_id) & put(&sequence.to_le_bytes()) & put(&(symbols.len() as u64).to_le_bytes());
    symbols.content(|bytes| fits &= put(bytes));
    if let (true, Some(input)) = (fits, input.get(..len)) {
        return first_eight(blake3::hash(input));
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&stream_id).update(&sequence.to_le_bytes()).update(&(symbols.len() as u64).to_le_bytes());
    symbols.content(|bytes| {
        hasher.update(bytes);
    });
    first_eight(hasher.finalize())
}

/// Returns the check in the trailer of the empty block that ends a decimal flow: over the number of
/// blocks before it and of all their symbols.
#[must_use]
pub fn end_check(stream_id: [u8; 16], blocks: u64, symbols: u64) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&stream_id).update(&blocks.to_le_bytes()).update(&[0; 8]).update(&symbols.to_le_bytes());
    first_eight(hasher.finalize())
}

fn first_eight(hash: blake3::Hash) -> u64 {
    hash.as_bytes().first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// Why a block is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockFault {
    /// The bytes end within the block.
    Cut,
    /// The length of a codeword is zero or written with superfluous bytes, or its last byte is zero.
    CodewordLength,
    /// A codeword is longer than the caller allows.
    CodewordTooLong {
        /// Its length.
        bytes: usize,
        /// What [`Limits::codeword_bits_max`](crate::Limits::codeword_bits_max) allows.
        bytes_max: usize,
    },
    /// The header is not the one that belongs here.
    Header,
    /// A data codeword is not one that belongs here.
    Codeword {
        /// Which symbol of the block, from 0.
        index: usize,
    },
    /// The trailer does not fit the symbols.
    Check,
}

impl fmt::Display for BlockFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("cut"),
            Self::CodewordLength => f.write_str("impossible codeword length"),
            Self::CodewordTooLong { bytes, bytes_max } => {
                write!(f, "codeword of {bytes} bytes, the limit codeword_bits_max allows {bytes_max}")
            }
            Self::Header => f.write_str("header does not belong here"),
            Self::Codeword { index } => write!(f, "codeword {index} does not belong here"),
            Self::Check => f.write_str("symbols do not fit the block's check"),
        }
    }
}

/// Id, number and length, and 256 symbols of two bytes.
const CHECK_INPUT_BYTES: usize = 16 + 8 + 8 + 2 * BlockLen::MAX.get();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_is_the_hash_of_its_parts() {
        for symbols in [&[][..], b"a", &[7; 256], &[9; 3000]] {
            let mut hasher = blake3::Hasher::new();
            hasher
                .update(&[5; 16])
                .update(&3_u64.to_le_bytes())
                .update(&(symbols.len() as u64).to_le_bytes());
            hasher.update(symbols);
            let naive =
                u64::from_le_bytes(hasher.finalize().as_bytes()[..8].try_into().expect("eight bytes"));
            assert_eq!(block_check([5; 16], 3, symbols.into()), naive, "{} symbols", symbols.len());
        }
    }

    #[test]
    fn the_end_is_not_an_empty_block() {
        assert_ne!(end_check([0; 16], 4, 0), block_check([0; 16], 4, SymbolsRef::Bytes(&[])));
    }
}
