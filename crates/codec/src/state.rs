//! What a half-done container must remember, as bytes: of trusted origin, yet read as if it were not.
//!
//! Integers are little-endian; a list has its length before it. Whoever stores them knows by a checksum that
//! they are whole.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

/// Appends a number.
pub(crate) fn put(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends a number that may not be there.
pub(crate) fn put_option(number: Option<u64>, out: &mut Vec<u8>) {
    out.push(number.is_some().into());
    put(number.unwrap_or_default(), out);
}

/// Takes values from the front of bytes; `None` past the end.
pub(crate) struct Taker<'a, 'b>(pub(crate) &'a mut &'b [u8]);

impl<'b> Taker<'_, 'b> {
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        *self.0 = rest;
        Some(*array)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn option(&mut self) -> Option<Option<u64>> {
        let is_there = self.flag()?;
        let number = self.number()?;
        Some(is_there.then_some(number))
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.array()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    pub(crate) fn bytes(&mut self) -> Option<&'b [u8]> {
        let count = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(count)?;
        *self.0 = rest;
        Some(bytes)
    }

    /// Takes the length of a list whose items have at least so many bytes each.
    pub(crate) fn count(&mut self, item_bytes: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count.checked_mul(item_bytes)? <= self.0.len()).then_some(count)
    }
}
