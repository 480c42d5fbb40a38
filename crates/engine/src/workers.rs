//! How many threads may be at work at once, over all pipelines that share them.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::PoisonError;

use crate::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Threads that may be at work at once; cloning shares them.
///
/// Each pipeline has threads of its own, but a thread takes a turn for every step, about a chunk of work, and
/// there are no more turns at a time than workers. Who waited longest is next, so a pipeline of many lanes does
/// not keep one of few from its share. A thread that has nothing to do holds no turn; one that is held up
/// inside a user's function does.
///
/// A step may run another pipeline with workers to its end: the turn of the step serves it too, on one thread. If
/// it only waits for one that was started, it keeps a turn from it, and with one worker waits for ever.
///
/// # Examples
///
/// ```
/// use primestream_engine::{Order, Stream, Workers};
///
/// let two = Workers::new(2);
/// let squares = |from: u64| {
///     let numbers = Stream::iter(from..from + 1000).parallel(2, Order::Input);
///     numbers.map(|n| n * n).drain_with(|_| ()).workers(&two).start()
/// };
/// let (a, b) = (squares(0), squares(1000)); // four threads, of which two work at a time
/// assert_eq!(a.join()?.items_out() + b.join()?.items_out(), 2000);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
#[derive(Clone)]
pub struct Workers(Arc<Shared>);

struct Shared {
    count: usize,
    turns: Mutex<Turns>,
    given: Condvar,
}

struct Turns {
    free: usize,
    /// The number of the next who waits.
    next: u64,
    /// Those with a lower number need not wait any more.
    called: u64,
}

impl Workers {
    /// Makes as many as that, at least 1.
    pub fn new(count: usize) -> Self {
        let count = NonZeroUsize::new(count).map_or(1, NonZeroUsize::get);
        let turns = Mutex::new(Turns { free: count, next: 0, called: 0 });
        Self(Arc::new(Shared { count, turns, given: Condvar::new() }))
    }

    /// Returns how many may be at work at once.
    pub fn count(&self) -> usize {
        self.0.count
    }

    /// Waits for a turn, behind all who wait already; it ends when what is returned is dropped.
    pub(crate) fn turn(&self) -> Turn<'_> {
        let mut turns = self.0.lock();
        if turns.free > 0 {
            turns.free -= 1;
        } else {
            let number = turns.next;
            turns.next += 1;
            while turns.called <= number {
                turns = self.0.given.wait(turns).unwrap_or_else(PoisonError::into_inner);
            }
        }
        Turn(&self.0)
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("count", &self.0.count).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to work, until it is dropped.
pub(crate) struct Turn<'a>(&'a Shared);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.0.lock();
        if turns.called < turns.next {
            turns.called += 1;
            self.0.given.notify_all();
        } else {
            turns.free += 1;
        }
    }
}
