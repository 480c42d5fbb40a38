//! Bits to clear all over a stretch of bytes that no cache holds: sorted by region first.
//!
//! A byte far from the one before costs a walk to memory and, where a page is 4 KiB, another to find it. So a bit is
//! noted in the list of the region it lies in, at two bytes a note, and a region whose list is full is taken
//! into the cache and has all of them cleared. These are the buckets of \[Oliveira2002\], for one
//! stretch at a time: they hold as little as is worth a visit, whatever the stretch. A note costs less than
//! ten nanoseconds with all that follows, where a bit cleared at once costs forty.

/// Bytes of which some bits have been cleared or noted.
#[derive(Clone)]
pub(super) struct Marks {
    bytes: Vec<u8>,
    /// What is noted for each region, and how many of them count.
    notes: Vec<[u16; REGION_NOTES]>,
    lens: Vec<u16>,
}

impl Marks {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), notes: Vec::new(), lens: Vec::new() }
    }

    /// Sets all bits of so many bytes.
    pub(super) fn renew(&mut self, bytes: usize) {
        self.bytes.clear();
        self.bytes.resize(bytes, 0xff);
        let regions = bytes.div_ceil(REGION_BYTES);
        self.notes.resize(regions, [0; REGION_NOTES]);
        self.lens.resize(regions, 0);
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Notes a bit of a byte; a byte beyond the last is an error of the caller.
    #[inline(always)]
    pub(super) fn note(&mut self, byte: u32, bit: u8) {
        let (byte, region) = (byte as usize % REGION_BYTES, byte as usize / REGION_BYTES);
        let len = &mut self.lens[region];
        #[expect(clippy::cast_possible_truncation, reason = "a region has 2^16 bits")]
        let note = (byte << 3) as u16 | u16::from(bit);
        self.notes[region][usize::from(*len) % REGION_NOTES] = note;
        *len += 1;
        if usize::from(*len) == REGION_NOTES {
            self.settle(region);
        }
    }

    /// Clears the bits that are noted for a region.
    #[cold]
    #[inline(never)]
    fn settle(&mut self, region: usize) {
        let len = usize::from(std::mem::take(&mut self.lens[region]));
        let end = self.bytes.len().min((region + 1) * REGION_BYTES);
        let bytes = &mut self.bytes[region * REGION_BYTES..end];
        for &note in &self.notes[region][..len] {
            bytes[usize::from(note >> 3)] &= !(1 << (note & 7));
        }
    }

    /// Clears all bits that are noted.
    pub(super) fn settle_all(&mut self) {
        (0..self.lens.len()).for_each(|region| self.settle(region));
    }

    /// The bytes, right once all is settled.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes of a region: what a first-level cache holds beside the notes that are read.
const REGION_BYTES: usize = 1 << 13;

/// Notes that are worth a visit: four to each line of the region.
const REGION_NOTES: usize = 512;

const _: () = assert!(REGION_BYTES * 8 == 1 << 16, "a note is a bit of its region");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_cleared_as_one_by_one() {
        // The last region is cut short, some are filled many times and others hardly.
        let len = 3 * REGION_BYTES + 1_000;
        let mut marks = Marks::new();
        for _ in 0..2 {
            marks.renew(len);
            let mut expected = vec![0xff_u8; len];
            let mut seed = 1_u64;
            for round in 0..20_000_u32 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let byte =
                    if round % 3 == 0 { len - 1 - round as usize % 500 } else { (seed >> 40) as usize % len };
                let byte = u32::try_from(byte).unwrap();
                let bit = u8::try_from(seed >> 33 & 7).unwrap();
                expected[byte as usize] &= !(1 << bit);
                marks.note(byte, bit);
            }
            marks.settle_all();
            assert!(marks.bytes() == expected);
        }
    }
}
