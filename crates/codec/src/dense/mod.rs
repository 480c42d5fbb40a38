//! Profile `dense`: a byte as a squarefree word, the product of one prime for each of its bits.
//!
//! Bit i stands for the prime with index i, so a byte is a divisor of 2·3·5·7·11·13·17·19 and the words are
//! looked up in both directions. For data of any size: about two bytes of words for one of content, at some nanoseconds for
//! both, one check for a whole block. Words are written in one to three bytes; before it is looked up a byte is changed by
//! the mask of its block, chosen so that the words come out shortest. As the mean over all masks is that of all words,
//! no content whatever takes more than 1.945 bytes of words for each byte (and a quarter for their lengths).
//! Layout: `docs/container.md`. Why not primes in lanes: `docs/decisions.md`.
#![cfg_attr(not(test), deny(clippy::panic, clippy::expect_used))]

#[cfg(target_arch = "x86_64")]
mod kernel;

/// Returns the word of a byte.
///
/// # Examples
///
/// ```
/// use primestream_codec::dense::{byte_of, word};
///
/// assert_eq!((word(0), word(0b1010_0001), word(255)), (1, 2 * 13 * 19, 9_699_690));
/// assert_eq!((byte_of(2 * 13 * 19), byte_of(4), byte_of(23)), (Some(0b1010_0001), None, None));
/// ```
#[must_use]
pub const fn word(byte: u8) -> u32 {
    let mut word = 1;
    let mut bit = 0;
    while bit < PRIMES.len() {
        if byte >> bit & 1 == 1 {
            word *= PRIMES[bit];
        }
        bit += 1;
    }
    word
}

/// Returns the byte that a word stands for; `None` if it is not a product of the first eight primes, each at most once.
#[must_use]
pub const fn byte_of(word: u32) -> Option<u8> {
    if word == 0 || KEYS[slot(word)] != word | length(word) << 24 {
        return None;
    }
    Some(BYTES[slot(word)])
}

/// Appends mask, lengths and words of a block.
pub(crate) fn append_words(bytes: &[u8], out: &mut Vec<u8>) {
    let (mask, words_bytes) = shortest(&counts(bytes));
    out.push(mask);
    let (start, lengths) = (out.len(), bytes.len().div_ceil(4));
    let end = start + lengths + usize::try_from(words_bytes).unwrap_or(usize::MAX);
    out.resize(end + ROOM, 0);
    if let Some((lengths, words)) = out.get_mut(start..).and_then(|room| room.split_at_mut_checked(lengths)) {
        let (taken, at) = wide::write(bytes, mask, lengths, words);
        let rest = (bytes.get(taken..), lengths.get_mut(taken / 4..), words.get_mut(at..));
        if let (Some(bytes), Some(lengths), Some(words)) = rest {
            write(bytes, mask, lengths, words);
        }
    }
    out.truncate(end);
}

/// Writes words, and their lengths four to a byte.
///
/// A function of its own, so that all it needs stays in registers.
#[inline(never)]
fn write(bytes: &[u8], mask: u8, lengths: &mut [u8], words: &mut [u8]) {
    let table: [u32; 256] = std::array::from_fn(|byte| WORDS[byte ^ usize::from(mask)]);
    let (fours, last) = bytes.as_chunks::<4>();
    let mut at = 0;
    let mut rest = lengths.iter_mut();
    for (four, lengths) in fours.iter().zip(&mut rest) {
        let [(a, la), (b, lb), (c, lc), (d, ld)] = four.map(|byte| parts(table[usize::from(byte)]));
        *lengths = la | lb << 2 | lc << 4 | ld << 6;
        put(words, at, u64::from(a) | u64::from(b) << (8 * la + 8));
        at += usize::from(la + lb) + 2;
        put(words, at, u64::from(c) | u64::from(d) << (8 * lc + 8));
        at += usize::from(lc + ld) + 2;
    }
    if let Some(lengths) = rest.next() {
        for (&byte, shift) in last.iter().zip([0, 2, 4]) {
            let (word, len) = parts(table[usize::from(byte)]);
            *lengths |= len << shift;
            put(words, at, word.into());
            at += usize::from(len) + 1;
        }
    }
}

#[inline(always)]
fn put(words: &mut [u8], at: usize, value: u64) {
    if let Some(room) = words.get_mut(at..at + 8) {
        room.copy_from_slice(&value.to_le_bytes());
    }
}

