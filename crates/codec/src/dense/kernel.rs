//! Words of profile `dense` sixteen at a time, with the instructions of AVX2.
//!
//! A word is the product of two, one for each half of its byte, which a register looks up by itself. The byte is found by
//! dividing: an odd prime is in a number if the number times the prime's inverse modulo 2^16 is no more than 2^16 through the
//! prime; and that the primes found make up the word proves it one. Source: \[GranlundMontgomery1994\].
//!
//! `unsafe` is here because a function that uses such instructions may be called only where they are: [`Avx2`] is made
//! after asking the processor. Writing random bytes takes 1.8 ns a byte where the portable form takes 3.0, all checks
//! included, and taking them apart 2.2 where it takes 3.3 (Zen 3, in turns).

#![expect(unsafe_code, reason = "the room for it")]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_set_epi64x, _mm_shuffle_epi8,
    _mm256_add_epi16, _mm256_and_si256, _mm256_andnot_si256, _mm256_broadcastsi128_si256,
    _mm256_castsi256_si128, _mm256_cmpeq_epi16, _mm256_cmpgt_epi16, _mm256_cvtepu8_epi16,
    _mm256_extract_epi64, _mm256_extracti128_si256, _mm256_min_epu16, _mm256_movemask_epi8,
    _mm256_mulhi_epu16, _mm256_mullo_epi16, _mm256_or_si256, _mm256_packs_epi16, _mm256_packus_epi16,
    _mm256_set_m128i, _mm256_set1_epi16, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16,
    _mm256_srli_epi16, _mm256_sub_epi16, _mm256_unpackhi_epi16, _mm256_unpackhi_epi64, _mm256_unpacklo_epi16,
    _mm256_unpacklo_epi64, _mm256_xor_si256,
};

use super::{PRIMES, word};

/// The processor has AVX2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Writes words and their lengths as long as there are sixteen bytes and room; returns how many bytes it took, and
    /// how many bytes their words take.
    pub(super) fn write(
        self,
        bytes: &[u8],
        mask: u8,
        lengths: &mut [u8],
        words: &mut [u8],
    ) -> (usize, usize) {
        // SAFETY: an `Avx2` exists only where the processor has these instructions.
        unsafe { write(bytes, mask, lengths, words) }
    }

    /// Takes words off the front as long as they are good and many; returns how often it took sixteen.
    pub(super) fn take(self, lengths: &[u8], words: &mut &[u8], mask: u8, bytes: &mut [[u8; 16]]) -> usize {
        // SAFETY: as above.
        unsafe { take(lengths, words, mask, bytes) }
    }
}

/// Sixteen words, of each in one register the lower sixteen bits and in the other the upper ones.
struct Words {
    low: __m256i,
    high: __m256i,
}

#[target_feature(enable = "avx2")]
fn write(bytes: &[u8], mask: u8, lengths: &mut [u8], words: &mut [u8]) -> (usize, usize) {
    let masks = all(mask.into());
    let (mut taken, mut at) = (0, 0);
    for (own, lengths) in bytes.as_chunks().0.iter().zip(lengths.as_chunks_mut::<4>().0) {
        let Some(room) = words.get_mut(at..).and_then(|room| room.first_chunk_mut::<WINDOW>()) else { break };
        let own = words_of(_mm256_xor_si256(_mm256_cvtepu8_epi16(quarter(own)), masks));
        *lengths = lengths_of(&own);
        let (even, odd) =
            (_mm256_unpacklo_epi64(own.low, own.high), _mm256_unpackhi_epi64(own.low, own.high));
        let fours = [
            _mm256_castsi256_si128(even),
            _mm256_castsi256_si128(odd),
            _mm256_extracti128_si256::<1>(even),
            _mm256_extracti128_si256::<1>(odd),
        ];
        let mut used = 0;
        for (four, length) in fours.into_iter().zip(*lengths) {
            put(room, used, _mm_shuffle_epi8(four, quarter(&PACKED[usize::from(length)])));
            used += usize::from(USED[usize::from(length)]);
        }
        at += used;
        taken += 16;
    }
    (taken, at)
}

