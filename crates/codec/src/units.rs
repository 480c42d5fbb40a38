//! Symbols: what a content consists of. Mostly what codewords stand for, eight or sixteen bits each.
//!
//! Bytes are the payload of choice; text is its UTF-8. UTF-16 code units exist for
//! exchange with the reference, whose text encoder emits one codeword for each.
//! [`Symbols`] owns them, [`SymbolsRef`] borrows them; [`crate::text`] turns text
//! into units and back. Programs, and whatever else consists of codewords of any kind, have those themselves as symbols. Source: [PrimeOS].

use crate::run::{CodewordRun, CodewordSlice};

/// Which kind of symbol a content consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Units {
    /// Bytes: 256 values.
    #[default]
    Bytes,
    /// UTF-16 code units: 65 536 values, lone surrogates included.
    Utf16,
    /// Codewords of any kind, as they are.
    Codewords,
}

impl Units {
    /// Returns the largest value a symbol may have; 0 for codewords, which are no values.
    #[must_use]
    pub const fn value_max(self) -> u32 {
        match self {
            Self::Bytes => 0xFF,
            Self::Utf16 => 0xFFFF,
            Self::Codewords => 0,
        }
    }

    /// Returns how many bytes of content one symbol stands for; `None` for codewords, which vary.
    #[must_use]
    pub const fn bytes_each(self) -> Option<usize> {
        match self {
            Self::Bytes => Some(1),
            Self::Utf16 => Some(2),
            Self::Codewords => None,
        }
    }
}

/// A run of symbols of one kind.
///
/// # Examples
///
/// ```
/// use primestream_codec::{Symbols, Units};
///
/// let mut symbols = Symbols::new(Units::Bytes);
/// assert!(symbols.push(0x41));
/// assert!(!symbols.push(0x100)); // not a byte
/// assert_eq!(symbols, Symbols::Bytes(vec![0x41]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Symbols {
    /// Bytes.
    Bytes(Vec<u8>),
    /// UTF-16 code units.
    Utf16(Vec<u16>),
    /// Codewords.
    Codewords(CodewordRun),
}

impl Symbols {
    /// Makes an empty run of the given kind.
    #[must_use]
    pub const fn new(units: Units) -> Self {
        match units {
            Units::Bytes => Self::Bytes(Vec::new()),
            Units::Utf16 => Self::Utf16(Vec::new()),
            Units::Codewords => Self::Codewords(CodewordRun::new()),
        }
    }

    /// Returns the kind of the symbols.
    #[must_use]
    pub const fn units(&self) -> Units {
        self.as_ref().units()
    }

    /// Returns how many symbols there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// Tells whether there is no symbol.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Borrows the symbols.
    #[must_use]
    pub const fn as_ref(&self) -> SymbolsRef<'_> {
        match self {
            Self::Bytes(bytes) => SymbolsRef::Bytes(bytes.as_slice()),
            Self::Utf16(units) => SymbolsRef::Utf16(units.as_slice()),
            Self::Codewords(run) => SymbolsRef::Codewords(run.as_slice()),
        }
    }

    /// Appends a symbol; returns `false`, and appends nothing, if `value` is too large for the kind.
    pub fn push(&mut self, value: u32) -> bool {
        match self {
            Self::Bytes(bytes) => u8::try_from(value).map(|byte| bytes.push(byte)).is_ok(),
            Self::Utf16(units) => u16::try_from(value).map(|unit| units.push(unit)).is_ok(),
            Self::Codewords(_) => false,
        }
    }

    /// Appends symbols of the same kind; `false`, and nothing is appended, if they are of the other.
    pub fn extend(&mut self, symbols: SymbolsRef<'_>) -> bool {
        match (self, symbols) {
            (Self::Bytes(bytes), SymbolsRef::Bytes(more)) => bytes.extend_from_slice(more),
            (Self::Utf16(units), SymbolsRef::Utf16(more)) => units.extend_from_slice(more),
            (Self::Codewords(run), SymbolsRef::Codewords(more)) => run.extend(more),
            _ => return false,
        }
        true
    }

    /// Keeps the first `len` symbols of a kind whose symbols are all of one size; of codewords, all.
    pub(crate) fn truncate(&mut self, len: usize) {
        match self {
            Self::Bytes(bytes) => bytes.truncate(len),
            Self::Utf16(units) => units.truncate(len),
            Self::Codewords(_) => {}
        }
    }

    /// Removes all symbols and keeps the memory.
    pub fn clear(&mut self) {
        match self {
            Self::Bytes(bytes) => bytes.clear(),
            Self::Utf16(units) => units.clear(),
            Self::Codewords(run) => run.clear(),
        }
    }

    /// Empties the run and turns it into one of the given kind; memory is kept if the kind stays.
    pub fn reset(&mut self, units: Units) {
        if self.units() == units {
            self.clear();
        } else {
            *self = Self::new(units);
        }
    }

    /// Returns how many bytes the symbols occupy on the heap.
    #[must_use]
    pub const fn heap_bytes(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.capacity(),
            Self::Utf16(units) => units.capacity() * 2,
            Self::Codewords(run) => run.heap_bytes(),
        }
    }

    /// Makes room for `count` more symbols; `false` if there is no such memory.
    pub(crate) fn try_reserve(&mut self, count: usize) -> bool {
        match self {
            Self::Bytes(bytes) => bytes.try_reserve_exact(count).is_ok(),
            Self::Utf16(units) => units.try_reserve_exact(count).is_ok(),
            // Their bytes are known when they are there.
            Self::Codewords(_) => true,
        }
    }
}