/// Splits an entry of [`WORDS`] into the word and its length in bytes, less one.
#[inline(always)]
const fn parts(entry: u32) -> (u32, u8) {
    let [_, _, _, len] = entry.to_le_bytes();
    // The compiler cannot know what the table holds; so it sees that sums of lengths do not overflow.
    (entry & 0xFF_FFFF, len & 3)
}

/// Takes a block of `count` bytes apart; returns what stands behind it, or which byte has no word.
///
/// The caller has room for `count` bytes.
pub(crate) fn take_words<'a>(
    payload: &'a [u8],
    count: usize,
    bytes: &mut Vec<u8>,
) -> Result<&'a [u8], WordFault> {
    let (&mask, rest) = payload.split_first().ok_or(WordFault::Cut)?;
    let (lengths, mut words) = rest.split_at_checked(count.div_ceil(4)).ok_or(WordFault::Cut)?;
    let start = bytes.len();
    bytes.resize(start + count, 0);
    let room = bytes.get_mut(start..).unwrap_or_default();
    let done = 4 * wide::take(lengths, &mut words, mask, room.as_chunks_mut().0);
    let left = (lengths.get(done..).unwrap_or_default(), room.get_mut(4 * done..).unwrap_or_default());
    let done = done + four_by_four(left.0, &mut words, mask, left.1.as_chunks_mut().0);
    for (index, (&four, room)) in lengths.iter().zip(room.chunks_mut(4)).enumerate().skip(done) {
        words = few_words(four, words, mask, room)
            .map_err(|within| WordFault::Word { index: 4 * index + within })?;
    }
    Ok(words)
}

/// Takes words off the front as long as they are good and many; returns how often it took four.
///
/// A function of its own, so that all it needs stays in registers.
#[inline(never)]
fn four_by_four(lengths: &[u8], words: &mut &[u8], mask: u8, bytes: &mut [[u8; 4]]) -> usize {
    let (mut rest, mut done) = (*words, 0);
    for (&four, room) in lengths.iter().zip(bytes) {
        let Some((used, found)) = rest.first_chunk().and_then(|window| four_words(four, window)) else {
            break;
        };
        *room = found.map(|byte| byte ^ mask);
        rest = rest.get(used..).unwrap_or_default();
        done += 1;
    }
    *words = rest;
    done
}

/// Looks four words up; returns how many bytes they take and what they stand for, `None` if one of them is none.
#[inline(always)]
fn four_words(lengths: u8, window: &[u8; WINDOW]) -> Option<(usize, [u8; 4])> {
    let [la, lb, lc, ld] = [0, 2, 4, 6].map(|shift| lengths >> shift & 3);
    let pair = usize::from(la + lb) + 2;
    let (low, high) = (load(window, 0), load(window, pair));
    let found =
        [(low, la), (low >> (8 * la + 8), lb), (high, lc), (high >> (8 * lc + 8), ld)].map(|(bytes, len)| {
            let [a, b, c, d, ..] = bytes.to_le_bytes();
            let [low_bytes, length] = OF_LENGTH[usize::from(len)];
            let word = u32::from_le_bytes([a, b, c, d]) & low_bytes;
            let slot = slot(word);
            // Not a branch: one asks for all four.
            (BYTES[slot], KEYS[slot] ^ (word | length))
        });
    let fault = found.iter().fold(0, |fault, (_, own)| fault | own);
    (fault == 0).then_some((pair + usize::from(lc + ld) + 2, found.map(|(byte, _)| byte)))
}

#[inline(always)]
fn load(window: &[u8; WINDOW], at: usize) -> u64 {
    window.get(at..at + 8).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Looks up to four words up, one by one; returns what stands behind them, or which of them is none.
fn few_words<'a>(lengths: u8, mut words: &'a [u8], mask: u8, bytes: &mut [u8]) -> Result<&'a [u8], usize> {
    let count = bytes.len();
    for (index, byte) in bytes.iter_mut().enumerate() {
        let len = lengths >> (2 * index) & 3;
        let (own, rest) = words.split_at_checked(usize::from(len) + 1).ok_or(index)?;
        let word = own.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        *byte = byte_of(word).filter(|_| length(word) == len.into()).ok_or(index)? ^ mask;
        words = rest;
    }
    // No length belongs to words that are not there.
    if count < 4 && lengths >> (2 * count) != 0 { Err(count) } else { Ok(words) }
}

/// Sixteen words at a time, where the processor can.
#[cfg(target_arch = "x86_64")]
mod wide {
    use super::kernel::Avx2;

