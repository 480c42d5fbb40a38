//! Codewords one after the other, as a frame holds them: the length of each as LEB128, then its bytes.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use crate::codeword::Codeword;

/// A run of codewords of any kind.
///
/// # Examples
///
/// ```
/// use primestream_codec::{CodewordRun, operation};
///
/// let mut run = CodewordRun::new();
/// run.push(&operation(2, Some(7))?);
/// run.push(&operation(5, None)?);
/// let bits: Vec<u64> = run.iter().map(|codeword| codeword.bits()).collect();
/// assert_eq!((run.len(), bits), (2, vec![72, 37]));
/// # Ok::<(), primestream_codec::SymbolError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct CodewordRun {
    bytes: Vec<u8>,
    count: usize,
}

impl CodewordRun {
    /// Makes an empty run.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), count: 0 }
    }

    /// Appends a codeword.
    pub fn push(&mut self, codeword: &Codeword) {
        append_framed(&codeword.to_le_bytes(), &mut self.bytes);
        self.count += 1;
    }

    /// Returns how many codewords there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Tells whether there is no codeword.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the codewords, in order. Each is copied.
    pub fn iter(&self) -> impl Iterator<Item = Codeword> {
        self.as_slice().iter()
    }

    /// Borrows the codewords.
    #[must_use]
    pub const fn as_slice(&self) -> CodewordSlice<'_> {
        CodewordSlice { bytes: self.bytes.as_slice(), count: self.count }
    }

    pub(crate) fn push_bytes(&mut self, codeword: &[u8]) {
        append_framed(codeword, &mut self.bytes);
        self.count += 1;
    }

    pub(crate) fn extend(&mut self, more: CodewordSlice<'_>) {
        self.bytes.extend_from_slice(more.bytes);
        self.count += more.count;
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }

    pub(crate) const fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

/// A borrowed run of codewords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodewordSlice<'a> {
    bytes: &'a [u8],
    count: usize,
}

impl<'a> CodewordSlice<'a> {
    /// Returns how many codewords there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.count
    }

    /// Tells whether there is no codeword.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.count == 0
    }

    /// Returns the bytes as a frame holds them.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the codewords, in order. Each is copied.
    pub fn iter(self) -> impl Iterator<Item = Codeword> + use<'a> {
        let mut rest = self.bytes;
        std::iter::from_fn(move || {
            let (codeword, behind) = first_framed(rest)?;
            rest = behind;
            Some(Codeword::from_le_bytes(codeword))
        })
    }

    /// Copies the codewords.
    #[must_use]
    pub fn to_run(self) -> CodewordRun {
        CodewordRun { bytes: self.bytes.to_vec(), count: self.count }
    }

    /// Cuts the run in two, the first of `len` codewords or all there are. Takes time for each of them.
    pub(crate) fn split_at(self, len: usize) -> (Self, Self) {
        let (mut rest, mut count) = (self.bytes, 0);
        while count < len.min(self.count)
            && let Some((_, behind)) = first_framed(rest)
        {
            rest = behind;
            count += 1;
        }
        let (first, _) =
            self.bytes.split_at_checked(self.bytes.len() - rest.len()).unwrap_or((self.bytes, &[]));
        (Self { bytes: first, count }, Self { bytes: rest, count: self.count - count })
    }
}

/// Appends a codeword as a frame holds it: its length as LEB128, its bytes.
pub(crate) fn append_framed(codeword: &[u8], out: &mut Vec<u8>) {
    append_length(codeword.len(), out);
    out.extend_from_slice(codeword);
}

/// Appends the length of a codeword as LEB128.
pub(crate) fn append_length(mut len: usize, out: &mut Vec<u8>) {
    while len > 0x7F {
        let [low, ..] = len.to_le_bytes();
        out.push(low | 0x80);
        len >>= 7;
    }
    let [low, ..] = len.to_le_bytes();
    out.push(low);
}

/// Splits the first codeword off bytes that this module wrote.
fn first_framed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut len, mut shift, mut rest) = (0_usize, 0_u32, bytes);
    loop {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        len |= usize::from(byte & 0x7F).checked_shl(shift)?;
        if byte < 0x80 {
            return rest.split_at_checked(len);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::{data, operation, trailer};

    #[test]
    fn a_run_is_cut_between_codewords() {
        let codewords = [operation(2, Some(7)), data(5000, 60_000), operation(5, None), Ok(trailer(9))];
        let codewords = codewords.map(|codeword| codeword.expect("small"));
        let mut run = CodewordRun::new();
        codewords.iter().for_each(|codeword| run.push(codeword));
        assert!(run.iter().eq(codewords.iter().cloned()) && codewords[1].to_le_bytes().len() > 128);
        for len in 0..6 {
            let (first, rest) = run.as_slice().split_at(len);
            assert_eq!((first.len(), rest.len()), (len.min(4), 4 - len.min(4)));
            assert!(first.to_run().iter().chain(rest.to_run().iter()).eq(codewords.iter().cloned()));
        }
    }
}
