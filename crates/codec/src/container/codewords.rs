//! A payload taken apart into codewords: lengths in front, each written in one way only.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use crate::block::BlockFault;
use crate::limits::Limits;

/// Takes codewords from the front of a payload.
pub(super) struct Codewords<'a> {
    rest: &'a [u8],
    total: usize,
    bytes_max: usize,
}

impl<'a> Codewords<'a> {
    /// Takes a payload whose codewords have at most so many bytes each.
    pub(super) const fn new(payload: &'a [u8], bytes_max: usize) -> Self {
        Self { rest: payload, total: payload.len(), bytes_max }
    }

    /// Takes a payload whose codewords are within the caller's limits.
    pub(super) fn within(payload: &'a [u8], limits: &Limits) -> Self {
        Self::new(payload, usize::try_from(limits.codeword_bits_max.div_ceil(8)).unwrap_or(usize::MAX))
    }

    /// Returns what has not been taken.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns how many bytes have been taken.
    pub(super) const fn at(&self) -> usize {
        self.total - self.rest.len()
    }

    /// Returns how many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// Returns how many bytes a codeword may have.
    pub(super) const fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Passes over codewords of so many bytes, which the caller has looked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Returns the next codeword: not empty, its last byte not zero.
    #[inline]
    pub(super) fn next(&mut self) -> Result<&'a [u8], BlockFault> {
        let (&first, rest) = self.rest.split_first().ok_or(BlockFault::Cut)?;
        let (len, rest) = if first < 0x80 { (usize::from(first), rest) } else { long_length(first, rest)? };
        if len > self.bytes_max {
            return Err(BlockFault::CodewordTooLong { bytes: len, bytes_max: self.bytes_max });
        }
        let (codeword, rest) = rest.split_at_checked(len).ok_or(BlockFault::Cut)?;
        if codeword.last().is_none_or(|&top| top == 0) {
            return Err(BlockFault::CodewordLength);
        }
        self.rest = rest;
        Ok(codeword)
    }
}

/// Reads the rest of a LEB128 length of more than one byte.
#[cold]
fn long_length(first: u8, mut rest: &[u8]) -> Result<(usize, &[u8]), BlockFault> {
    let mut len = usize::from(first & 0x7F);
    for shift in [7, 14, 21] {
        let (&byte, behind) = rest.split_first().ok_or(BlockFault::Cut)?;
        rest = behind;
        len |= usize::from(byte & 0x7F) << shift;
        match byte {
            0 => return Err(BlockFault::CodewordLength),
            1..0x80 => return Ok((len, rest)),
            _ => {}
        }
    }
    Err(BlockFault::CodewordLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(payload: &[u8]) -> Result<&[u8], BlockFault> {
        Codewords::within(payload, &Limits::default()).next()
    }

    #[test]
    fn lengths_are_written_in_one_way() {
        assert_eq!(first(&[2, 5, 6, 7]), Ok(&[5, 6][..]));
        let mut long = vec![0x80, 1];
        long.extend([9; 130]);
        assert_eq!(first(&long), Ok(&[9; 128][..]));
        assert_eq!(first(&[0x82, 0, 5, 6]), Err(BlockFault::CodewordLength)); // 2 with a superfluous byte
        assert_eq!(first(&[0]), Err(BlockFault::CodewordLength)); // no codeword is zero
        assert_eq!(first(&[2, 5, 0]), Err(BlockFault::CodewordLength)); // zero on top
        assert_eq!(first(&[0xFF, 0xFF, 0xFF, 0xFF, 1]), Err(BlockFault::CodewordLength));
        let (bytes, bytes_max) = ((1 << 21) - 1, 1 << 17);
        assert_eq!(first(&[0xFF, 0xFF, 0x7F, 1]), Err(BlockFault::CodewordTooLong { bytes, bytes_max }));
        assert_eq!(first(&[2, 5]), Err(BlockFault::Cut));
        assert_eq!(first(&[0x80]), Err(BlockFault::Cut));
        assert_eq!(first(&[]), Err(BlockFault::Cut));
    }
}