    pub(super) fn write(bytes: &[u8], mask: u8, lengths: &mut [u8], words: &mut [u8]) -> (usize, usize) {
        Avx2::detect().map_or((0, 0), |avx2| avx2.write(bytes, mask, lengths, words))
    }

    pub(super) fn take(lengths: &[u8], words: &mut &[u8], mask: u8, bytes: &mut [[u8; 16]]) -> usize {
        Avx2::detect().map_or(0, |avx2| avx2.take(lengths, words, mask, bytes))
    }
}

/// Sixteen words at a time, which only some processors can.
#[cfg(not(target_arch = "x86_64"))]
mod wide {
    pub(super) const fn write(_: &[u8], _: u8, _: &mut [u8], _: &mut [u8]) -> (usize, usize) {
        (0, 0)
    }

    pub(super) const fn take(_: &[u8], _: &mut &[u8], _: u8, _: &mut [[u8; 16]]) -> usize {
        0
    }
}

/// Why a block of words cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordFault {
    /// The bytes end within the lengths.
    Cut,
    /// The word of a byte is none, or not there.
    Word {
        /// Which byte of the block, from 0.
        index: usize,
    },
}

/// Returns the most bytes that mask, lengths and words of a block take.
pub(crate) const fn bytes_max(count: u64) -> u64 {
    // 498 bytes for the words of all 256 bytes, and the best mask does no worse than the mean.
    1 + count.div_ceil(4) + (count * WORDS_BYTES).div_ceil(256)
}

/// Counts how often each byte occurs, in four tables so that runs of one byte do not wait for themselves.
pub(crate) fn counts(bytes: &[u8]) -> [u64; 256] {
    let mut tables = [[0_u32; 256]; 4];
    let mut counts = [0; 256];
    for piece in bytes.chunks(1 << 20) {
        let (fours, last) = piece.as_chunks::<4>();
        for four in fours {
            for (table, byte) in tables.iter_mut().zip(*four) {
                let count = &mut table[usize::from(byte)];
                // A piece is far shorter than 2^32.
                *count = count.wrapping_add(1);
            }
        }
        last.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
        for table in &mut tables {
            for (count, part) in counts.iter_mut().zip(table) {
                *count += u64::from(std::mem::take(part));
            }
        }
    }
    counts
}

/// Returns the mask, the smallest of several, under which bytes that occur so often have the shortest words, and how many
/// bytes these take.
///
/// The bytes under a mask are the sum of counts at b times lengths at b ^ mask: a convolution, which is a product of
/// transforms. So all masks together take some 4 000 additions and not 65 536 products.
fn shortest(counts: &[u64; 256]) -> (u8, u64) {
    let mut bytes_under = *counts;
    transform(&mut bytes_under);
    for (sum, length) in bytes_under.iter_mut().zip(&LENGTHS_TRANSFORMED) {
        *sum = sum.wrapping_mul(*length);
    }
    transform(&mut bytes_under);
    let shortest = (0..=255).zip(bytes_under).min_by_key(|&(_, bytes)| bytes);
    shortest.map(|(mask, bytes)| (mask, bytes >> 8)).unwrap_or_default()
}

/// The transform of Walsh and Hadamard, which is its own inverse but for the factor 256; differences wrap around.
const fn transform(values: &mut [u64; 256]) {
    let mut half = 1;
    while half < 256 {
        let mut low = 0;
        while low < 256 {
            let (a, b) = (values[low], values[low + half]);
            values[low] = a.wrapping_add(b);
            values[low + half] = a.wrapping_sub(b);
            // Over the bit that tells the lower half from the upper one.
            low = (low + half + 1) & !half;
        }
        half *= 2;
    }
}

/// The primes of the bits, the lowest first.
const PRIMES: [u32; 8] = [2, 3, 5, 7, 11, 13, 17, 19];

/// Words of all bytes, with the length in bytes less one on top.
static WORDS: [u32; 256] = {
    let mut words = [0; 256];
    let mut byte = 0_u8;
    loop {
        words[byte as usize] = word(byte) | length(word(byte)) << 24;
        if byte == 255 {
            break words;
        }
        byte += 1;
    }
};

/// Bytes of all 256 words.
const WORDS_BYTES: u64 = {
    let (mut sum, mut byte) = (0, 0_u8);
    loop {
        sum += length(word(byte)) as u64 + 1;
        if byte == 255 {
            break sum;
        }
        byte += 1;
    }
};

