//! All codewords of a block of bytes, ready to be copied, and found again by their bytes.
//!
//! A block of 64 has 16 384 of them, none above 42 bytes. Writing one is a copy;
//! reading one is a hash of its first eight bytes, a probe and a comparison, a few
//! nanoseconds each and no arithmetic. A table is built at its first use (some
//! milliseconds, 0.9 MiB for blocks up to 64, 3.5 MiB above) and shared by all.

use std::sync::OnceLock;

use crate::block::BlockLen;
use crate::product::{POWERS_OF_5, Product};
use crate::symbol::DataExponents;

/// The data codewords for positions 0 up to some end and values 0 … 255.
#[derive(Debug)]
pub(crate) struct ByteCodewords {
    /// At position · 256 + value: length, then that many bytes.
    entries: Vec<[u8; ENTRY_BYTES]>,
    /// Index of an entry plus one, at the hash of its bytes or behind; 0 = free.
    slots: Vec<u32>,
}

impl ByteCodewords {
    /// Returns the table that holds every codeword of a block of this length.
    pub(crate) fn for_blocks_of(block_len: BlockLen) -> &'static Self {
        static TO_64: OnceLock<ByteCodewords> = OnceLock::new();
        static TO_256: OnceLock<ByteCodewords> = OnceLock::new();
        if block_len.get() <= BlockLen::DEFAULT.get() {
            TO_64.get_or_init(|| Self::build(BlockLen::DEFAULT.get()))
        } else {
            TO_256.get_or_init(|| Self::build(BlockLen::MAX.get()))
        }
    }

    fn build(positions: usize) -> Self {
        let mut entries = Vec::with_capacity(positions * 256);
        let mut product = Product::one();
        let mut bytes = Vec::new();
        for position in 0..positions {
            for value in 0..256 {
                let Ok(exponents) = DataExponents::of(position as u64, value) else { continue };
                product.reset();
                exponents.multiply_into(&mut product);
                product.multiply_powers(&POWERS_OF_5, exponents.fives);
                bytes.clear();
                product.append_to(&mut bytes);
                let mut entry = [0; ENTRY_BYTES];
                if let ([len, room @ ..], Ok(count)) = (&mut entry, u8::try_from(bytes.len())) {
                    *len = count;
                    room.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
                }
                debug_assert!(bytes.len() < ENTRY_BYTES, "position {position}, value {value}");
                entries.push(entry);
            }
        }
        let mut slots = vec![0; (entries.len() * 2).next_power_of_two()];
        for (index, entry) in (1_u32..).zip(&entries) {
            let bytes = stored(entry);
            let mut at = slot_of(bytes, slots.len());
            while slots.get(at).is_some_and(|&taken| taken != 0) {
                at = (at + 1) & (slots.len() - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = index;
            }
        }
        Self { entries, slots }
    }

    /// Appends a codeword with its length in front, as it stands in a frame; nothing if there is none.
    #[inline]
    pub(crate) fn append_framed(&self, position: usize, value: u8, out: &mut Vec<u8>) {
        if let Some(entry) = self.entries.get(position * 256 + usize::from(value)) {
            let [len, ..] = entry;
            let end = out.len() + 1 + usize::from(*len);
            // A copy of fixed length takes a few wide moves, one of any length a call.
            out.extend_from_slice(entry);
            out.truncate(end);
        }
    }

    /// Finds position and value of a codeword given by its bytes.
    #[inline]
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<(usize, u8)> {
        let mut at = slot_of(bytes, self.slots.len());
        loop {
            let index = (*self.slots.get(at)?).checked_sub(1)? as usize;
            let entry = self.entries.get(index)?;
            if stored(entry) == bytes {
                let [value, ..] = index.to_le_bytes();
                return Some((index / 256, value));
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

fn stored(entry: &[u8; ENTRY_BYTES]) -> &[u8] {
    let [len, bytes @ ..] = entry;
    bytes.get(..usize::from(*len)).unwrap_or_default()
}

/// Chooses a slot by length and first eight bytes; the multiplier is 2^64 divided by the golden ratio.
#[inline]
fn slot_of(bytes: &[u8], slots: usize) -> usize {
    let first = bytes.first_chunk::<8>().map_or_else(|| short(bytes), |chunk| u64::from_le_bytes(*chunk));
    let mixed = (first ^ (bytes.len() as u64).rotate_right(8)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as usize & (slots - 1)
}

#[cold]
fn short(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Room for an entry: a length and the 46 bytes of the largest codeword of a block of 256.
const ENTRY_BYTES: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::data;

    #[test]
    fn each_entry_is_the_codeword_and_is_found() {
        for len in [BlockLen::DEFAULT, BlockLen::MAX] {
            let table = ByteCodewords::for_blocks_of(len);
            for position in 0..len.get() {
                for value in 0..=255 {
                    let mut framed = Vec::new();
                    table.append_framed(position, value, &mut framed);
                    let bytes = data(position as u64, value.into()).expect("small").to_le_bytes();
                    assert_eq!(usize::from(framed[0]), bytes.len());
                    assert_eq!(framed[1..], bytes);
                    assert_eq!(table.find(&bytes), Some((position, value)));
                }
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let table = ByteCodewords::for_blocks_of(BlockLen::DEFAULT);
        assert_eq!(table.find(&[]), None);
        assert_eq!(table.find(&[1]), None);
        assert_eq!(table.find(&data(64, 0).expect("small").to_le_bytes()), None);
        assert_eq!(table.find(&data(0, 256).expect("small").to_le_bytes()), None);
    }
}
