//! Chunks that take about as long as they should, whatever the items cost.
//!
//! The right chunker where half a millisecond, which is what chunks take unless told otherwise, is wrong:
//! shorter for results that somebody waits for, longer where a chunk has costs of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{CHUNK_BYTES, CHUNK_ITEMS, ChunkLimits, Chunker, paced};

/// Chunks of as many items as take the next stage a given time, by what it took for the last chunk. They
/// shrink at once and grow at most fourfold, within [`between`](Self::between).
///
/// ```
/// use std::time::Duration;
/// use primestream_engine::{Adaptive, Order, Stream};
///
/// let doubled: Vec<u64> = Stream::iter(0..1000u64)
///     .chunked(Adaptive::new(Duration::from_millis(5)).between(1, 100))
///     .parallel(2, Order::Input)
///     .map(|n| 2 * n)
///     .collect()?;
/// assert_eq!(doubled.len(), 1000);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
#[derive(Debug)]
pub struct Adaptive {
    target: Duration,
    items_min: usize,
    items_max: usize,
    items: AtomicUsize,
}

impl Adaptive {
    /// Aims at chunks that keep a lane busy for `target`, of 1 to 32 768 items and at most 256 KiB.
    pub const fn new(target: Duration) -> Self {
        Self { target, items_min: 1, items_max: CHUNK_ITEMS, items: AtomicUsize::new(FIRST_ITEMS) }
    }

    /// Sets the fewest and the most items of a chunk, both included. One may always be lighter because
    /// the bytes or the input end it.
    ///
    /// # Panics
    ///
    /// If `items_min` is 0 or above `items_max`.
    #[must_use]
    pub fn between(mut self, items_min: usize, items_max: usize) -> Self {
        assert!(0 < items_min && items_min <= items_max, "a chunk has at least one item");
        (self.items_min, self.items_max) = (items_min, items_max);
        self.items = AtomicUsize::new(FIRST_ITEMS.clamp(items_min, items_max));
        self
    }
}

impl Chunker for Adaptive {
    fn limits(&self) -> ChunkLimits {
        ChunkLimits {
            items_max: self.items.load(Ordering::Relaxed),
            bytes_max: CHUNK_BYTES,
            linger: Duration::ZERO,
        }
    }

    fn learn(&self, items: usize, busy: Duration) {
        if items == 0 {
            return;
        }
        let next = paced(self.items.load(Ordering::Relaxed), items, busy, self.target);
        // Lanes that learn at once may overwrite each other: each is right about the chunk it had.
        self.items.store(next.clamp(self.items_min, self.items_max), Ordering::Relaxed);
    }

    fn describe(&self) -> String {
        format!("chunks of {:?}, {} to {} items", self.target, self.items_min, self.items_max)
    }
}

/// Items of the first chunk, before anything is known of their cost.
const FIRST_ITEMS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn items(adaptive: &Adaptive) -> usize {
        adaptive.limits().items_max
    }

    #[test]
    fn chunks_come_to_the_target_from_either_side() {
        let adaptive = Adaptive::new(Duration::from_millis(1));
        let item = Duration::from_micros(2);
        let sizes: Vec<usize> = (0..5)
            .map(|_| {
                let chunk = items(&adaptive);
                adaptive.learn(chunk, item * u32::try_from(chunk).unwrap());
                items(&adaptive)
            })
            .collect();
        assert_eq!(sizes, [64, 256, 500, 500, 500]);
        adaptive.learn(500, Duration::from_millis(500));
        assert_eq!(items(&adaptive), 1, "a millisecond an item");
    }

    #[test]
    fn chunks_stay_within_their_limits() {
        let adaptive = Adaptive::new(Duration::from_millis(1)).between(3, 20);
        adaptive.learn(16, Duration::ZERO);
        assert_eq!(items(&adaptive), 20, "a clock too coarse to tell");
        adaptive.learn(20, Duration::from_secs(1));
        assert_eq!(items(&adaptive), 3);
        adaptive.learn(0, Duration::from_secs(1));
        assert_eq!(items(&adaptive), 3, "nothing says nothing");
    }

    #[test]
    #[should_panic(expected = "a chunk has at least one item")]
    fn no_chunk_is_empty() {
        let _ = Adaptive::new(Duration::ZERO).between(0, 5);
    }
}