/// Lengths in bytes of the words of all bytes, transformed.
static LENGTHS_TRANSFORMED: [u64; 256] = {
    let (mut lengths, mut byte) = ([0; 256], 0_u8);
    loop {
        lengths[byte as usize] = length(word(byte)) as u64 + 1;
        if byte == 255 {
            transform(&mut lengths);
            break lengths;
        }
        byte += 1;
    }
};

/// At the slot of a word: the word, with the length in bytes less one on top. A free slot holds what is no word.
static KEYS: [u32; 1 << SLOT_BITS] = {
    let mut keys = [u32::MAX; 1 << SLOT_BITS];
    let mut byte = 0;
    while byte < WORDS.len() {
        let at = slot(WORDS[byte] & 0xFF_FFFF);
        assert!(keys[at] == u32::MAX, "no two words share a slot");
        keys[at] = WORDS[byte];
        byte += 1;
    }
    keys
};

/// At the slot of a word: its byte.
static BYTES: [u8; 1 << SLOT_BITS] = {
    let mut bytes = [0; 1 << SLOT_BITS];
    let mut byte = 0_u8;
    loop {
        bytes[slot(word(byte))] = byte;
        if byte == 255 {
            break bytes;
        }
        byte += 1;
    }
};

/// Returns the length of a word in bytes, less one.
const fn length(word: u32) -> u32 {
    (31 - (word | 1).leading_zeros()) / 8
}

/// Returns the slot of a word: the upper bits of a product, with a multiplier chosen so that no two meet.
#[inline(always)]
const fn slot(word: u32) -> usize {
    (word.wrapping_mul(0x6A42_D6CB) >> (u32::BITS - SLOT_BITS)) as usize
}

const SLOT_BITS: u32 = 11;

/// For each length in bytes less one: the bytes of such a word, and the length as it stands on top of a word.
static OF_LENGTH: [[u32; 2]; 4] = [[0xFF, 0], [0xFFFF, 1 << 24], [0xFF_FFFF, 2 << 24], [0xFF_FFFF, 3 << 24]];

/// Bytes from the first of four words on that wide loads touch: twelve at most, were there words of four bytes sixteen.
const WINDOW: usize = 16;

