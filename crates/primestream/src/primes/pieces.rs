//! A range cut into pieces that lanes sieve each by itself.

/// Ranges of numbers, both ends included, that follow each other and fill a range.
///
/// The first is short, so that the first prime comes soon; each is twice as long as the one before,
/// up to a length that repays the preparation of its sieving primes, which grows with the root of the
/// numbers.
///
/// # Examples
///
/// ```
/// use primestream::Pieces;
///
/// let pieces: Vec<_> = Pieces::new(Some((0, 200_000))).collect();
/// assert_eq!(pieces, [(0, 65_535), (65_536, 196_607), (196_608, 200_000)]);
/// ```
#[derive(Clone, Debug)]
pub struct Pieces {
    left: Option<(u128, u128)>,
    numbers: u128,
    numbers_most: u128,
}

impl Pieces {
    /// Cuts the numbers between two, both included, or none.
    pub fn new(range: Option<(u128, u128)>) -> Self {
        let left = range.filter(|(first, last)| first <= last);
        Self { left, numbers: PIECE_NUMBERS_MIN, numbers_most: PIECE_NUMBERS_MOST }
    }

    /// Sets the numbers of the first piece, for whoever waits for no first prime.
    #[must_use]
    pub fn starting_at(self, numbers: u128) -> Self {
        Self { numbers: numbers.max(1), ..self }
    }

    /// Sets the most numbers of a piece: more prepare sieving primes less often far out, fewer hold less.
    #[must_use]
    pub fn at_most(self, numbers: u128) -> Self {
        Self { numbers_most: numbers.max(1), ..self }
    }
}

impl Iterator for Pieces {
    type Item = (u128, u128);

    fn next(&mut self) -> Option<(u128, u128)> {
        let (first, last) = self.left?;
        let repaid = NUMBERS_PER_ROOT.saturating_mul(first.isqrt()).max(PIECE_NUMBERS_REPAID);
        let numbers = self.numbers.min(repaid).min(self.numbers_most);
        self.numbers = self.numbers.saturating_mul(2);
        let end = first.saturating_add(numbers - 1).min(last);
        self.left = (end < last).then(|| (end + 1, last));
        Some((first, end))
    }
}

/// Numbers of the first piece: some thousand primes at most.
const PIECE_NUMBERS_MIN: u128 = 1 << 16;
/// Numbers that are long enough near 0, two full segments of the sieve: higher holds more, lower prepares and hands over
/// more often.
const PIECE_NUMBERS_REPAID: u128 = (2 * 30) << 18;
/// Numbers of a piece for each sieving number: a preparation costs a few nanoseconds for each of these.
const NUMBERS_PER_ROOT: u128 = 16;
/// Numbers of the longest piece, unless said otherwise: far out a window of the sieve.
const PIECE_NUMBERS_MOST: u128 = 1 << 25;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_fill_their_range_without_a_gap() {
        for (first, last) in [
            (0, 0),
            (5, 1 << 30),
            ((1 << 64) - 100_000, (1 << 64) + 100_000),
            (u128::MAX - 200_000, u128::MAX),
            (u128::MAX, u128::MAX),
        ] {
            let mut next = Some(first);
            for (from, to) in Pieces::new(Some((first, last))).at_most(50_000) {
                assert_eq!(Some(from), next, "{first}..={last}");
                assert!(from <= to && to - from < 50_000);
                next = to.checked_add(1);
            }
            assert_eq!(next, last.checked_add(1), "{first}..={last}");
        }
        assert_eq!(Pieces::new(None).next(), None);
        assert_eq!(Pieces::new(Some((2, 1))).next(), None);
    }

    #[test]
    fn pieces_grow_up_to_what_repays_their_preparation() {
        let near: Vec<_> = Pieces::new(Some((0, 1 << 26))).map(|(first, last)| last - first + 1).collect();
        assert!(near.is_sorted_by(|a, b| a <= b || *b == near[near.len() - 1]));
        assert_eq!(near.iter().max(), Some(&PIECE_NUMBERS_REPAID));
        let long =
            Pieces::new(Some((10_u128.pow(18), 2 * 10_u128.pow(18)))).starting_at(1 << 30).at_most(1 << 30);
        assert!(long.take(3).all(|(first, last)| last - first + 1 == 1 << 30));
        let far = Pieces::new(Some((10_u128.pow(18), 2 * 10_u128.pow(18)))).nth(20).unwrap();
        assert_eq!(far.1 - far.0 + 1, PIECE_NUMBERS_MOST);
    }
}
