//! The iterator over the primes of a range, from both ends.
//!
//! In order, what is left of a range is: numbers decoded in front, words of the segment in
//! front, numbers not sieved, words of a block behind, numbers decoded behind. Each end takes
//! from its own side first and works its way across, so that both may be mixed as one likes.
//! The side behind is made at the first question from there.

use std::fmt;
use std::iter::FusedIterator;

use super::batch::Batch;
use super::block::Block;
use super::position::Position;
use super::segment::Segments;
use super::wheel::{NUMBERS_PER_WORD, OUTSIDE};
use super::whole::Whole;
use crate::tuning::{BACKWARD_BYTES_MAX, SEGMENT_BYTES_MIN};

/// The primes of a range, ascending, or descending from the other end. Made by
/// [`primes`](crate::primes) and [`primes_u128`](crate::primes_u128).
///
/// Holds one segment and its sieving primes, less than 8 MiB; far out, once many primes were
/// taken, a window of the range too, less than 56 MiB in all. It sieves as it is asked.
/// `for_each` and its kin are faster than `next`. What is asked from behind costs nothing to
/// those who do not ask; [`position`](Primes::position) tells where to go on another time.
///
/// # Examples
///
/// ```
/// use primestream_primes::primes;
///
/// let mut all = primes(..100);
/// assert_eq!((all.next(), all.next_back(), all.next_back()), (Some(2), Some(97), Some(89)));
/// assert!(primes(..1_000_000_007).rev().take(2).eq([999_999_937, 999_999_929]));
/// ```
#[derive(Clone)]
#[must_use = "an iterator does nothing until asked"]
pub struct Primes<N = u64> {
    batch: Batch<N>,
    block: Block,
    segments: Segments,
    back: Option<Box<Back<N>>>,
}

/// The side behind.
#[derive(Clone)]
struct Back<N> {
    block: Block,
    batch: Batch<N>,
    /// Bytes of the block before.
    len: usize,
}

impl<N: Whole> Primes<N> {
    /// The primes between two numbers, both included; none for `None`.
    pub(super) fn new(range: Option<(N, N)>) -> Self {
        let (first, last) = range.map_or((1, 0), |(first, last)| (first.into(), last.into()));
        // The primes that no bit stands for are there from the beginning.
        let mut batch = Batch::new();
        let outside = OUTSIDE.into_iter().map(u128::from).filter(|prime| (first..=last).contains(prime));
        outside.for_each(|prime| batch.push(N::narrow(prime)));
        Self {
            batch,
            block: Block::new(),
            segments: Segments::new(first.max(AFTER_OUTSIDE), last),
            back: None,
        }
    }

    /// Goes on where a position was taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_primes::{Position, Primes};
    ///
    /// assert!(Primes::resume(Position::from(10_u64..=20)).eq([11, 13, 17, 19]));
    /// ```
    pub fn resume(position: Position<N>) -> Self {
        Self::new(position.range().map(|range| range.into_inner()))
    }

    /// Returns what is left, as a small value that can be kept: see [`Position`].
    #[must_use]
    pub fn position(&self) -> Position<N> {
        let in_batch = |batch: &Batch<N>| {
            let numbers = batch.as_slice();
            Some(((*numbers.first()?).into(), (*numbers.last()?).into()))
        };
        let back = self.back.as_deref();
        let parts = [
            in_batch(&self.batch),
            self.block.span(),
            self.segments.ahead(),
            back.and_then(|back| back.block.span()),
            back.and_then(|back| in_batch(&back.batch)),
        ];
        let first = parts.iter().flatten().next();
        let last = parts.iter().flatten().next_back();
        let left = first
            .zip(last)
            .map(|(&(first, _), &(_, last))| (N::narrow(first), N::narrow(last.min(N::MAX.into()))));
        Position::new(left)
    }

    /// Has the numbers decoded in front replaced by the next ones; `false` at the end.
    fn refill(&mut self) -> bool {
        loop {
            if self.block.take_front(&mut self.batch) {
                return true;
            }
            if self.segments.advance(&mut self.block) {
                continue;
            }
            let Some(back) = &mut self.back else { return false };
            if back.block.take_front(&mut self.batch) {
                return true;
            }
            std::mem::swap(&mut self.batch, &mut back.batch);
            back.batch.clear();
            return !self.batch.as_slice().is_empty();
        }
    }

    /// Has the numbers decoded behind replaced by those before them; `false` at the beginning.
    fn refill_back(&mut self) -> bool {
        let back = self
            .back
            .get_or_insert_with(|| Box::new(Back { block: Block::new(), batch: Batch::new(), len: 0 }));
        loop {
            if back.block.take_back(&mut back.batch) {
                return true;
            }
            if let Some((first, last)) = self.segments.ahead() {
                back.len = (2 * back.len).clamp(SEGMENT_BYTES_MIN, BACKWARD_BYTES_MAX);
                let numbers = (back.len / 8) as u128 * u128::from(NUMBERS_PER_WORD);
                let start = first.max((last - last % u128::from(NUMBERS_PER_WORD)).saturating_sub(numbers));
                self.segments.end_before(start);
                back.block = sieve(start, last);
                continue;
            }
            if self.block.take_back(&mut back.batch) {
                return true;
            }
            std::mem::swap(&mut self.batch, &mut back.batch);
            self.batch.clear();
            return !back.batch.as_slice().is_empty();
        }
    }

