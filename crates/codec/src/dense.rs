//! Profile `dense`: a byte as a squarefree word, the product of one prime for each of its bits.
//!
//! Bit i stands for the prime with index i, so a byte is a divisor of 2·3·5·7·11·13·17·19 and the words are
//! looked up in both directions. For data of any size: about two bytes of words for one of content, at some nanoseconds for
//! both, one check for a whole block. Words are written in one to three bytes; before it is looked up a byte is changed by
//! the mask of its block, chosen so that the words come out shortest. As the mean over all masks is that of all words,
//! no content whatever takes more than 1.945 bytes of words for each byte (and a quarter for their lengths).
//! Layout: `docs/container.md`. Why not primes in lanes: `docs/decisions.md`.
#![cfg_attr(not(test), deny(clippy::panic, clippy::expect_used))]

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
    let mut len = 1;
    while len < 3 && word >> (8 * len) != 0 {
        len += 1;
    }
    let entry = FOUND[slot(word, len - 1)];
    let [byte, ..] = entry.to_le_bytes();
    if entry >> 8 == word && word != 0 { Some(byte) } else { None }
}

/// Appends mask, lengths and words of a block.
pub(crate) fn append_words(bytes: &[u8], out: &mut Vec<u8>) {
    let mask = shortest(&counts(bytes));
    out.push(mask);
    let table: [u32; 256] = std::array::from_fn(|byte| WORDS[byte ^ usize::from(mask)]);
    let start = out.len();
    let lengths = bytes.len().div_ceil(4);
    out.resize(start + lengths + 3 * bytes.len() + ROOM, 0);
    let written = out.get_mut(start..).and_then(|room| room.split_at_mut_checked(lengths));
    let at = written.map_or(0, |(lengths, words)| write(bytes, &table, lengths, words));
    out.truncate(start + lengths + at);
}

/// Writes words, and their lengths four to a byte; returns how many bytes the words take.
fn write(bytes: &[u8], table: &[u32; 256], lengths: &mut [u8], words: &mut [u8]) -> usize {
    let mut at = 0;
    for (four, lengths) in bytes.chunks(4).zip(lengths) {
        let entries = match *four {
            [a, b, c, d] => [a, b, c, d].map(|byte| table[usize::from(byte)]),
            _ => {
                // The last few: words of no length behind them.
                for (&byte, shift) in four.iter().zip([0, 2, 4]) {
                    let (word, len) = parts(table[usize::from(byte)]);
                    *lengths |= len << shift;
                    put(words, at, word.into());
                    at += usize::from(len) + 1;
                }
                return at;
            }
        };
        let [(a, la), (b, lb), (c, lc), (d, ld)] = entries.map(parts);
        *lengths = la | lb << 2 | lc << 4 | ld << 6;
        put(words, at, u64::from(a) | u64::from(b) << (8 * la + 8));
        at += usize::from(la + lb) + 2;
        put(words, at, u64::from(c) | u64::from(d) << (8 * lc + 8));
        at += usize::from(lc + ld) + 2;
    }
    at
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
    (entry & 0xFF_FFFF, len)
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
    let mut left = count;
    for &four in lengths {
        let now = left.min(4);
        if let (4, Some(window)) = (now, words.first_chunk::<16>()) {
            let (found, used) = four_words(four, window, mask);
            if let Some(found) = found {
                bytes.extend_from_slice(&found);
                words = words.get(used..).unwrap_or_default();
                left -= 4;
                continue;
            }
        }
        words = few_words(four, now, words, mask, bytes)
            .map_err(|index| WordFault::Word { index: count - left + index })?;
        left -= now;
    }
    Ok(words)
}

/// Looks four words up; returns how many bytes they take as well. `None` if one of them is none.
#[inline(always)]
fn four_words(lengths: u8, window: &[u8; 16], mask: u8) -> (Option<[u8; 4]>, usize) {
    let [la, lb, lc, ld] = [0, 2, 4, 6].map(|shift| lengths >> shift & 3);
    let pair = usize::from(la + lb) + 2;
    let low = load(window, 0);
    let high = load(window, pair.min(8));
    let words = [(low, 0, la), (low, 8 * la + 8, lb), (high, 0, lc), (high, 8 * lc + 8, ld)].map(
        |(pair, shift, len)| {
            let [a, b, c, _, ..] = (pair >> (shift & 63)).to_le_bytes();
            (u32::from_le_bytes([a, b, c, 0]) & LOW_BYTES[usize::from(len)], len)
        },
    );
    let mut is_good = (la | lb | lc | ld) & 3 != 3 && [la, lb, lc, ld].iter().all(|&len| len < 3);
    let bytes = words.map(|(word, len)| {
        let entry = FOUND[slot(word, len)];
        is_good &= entry >> 8 == word && word >= LEAST[usize::from(len)];
        let [byte, ..] = entry.to_le_bytes();
        byte ^ mask
    });
    (is_good.then_some(bytes), pair + usize::from(lc + ld) + 2)
}