#[target_feature(enable = "avx2")]
fn take(lengths: &[u8], words: &mut &[u8], mask: u8, bytes: &mut [[u8; 16]]) -> usize {
    let masks = all(mask.into());
    let (mut rest, mut done) = (*words, 0);
    for (lengths, room) in lengths.as_chunks::<4>().0.iter().zip(bytes) {
        let Some(window) = rest.first_chunk::<WINDOW>() else { break };
        let [a, b, c, d] = lengths.map(usize::from);
        let (of_a, of_b, of_c) = (usize::from(USED[a]), usize::from(USED[b]), usize::from(USED[c]));
        let four = |at, lengths: usize| _mm_shuffle_epi8(load(window, at), quarter(&SPREAD[lengths]));
        let even = _mm256_set_m128i(four(of_a + of_b, c), four(0, a));
        let odd = _mm256_set_m128i(four(of_a + of_b + of_c, d), four(of_a, b));
        let own = Words { low: _mm256_unpacklo_epi64(even, odd), high: _mm256_unpackhi_epi64(even, odd) };
        let found = bytes_of(&own);
        let again = words_of(found);
        let same = _mm256_and_si256(
            _mm256_cmpeq_epi16(again.low, own.low),
            _mm256_cmpeq_epi16(again.high, own.high),
        );
        if _mm256_movemask_epi8(same) != -1 || lengths_of(&own) != *lengths {
            break;
        }
        let eights = _mm256_packus_epi16(_mm256_xor_si256(found, masks), _mm256_setzero_si256());
        let (first, second) = room.split_at_mut(8);
        first.copy_from_slice(&_mm256_extract_epi64::<0>(eights).to_le_bytes());
        second.copy_from_slice(&_mm256_extract_epi64::<2>(eights).to_le_bytes());
        rest = rest.get(of_a + of_b + of_c + usize::from(USED[d])..).unwrap_or_default();
        done += 1;
    }
    *words = rest;
    done
}

/// Returns the words of sixteen bytes.
#[target_feature(enable = "avx2")]
#[inline]
fn words_of(bytes: __m256i) -> Words {
    // The upper bit of an index gives a zero.
    let low = lookup(&OF_LOW, _mm256_or_si256(_mm256_and_si256(bytes, all(0x0F)), all(0x8000)));
    let half = _mm256_srli_epi16::<4>(bytes);
    let lower = lookup(&OF_HIGH[0], _mm256_or_si256(half, all(0x8000)));
    let upper = lookup(&OF_HIGH[1], _mm256_or_si256(_mm256_slli_epi16::<8>(half), all(0x0080)));
    let high = _mm256_or_si256(lower, upper);
    Words { low: _mm256_mullo_epi16(low, high), high: _mm256_mulhi_epu16(low, high) }
}

/// Returns the bytes whose bits are the primes in sixteen words; of what is no word, any bytes.
///
/// A word is divided in two digits of twelve bits. 4096 is 1 modulo 3, 5, 7 and 13, 4 modulo 11, -1 modulo 17 and -8 modulo
/// 19, so the word has the same remainder as a number of sixteen bits.
#[target_feature(enable = "avx2")]
#[inline]
fn bytes_of(words: &Words) -> __m256i {
    let low = _mm256_and_si256(words.low, all(0x0FFF));
    let high = _mm256_or_si256(_mm256_srli_epi16::<12>(words.low), _mm256_slli_epi16::<4>(words.high));
    let sum = _mm256_add_epi16(low, high);
    let of_11 = _mm256_add_epi16(low, _mm256_slli_epi16::<2>(high));
    let of_17 = _mm256_sub_epi16(_mm256_add_epi16(low, all(17 << 8)), high);
    let of_19 = _mm256_sub_epi16(_mm256_add_epi16(low, all(19 << 11)), _mm256_slli_epi16::<3>(high));
    // Even words have the prime 2, which has no inverse.
    let two = _mm256_andnot_si256(words.low, all(1));
    let first = _mm256_or_si256(_mm256_or_si256(two, bit_of::<1>(sum)), bit_of::<2>(sum));
    let second = _mm256_or_si256(bit_of::<3>(sum), bit_of::<4>(of_11));
    let third = _mm256_or_si256(_mm256_or_si256(bit_of::<5>(sum), bit_of::<6>(of_17)), bit_of::<7>(of_19));
    _mm256_or_si256(first, _mm256_or_si256(second, third))
}

/// Returns the bit of a prime where it divides.
#[target_feature(enable = "avx2")]
#[inline]
fn bit_of<const BIT: usize>(numbers: __m256i) -> __m256i {
    let quotient = _mm256_mullo_epi16(numbers, all(const { inverse(PRIMES_SHORT[BIT]) }));
    let most = all(const { u16::MAX / PRIMES_SHORT[BIT] });
    let divides = _mm256_cmpeq_epi16(_mm256_min_epu16(quotient, most), quotient);
    _mm256_and_si256(divides, all(1 << BIT))
}

