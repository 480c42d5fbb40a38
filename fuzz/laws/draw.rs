//! Choices taken from foreign bytes, one after the other. Where the bytes end, every further choice is the first.

/// Bytes that have not been used for a choice.
pub(crate) struct Draw<'a> {
    rest: &'a [u8],
}

impl<'a> Draw<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Chooses a number below `end`, from as few bytes as hold one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let len = (usize::BITS - (end - 1).leading_zeros()).div_ceil(8) as usize;
        self.bytes(len).iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)) % end
    }

    /// Takes so many bytes, or all that are left.
    pub(crate) fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }
}
