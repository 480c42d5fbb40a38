//! What waits between two stages, as numbers, and what may be set there while the pipeline runs.

use std::ops::AddAssign;

/// What waits in an exchange, and what was taken from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Queue {
    /// Chunks that wait.
    pub(crate) chunks: u64,
    /// Bytes that wait.
    pub(crate) bytes: u64,
    /// Most bytes that ever waited at once.
    pub(crate) bytes_peak: u64,
    pub(crate) chunks_taken: u64,
    pub(crate) bytes_taken: u64,
}

impl Queue {
    pub(crate) fn put(&mut self, bytes: usize) {
        self.chunks += 1;
        self.bytes += bytes as u64;
        self.bytes_peak = self.bytes_peak.max(self.bytes);
    }

    pub(crate) fn take(&mut self, bytes: usize) {
        self.discard(bytes);
        self.chunks_taken += 1;
        self.bytes_taken += bytes as u64;
    }

    /// Lets go of what nobody takes.
    pub(crate) fn discard(&mut self, bytes: usize) {
        self.chunks -= 1;
        self.bytes -= bytes as u64;
    }
}

/// Of several exchanges the peak is the sum of theirs, which may not have come at one time.
impl AddAssign for Queue {
    fn add_assign(&mut self, other: Self) {
        self.chunks += other.chunks;
        self.bytes += other.bytes;
        self.bytes_peak += other.bytes_peak;
        self.chunks_taken += other.chunks_taken;
        self.bytes_taken += other.bytes_taken;
    }
}

/// An exchange as its measures, whatever goes through it.
pub(crate) trait Line: Send + Sync {
    /// Returns what waits and what was taken.
    fn queue(&self) -> Queue;

    /// Returns how chunks are cut, if not by what they cost.
    fn chunking(&self) -> Option<String>;

    /// Returns how many items the next chunk may have.
    fn chunk_items(&self) -> usize;

    /// Sets how many items a chunk may have, instead of what was said or learnt.
    fn set_chunk_items(&self, items: usize);

    /// Halves what a chunk may hold, items and bytes, so often, whatever else is said, learnt or set.
    fn halve_chunks(&self, times: u32);

    /// Gives back the buffers that nobody needed since this was last called; returns their bytes.
    fn give_back_idle(&self) -> u64;

    /// Returns how many messages may wait or be made at once.
    fn places(&self) -> usize;

    /// Sets how many messages may wait or be made at once, 1 at least.
    fn set_places(&self, places: usize);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_and_what_is_dropped_no_longer_waits() {
        let mut queue = Queue::default();
        queue.put(10);
        queue.put(20);
        queue.take(10);
        queue.put(5);
        queue.discard(20);
        let expected = Queue { chunks: 1, bytes: 5, bytes_peak: 30, chunks_taken: 1, bytes_taken: 10 };
        assert_eq!(queue, expected);
        queue += queue;
        assert_eq!((queue.bytes, queue.bytes_peak, queue.chunks_taken), (10, 60, 2));
    }
}