/// Returns the lengths of sixteen words in bytes less one, two bits each.
#[target_feature(enable = "avx2")]
#[inline]
fn lengths_of(words: &Words) -> [u8; 4] {
    let none = _mm256_setzero_si256();
    let is_long = _mm256_cmpgt_epi16(words.high, none);
    let has_second = _mm256_cmpgt_epi16(_mm256_srli_epi16::<8>(words.low), none);
    let is_middle = _mm256_andnot_si256(is_long, has_second);
    let bits = _mm256_packs_epi16(
        _mm256_unpacklo_epi16(is_middle, is_long),
        _mm256_unpackhi_epi16(is_middle, is_long),
    );
    _mm256_movemask_epi8(bits).to_le_bytes()
}

/// Looks the lower half of each byte up; zero where its upper bit is set.
#[target_feature(enable = "avx2")]
#[inline]
fn lookup(table: &[u8; 16], indices: __m256i) -> __m256i {
    _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(quarter(table)), indices)
}

#[target_feature(enable = "avx2")]
#[inline]
fn all(value: u16) -> __m256i {
    _mm256_set1_epi16(value.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(window: &[u8; WINDOW], at: usize) -> __m128i {
    quarter(window.get(at..).and_then(|bytes| bytes.first_chunk()).unwrap_or(&[0; 16]))
}

#[target_feature(enable = "avx2")]
#[inline]
fn quarter(bytes: &[u8; 16]) -> __m128i {
    let half = |at| i64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
    _mm_set_epi64x(half(8), half(0))
}

#[target_feature(enable = "avx2")]
#[inline]
fn put(room: &mut [u8; WINDOW], at: usize, bytes: __m128i) {
    if let Some(room) = room.get_mut(at..at + 16) {
        let (low, high) = room.split_at_mut(8);
        low.copy_from_slice(&_mm_cvtsi128_si64(bytes).to_le_bytes());
        high.copy_from_slice(&_mm_extract_epi64::<1>(bytes).to_le_bytes());
    }
}

/// Words of the sixteen lower halves of a byte, all below 256.
static OF_LOW: [u8; 16] = {
    let (mut words, mut half) = ([0; 16], 0_u8);
    while half < 16 {
        [words[half as usize], _, _, _] = word(half).to_le_bytes();
        half += 1;
    }
    words
};

/// Words of the sixteen upper halves of a byte: their less significant bytes, and their others.
static OF_HIGH: [[u8; 16]; 2] = {
    let (mut words, mut half) = ([[0; 16]; 2], 0_u8);
    while half < 16 {
        [words[0][half as usize], words[1][half as usize], _, _] = word(half << 4).to_le_bytes();
        half += 1;
    }
    words
};
const _: () = assert!(word(0x0F) < 1 << 8 && word(0xF0) < 1 << 16);

/// For each byte of lengths: how many bytes its four words take.
static USED: [u8; 256] = {
    let (mut used, mut lengths) = ([0; 256], 0);
    while lengths < 256 {
        let mut index = 0;
        while index < 4 {
            used[lengths] += length_of(lengths, index) + 1;
            index += 1;
        }
        lengths += 1;
    }
    used
};

/// For each byte of lengths: where in four words each byte of their lower halves is found, and behind them of their
/// upper ones.
static SPREAD: [[u8; 16]; 256] = {
    let (mut places, mut lengths) = ([[NOWHERE; 16]; 256], 0);
    while lengths < 256 {
        let (mut index, mut at) = (0, 0);
        while index < 4 {
            let mut byte = 0;
            while byte <= length_of(lengths, index) {
                places[lengths][8 * (byte as usize / 2) + 2 * index + byte as usize % 2] = at;
                at += 1;
                byte += 1;
            }
            index += 1;
        }
        lengths += 1;
    }
    places
};

/// For each byte of lengths: where among the halves each byte of four words is found.
static PACKED: [[u8; 16]; 256] = {
    let (mut places, mut lengths) = ([[NOWHERE; 16]; 256], 0);
    while lengths < 256 {
        let mut place = 0;
        while place < 16 {
            let at = SPREAD[lengths][place as usize];
            if at != NOWHERE {
                places[lengths][at as usize] = place;
            }
            place += 1;
        }
        lengths += 1;
    }
    places
};

/// Returns the length in bytes less one of one of the four words of a byte of lengths.
const fn length_of(lengths: usize, index: usize) -> u8 {
    [0, 1, 2, 3][lengths >> (2 * index) & 3]
}

/// An index whose upper bit is set, which gives a zero.
const NOWHERE: u8 = 0x80;

const PRIMES_SHORT: [u16; 8] = [2, 3, 5, 7, 11, 13, 17, 19];
const _: () = {
    let mut bit = 0;
    while bit < 8 {
        assert!(PRIMES_SHORT[bit] as u32 == PRIMES[bit]);
        bit += 1;
    }
};

/// Returns the inverse of an odd number modulo 2^16. Each step doubles the bits that are right, from 3 to 24.
const fn inverse(odd: u16) -> u16 {
    let (mut inverse, mut step) = (odd, 0);
    while step < 3 {
        inverse = inverse.wrapping_mul(2_u16.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

/// Bytes from the first of sixteen words on that wide loads and stores touch, were there words of four bytes.
const WINDOW: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::few_words;
    use super::*;

    /// Takes words one by one for as long as sixteen are good.
    fn naive_take(lengths: &[u8], words: &[u8], mask: u8) -> Vec<u8> {
        let (mut found, mut rest) = (Vec::new(), words);
        for four in lengths.chunks_exact(4) {
            let mut sixteen = [0; 16];
            let mut behind = Ok(rest);
            for (&lengths, room) in four.iter().zip(sixteen.chunks_mut(4)) {
                behind = behind.and_then(|rest| few_words(lengths, rest, mask, room));
            }
            match behind {
                Ok(behind) if rest.len() >= WINDOW => rest = behind,
                _ => break,
            }
            found.extend(sixteen);
        }
        found
    }

    fn agree(avx2: Avx2, lengths: &[u8], words: &[u8], mask: u8) {
        let (mut rest, mut found) = (words, vec![0; 4 * lengths.len()]);
        let taken = avx2.take(lengths, &mut rest, mask, found.as_chunks_mut().0);
        let expected = naive_take(lengths, words, mask);
        assert_eq!(&found[..16 * taken], expected, "lengths {lengths:?}, words {words:?}");
        let mut again = (vec![0; 4 * taken], vec![0; words.len() + WINDOW]);
        let written = avx2.write(&expected, mask, &mut again.0, &mut again.1);
        assert_eq!(written, (16 * taken, words.len() - rest.len()));
        assert!(lengths.starts_with(&again.0) && words.starts_with(&again.1[..written.1]));
    }

    #[test]
    fn every_word_is_written_and_found_in_every_lane() {
        let Some(avx2) = Avx2::detect() else { return };
        for mask in (0..=255).step_by(5) {
            for lane in 0..16 {
                let bytes: Vec<u8> = (0..=255_u8)
                    .flat_map(|byte| {
                        std::array::from_fn::<u8, 16, _>(|index| {
                            if index == lane { byte } else { byte.rotate_left(3) }
                        })
                    })
                    .collect();
                let (mut lengths, mut words) = (vec![0; 1024], vec![0; 16 * 3 * 256 + WINDOW]);
                let (taken, used) = avx2.write(&bytes, mask, &mut lengths, &mut words);
                assert_eq!(taken, bytes.len());
                let naive: Vec<u8> = bytes
                    .iter()
                    .flat_map(|byte| {
                        let bytes = word(byte ^ mask).to_le_bytes();
                        let len = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
                        bytes.into_iter().take(len)
                    })
                    .collect();
                assert_eq!(words[..used], naive);
                assert_eq!(naive_take(&lengths, &words, mask), bytes);
                agree(avx2, &lengths, &words, mask);
            }
        }
    }

    #[test]
    fn no_other_number_is_a_word() {
        let Some(avx2) = Avx2::detect() else { return };
        for number in 0..1_u32 << 24 {
            // As a word of its length among good ones, and with superfluous bytes.
            let len = 3 - (number | 1).leading_zeros() as usize / 8;
            let is_word = super::super::byte_of(number).is_some();
            for stated in [len, 2] {
                let mut words = [1; WINDOW + 16];
                words[..=stated].copy_from_slice(&number.to_le_bytes()[..=stated]);
                let lengths = [u8::try_from(stated).unwrap(), 0, 0, 0];
                let taken = avx2.take(&lengths, &mut &words[..], 0, &mut [[0; 16]]);
                assert_eq!(taken == 1, is_word && stated == len, "{number} in {} bytes", stated + 1);
            }
        }
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_taken_as_one_by_one(
            lengths in prop::collection::vec(any::<u8>(), 2..40),
            words in prop::collection::vec(any::<u8>(), 0..600),
            good in prop::collection::vec(any::<u8>(), 0..200),
            mask: u8,
            flip in any::<prop::sample::Index>(),
        ) {
            if let Some(avx2) = Avx2::detect() {
                agree(avx2, &lengths, &words, mask);
                let mut payload = Vec::new();
                super::super::append_words(&good, &mut payload);
                let (lengths, words) = payload[1..].split_at(good.len().div_ceil(4));
                agree(avx2, lengths, words, payload[0]);
                let bit = flip.index(payload.len() * 8);
                payload[bit / 8] ^= 1 << (bit % 8);
                let (lengths, words) = payload[1..].split_at(good.len().div_ceil(4));
                agree(avx2, lengths, words, payload[0]);
            }
        }
    }
}
