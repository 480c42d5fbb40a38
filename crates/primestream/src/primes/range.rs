//! The primes of a range as a source that knows where it is.

use std::ops::{Bound, RangeBounds};

use primestream_engine::{CheckpointError, Intake, Interrupt, Replay, Source, Supply};
use primestream_primes::Primes;

/// The primes of a range in ascending order; a run that goes on from a checkpoint begins behind the last one.
pub struct PrimesOf {
    /// `None` only while primes are taken.
    left: Option<Left>,
    /// The first and the last number of the range; nothing if it is empty.
    ends: Option<(u64, u64)>,
}

/// Primes, and from where they would have to be sieved again.
struct Left {
    primes: Primes<u64>,
    from: Option<u64>,
}

impl Left {
    fn new(from: Option<u64>, ends: Option<(u64, u64)>) -> Self {
        // Of no numbers there are none: 0 alone has no prime.
        let (first, last) = from.zip(ends.map(|(_, last)| last)).unwrap_or_default();
        Self { primes: primestream_primes::primes(first..=last), from }
    }
}

impl Iterator for Left {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        let prime = self.primes.next()?;
        self.from = Some(prime + 1); // the largest of all is far below the largest number
        Some(prime)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.primes.size_hint()
    }
}

impl PrimesOf {
    pub(super) fn new(range: impl RangeBounds<u64>) -> Self {
        let ends = ends(&range);
        Self { left: Some(Left::new(ends.map(|(first, _)| first), ends)), ends }
    }
}

impl Source for PrimesOf {
    type Item = u64;

    #[inline]
    fn pull(&mut self, out: &mut impl Intake<u64>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            let appetite = out.appetite();
            if !out.emit_from(&mut self.left, appetite)? {
                return Ok(Supply::End);
            }
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "primes"
    }

    fn replay(&mut self) -> Option<&mut dyn Replay> {
        Some(self)
    }
}

impl Replay for PrimesOf {
    fn save(&mut self, state: &mut Vec<u8>) -> Result<(), CheckpointError> {
        let from = self.left.as_ref().and_then(|left| left.from).unwrap_or_default();
        let (first, last) = self.ends.unwrap_or_default();
        state.extend([from, first, last].iter().flat_map(|number| number.to_le_bytes()));
        Ok(())
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), CheckpointError> {
        let ([from, first, last], []) = state.as_chunks() else {
            return Err(CheckpointError::new("this is no state of primes"));
        };
        let [from, first, last] = [from, first, last].map(|bytes| u64::from_le_bytes(*bytes));
        let now = self.ends.unwrap_or_default();
        if (first, last) != now {
            let differs = format!("the range of primes was {first}..={last} and is {}..={}", now.0, now.1);
            return Err(CheckpointError::new(differs));
        }
        self.left = Some(Left::new(Some(from), self.ends));
        Ok(())
    }
}

/// Returns the first and the last number of a range that is not empty.
pub(super) fn ends(range: &impl RangeBounds<u64>) -> Option<(u64, u64)> {
    let first = match range.start_bound() {
        Bound::Included(&first) => Some(first),
        Bound::Excluded(&before) => before.checked_add(1),
        Bound::Unbounded => Some(0),
    };
    let last = match range.end_bound() {
        Bound::Included(&last) => Some(last),
        Bound::Excluded(&end) => end.checked_sub(1),
        Bound::Unbounded => Some(u64::MAX),
    };
    first.zip(last)
}