    #[cold]
    #[inline(never)]
    fn next_after_refill(&mut self) -> Option<N> {
        if self.refill() { self.batch.next() } else { None }
    }

    #[cold]
    #[inline(never)]
    fn next_back_after_refill(&mut self) -> Option<N> {
        if self.refill_back() { self.back.as_mut()?.batch.next_back() } else { None }
    }
}

/// Sieves a range in one block.
fn sieve(first: u128, last: u128) -> Block {
    let (mut segments, mut segment) = (Segments::new(first, last), Block::new());
    segments.expect_all();
    segments.advance(&mut segment);
    let mut block = segment.clone();
    while segments.advance(&mut segment) {
        block.append(&segment);
    }
    block
}

impl<N: Whole> Iterator for Primes<N> {
    type Item = N;

    #[inline]
    fn next(&mut self) -> Option<N> {
        match self.batch.next() {
            Some(prime) => Some(prime),
            None => self.next_after_refill(),
        }
    }

    fn fold<B, F: FnMut(B, N) -> B>(self, initial: B, mut join: F) -> B {
        let mut value = Some(initial);
        self.for_each_batch(|primes| {
            value = value.take().map(|value| primes.iter().copied().fold(value, &mut join));
        });
        value.expect("it was put back after every batch")
    }

    fn count(self) -> usize {
        usize::try_from(self.count_all()).unwrap_or(usize::MAX)
    }
}

impl<N: Whole> Primes<N> {
    /// The prime after so many, skipping whole segments by counting; nothing is taken from behind.
    pub(super) fn nth_fast(mut self, mut skipped: u64) -> Option<N> {
        self.segments.expect_all();
        while self.segments.advance(&mut self.block) {
            let count = self.block.count::<N>();
            if skipped < count {
                return self.nth(usize::try_from(skipped).ok()?);
            }
            skipped -= count;
        }
        None
    }

    /// Looks at all primes, many at a time.
    #[inline]
    pub(super) fn for_each_batch(mut self, mut look: impl FnMut(&[N])) {
        self.segments.expect_all();
        loop {
            look(self.batch.as_slice());
            if !self.refill() {
                return;
            }
        }
    }

    /// How many primes are left, without listing them.
    pub(super) fn count_all(mut self) -> u64 {
        self.segments.expect_all();
        let mut count = self.batch.as_slice().len() as u64 + self.block.count::<N>();
        while self.segments.advance(&mut self.block) {
            count += self.block.count::<N>();
        }
        if let Some(back) = &self.back {
            count += back.block.count::<N>() + back.batch.as_slice().len() as u64;
        }
        count
    }
}

impl<N: Whole> DoubleEndedIterator for Primes<N> {
    #[inline]
    fn next_back(&mut self) -> Option<N> {
        match self.back.as_mut().and_then(|back| back.batch.next_back()) {
            Some(prime) => Some(prime),
            None => self.next_back_after_refill(),
        }
    }
}

impl<N: Whole> FusedIterator for Primes<N> {}

impl<N: Whole> fmt::Debug for Primes<N> {
    /// Tells what is left and leaves the segment out: nobody reads a million bits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Primes").field(&format_args!("{}", self.position())).finish()
    }
}

/// First number that the sieve is asked for.
const AFTER_OUTSIDE: u128 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_goes_on_where_next_stopped() {
        for taken in [0, 1, 2, 3, 4, 5, 30, 5_000] {
            let mut iterator = Primes::<u64>::new(Some((0, 100_000)));
            let mut all: Vec<u64> = iterator.by_ref().take(taken).collect();
            iterator.for_each(|prime| all.push(prime));
            assert_eq!(all.len(), 9_592, "{taken} taken first");
            assert!(all.is_sorted());
        }
    }

    #[test]
    fn the_end_is_the_end() {
        let mut iterator = Primes::<u64>::new(Some((90, 100)));
        assert_eq!(iterator.next(), Some(97));
        assert_eq!((iterator.next(), iterator.next(), iterator.next_back()), (None, None, None));
        let mut iterator = Primes::<u64>::new(Some((0, 3)));
        assert_eq!(
            (iterator.next_back(), iterator.next_back(), iterator.next_back()),
            (Some(3), Some(2), None)
        );
        assert_eq!(iterator.next(), None);
        assert_eq!(Primes::<u64>::new(None).next(), None);
        assert_eq!(Primes::<u64>::new(None).next_back(), None);
        assert_eq!(Primes::<u64>::new(Some((7, 6))).next(), None);
    }
}
