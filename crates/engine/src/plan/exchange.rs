//! The bounded place between two stages.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::lineup::{Lineup, Place};
use super::outflow::Outflow;
use super::producers::Producers;
use super::queue::{Line, Queue};
use crate::checkpoint::Epoch;
use crate::chunk::Times;
use crate::chunker::{CHUNK_BYTES, CHUNK_ITEMS, ChunkLimits, Chunker, paced};
use crate::message::Message;
use crate::order::Order;
use crate::sync::{Mutex, MutexGuard};

/// The bounded place between two stages: a line of messages, its end, and how large chunks should be.
pub(crate) struct Exchange<T> {
    state: Mutex<State<T>>,
    chunker: Option<Arc<dyn Chunker>>,
    /// How many items the taking stage handles in the time a chunk should take it.
    items_hint: AtomicUsize,
    /// How many items a chunk may have because a tuner says so; 0 if none does.
    items_tuned: AtomicUsize,
    /// How often what a chunk may hold is halved because memory is short.
    halvings: AtomicU32,
}

struct State<T> {
    line: Lineup<T>,
    queue: Queue,
    /// What is known of each stage that puts messages here.
    producers: Producers,
    is_closed: bool,
    abandoned: u64,
    /// Buffers that were emptied and may be filled again.
    spare: Vec<Vec<T>>,
    /// The fewest of them there were since somebody last asked: so many nobody needed.
    idle: usize,
}

impl<T> State<T> {
    /// Puts a barrier once everybody has ended the epoch: behind all others, since nobody has a place open that is not
    /// empty. What they put behind it waits until then.
    fn release(&mut self) {
        if let Some(epoch) = self.producers.passed() {
            self.line.put_last(Message::Barrier(epoch));
        }
    }
}

/// Names an exchange, for the one who wants to know which stages it lies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExchangeId(usize);

/// What a stage finds when it looks into its inlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Chunk(Times),
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
    ) -> Arc<Self> {
        Self::with_places(order, PLACES_PER_LANE * lanes_before.max(lanes_after) + PLACES_PER_LANE, chunker)
    }

    /// Makes an exchange for at most `places` messages that wait or are being made.
    pub(crate) fn with_places(order: Order, places: usize, chunker: Option<Arc<dyn Chunker>>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                line: Lineup::new(order, places),
                queue: Queue::default(),
                producers: Producers::default(),
                is_closed: false,
                abandoned: 0,
                spare: Vec::new(),
                idle: 0,
            }),
            chunker,
            items_hint: AtomicUsize::new(FIRST_CHUNK_ITEMS),
            items_tuned: AtomicUsize::new(0),
            halvings: AtomicU32::new(0),
        })
    }

    /// Returns its name.
    pub(crate) fn id(self: &Arc<Self>) -> ExchangeId {
        ExchangeId(Arc::as_ptr(self).addr())
    }

    /// Opens it to one more stage that puts messages here.
    pub(crate) fn port(self: &Arc<Self>) -> Port<T> {
        let producer = self.lock().producers.add();
        Port { exchange: Arc::clone(self), producer }
    }

    /// Opens it to one more stage, whose messages come behind all those of the stages before.
    pub(crate) fn port_in_turn(self: &Arc<Self>) -> Port<T> {
        let port = self.port();
        self.lock().producers.wait_for_turn(port.producer);
        port
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // A panic of a user's function never happens under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the next message.
    pub(crate) fn look(&self) -> Sight {
        let state = self.lock();
        match state.line.peek() {
            Some(Message::Watermark(_) | Message::Barrier(_)) => Sight::Fence,
            Some(Message::Chunk(chunk)) => Sight::Chunk(chunk.times()),
            None if state.is_closed || state.producers.have_ended() && state.line.is_empty() => Sight::End,
            None => Sight::Nothing,
        }
    }

    /// Takes the next message.
    pub(crate) fn take(&self) -> Option<Message<T>> {
        let mut state = self.lock();
        let message = state.line.take()?;
        if let Message::Chunk(chunk) = &message {
            state.queue.take(chunk.bytes());
        }
        Some(message)
    }

    /// Takes the next message to drop it.
    fn discard(&self) -> Option<Message<T>> {
        let mut state = self.lock();
        let message = state.line.take()?;
        if let Message::Chunk(chunk) = &message {
            state.queue.discard(chunk.bytes());
        }
        Some(message)
    }

    /// Gives back a buffer that was emptied.
    pub(crate) fn give_back(&self, buffer: Vec<T>) {
        debug_assert!(buffer.is_empty(), "a buffer that is given back holds nothing");
        let mut state = self.lock();
        if buffer.capacity() > 0 && state.spare.len() < SPARE_BUFFERS {
            state.spare.push(buffer);
        }
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
        {
            let mut state = self.lock();
            state.is_closed = true;
            (state.spare, state.idle) = (Vec::new(), 0);
        }
        while let Some(message) = self.discard() {
            self.lock().abandoned += message.items();
        }
    }

    /// Returns the number of items that were put and never taken.
    pub(crate) fn abandoned(&self) -> u64 {
        self.lock().abandoned
    }

    fn wished_limits(&self) -> ChunkLimits {
        let mut limits = match &self.chunker {
            Some(chunker) => chunker.limits(),
            None => ChunkLimits {
                items_max: self.items_hint.load(Ordering::Relaxed),
                bytes_max: CHUNK_BYTES,
                linger: Duration::ZERO,
            },
        };
        match self.items_tuned.load(Ordering::Relaxed) {
            0 => {}
            items => limits.items_max = items,
        }
        limits
    }

    /// Returns limits halved as often as memory asks for.
    fn halved(&self, limits: ChunkLimits) -> ChunkLimits {
        let times = self.halvings.load(Ordering::Relaxed);
        let halved = |size: usize| size.checked_shr(times).unwrap_or(0).max(1);
        ChunkLimits { items_max: halved(limits.items_max), bytes_max: halved(limits.bytes_max), ..limits }
    }

    /// Learns how long the taking stage took for a chunk.
    pub(crate) fn learn(&self, items: usize, busy: Duration) {
        if items == 0 {
            return;
        }
        if let Some(chunker) = &self.chunker {
            chunker.learn(items, busy);
        }
        let hint = self.items_hint.load(Ordering::Relaxed);
        let next = paced(hint, items, busy, CHUNK_TIME).min(CHUNK_ITEMS);
        self.items_hint.store(next, Ordering::Relaxed);
    }
}

