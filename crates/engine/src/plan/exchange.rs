//! The bounded place between two stages.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::lineup::{Lineup, Place};
use crate::chunker::{CHUNK_BYTES, CHUNK_ITEMS, ChunkLimits, Chunker};
use crate::message::Message;
use crate::order::Order;

/// The bounded place between two stages: a line of messages, its end, and how large chunks should be.
pub(crate) struct Exchange<T> {
    state: Mutex<State<T>>,
    chunker: Option<Arc<dyn Chunker>>,
    /// Whether this lies behind the last stage: nobody takes, and nothing is kept for anybody.
    is_nowhere: bool,
    /// How many items the taking stage handles in the time a chunk should take it.
    items_hint: AtomicUsize,
}

struct State<T> {
    line: Lineup<T>,
    has_ended: bool,
    is_closed: bool,
    abandoned: u64,
}

/// What a stage finds when it looks into its inlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Chunk,
    Fence,
    Nothing,
    End,
}

impl<T> Exchange<T> {
    /// Makes an exchange whose messages come from `lanes_before` lanes and go to `lanes_after`.
    pub(crate) fn new(
        order: Order,
        lanes_before: usize,
        lanes_after: usize,
        chunker: Option<Arc<dyn Chunker>>,
    ) -> Self {
        let window = PLACES_PER_LANE * lanes_before.max(lanes_after) + PLACES_PER_LANE;
        let line = Lineup::new(order, window);
        Self {
            state: Mutex::new(State { line, has_ended: false, is_closed: false, abandoned: 0 }),
            chunker,
            is_nowhere: false,
            items_hint: AtomicUsize::new(FIRST_CHUNK_ITEMS),
        }
    }

    /// Makes the exchange behind the last stage.
    pub(crate) fn nowhere() -> Self {
        Self { is_nowhere: true, ..Self::new(Order::Input, 1, 1, None) }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // A panic of a user's function never happens under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a place for what is about to be made, unless the line is full.
    pub(crate) fn open(&self) -> Option<Place> {
        self.lock().line.open()
    }

    /// Puts a message into an open place; dropped and counted if nobody will take it.
    pub(crate) fn put(&self, place: Place, message: Message<T>) {
        if self.is_nowhere {
            return;
        }
        let mut state = self.lock();
        if state.is_closed {
            state.abandoned += message.items();
            drop(state); // before the message: dropping items may run code of the user
        } else {
            state.line.put(place, message);
        }
    }

    /// Closes an open place.
    pub(crate) fn close_place(&self, place: Place) {
        self.lock().line.close(place);
    }

    /// Returns whether a message put into this place could leave at once.
    pub(crate) fn is_next(&self, place: Place) -> bool {
        self.lock().line.is_next(place)
    }

    /// Says that nothing more will be put.
    pub(crate) fn end(&self) {
        self.lock().has_ended = true;
    }

    /// Looks at the next message.
    pub(crate) fn look(&self) -> Sight {
        let state = self.lock();
        match state.line.peek() {
            Some(message) if message.is_fence() => Sight::Fence,
            Some(_) => Sight::Chunk,
            None if state.is_closed || state.has_ended && state.line.is_empty() => Sight::End,
            None => Sight::Nothing,
        }
    }

    /// Takes the next message.
    pub(crate) fn take(&self) -> Option<Message<T>> {
        self.lock().line.take()
    }

    /// Returns whether nothing waits and nothing is being made.
    pub(crate) fn is_vacant(&self) -> bool {
        self.lock().line.is_empty()
    }

    /// Returns whether nobody takes any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Says that nobody takes any more; what waits is dropped and counted.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        while let Some(message) = self.take() {
            self.lock().abandoned += message.items();
        }
    }

    /// Returns the number of items that were put and never taken.
    pub(crate) fn abandoned(&self) -> u64 {
        self.lock().abandoned
    }

    /// Returns how large the next chunk may be in a pipeline that may hold `budget_bytes`.
    pub(crate) fn chunk_limits(&self, budget_bytes: usize) -> ChunkLimits {
        let mut limits = self.wished_limits();
        // A chunk is what the memory may be exceeded by: a small part of it.
        limits.bytes_max = limits.bytes_max.min(budget_bytes / BUDGET_CHUNKS + 1);
        limits
    }

    fn wished_limits(&self) -> ChunkLimits {
        match &self.chunker {
            Some(chunker) => chunker.limits(),
            None => {
                ChunkLimits { items_max: self.items_hint.load(Ordering::Relaxed), bytes_max: CHUNK_BYTES }
            }
        }
    }

    /// Learns how long the taking stage took for a chunk.
    pub(crate) fn learn(&self, items: usize, busy: Duration) {
        if let Some(chunker) = &self.chunker {
            chunker.learn(items, busy);
        } else if items > 0 {
            let hint = self.items_hint.load(Ordering::Relaxed);
            let next = paced(hint, items, busy, CHUNK_TIME).min(CHUNK_ITEMS);
            self.items_hint.store(next, Ordering::Relaxed);
        }
    }
}

/// Returns how many items take about `target`, at most four times as many as `before`.
pub(crate) fn paced(before: usize, items: usize, busy: Duration, target: Duration) -> usize {
    let wanted = items as u128 * target.as_nanos() / busy.as_nanos().max(1);
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    wanted.clamp(1, before.saturating_mul(4))
}

/// Places in a line for each lane: one at work, one ready, and some to spare for uneven chunks.
const PLACES_PER_LANE: usize = 4;

/// Chunks that fill the budget at least: more make small budgets exact and handing over dear.
const BUDGET_CHUNKS: usize = 16;

/// Items of the first chunk, before anything is known of their cost.
const FIRST_CHUNK_ITEMS: usize = 16;

/// How long a chunk should keep a lane busy.
///
/// Longer shares the last chunks of a run unevenly among lanes and delays the first results; shorter
/// pays more for handing over, about a microsecond a chunk.
const CHUNK_TIME: Duration = Duration::from_micros(500);

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
