//! Items pushed from outside, no faster than they are taken.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crate::error::Interrupt;
use crate::source::{Intake, Source, Supply};
use crate::weigh::Weigh;

/// Where items wait between those who push and the pipeline.
struct Shared<T> {
    state: Mutex<State<T>>,
    has_room: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    bytes: usize,
    bytes_max: usize,
    pushers: usize,
    /// The pipeline takes no more.
    is_closed: bool,
    /// Whom to wake when there is something.
    taker: Option<Waker>,
    /// Whom to wake when there is room.
    waiting: Vec<Waker>,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    /// Returns whether an item may be added. One alone always may, however heavy.
    fn has_room(&self) -> bool {
        self.bytes < self.bytes_max || self.items.is_empty()
    }

    fn wake_taker(&mut self) {
        self.taker.take().into_iter().for_each(Waker::wake);
    }
}

/// Makes a channel into a pipeline that holds about `bytes_max` bytes of items.
pub(crate) fn channel<T: Weigh>(bytes_max: usize) -> (Pusher<T>, Channel<T>) {
    let state = State {
        items: VecDeque::new(),
        bytes: 0,
        bytes_max,
        pushers: 1,
        is_closed: false,
        taker: None,
        waiting: Vec::new(),
    };
    let shared = Arc::new(Shared { state: Mutex::new(state), has_room: Condvar::new() });
    (Pusher { shared: Arc::clone(&shared) }, Channel { shared })
}

/// Pushes items into a pipeline, from any thread; cloning gives another. When all are dropped the stream
/// ends.
pub struct Pusher<T> {
    shared: Arc<Shared<T>>,
}

impl<T: Weigh> Pusher<T> {
    /// Pushes an item, and waits while the channel is full.
    ///
    /// # Errors
    ///
    /// If the pipeline takes no more; with the item.
    pub fn push(&self, item: T) -> Result<(), PushError<T>> {
        let is_full = |state: &mut State<T>| !state.has_room() && !state.is_closed;
        let state = self.shared.has_room.wait_while(self.shared.lock(), is_full);
        Self::add(&mut state.unwrap_or_else(PoisonError::into_inner), item)
    }

    /// Pushes an item if there is room.
    ///
    /// # Errors
    ///
    /// If the channel is full, or the pipeline takes no more; with the item.
    pub fn try_push(&self, item: T) -> Result<(), PushError<T>> {
        let mut state = self.shared.lock();
        if !state.has_room() && !state.is_closed {
            return Err(PushError::Full(item));
        }
        Self::add(&mut state, item)
    }

    /// Pushes an item when there is room, without occupying a thread until then.
    ///
    /// # Errors
    ///
    /// If the pipeline takes no more; with the item.
    ///
    /// # Panics
    ///
    /// If the future is polled again after it was ready.
    pub async fn push_async(&self, item: T) -> Result<(), PushError<T>> {
        let mut item = Some(item);
        poll_fn(|context| {
            let mut state = self.shared.lock();
            if !state.has_room() && !state.is_closed {
                state.waiting.push(context.waker().clone());
                return Poll::Pending;
            }
            // Taken once: a future is not polled after it was ready.
            Poll::Ready(item.take().map_or(Ok(()), |item| Self::add(&mut state, item)))
        })
        .await
    }

    fn add(state: &mut State<T>, item: T) -> Result<(), PushError<T>> {
        if state.is_closed {
            return Err(PushError::Closed(item));
        }
        state.bytes += item.weight();
        state.items.push_back(item);
        state.wake_taker();
        Ok(())
    }
}

impl<T> Clone for Pusher<T> {
    fn clone(&self) -> Self {
        self.shared.lock().pushers += 1;
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for Pusher<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.pushers -= 1;
        if state.pushers == 0 {
            state.wake_taker();
        }
    }
}

/// An item could not be pushed, and comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PushError<T> {
    /// There is no room at the moment.
    Full(T),
    /// The pipeline takes no more.
    Closed(T),
}

impl<T> PushError<T> {
    /// Returns the item.
    pub fn into_item(self) -> T {
        match self {
            PushError::Full(item) | PushError::Closed(item) => item,
        }
    }
}

impl<T> fmt::Debug for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PushError::Full(_) => "Full",
            PushError::Closed(_) => "Closed",
        })
    }
}

impl<T> fmt::Display for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PushError::Full(_) => "the channel is full",
            PushError::Closed(_) => "the pipeline takes no more items",
        })
    }
}

impl<T> std::error::Error for PushError<T> {}

/// The items that are pushed, in the order in which they are.
pub struct Channel<T> {
    shared: Arc<Shared<T>>,
}

impl<T: Weigh + Send + 'static> Source for Channel<T> {
    type Item = T;

    fn pull(&mut self, out: &mut impl Intake<T>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            let mut state = self.shared.lock();
            let Some(item) = state.items.pop_front() else {
                if state.pushers == 0 {
                    return Ok(Supply::End);
                }
                state.taker = Some(out.waker().clone());
                return Ok(Supply::Pending);
            };
            let had_room = state.has_room();
            state.bytes = state.bytes.saturating_sub(item.weight());
            let waiting = if state.has_room() { std::mem::take(&mut state.waiting) } else { Vec::new() };
            if state.has_room() && !had_room {
                self.shared.has_room.notify_all();
            }
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
            out.emit(item)?;
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "channel"
    }
}

impl<T> Drop for Channel<T> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        let (items, waiting) = (std::mem::take(&mut state.items), std::mem::take(&mut state.waiting));
        self.shared.has_room.notify_all();
        drop(state); // before the items: dropping them may run code of the user
        drop(items);
        waiting.into_iter().for_each(Waker::wake);
    }
}
