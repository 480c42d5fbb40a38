//! Frames of profile `dense`: one block of words, and its check.
//!
//! Without compression the words themselves. With it each different word once, and for each byte which of them: what
//! the compressor then sees is as easy for it as the content. Layout: `docs/container.md`.
#![cfg_attr(not(test), deny(clippy::panic, clippy::expect_used))]

use crate::block::{BlockFault, block_check};
use crate::coder::Coder;
use crate::dense::{WordFault, append_words, byte_of, bytes_max, counts, take_words, word};
use crate::run::append_length;

use super::codewords::Codewords;
use super::header::{Compression, ContainerId, Header};

/// What a frame is, but for its content.
#[derive(Clone, Copy)]
pub(super) struct Place {
    id: ContainerId,
    frame: u64,
    compression: Compression,
}

impl Place {
    pub(super) const fn of(header: &Header, frame: u64) -> Self {
        Self { id: header.id(), frame, compression: header.settings().compression() }
    }

    /// Appends the payload of a frame.
    pub(super) fn append(self, bytes: &[u8], coder: &mut Coder, out: &mut Vec<u8>) {
        match self.compression {
            Compression::None => append_words(bytes, out),
            Compression::Zstd => append_choices(bytes, out),
        }
        let trailer = coder.trailer(block_check(self.id.0, self.frame, bytes.into()));
        append_length(trailer.byte_len(), out);
        trailer.append_to(out);
    }

    /// Takes the payload of a frame of `count` bytes apart, and returns what is left behind it.
    pub(super) fn take<'a>(
        self,
        payload: &'a [u8],
        count: usize,
        bytes: &mut Vec<u8>,
        trailer_of: impl FnOnce(u64) -> Vec<u8>,
    ) -> Result<&'a [u8], BlockFault> {
        let behind = match self.compression {
            Compression::None => take_words(payload, count, bytes),
            Compression::Zstd => take_choices(payload, count, bytes),
        };
        let behind = behind.map_err(|fault| match fault {
            WordFault::Cut => BlockFault::Cut,
            WordFault::Word { index } => BlockFault::Codeword { index },
        })?;
        let mut codewords = Codewords::new(behind, TRAILER_BYTES_MAX);
        let check = block_check(self.id.0, self.frame, bytes.as_slice().into());
        if codewords.next()? != trailer_of(check) {
            return Err(BlockFault::Check);
        }
        Ok(codewords.rest())
    }
}

/// Returns the most bytes of a payload.
pub(super) fn payload_bytes_max(count: u64) -> u64 {
    bytes_max(count).max(1 + 3 * 256 + count) + TRAILER_BYTES_MAX as u64 + 1
}

/// Appends the different words, ascending, three bytes each, and for each byte which of them, from 0.
fn append_choices(bytes: &[u8], out: &mut Vec<u8>) {
    let counts = counts(bytes);
    let mut words: Vec<(u32, u8)> =
        (0..=255).filter(|&byte| counts[usize::from(byte)] > 0).map(|byte| (word(byte), byte)).collect();
    words.sort_unstable();
    let mut choices = [0_u8; 256];
    for (&(_, byte), choice) in words.iter().zip(0..=255) {
        choices[usize::from(byte)] = choice;
    }
    let [last, ..] = words.len().saturating_sub(1).to_le_bytes();
    out.push(last);
    for (word, _) in words {
        let [a, b, c, _] = word.to_le_bytes();
        out.extend([a, b, c]);
    }
    out.extend(bytes.iter().map(|&byte| choices[usize::from(byte)]));
}

fn take_choices<'a>(payload: &'a [u8], count: usize, bytes: &mut Vec<u8>) -> Result<&'a [u8], WordFault> {
    let (&last, rest) = payload.split_first().ok_or(WordFault::Cut)?;
    let words = usize::from(last) + 1;
    let (list, rest) = rest.split_at_checked(3 * words).ok_or(WordFault::Cut)?;
    let (choices, behind) = rest.split_at_checked(count).ok_or(WordFault::Cut)?;
    let mut chosen = [0_u8; 256];
    let mut before = 0;
    for (index, three) in list.chunks_exact(3).enumerate() {
        let word = three.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        let byte = byte_of(word).filter(|_| word > before).ok_or(WordFault::Cut)?;
        chosen[index] = byte;
        before = word;
    }
    let mut is_used = [false; 256];
    choices.iter().for_each(|&choice| is_used[usize::from(choice)] = true);
    if let Some(index) = choices.iter().position(|&choice| choice > last) {
        return Err(WordFault::Word { index });
    }
    // There is one way to write a content: a word that is not used is not listed.
    if is_used.iter().filter(|used| **used).count() != words {
        return Err(WordFault::Cut);
    }
    bytes.extend(choices.iter().map(|&choice| chosen[usize::from(choice)]));
    Ok(behind)
}

/// Most bytes of a trailer.
const TRAILER_BYTES_MAX: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_written_in_one_way() {
        let mut payload = Vec::new();
        append_choices(b"abracadabra", &mut payload);
        assert_eq!((payload[0], payload.len()), (4, 1 + 5 * 3 + 11));
        let mut bytes = Vec::new();
        assert_eq!(take_choices(&payload, 11, &mut bytes), Ok(&[][..]));
        assert_eq!(bytes, b"abracadabra");
        let refused = |at: usize, value: u8| {
            let mut bad = payload.clone();
            bad[at] = value;
            take_choices(&bad, 11, &mut Vec::new()).err()
        };
        assert_eq!(refused(16, 5), Some(WordFault::Word { index: 0 }), "there is no sixth");
        assert_eq!(refused(1, 4), Some(WordFault::Cut), "no word");
        assert!(refused(0, 3).is_some(), "a word of the list read as choices");
        let unused = [&[1, 1, 0, 0, 2, 0, 0][..], &[0; 11]].concat();
        assert_eq!(take_choices(&unused, 11, &mut Vec::new()), Err(WordFault::Cut));
        let twice = [&[1, 2, 0, 0, 2, 0, 0][..], &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(take_choices(&twice, 11, &mut Vec::new()), Err(WordFault::Cut));
    }
}
