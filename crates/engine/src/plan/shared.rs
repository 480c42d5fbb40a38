//! One way on for several groups of a stage: it ends when all have, with the watermark of all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::exchange::ExchangeId;
use super::lineup::Place;
use super::outflow::Outflow;
use super::producers::Producers;
use crate::chunker::ChunkLimits;
use crate::message::Message;

/// The part of one group in a way on that it shares.
pub(crate) struct Shared<T> {
    whole: Arc<Whole<T>>,
    producer: usize,
}

struct Whole<T> {
    inner: Box<dyn Outflow<T>>,
    producers: Mutex<Producers>,
}

impl<T> Shared<T> {
    /// Parts a way on among `count`.
    pub(crate) fn among(count: usize, inner: Box<dyn Outflow<T>>) -> Vec<Self> {
        let mut producers = Producers::default();
        let numbers: Vec<usize> = (0..count).map(|_| producers.add()).collect();
        let whole = Arc::new(Whole { inner, producers: Mutex::new(producers) });
        numbers.into_iter().map(|producer| Self { whole: Arc::clone(&whole), producer }).collect()
    }
}

impl<T> Shared<T> {
    fn producers(&self) -> MutexGuard<'_, Producers> {
        self.whole.producers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send> Outflow<T> for Shared<T> {
    fn open(&self) -> Option<Place> {
        if self.producers().is_ahead(self.producer) { None } else { self.whole.inner.open() }
    }

    fn put(&self, place: Place, message: Message<T>) {
        let mut producers = match message {
            Message::Chunk(_) => return self.whole.inner.put(place, message),
            Message::Watermark(_) | Message::Barrier(_) => self.producers(),
        };
        let risen = match message {
            Message::Watermark(at) => {
                producers.raise(self.producer, at);
                producers.risen().map(Message::Watermark)
            }
            Message::Barrier(epoch) => {
                producers.pass(self.producer, epoch);
                producers.passed().map(Message::Barrier)
            }
            Message::Chunk(_) => None,
        };
        if let Some(fence) = risen {
            self.whole.inner.put(place, fence);
        }
    }

    fn is_too_early(&self) -> bool {
        self.whole.inner.is_too_early()
    }

    fn close_place(&self, place: Place) {
        self.whole.inner.close_place(place);
    }

    fn is_next(&self, place: Place) -> bool {
        self.whole.inner.is_next(place)
    }

    fn is_crowded(&self, place: Place) -> bool {
        self.whole.inner.is_crowded(place)
    }

    fn is_vacant(&self) -> bool {
        self.whole.inner.is_vacant()
    }

    fn is_closed(&self) -> bool {
        self.whole.inner.is_closed()
    }

    fn end(&self) {
        let mut producers = self.producers();
        producers.end(self.producer);
        if producers.have_ended() {
            self.whole.inner.end();
        } else if let Some(epoch) = producers.passed() {
            // It was the last that others waited for; a barrier needs no place of its own.
            self.whole.inner.put(Place::first(), Message::Barrier(epoch));
        }
    }

    fn chunk_limits(&self, budget_bytes: usize) -> ChunkLimits {
        self.whole.inner.chunk_limits(budget_bytes)
    }

    fn buffer(&self) -> Vec<T> {
        self.whole.inner.buffer()
    }

    fn targets(&self) -> Vec<ExchangeId> {
        self.whole.inner.targets()
    }

    fn copies(&self) -> u64 {
        self.whole.inner.copies()
    }
}
