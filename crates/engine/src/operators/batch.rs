//! Items made of items: by count, by weight, or after a time.

use std::time::Duration;

use crate::checkpoint::{Keep, Memory, Restorer, Saver, memory_of, save_kept, take_kept};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Gathers items into vectors, handed on when there are enough, when they weigh enough (the item that
/// reaches the weight belongs to them), or when the oldest has waited for a time. Preserves order. Holds
/// one batch, which counts towards the budget; on the end emits what is left.
pub struct Batch<T> {
    /// How what it remembers is written, if it is to be kept.
    pub(crate) keep: Option<Keep<Vec<T>>>,
    name: &'static str,
    full: Full,
    gathered: Vec<T>,
    gathered_bytes: usize,
    due: Duration,
    absorbed: u64,
    created: u64,
}

/// When a batch is handed on.
#[derive(Clone, Copy)]
struct Full {
    count: usize,
    bytes: usize,
    time: Option<Duration>,
}

/// A batch that nothing fills.
const NEVER: Full = Full { count: usize::MAX, bytes: usize::MAX, time: None };

impl<T> Batch<T> {
    fn with(name: &'static str, full: Full) -> Self {
        assert!(full.count > 0, "a batch holds at least one item");
        let due = Duration::ZERO;
        Self { keep: None, name, full, gathered: Vec::new(), gathered_bytes: 0, due, absorbed: 0, created: 0 }
    }

    /// Makes batches of so many items.
    pub(crate) fn of(count: usize) -> Self {
        Self::with("batch", Full { count, ..NEVER })
    }

    /// Makes batches of so many bytes.
    pub(crate) fn of_bytes(bytes: usize) -> Self {
        Self::with("batch_bytes", Full { bytes, ..NEVER })
    }

    /// Makes batches of at most so many items, none of which waits longer than a time.
    pub(crate) fn within(count: usize, time: Duration) -> Self {
        Self::with("batch_within", Full { count, time: Some(time), ..NEVER })
    }

    fn hand_on(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.gathered_bytes = 0;
        self.created += 1;
        out.emit(std::mem::take(&mut self.gathered))
    }
}

impl<T: Weigh + Send + 'static> Operator for Batch<T> {
    type In = T;
    type Out = Vec<T>;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.gathered.is_empty()
            && let Some(time) = self.full.time
        {
            self.due = out.now().saturating_add(time);
        }
        self.absorbed += 1;
        self.gathered_bytes += item.weight();
        self.gathered.push(item);
        let is_full = self.gathered.len() == self.full.count || self.gathered_bytes >= self.full.bytes;
        if is_full { self.hand_on(out) } else { Ok(()) }
    }

    #[inline]
    fn due(&self) -> Option<Duration> {
        (self.full.time.is_some() && !self.gathered.is_empty()).then_some(self.due)
    }

    fn on_time(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.due().is_some_and(|due| due <= out.now()) { self.hand_on(out) } else { Ok(()) }
    }

    fn on_end(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        self.hand_on(out)
    }

    fn memory(&self) -> Memory {
        memory_of(self.keep)
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        save_kept(self.keep, to, self.name, &self.gathered)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        if let Some(gathered) = take_kept(self.keep, from, self.name)? {
            self.gathered_bytes = gathered.iter().map(Weigh::weight).sum();
            self.gathered = gathered;
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::with(self.name, self.full)
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.gathered_bytes
    }
}
