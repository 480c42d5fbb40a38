//! The text of W2: words by a law like Zipf's, written once and found again.
//!
//! A word of rank `r` appears about `r^-1.27` times as often as the first, and ranks have no end, so that
//! new words keep coming as in a natural text: a gigabyte has about 5.4 million distinct ones.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use crate::random::Random;
use crate::rounds::{Scale, Size};

/// Returns the text, writing it if it is not there yet.
pub(crate) fn path(scale: &Scale) -> PathBuf {
    let bytes = bytes(scale.size);
    let path = scale.folder.join(format!("primestream-words-{VERSION}-{bytes}.txt"));
    if fs::metadata(&path).is_ok_and(|found| found.len() == bytes) {
        return path;
    }
    let unfinished = path.with_extension("part");
    write(File::create(&unfinished).expect("the folder can be written"), bytes).expect("there is room");
    fs::rename(&unfinished, &path).expect("both are in one folder");
    path
}

/// Returns how long the text is.
pub(crate) fn bytes(size: Size) -> u64 {
    size.of(1_000_000_000)
}

fn write(file: File, bytes: u64) -> std::io::Result<()> {
    let (mut out, mut random, mut left) = (BufWriter::with_capacity(1 << 20, file), Random::new(2), bytes);
    let mut word = Vec::new();
    while left > 0 {
        word.clear();
        spell(rank(random.next()), &mut word);
        word.extend_from_slice(match random.next() % 16 {
            0 => b"\n",
            1 => b", ",
            _ => b" ",
        });
        let length = left.min(word.len() as u64);
        out.write_all(&word[..usize::try_from(length).expect("a word is short")])?;
        left -= length;
    }
    out.flush()
}

/// Returns a rank above `r` with probability `r^-0.27`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number within bounds"
)]
fn rank(random: u64) -> u64 {
    let uniform = ((random >> 11) + 1) as f64 / (1u64 << 53) as f64;
    uniform.powf(-1.0 / (LAW - 1.0)).min(RANK_MAX) as u64
}

/// Spells a rank: two letters that only look like chance, and then the rank itself.
fn spell(rank: u64, word: &mut Vec<u8>) {
    let letter = |n: u64| b"etaoinshrdlucmfwypvbgkqjxz"[usize::try_from(n % 26).expect("below 26")];
    let (mut rest, look) = (rank, rank.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32);
    word.extend([letter(look), letter(look / 26)]);
    while rest > 0 {
        word.push(letter(rest));
        rest /= 26;
    }
}

/// How fast frequency falls with rank: with this a gigabyte has the distinct words it should.
const LAW: f64 = 1.27;
/// Exact as a floating-point number; one word in ten thousand would have a higher rank.
const RANK_MAX: f64 = 1e15;
/// Changes with what is written.
const VERSION: u32 = 3;
