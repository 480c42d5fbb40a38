//! Numbers as decimal lines, faster than the sieve finds them.
//!
//! Primes in order share all digits but the last four for long: those are copied, and only the rest is
//! worked out, two digits at a time from a table.

/// Lines of text that grow.
pub(super) struct Text {
    bytes: Vec<u8>,
    /// How much of `bytes` is meant; what lies behind is room.
    len: usize,
    /// The number without its last four digits, which `head` spells.
    high: u128,
    head: [u8; HEAD_BYTES],
    head_len: usize,
}

impl Text {
    /// Starts with room for so many bytes, which grows if more are written.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self { bytes: vec![0; bytes], len: 0, high: 0, head: [b'0'; HEAD_BYTES], head_len: 0 }
    }

    /// Writes a number and a line feed.
    #[inline]
    pub(super) fn line(&mut self, number: u128) {
        self.number(number);
        self.bytes[self.len] = b'\n';
        self.len += 1;
    }

    /// Writes numbers, each behind some bytes, then more bytes and a line feed.
    pub(super) fn words(&mut self, words: &[(&[u8], u128)], end: &[u8]) {
        for (before, number) in words {
            self.put(before);
            self.number(*number);
        }
        self.put(end);
        self.put(b"\n");
    }

    /// Returns what was written.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.len);
        self.bytes
    }

    fn put(&mut self, bytes: &[u8]) {
        self.make_room();
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Writes a number; room for one more byte is left.
    #[inline]
    fn number(&mut self, number: u128) {
        self.make_room();
        let (high, low) = match u64::try_from(number) {
            Ok(word) => (u128::from(word / 10_000), word % 10_000),
            Err(_) => (number / 10_000, low_word(number % 10_000)),
        };
        if high == 0 {
            return self.short(low);
        }
        if high != self.high {
            self.change_head(high);
        }
        let room = &mut self.bytes[self.len..self.len + ROOM_BYTES];
        // Copied whole, which is faster than as much as is meant.
        room[..HEAD_BYTES].copy_from_slice(&self.head);
        let low = usize::try_from(low).expect("four digits");
        let digits = &mut room[self.head_len..self.head_len + 4];
        digits[..2].copy_from_slice(&PAIRS[low / 100]);
        digits[2..].copy_from_slice(&PAIRS[low % 100]);
        self.len += self.head_len + 4;
    }

    /// Writes a number of at most four digits.
    fn short(&mut self, number: u64) {
        let digits = number.to_string();
        self.bytes[self.len..self.len + digits.len()].copy_from_slice(digits.as_bytes());
        self.len += digits.len();
    }

    #[cold]
    fn change_head(&mut self, high: u128) {
        let digits = high.to_string();
        self.head[..digits.len()].copy_from_slice(digits.as_bytes());
        (self.high, self.head_len) = (high, digits.len());
    }

    #[inline]
    fn make_room(&mut self) {
        if self.bytes.len() < self.len + ROOM_BYTES {
            self.bytes.resize(2 * self.bytes.len() + 4096, 0);
        }
    }
}

fn low_word(number: u128) -> u64 {
    u64::try_from(number).expect("four digits")
}

/// Bytes the first digits may take: 2^128 has 39 digits.
const HEAD_BYTES: usize = 40;
/// Bytes that any one thing written here fits in.
const ROOM_BYTES: usize = 64;

/// The two digits of each number below 100.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        #[expect(clippy::cast_possible_truncation, reason = "below 100")]
        let digits = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        pairs[number] = digits;
        number += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_display() {
        let mut text = Text::with_room(100);
        let mut expected = String::new();
        let edges =
            [0, 9, 99, 999, 9_999, 10_000, 10_001, 99_999, 100_000, u128::from(u64::MAX), 1 << 64, u128::MAX];
        let powers =
            (0..38).map(|exponent| 10_u128.pow(exponent)).flat_map(|power| [power - 1, power, power + 1]);
        // Ascending, turned back and around the places where digits are added or a head changes.
        for number in edges.into_iter().chain(powers).chain(9_990..10_010).chain((0..200_000).step_by(997)) {
            text.line(number);
            expected += &format!("{number}\n");
            text.words(&[(b"<", number), (b",", number / 3)], b">");
            expected += &format!("<{number},{}>\n", number / 3);
        }
        assert_eq!(String::from_utf8(text.into_bytes()).unwrap(), expected);
        assert!(Text::with_room(0).into_bytes().is_empty());
    }
}