impl<T: Send> Line for Exchange<T> {
    fn queue(&self) -> Queue {
        self.lock().queue
    }

    fn chunking(&self) -> Option<String> {
        self.chunker.as_ref().map(|chunker| chunker.describe())
    }

    fn chunk_items(&self) -> usize {
        self.halved(self.wished_limits()).items_max
    }

    fn set_chunk_items(&self, items: usize) {
        self.items_tuned.store(items.max(1), Ordering::Relaxed);
    }

    fn halve_chunks(&self, times: u32) {
        self.halvings.store(times, Ordering::Relaxed);
    }

    fn give_back_idle(&self) -> u64 {
        let mut state = self.lock();
        let idle = state.idle;
        let bytes: usize = state.spare.drain(..idle).map(|it| it.capacity() * size_of::<T>()).sum();
        state.idle = state.spare.len();
        bytes as u64
    }

    fn places(&self) -> usize {
        self.lock().line.window()
    }

    fn set_places(&self, places: usize) {
        self.lock().line.set_window(places.max(1));
    }
}

/// The way of one stage into an exchange.
pub(crate) struct Port<T> {
    exchange: Arc<Exchange<T>>,
    producer: usize,
}

impl<T: Send> Outflow<T> for Port<T> {
    fn open(&self) -> Option<Place> {
        let mut state = self.exchange.lock();
        let producers = &state.producers;
        let must_wait = producers.is_too_early(self.producer) || producers.is_ahead(self.producer);
        if must_wait { None } else { state.line.open() }
    }

    fn put(&self, place: Place, message: Message<T>) {
        let mut state = self.exchange.lock();
        if state.is_closed {
            state.abandoned += message.items();
            drop(state); // before the message: dropping items may run code of the user
            return;
        }
        match message {
            Message::Chunk(chunk) => {
                state.queue.put(chunk.bytes());
                state.line.put(place, Message::Chunk(chunk));
            }
            Message::Watermark(at) => {
                state.producers.raise(self.producer, at);
                if let Some(at) = state.producers.risen() {
                    state.line.put(place, Message::Watermark(at));
                }
            }
            Message::Barrier(epoch) => {
                state.producers.pass(self.producer, epoch);
                state.release();
            }
        }
    }

    fn close_place(&self, place: Place) {
        self.exchange.lock().line.close(place);
    }

    fn is_next(&self, place: Place) -> bool {
        self.exchange.lock().line.is_next(place)
    }

    fn is_crowded(&self, place: Place) -> bool {
        let state = self.exchange.lock();
        !state.is_closed && state.line.is_crowded(place)
    }

    fn is_vacant(&self) -> bool {
        self.exchange.is_vacant()
    }

    fn is_closed(&self) -> bool {
        self.exchange.is_closed()
    }

