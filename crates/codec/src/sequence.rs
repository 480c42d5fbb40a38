//! Strict reading of codewords that follow one another.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use primestream_primes::Natural;

use crate::block::BlockLen;
use crate::coder::Coder;
use crate::limits::Limits;
use crate::reading::{Reading, Unreadable, read, value_at};

/// Reads integers as [`read`] does, and faster those that are data at the position behind the one before: what is
/// expected there is written and compared, with the power of 5 of the last position at hand.
///
/// The right thing for long texts with positions counted through, where codewords are long and each follows the last;
/// anything else costs a little more than [`read`] alone.
///
/// # Examples
///
/// ```
/// use primestream_codec::{Limits, Reading, SequenceReader, data};
///
/// let mut reader = SequenceReader::new(Limits::default());
/// for position in 1000..1010 {
///     let codeword = data(position, 65)?;
///     assert_eq!(reader.read(codeword.as_natural())?, Reading::Data { position, value: 65 });
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SequenceReader {
    limits: Limits,
    coder: Coder,
    /// The position that is expected next.
    next: Option<u64>,
    bytes: Vec<u8>,
}

impl SequenceReader {
    /// Makes a reader that expects nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, coder: Coder::new(BlockLen::DEFAULT), next: None, bytes: Vec::new() }
    }

    /// Reads the next integer.
    ///
    /// # Errors
    ///
    /// As [`read`].
    pub fn read(&mut self, number: &Natural) -> Result<Reading, Unreadable> {
        if number.bits() <= self.limits.codeword_bits_max
            && let Some(position) = self.next
        {
            self.bytes.clear();
            number.append_le_bytes(&mut self.bytes);
            if let Some(value) = value_at(&mut self.coder, position, &self.bytes) {
                self.next = position.checked_add(1);
                return Ok(Reading::Data { position, value });
            }
        }
        let reading = read(number, &self.limits);
        self.next = match reading {
            Ok(Reading::Data { position, .. }) => {
                position.checked_add(1).filter(|&next| next >= SHORT_POSITIONS)
            }
            // One that is damaged stands in the place of the one expected.
            Err(_) => self.next.and_then(|position| position.checked_add(1)),
            Ok(_) => None,
        };
        reading
    }
}

/// Positions below are looked up by [`read`], which is faster still.
const SHORT_POSITIONS: u64 = BlockLen::DEFAULT.get() as u64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::symbol::{data, header, operation};

    proptest! {
        #[test]
        fn it_reads_as_one_by_one(
            starts in prop::collection::vec((0_u64..3000, 0_usize..6, 0_u32..70_000, 0_u8..8), 0..30)
        ) {
            let mut reader = SequenceReader::new(Limits::default());
            for (first, count, value, change) in starts {
                let mut numbers: Vec<Natural> = (first..first + count as u64)
                    .map(|position| data(position, value).unwrap().into_natural())
                    .collect();
                numbers.push(header(3, first).unwrap().into_natural());
                numbers.push(operation(97, Some(first)).unwrap().into_natural());
                if let Some(number) = numbers.get_mut(usize::from(change)) {
                    *number += 1;
                }
                for number in &numbers {
                    prop_assert_eq!(reader.read(number), read(number, &Limits::default()));
                }
            }
        }
    }

    #[test]
    fn what_is_too_large_is_not_looked_at() {
        let limits = Limits { codeword_bits_max: 400, ..Limits::default() };
        let mut reader = SequenceReader::new(limits);
        for position in 100..2000 {
            let number = data(position, 9).unwrap().into_natural();
            assert_eq!(reader.read(&number), read(&number, &limits), "{position}");
        }
    }
}
