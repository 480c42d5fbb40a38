//! All codewords of a block of bytes, ready to be copied, and found again by their bytes.
//!
//! A block of 64 has 16 384 of them, none above 42 bytes. Writing one is a copy. Reading
//! one where its position is known is a perfect hash over the 256 that may stand there,
//! and a comparison; where it is not, a hash over all, a probe and a comparison. No
//! arithmetic in any case. A table is built at its first use (some milliseconds, 0.9 MiB
//! for blocks up to 64, 3.6 MiB above) and shared by all.

use std::sync::OnceLock;

use crate::block::BlockLen;
use crate::product::{POWERS_OF_5, Product};
use crate::symbol::DataExponents;

/// The data codewords for positions 0 up to some end and values 0 … 255.
#[derive(Debug)]
pub(crate) struct ByteCodewords {
    /// At position · 256 + value: length, then that many bytes, then zeros.
    entries: Vec<[u8; ENTRY_BYTES]>,
    /// For each position: which value a codeword there may have.
    values: Vec<Values>,
    /// Index of an entry plus one, at the hash of its bytes or behind; 0 = free.
    slots: Vec<u32>,
}

impl ByteCodewords {
    /// Most bytes of a codeword here.
    pub(crate) const BYTES_MAX: usize = ENTRY_BYTES - 1;

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
        let values = entries.as_chunks().0.iter().map(Values::of).collect();
        Self { entries, values, slots }
    }

    /// Appends the codewords of bytes at positions from 0 on, each with its length in front, as they stand in a frame.
    ///
    /// They are put together in `room`, which is best used again and again.
    pub(crate) fn append_all(&self, bytes: &[u8], room: &mut Vec<u8>, out: &mut Vec<u8>) {
        room.resize(room.len().max(bytes.len() * ENTRY_BYTES), 0);
        let mut at = 0;
        for (entries, &value) in self.entries.as_chunks::<256>().0.iter().zip(bytes) {
            let entry = &entries[usize::from(value)];
            // A copy of fixed length takes a few wide moves, one of any length a call.
            if let Some(room) = room.get_mut(at..at + ENTRY_BYTES) {
                room.copy_from_slice(entry);
            }
            at += 1 + usize::from(entry[0]);
        }
        out.extend_from_slice(room.get(..at).unwrap_or_default());
    }

    /// Takes codewords with their lengths off the front of a payload, as long as each is one of a byte at its position,
    /// the first at `position`; returns how many, and how many bytes they take.
    ///
    /// Not all that could be are taken: some behind which little stands are left to [`find`](Self::find).
    #[inline(never)]
    pub(crate) fn take_all(&self, position: usize, payload: &[u8], values: &mut [u8]) -> (usize, usize) {
        let (mut rest, mut taken) = (payload, 0);
        let rows = self.entries.as_chunks::<256>().0.iter().zip(&self.values).skip(position);
        for ((entries, row), value) in rows.zip(values) {
            let Some(window) = rest.first_chunk::<ENTRY_BYTES>() else { break };
            let len = usize::from(window[0]);
            let own = first(window, len);
            let candidate = row.candidate(own[0]);
            let entry = first(&entries[usize::from(candidate)], ByteCodewords::BYTES_MAX);
            let differs = own.iter().zip(&entry).fold(0, |differs, (own, entry)| differs | (own ^ entry));
            if differs != 0 {
                break;
            }
            *value = candidate;
            rest = rest.get(1 + len..).unwrap_or_default();
            taken += 1;
        }
        (taken, payload.len() - rest.len())
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

/// A perfect hash of the codewords at one position: the bucket of a codeword says which slots are those of the bucket.
#[derive(Debug)]
struct Values {
    multiplier: u64,
    shifts: [u8; 1 << BUCKET_BITS],
    slots: [u8; 256],
}

impl Values {
    /// Searches for a multiplier under which all can be told apart, the largest buckets first.
    fn of(entries: &[[u8; ENTRY_BYTES]; 256]) -> Self {
        let keys = entries.map(|entry| first(&entry, ByteCodewords::BYTES_MAX)[0]);
        let mut multiplier = GOLDEN;
        let mut best = Self { multiplier, shifts: [0; 1 << BUCKET_BITS], slots: [0; 256] };
        let mut placed_most = 0;
        for _ in 0..MULTIPLIERS_MAX {
            let (values, placed) = Self::under(multiplier, &keys);
            if placed > placed_most {
                (best, placed_most) = (values, placed);
            }
            if placed_most == keys.len() {
                break;
            }
            multiplier = multiplier.wrapping_mul(GOLDEN);
        }
        // What is not placed is not taken but found, which is slower.
        debug_assert!(placed_most == keys.len(), "no perfect hash");
        best
    }

    /// Places as many as it can; returns how many.
    fn under(multiplier: u64, keys: &[u64; 256]) -> (Self, usize) {
        let mut own = Self { multiplier, shifts: [0; 1 << BUCKET_BITS], slots: [0; 256] };
        let mut buckets = vec![Vec::new(); 1 << BUCKET_BITS];
        for (value, key) in (0..=255_u8).zip(keys) {
            let (bucket, slot) = own.place(*key);
            buckets[bucket].push((slot, value));
        }
        let mut order: Vec<usize> = (0..buckets.len()).collect();
        order.sort_by_key(|&bucket| usize::MAX - buckets[bucket].len());
        let (mut is_taken, mut placed) = ([false; 256], 0);
        for bucket in order {
            let members = &buckets[bucket];
            let fits = |shift: u8| {
                let slots = members.iter().map(|(slot, _)| usize::from(slot ^ shift));
                slots.enumerate().all(|(index, slot)| {
                    let is_apart =
                        members[..index].iter().all(|(other, _)| usize::from(other ^ shift) != slot);
                    !is_taken[slot] && is_apart
                })
            };
            let Some(shift) = (0..=255).find(|&shift| fits(shift)) else { continue };
            own.shifts[bucket] = shift;
            for &(slot, value) in members {
                is_taken[usize::from(slot ^ shift)] = true;
                own.slots[usize::from(slot ^ shift)] = value;
                placed += 1;
            }
        }
        (own, placed)
    }

    /// Returns the value that the codeword with these first bytes has, if it is one of these.
    #[inline(always)]
    fn candidate(&self, key: u64) -> u8 {
        let (bucket, slot) = self.place(key);
        self.slots[usize::from(slot ^ self.shifts[bucket])]
    }

    #[inline(always)]
    const fn place(&self, key: u64) -> (usize, u8) {
        let [.., slot, upper] = key.wrapping_mul(self.multiplier).to_le_bytes();
        (upper as usize >> (8 - BUCKET_BITS), slot)
    }
}

/// Returns the first bytes of a window, length and as many more, and zeros for the rest.
#[inline(always)]
fn first(window: &[u8; ENTRY_BYTES], len: usize) -> [u64; WORDS] {
    let masks = &MASKS[len.min(MASKS.len() - 1)];
    let (words, _) = window.as_chunks::<8>();
    std::array::from_fn(|index| u64::from_le_bytes(words[index]) & masks[index])
}

fn stored(entry: &[u8; ENTRY_BYTES]) -> &[u8] {
    let [len, bytes @ ..] = entry;
    bytes.get(..usize::from(*len)).unwrap_or_default()
}

/// Chooses a slot by length and first eight bytes.
#[inline]
fn slot_of(bytes: &[u8], slots: usize) -> usize {
    let first = bytes.first_chunk::<8>().map_or_else(|| short(bytes), |chunk| u64::from_le_bytes(*chunk));
    let mixed = (first ^ (bytes.len() as u64).rotate_right(8)).wrapping_mul(GOLDEN);
    (mixed >> 40) as usize & (slots - 1)
}

#[cold]
fn short(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Room for an entry: a length and the 46 bytes of the largest codeword of a block of 256.
const ENTRY_BYTES: usize = 48;

/// Words of eight bytes in an entry.
const WORDS: usize = ENTRY_BYTES / 8;

/// For each length of a codeword, up to what an entry has room for: the bits of that many bytes, and of the length itself.
static MASKS: [[u64; WORDS]; ENTRY_BYTES] = {
    let (mut masks, mut len) = ([[0; WORDS]; ENTRY_BYTES], 0);
    while len < ENTRY_BYTES {
        let mut byte = 0;
        while byte <= len {
            masks[len][byte / 8] |= 0xFF << (byte % 8 * 8);
            byte += 1;
        }
        len += 1;
    }
    masks
};

/// 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Buckets of a perfect hash of 256: two for each bucket leave enough that are alone for the last slots.
const BUCKET_BITS: u32 = 7;

/// Multipliers that are tried for a perfect hash; few are needed.
const MULTIPLIERS_MAX: usize = 1000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::symbol::data;

    /// Takes codewords one by one, each found by its bytes alone.
    fn naive_take(table: &ByteCodewords, position: usize, payload: &[u8], count: usize) -> (Vec<u8>, usize) {
        let (mut values, mut rest) = (Vec::new(), payload);
        while values.len() < count && rest.len() >= ENTRY_BYTES {
            let Some(codeword) = rest[1..].get(..usize::from(rest[0])) else { break };
            let at = position + values.len();
            let Some((_, value)) = table.find(codeword).filter(|&(found, _)| found == at) else { break };
            values.push(value);
            rest = &rest[1 + codeword.len()..];
        }
        (values, payload.len() - rest.len())
    }

    fn agree(table: &ByteCodewords, position: usize, payload: &[u8], count: usize) -> usize {
        let mut values = vec![0; count];
        let (taken, used) = table.take_all(position, payload, &mut values);
        values.truncate(taken);
        assert_eq!((values, used), naive_take(table, position, payload, count), "position {position}");
        taken
    }

    #[test]
    fn each_entry_is_the_codeword_and_is_found() {
        for len in [BlockLen::MIN, BlockLen::DEFAULT, BlockLen::MAX] {
            let table = ByteCodewords::for_blocks_of(len);
            for position in 0..len.get() {
                for value in 0..=255 {
                    let mut framed = Vec::new();
                    table.append_framed(position, value, &mut framed);
                    let bytes = data(position as u64, value.into()).expect("small").to_le_bytes();
                    assert_eq!(usize::from(framed[0]), bytes.len());
                    assert_eq!(framed[1..], bytes);
                    assert_eq!(table.find(&bytes), Some((position, value)));
                    framed.extend([0xFF; ENTRY_BYTES]);
                    let mut found = [!value; 3];
                    let taken = table.take_all(position, &framed, &mut found);
                    assert_eq!((taken, found[0]), ((1, 1 + bytes.len()), value), "position {position}");
                }
            }
        }
    }

    #[test]
    fn all_codewords_of_a_block_are_appended_and_taken() {
        for len in [8, 63, 64, 65, 200, 256] {
            let len = BlockLen::try_new(len).expect("8 to 256");
            let table = ByteCodewords::for_blocks_of(len);
            let (mut room, mut out) = (vec![7; 5], vec![9]);
            for multiplier in [0, 1, 3, 91, 255_u8] {
                let bytes: Vec<u8> =
                    (0..len.get()).map(|at| at.to_le_bytes()[0].wrapping_mul(multiplier)).collect();
                let mut alone = Vec::new();
                for (position, &value) in bytes.iter().enumerate() {
                    table.append_framed(position, value, &mut alone);
                }
                out.truncate(1);
                table.append_all(&bytes, &mut room, &mut out);
                assert_eq!((out[0], &out[1..]), (9, &alone[..]));
                alone.extend([1; ENTRY_BYTES]);
                assert_eq!(agree(table, 0, &alone, bytes.len()), bytes.len());
            }
        }
    }

    #[test]
    fn a_changed_bit_or_byte_is_never_taken() {
        let table = ByteCodewords::for_blocks_of(BlockLen::DEFAULT);
        for (position, value) in [(0, 0), (0, 1), (5, 77), (31, 128), (63, 255), (62, 3)] {
            let mut framed = Vec::new();
            table.append_framed(position, value, &mut framed);
            let len = framed.len();
            framed.extend([0; ENTRY_BYTES]);
            for at in 0..len {
                for change in 1..=255 {
                    framed[at] ^= change;
                    assert_eq!(agree(table, position, &framed, 1), 0, "byte {at} by {change}");
                    framed[at] ^= change;
                }
            }
            assert_eq!(agree(table, position, &framed, 1), 1);
            assert_eq!(agree(table, position ^ 8, &framed, 1), 0, "elsewhere");
            assert_eq!(table.take_all(position, &framed[..len], &mut [0]), (0, 0), "no window");
        }
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_taken_as_one_by_one(
            start in 0_usize..64,
            bytes in prop::collection::vec(any::<u8>(), 1..64),
            flips in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
            noise in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let table = ByteCodewords::for_blocks_of(BlockLen::DEFAULT);
            agree(table, start, &noise, 64);
            let mut framed = Vec::new();
            for (position, &value) in (start..64).zip(&bytes) {
                table.append_framed(position, value, &mut framed);
            }
            for flip in flips {
                let bit = flip.index(framed.len() * 8);
                framed[bit / 8] ^= 1 << (bit % 8);
            }
            framed.extend(noise);
            agree(table, start, &framed, 64);
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