    fn end(&self) {
        let mut state = self.exchange.lock();
        state.producers.end(self.producer);
        if state.is_closed || state.producers.have_ended() {
            return;
        }
        // Whoever held the watermark back may have been this one.
        if let Some(place) = state.line.open() {
            if let Some(at) = state.producers.risen() {
                state.line.put(place, Message::Watermark(at));
            }
            state.line.close(place);
        }
        state.release();
    }

    fn is_too_early(&self) -> bool {
        self.exchange.lock().producers.is_too_early(self.producer)
    }

    fn pass_early(&self, epoch: Epoch) -> bool {
        let mut state = self.exchange.lock();
        let is_too_early = state.producers.is_too_early(self.producer);
        if is_too_early {
            // Should those before it end without a barrier, theirs is due before anything of this one.
            state.producers.pass(self.producer, epoch);
        }
        is_too_early
    }

    fn chunk_limits(&self, budget_bytes: usize) -> ChunkLimits {
        let mut limits = self.exchange.wished_limits();
        // A chunk is what the memory may be exceeded by: a small part of it.
        limits.bytes_max = limits.bytes_max.min(budget_bytes / BUDGET_CHUNKS + 1);
        self.exchange.halved(limits)
    }

    fn buffer(&self) -> Vec<T> {
        let mut state = self.exchange.lock();
        let buffer = state.spare.pop().unwrap_or_default();
        state.idle = state.idle.min(state.spare.len());
        buffer
    }

    fn targets(&self) -> Vec<ExchangeId> {
        vec![self.exchange.id()]
    }
}

/// Behind the last stage: nobody takes, and nothing is kept for anybody.
pub(crate) struct Nowhere;

impl<T> Outflow<T> for Nowhere {
    fn open(&self) -> Option<Place> {
        Some(Place::first())
    }

    fn put(&self, _: Place, _: Message<T>) {}

    fn close_place(&self, _: Place) {}

    fn is_next(&self, _: Place) -> bool {
        true
    }

    fn is_crowded(&self, _: Place) -> bool {
        false
    }

    fn is_vacant(&self) -> bool {
        true
    }

    fn is_closed(&self) -> bool {
        false
    }

    fn end(&self) {}

    fn chunk_limits(&self, _: usize) -> ChunkLimits {
        ChunkLimits { items_max: CHUNK_ITEMS, bytes_max: CHUNK_BYTES, linger: Duration::ZERO }
    }

    fn targets(&self) -> Vec<ExchangeId> {
        Vec::new()
    }
}

/// Places in a line for each lane: one at work, one ready, and some to spare for uneven chunks.
const PLACES_PER_LANE: usize = 4;

/// Chunks that fill the budget at least: more make small budgets exact and handing over dear.
pub(super) const BUDGET_CHUNKS: usize = 16;

/// Emptied buffers that are kept to be filled again: one that is being filled and one that is emptied.
pub(super) const SPARE_BUFFERS: usize = 2;

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
    use crate::budget::Budget;
    use crate::chunk::Chunk;

    #[test]
    fn the_end_is_not_seen_while_a_place_is_open() {
        let (exchange, budget) = (Exchange::<u64>::new(Order::Input, 1, 1, None), Budget::new(100));
        let port = exchange.port();
        let (first, second) = (port.open().expect("it is new"), port.open().expect("it has room"));
        let chunk = Chunk::new(vec![7], budget.reserve(8), Times::default());
        port.put(second, Message::Chunk(chunk));
        port.close_place(second);
        port.end();
        assert_eq!(exchange.look(), Sight::Nothing, "what is first is still being made");
        port.close_place(first);
        assert_eq!(exchange.look(), Sight::Chunk(Times::default()));
        drop(exchange.take());
        assert_eq!((exchange.look(), budget.reserved()), (Sight::End, 0));
    }

    #[test]
    fn only_buffers_nobody_needed_since_the_last_time_are_given_back() {
        let exchange = Exchange::<u64>::new(Order::Input, 1, 1, None);
        let port = exchange.port();
        exchange.give_back(Vec::with_capacity(4));
        exchange.give_back(Vec::with_capacity(8));
        assert_eq!(exchange.give_back_idle(), 0, "they have just come");
        let used = port.buffer();
        assert_eq!(used.capacity(), 8);
        exchange.give_back(used);
        assert_eq!(exchange.give_back_idle(), 4 * 8, "one was in use");
        assert_eq!(exchange.give_back_idle(), 8 * 8);
        assert_eq!((exchange.give_back_idle(), port.buffer().capacity()), (0, 0));
    }
}
