//! How many items take a given time, by what the last ones took.

use std::time::Duration;

/// Returns how many items take about `target` if some took `busy`: one at least, and at most a few times
/// as many as `before`.
pub(crate) fn paced(before: usize, items: usize, busy: Duration, target: Duration) -> usize {
    let wanted = items as u128 * target.as_nanos() / busy.as_nanos().max(1);
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    wanted.clamp(1, before.saturating_mul(GROWTH_MAX))
}

/// How much larger than the one before a chunk may be.
///
/// More trusts a clock that may be too coarse for a few items; less needs more chunks to get to size.
const GROWTH_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_grow_towards_the_target_and_shrink_at_once() {
        let target = Duration::from_micros(500);
        assert_eq!(paced(16, 16, Duration::from_nanos(16), target), 64, "four times at most");
        assert_eq!(paced(64, 64, Duration::from_millis(64), target), 1, "a millisecond an item");
        assert_eq!(paced(1000, 1000, Duration::from_micros(500), target), 1000);
        assert_eq!(paced(usize::MAX / 2, 1, Duration::ZERO, target), 500_000, "a clock too coarse to tell");
    }
}
