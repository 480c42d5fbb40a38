//! A hand-written ring of chunks between two threads, the peer of a stage boundary.
//!
//! One lock for each chunk and not for each item; empty buffers travel back to the producer, so that
//! after the first few chunks nothing is allocated. A thread is woken only if it said that it waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

/// A bounded queue of chunks and the way back for their buffers.
pub(crate) struct Ring<T> {
    state: Mutex<State<T>>,
    has_room: Condvar,
    has_chunk: Condvar,
    chunks_max: usize,
}

struct State<T> {
    chunks: VecDeque<Vec<T>>,
    spare: Vec<Vec<T>>,
    is_closed: bool,
    producer_waits: bool,
    consumer_waits: bool,
}

impl<T> Ring<T> {
    /// Makes a ring that holds that many chunks.
    pub(crate) fn new(chunks_max: usize) -> Self {
        let state = State {
            chunks: VecDeque::with_capacity(chunks_max),
            spare: Vec::with_capacity(chunks_max + 2),
            is_closed: false,
            producer_waits: false,
            consumer_waits: false,
        };
        Self { state: Mutex::new(state), has_room: Condvar::new(), has_chunk: Condvar::new(), chunks_max }
    }

    /// Takes a full chunk, waiting for room, and gives an empty buffer for the next.
    pub(crate) fn push(&self, chunk: Vec<T>) -> Vec<T> {
        let mut state = self.lock();
        while state.chunks.len() == self.chunks_max {
            state.producer_waits = true;
            state = self.has_room.wait(state).expect("no thread panics");
        }
        state.chunks.push_back(chunk);
        if std::mem::take(&mut state.consumer_waits) {
            self.has_chunk.notify_one();
        }
        state.spare.pop().unwrap_or_default()
    }

    /// Gives the next chunk, waiting for it, or `None` behind the last one.
    pub(crate) fn pop(&self) -> Option<Vec<T>> {
        let mut state = self.lock();
        loop {
            if let Some(chunk) = state.chunks.pop_front() {
                // Waking a producer for each place would switch threads for each chunk.
                if state.producer_waits && state.chunks.len() <= self.chunks_max / 2 {
                    state.producer_waits = false;
                    self.has_room.notify_one();
                }
                return Some(chunk);
            }
            if state.is_closed {
                return None;
            }
            state.consumer_waits = true;
            state = self.has_chunk.wait(state).expect("no thread panics");
        }
    }

    /// Takes back a buffer.
    pub(crate) fn recycle(&self, mut buffer: Vec<T>) {
        buffer.clear();
        self.lock().spare.push(buffer);
    }

    /// Says that nothing will be pushed any more.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.has_chunk.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("no thread panics")
    }
}