/// Bytes behind the last word that a wide store may touch.
const ROOM: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn comes_back(bytes: &[u8]) -> usize {
        let mut payload = Vec::new();
        append_words(bytes, &mut payload);
        let len = payload.len();
        assert!(len as u64 <= bytes_max(bytes.len() as u64), "{len} bytes for {}", bytes.len());
        payload.extend_from_slice(b"behind");
        let mut again = Vec::new();
        assert_eq!(take_words(&payload, bytes.len(), &mut again), Ok(&b"behind"[..]));
        assert_eq!(again, bytes);
        len
    }

    #[test]
    fn words_are_products_of_different_primes() {
        for byte in 0..=255_u8 {
            let factors = primestream_primes::factor_u64(word(byte).into());
            let bits = factors.powers().iter().map(|power| {
                assert_eq!(power.exponent, 1);
                1 << PRIMES.iter().position(|&prime| u64::from(prime) == power.prime).unwrap()
            });
            assert_eq!(bits.sum::<u32>(), byte.into());
            assert_eq!(byte_of(word(byte)), Some(byte));
        }
        let known: Vec<u32> = (0..=255).map(word).collect();
        assert!((0..1 << 24).filter(|n| byte_of(*n).is_some()).eq({
            let mut sorted = known;
            sorted.sort_unstable();
            sorted
        }));
    }

    /// Tries every mask with every byte.
    fn naive_shortest(counts: &[u64; 256]) -> (u8, u64) {
        let bytes_under = |mask: u8| -> u64 {
            (0..=255_u8)
                .map(|byte| counts[usize::from(byte)] * u64::from(length(word(byte ^ mask)) + 1))
                .sum()
        };
        (0..=255).map(|mask| (mask, bytes_under(mask))).min_by_key(|&(_, bytes)| bytes).unwrap()
    }

    #[test]
    fn the_mask_is_the_smallest_of_the_best() {
        for few in [&[][..], b"a", b"ab", &[255; 3], b"squarefree words", &[0, 255, 85, 170]] {
            assert_eq!(shortest(&counts(few)), naive_shortest(&counts(few)), "{few:?}");
        }
        assert_eq!(shortest(&[1 << 20; 256]), (0, WORDS_BYTES << 20), "all are equally good");
    }

    #[test]
    fn no_content_takes_more_than_its_share() {
        let every: Vec<u8> = (0..=255).collect();
        assert_eq!(comes_back(&every), 1 + 64 + 498);
        for byte in [0, 7, 255] {
            assert_eq!(comes_back(&[byte; 1000]), 1 + 250 + 1000, "one byte each under its own mask");
        }
        let halves: Vec<u8> = (0..1000).map(|i| if i % 2 == 0 { 0x55 } else { 0xAA }).collect();
        comes_back(&halves);
    }

    #[test]
    fn what_is_not_written_so_is_refused() {
        let mut good = Vec::new();
        append_words(b"squarefree words", &mut good);
        for at in 1..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                let mut bytes = Vec::new();
                if take_words(&bad, 16, &mut bytes) == Ok(&[]) {
                    // Another word of the same length, or a length that fits by chance: never the same bytes.
                    assert_ne!(bytes, b"squarefree words", "byte {at}, bit {bit}");
                }
            }
        }
        for len in 0..good.len() {
            assert!(take_words(&good[..len], 16, &mut Vec::new()).is_err(), "cut to {len}");
        }
        assert_eq!(take_words(&[0, 0b1100, 1], 1, &mut Vec::new()), Err(WordFault::Word { index: 1 }));
        assert_eq!(take_words(&[0, 1, 6, 0], 1, &mut Vec::new()), Err(WordFault::Word { index: 0 }));
        assert_eq!(take_words(&[0, 0, 4], 1, &mut Vec::new()), Err(WordFault::Word { index: 0 }));
    }

    #[test]
    fn a_word_in_the_middle_is_refused_with_its_place() {
        let mut good = Vec::new();
        append_words(&[0b11; 64], &mut good);
        // Words of one byte, 6 each, under the mask 0.
        assert_eq!((good[0], &good[1..17], good.len()), (0, &[0; 16][..], 1 + 16 + 64));
        for (len, own) in
            [(0, vec![4]), (0, vec![0]), (1, vec![6, 0]), (2, vec![6, 0, 0]), (3, vec![6, 0, 0, 0])]
        {
            for index in [0, 1, 2, 3, 32, 35] {
                let mut bad = good.clone();
                bad[1 + index / 4] |= len << (2 * (index % 4));
                bad.splice(17 + index..18 + index, own.iter().copied());
                let read = take_words(&bad, 64, &mut Vec::new());
                assert_eq!(read, Err(WordFault::Word { index }), "length {len}, byte {index}");
            }
        }
    }

    proptest! {
        /// On a machine with wide vectors whole blocks never go this way.
        #[test]
        fn the_portable_form_agrees_with_words_one_by_one(
            bytes in prop::collection::vec(any::<u8>(), 1..600),
            mask: u8,
            flip in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let (mut naive_lengths, mut naive_words) = (vec![0; bytes.len().div_ceil(4)], Vec::new());
            for (index, &byte) in bytes.iter().enumerate() {
                let word = word(byte ^ mask);
                let len = length(word) as usize;
                naive_lengths[index / 4] |= u8::try_from(len).unwrap() << (2 * (index % 4));
                naive_words.extend(&word.to_le_bytes()[..=len]);
            }
            let mut lengths = vec![0; naive_lengths.len()];
            let mut words = vec![0; naive_words.len() + ROOM];
            write(&bytes, mask, &mut lengths, &mut words);
            words.truncate(naive_words.len());
            prop_assert_eq!((&lengths, &words), (&naive_lengths, &naive_words));

            if let Some(flip) = flip {
                let bit = flip.index(words.len() * 8);
                words[bit / 8] ^= 1 << (bit % 8);
            }
            let mut found = vec![0; bytes.len()];
            let mut rest = words.as_slice();
            let taken = four_by_four(&lengths, &mut rest, mask, found.as_chunks_mut().0);
            let (mut naive_found, mut naive_rest) = (vec![0; bytes.len()], words.as_slice());
            let mut naive_taken = 0;
            for (&four, room) in lengths.iter().zip(naive_found.as_chunks_mut::<4>().0) {
                match few_words(four, naive_rest, mask, room) {
                    Ok(behind) if naive_rest.len() >= WINDOW => naive_rest = behind,
                    _ => break,
                }
                naive_taken += 1;
            }
            prop_assert_eq!((taken, rest), (naive_taken, naive_rest));
            prop_assert_eq!(&found[..4 * taken], &naive_found[..4 * taken]);
        }

        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            comes_back(&bytes);
            prop_assert_eq!(shortest(&counts(&bytes)), naive_shortest(&counts(&bytes)));
        }
    }
}
