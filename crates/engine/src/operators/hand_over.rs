//! Items for somebody outside, who takes them when it likes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::Never;
use crate::chunker::CHUNK_BYTES;
use crate::error::{Interrupt, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Hands items over to somebody outside, a run at a time. Busy while a chunk's worth waits there.
pub struct HandOver<T> {
    counter: Arc<Counter<T>>,
    fresh: Vec<T>,
    fresh_bytes: usize,
    passed: u64,
}

/// Where items wait to be taken.
pub struct Counter<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    /// Bytes that wait.
    bytes: AtomicUsize,
}

struct State<T> {
    items: VecDeque<T>,
    has_ended: bool,
    /// Whoever takes has gone.
    is_abandoned: bool,
    waker: Option<Waker>,
}

impl<T> Default for Counter<T> {
    fn default() -> Self {
        let state = State { items: VecDeque::new(), has_ended: false, is_abandoned: false, waker: None };
        Self { state: Mutex::new(state), arrived: Condvar::new(), bytes: AtomicUsize::new(0) }
    }
}

impl<T> Counter<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that nothing more will come.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.has_ended = true;
        self.arrived.notify_all();
        state.waker.take().into_iter().for_each(Waker::wake);
    }

    /// Says that nothing more will be taken.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        state.is_abandoned = true;
        let items = std::mem::take(&mut state.items);
        self.bytes.store(0, Ordering::Release);
        drop(state); // before the items: dropping them may run code of the user
        drop(items);
    }

    /// Waits for the items that came together; none at the end.
    pub(crate) fn take_waiting(&self) -> VecDeque<T> {
        let state = self.lock();
        let is_waiting = |state: &mut State<T>| state.items.is_empty() && !state.has_ended;
        let mut state = self.arrived.wait_while(state, is_waiting).unwrap_or_else(PoisonError::into_inner);
        self.bytes.store(0, Ordering::Release);
        std::mem::take(&mut state.items)
    }

    /// Takes the items that came together, none at the end, or sees to it that `context` is woken.
    #[cfg(feature = "async")]
    pub(crate) fn poll_take(&self, context: &std::task::Context<'_>) -> std::task::Poll<VecDeque<T>> {
        let mut state = self.lock();
        if state.items.is_empty() && !state.has_ended {
            state.waker = Some(context.waker().clone());
            return std::task::Poll::Pending;
        }
        self.bytes.store(0, Ordering::Release);
        std::task::Poll::Ready(std::mem::take(&mut state.items))
    }
}

impl<T> HandOver<T> {
    pub(crate) fn new(counter: Arc<Counter<T>>) -> Self {
        Self { counter, fresh: Vec::new(), fresh_bytes: 0, passed: 0 }
    }

    fn deliver(&mut self) -> Outcome {
        let mut state = self.counter.lock();
        if state.is_abandoned {
            return Err(Interrupt::Done);
        }
        state.items.extend(self.fresh.drain(..));
        self.counter.bytes.fetch_add(std::mem::take(&mut self.fresh_bytes), Ordering::AcqRel);
        self.counter.arrived.notify_all();
        state.waker.take().into_iter().for_each(Waker::wake);
        Ok(())
    }
}

impl<T: Weigh + Send + 'static> Operator for HandOver<T> {
    type In = T;
    type Out = Never;

    fn on_item(&mut self, item: T, _: &mut impl Emit<Never>) -> Outcome {
        self.fresh_bytes += item.weight();
        self.fresh.push(item);
        self.passed += 1; // delivered at the latest when this is dropped
        if self.fresh_bytes >= CHUNK_BYTES { self.deliver() } else { Ok(()) }
    }

    fn on_flush(&mut self, _: &mut impl Emit<Never>) -> Outcome {
        self.deliver()
    }

    fn on_end(&mut self, _: &mut impl Emit<Never>) -> Outcome {
        self.deliver()
    }

    fn is_busy(&self) -> bool {
        self.counter.bytes.load(Ordering::Acquire) >= CHUNK_BYTES
    }

    fn due(&self) -> Option<Duration> {
        // Whoever takes the items announces it.
        self.is_busy().then_some(Duration::MAX)
    }

    fn fork(&self) -> Self {
        unreachable!("an end has one lane")
    }

    fn name(&self) -> &'static str {
        "hand_over"
    }

    fn tally(&self) -> Tally {
        Tally { passed: self.passed, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.fresh_bytes + self.counter.bytes.load(Ordering::Acquire)
    }
}

impl<T> Drop for HandOver<T> {
    fn drop(&mut self) {
        // What came before a failure arrives before the failure does; an error here is that nobody takes.
        let _ = self.deliver();
        self.counter.end();
    }
}
