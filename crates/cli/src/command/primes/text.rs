//! Numbers as decimal lines, faster than the sieve finds them.
//!
//! Primes in order share all digits but the last four for long: those are copied, and the last four come from a
//! table.

/// Lines of text that grow.
pub(super) struct Text {
    bytes: Vec<u8>,
    /// How much of `bytes` is meant; what lies behind is room.
    len: usize,
    /// The number whose last four digits are 0 and whose others `head` spells, 0 at first.
    base: u128,
    head: [u8; HEAD_BYTES],
    head_len: usize,
}

impl Text {
    /// Starts with room for so many bytes, which grows if more are written.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), len: 0, base: 0, head: [b'0'; HEAD_BYTES], head_len: 0 }
    }

    /// Writes numbers, each with a line feed.
    pub(super) fn lines<N: Into<u128>>(&mut self, numbers: impl Iterator<Item = N>) {
        // Where the next one goes is handed from line to line: through memory each would wait for it.
        self.len = numbers.fold(self.len, |at, number| {
            let end = self.number_at(at, number.into());
            self.bytes[end] = b'\n';
            end + 1
        });
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
        self.make_room(self.len);
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn number(&mut self, number: u128) {
        self.len = self.number_at(self.len, number);
    }

    /// Writes a number from a byte on and returns its end; room for one more byte is left there.
    #[inline]
    fn number_at(&mut self, at: usize, number: u128) -> usize {
        self.make_room(at);
        let low = number.wrapping_sub(self.base);
        let low = if low < TAIL { low } else { self.change_head(number) };
        let room = &mut self.bytes[at..at + ROOM_BYTES];
        // Copied whole, which is faster than as much as is meant.
        room[..HEAD_BYTES].copy_from_slice(&self.head);
        let tail = &TAILS[low as usize];
        if self.head_len == 0 {
            return at + without_zeros(tail, room);
        }
        room[self.head_len..self.head_len + 4].copy_from_slice(tail);
        at + self.head_len + 4
    }

    /// Spells the first digits of a number anew and returns what the last four stand for.
    #[cold]
    fn change_head(&mut self, number: u128) -> u128 {
        let low = number % TAIL;
        self.base = number - low;
        let digits = if self.base == 0 { String::new() } else { (number / TAIL).to_string() };
        self.head[..digits.len()].copy_from_slice(digits.as_bytes());
        self.head_len = digits.len();
        low
    }

    /// Makes room piece by piece, each of which is still in the cache when it is written to.
    #[inline]
    fn make_room(&mut self, at: usize) {
        if self.bytes.len() < at + ROOM_BYTES {
            self.bytes.resize(self.bytes.len() + STEP_BYTES, 0);
        }
    }
}

/// Writes four digits but for the zeros in front; returns how many are left.
fn without_zeros(digits: &[u8; 4], room: &mut [u8]) -> usize {
    let zeros = digits[..3].iter().take_while(|&&digit| digit == b'0').count();
    room[..4 - zeros].copy_from_slice(&digits[zeros..]);
    4 - zeros
}

/// The number of tails of four digits.
const TAIL: u128 = 10_000;
/// Bytes the first digits may take: 2^128 has 39 digits.
const HEAD_BYTES: usize = 40;
/// Bytes of room that are made at once.
const STEP_BYTES: usize = 1 << 14;
/// Bytes that any one thing written here fits in.
const ROOM_BYTES: usize = 64;

/// The last four digits of numbers.
static TAILS: [[u8; 4]; TAIL as usize] = {
    let mut tails = [[0; 4]; TAIL as usize];
    let mut number = 0;
    while number < tails.len() {
        let (mut rest, mut place) = (number, 4);
        while place > 0 {
            place -= 1;
            #[expect(clippy::cast_possible_truncation, reason = "a digit")]
            let digit = b'0' + (rest % 10) as u8;
            tails[number][place] = digit;
            rest /= 10;
        }
        number += 1;
    }
    tails
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
            text.lines(std::iter::once(number).chain(number.checked_add(1)));
            expected += &format!("{number}\n");
            if let Some(next) = number.checked_add(1) {
                expected += &format!("{next}\n");
            }
            text.words(&[(b"<", number), (b",", number / 3)], b">");
            expected += &format!("<{number},{}>\n", number / 3);
        }
        assert_eq!(String::from_utf8(text.into_bytes()).unwrap(), expected);
        assert!(Text::with_room(0).into_bytes().is_empty());
    }
}
