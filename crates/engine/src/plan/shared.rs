//! One way on for several groups of a stage: it ends when all have, with the watermark of all.

use std::sync::{Arc, Mutex, PoisonError};

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

impl<T: Send> Outflow<T> for Shared<T> {
    fn open(&self) -> Option<Place> {
        self.whole.inner.open()
    }

    fn put(&self, place: Place, message: Message<T>) {
        let Message::Watermark(at) = message else { return self.whole.inner.put(place, message) };
        let mut producers = self.whole.producers.lock().unwrap_or_else(PoisonError::into_inner);
        producers.raise(self.producer, at);
        if let Some(at) = producers.risen() {
            self.whole.inner.put(place, Message::Watermark(at));
        }
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
        let mut producers = self.whole.producers.lock().unwrap_or_else(PoisonError::into_inner);
        producers.end(self.producer);
        if producers.have_ended() {
            self.whole.inner.end();
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