/// A borrowed run of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolsRef<'a> {
    /// Bytes.
    Bytes(&'a [u8]),
    /// UTF-16 code units.
    Utf16(&'a [u16]),
    /// Codewords.
    Codewords(CodewordSlice<'a>),
}

impl<'a> SymbolsRef<'a> {
    /// Returns the kind of the symbols.
    #[must_use]
    pub const fn units(self) -> Units {
        match self {
            Self::Bytes(_) => Units::Bytes,
            Self::Utf16(_) => Units::Utf16,
            Self::Codewords(_) => Units::Codewords,
        }
    }

    /// Returns how many symbols there are.
    #[must_use]
    pub const fn len(self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Utf16(units) => units.len(),
            Self::Codewords(run) => run.len(),
        }
    }

    /// Tells whether there is no symbol.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns the value of the symbol at `index`, or `None` past the end and for codewords.
    #[must_use]
    pub fn get(self, index: usize) -> Option<u32> {
        match self {
            Self::Bytes(bytes) => bytes.get(index).copied().map(u32::from),
            Self::Utf16(units) => units.get(index).copied().map(u32::from),
            Self::Codewords(_) => None,
        }
    }

    /// Cuts the run in two, the first of `len` symbols or all there are.
    #[must_use]
    pub fn split_at(self, len: usize) -> (Self, Self) {
        match self {
            Self::Bytes(bytes) => {
                let (first, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
                (Self::Bytes(first), Self::Bytes(rest))
            }
            Self::Utf16(units) => {
                let (first, rest) = units.split_at_checked(len).unwrap_or((units, &[]));
                (Self::Utf16(first), Self::Utf16(rest))
            }
            Self::Codewords(run) => {
                let (first, rest) = run.split_at(len);
                (Self::Codewords(first), Self::Codewords(rest))
            }
        }
    }

    /// Cuts the run into runs of `len` symbols; the last one may be shorter.
    ///
    /// # Panics
    ///
    /// If `len` is zero.
    pub fn pieces(self, len: usize) -> impl Iterator<Item = SymbolsRef<'a>> {
        assert!(len > 0, "pieces of no length");
        let mut rest = self;
        std::iter::from_fn(move || {
            let (piece, behind) = rest.split_at(len);
            rest = behind;
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// Copies the symbols.
    #[must_use]
    pub fn to_symbols(self) -> Symbols {
        match self {
            Self::Bytes(bytes) => Symbols::Bytes(bytes.to_vec()),
            Self::Utf16(units) => Symbols::Utf16(units.to_vec()),
            Self::Codewords(run) => Symbols::Codewords(run.to_run()),
        }
    }

    /// Hands the content to `take`, piece by piece: bytes as they are, units with their less significant byte first,
    /// codewords as a frame holds them.
    pub(crate) fn content(self, mut take: impl FnMut(&[u8])) {
        match self {
            Self::Bytes(bytes) => take(bytes),
            Self::Codewords(run) => take(run.as_bytes()),
            Self::Utf16(units) => {
                let mut buffer = [0_u8; 512];
                for piece in units.chunks(buffer.len() / 2) {
                    let mut filled = 0;
                    for (pair, unit) in buffer.chunks_exact_mut(2).zip(piece) {
                        pair.copy_from_slice(&unit.to_le_bytes());
                        filled += 2;
                    }
                    take(buffer.get(..filled).unwrap_or_default());
                }
            }
        }
    }
}

impl<'a> From<&'a Symbols> for SymbolsRef<'a> {
    fn from(symbols: &'a Symbols) -> Self {
        symbols.as_ref()
    }
}

impl<'a> From<&'a [u8]> for SymbolsRef<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a [u16]> for SymbolsRef<'a> {
    fn from(units: &'a [u16]) -> Self {
        Self::Utf16(units)
    }
}

impl<'a> From<&'a CodewordRun> for SymbolsRef<'a> {
    fn from(run: &'a CodewordRun) -> Self {
        Self::Codewords(run.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_run_once() {
        let run: Vec<u8> = (0..=9).collect();
        let pieces: Vec<_> = SymbolsRef::Bytes(&run).pieces(4).map(SymbolsRef::to_symbols).collect();
        assert_eq!(pieces, [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]].map(Symbols::Bytes));
        assert_eq!(SymbolsRef::Bytes(&[]).pieces(4).count(), 0);
    }

    #[test]
    fn content_of_units_is_little_endian() {
        let units: Vec<u16> = (0..1000).map(|i| i * 65).collect();
        let mut content = Vec::new();
        SymbolsRef::Utf16(&units).content(|bytes| content.extend_from_slice(bytes));
        let naive: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        assert_eq!(content, naive);
    }
}