#[inline(always)]
fn load(window: &[u8; 16], at: usize) -> u64 {
    window.get(at..at + 8).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Looks up to four words up, one by one; returns what stands behind them, or which of them is none.
fn few_words<'a>(
    lengths: u8,
    count: usize,
    mut words: &'a [u8],
    mask: u8,
    bytes: &mut Vec<u8>,
) -> Result<&'a [u8], usize> {
    for index in 0..count {
        let len = lengths >> (2 * index) & 3;
        let (own, rest) = words.split_at_checked(usize::from(len) + 1).ok_or(index)?;
        let word = own.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        let found = if len < 3 && word >= LEAST[usize::from(len)] { byte_of(word) } else { None };
        bytes.push(found.ok_or(index)? ^ mask);
        words = rest;
    }
    // No length belongs to words that are not there.
    if count < 4 && lengths >> (2 * count) != 0 { Err(count) } else { Ok(words) }
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
        for four in piece.chunks(4) {
            for (table, &byte) in tables.iter_mut().zip(four) {
                table[usize::from(byte)] += 1;
            }
        }
        for table in &mut tables {
            for (count, part) in counts.iter_mut().zip(table) {
                *count += u64::from(std::mem::take(part));
            }
        }
    }
    counts
}

/// Returns the mask, the smallest of several, under which bytes that occur so often have the shortest words.
fn shortest(counts: &[u64; 256]) -> u8 {
    let bytes_under = |mask: u8| -> u64 {
        let lens = (0..=255_u8).map(|byte| u64::from(parts(WORDS[usize::from(byte ^ mask)]).1) + 1);
        counts.iter().zip(lens).map(|(count, len)| count * len).sum()
    };
    (0..=255).min_by_key(|&mask| bytes_under(mask)).unwrap_or(0)
}

/// The primes of the bits, the lowest first.
const PRIMES: [u32; 8] = [2, 3, 5, 7, 11, 13, 17, 19];

/// Words of all bytes, with the length in bytes less one on top.
static WORDS: [u32; 256] = {
    let mut words = [0; 256];
    let mut byte = 0_u8;
    loop {
        let word = word(byte);
        let len = (31 - word.leading_zeros()) / 8;
        words[byte as usize] = word | len << 24;
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
        sum += (31 - word(byte).leading_zeros()) as u64 / 8 + 1;
        if byte == 255 {
            break sum;
        }
        byte += 1;
    }
};

/// At the slot of a word: its byte, and the word above it. A free slot holds 0, which is no word.
static FOUND: [u32; FOUND_SLOTS] = {
    let mut found = [0; FOUND_SLOTS];
    let mut byte = 0_u8;
    loop {
        let word = word(byte);
        let len = (31 - word.leading_zeros()) / 8;
        let [len, ..] = len.to_le_bytes();
        let at = slot(word, len);
        assert!(found[at] == 0, "no two words of a length share a slot");
        found[at] = word << 8 | byte as u32;
        if byte == 255 {
            break found;
        }
        byte += 1;
    }
};

/// Returns the slot of a word of so many bytes less one.
#[inline(always)]
const fn slot(word: u32, len: u8) -> usize {
    let SlotsOf { first, multiplier, shift } = SLOTS[(len & 3) as usize];
    first + (word.wrapping_mul(multiplier) >> shift) as usize
}

/// Where words of a length have their slots: by the upper bits of a product, chosen so that no two meet.
struct SlotsOf {
    first: usize,
    multiplier: u32,
    shift: u32,
}

static SLOTS: [SlotsOf; 4] = [
    SlotsOf { first: 0, multiplier: 1 << 24, shift: 24 },
    SlotsOf { first: 256, multiplier: 0x6C5F_1F45, shift: 22 },
    SlotsOf { first: 256 + 1024, multiplier: 0x24E7_A4F7, shift: 24 },
    // No word has this length; any slot will do.
    SlotsOf { first: 0, multiplier: 0, shift: 24 },
];
const FOUND_SLOTS: usize = 256 + 1024 + 256;

/// The bytes of a word of each length, and the least word that is not shorter.
const LOW_BYTES: [u32; 4] = [0xFF, 0xFFFF, 0xFF_FFFF, 0];
const LEAST: [u32; 4] = [1, 1 << 8, 1 << 16, u32::MAX];

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

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            comes_back(&bytes);
        }
    }
}
