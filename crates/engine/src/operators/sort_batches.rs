//! Items in order within batches of a fixed length.
//!
//! The right step before something that merges sorted runs, or for input that is out of order by less
//! than a batch. It is no sort of the stream: that would hold all of it.

use crate::checkpoint::{Keep, Memory, Restorer, Saver, memory_of, save_kept, take_kept};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Sorts each batch of `count` consecutive items, the last may be shorter, and passes its items on.
/// Equal items keep their order. Holds one batch, which counts towards the budget; on the end emits what
/// is left. An order that panics loses its batch, which counts as one item that failed.
pub struct SortBatches<T, F> {
    /// How what it remembers is written, if it is to be kept.
    pub(crate) keep: Option<Keep<Vec<T>>>,
    count: usize,
    sort: F,
    gathered: Vec<T>,
    gathered_bytes: usize,
    /// A sorted batch on its way; what is left of it if the way was interrupted.
    sorted: std::vec::IntoIter<T>,
    absorbed: u64,
    created: u64,
}

impl<T, F> SortBatches<T, F> {
    pub(crate) fn new(count: usize, sort: F) -> Self {
        assert!(count > 0, "a batch holds at least one item");
        Self {
            keep: None,
            count,
            sort,
            gathered: Vec::new(),
            gathered_bytes: 0,
            sorted: Vec::new().into_iter(),
            absorbed: 0,
            created: 0,
        }
    }

    fn hand_on(&mut self, out: &mut impl Emit<T>) -> Outcome {
        for item in self.sorted.by_ref() {
            self.created += 1;
            out.emit(item)?;
        }
        Ok(())
    }
}

impl<T, F: FnMut(&mut [T])> SortBatches<T, F> {
    fn sort(&mut self) {
        self.gathered_bytes = 0;
        let mut batch = std::mem::take(&mut self.gathered);
        // Counted for the time of the sort: should it panic, it is this batch that was lost.
        self.created += 1;
        (self.sort)(&mut batch);
        self.created -= 1;
        self.sorted = batch.into_iter();
    }
}

impl<T: Weigh + Send + 'static, F> Operator for SortBatches<T, F>
where
    F: FnMut(&mut [T]) + Send + 'static,
{
    type In = T;
    type Out = T;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        self.absorbed += 1;
        self.gathered_bytes += item.weight();
        self.gathered.push(item);
        if !self.sorted.as_slice().is_empty() {
            self.hand_on(out)?;
        }
        if self.gathered.len() < self.count {
            return Ok(());
        }
        self.sort();
        self.hand_on(out)
    }

    fn on_end(&mut self, out: &mut impl Emit<T>) -> Outcome {
        self.hand_on(out)?;
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.sort();
        self.hand_on(out)
    }

    fn on_barrier(&mut self, out: &mut impl Emit<T>) -> Outcome {
        self.hand_on(out) // what a failure behind this step left
    }

    fn memory(&self) -> Memory {
        memory_of(self.keep)
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        save_kept(self.keep, to, "sort_batches", &self.gathered)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        if let Some(gathered) = take_kept(self.keep, from, "sort_batches")? {
            self.gathered_bytes = gathered.iter().map(Weigh::weight).sum();
            self.gathered = gathered;
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        "sort_batches"
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.gathered_bytes + self.sorted.as_slice().iter().map(Weigh::weight).sum::<usize>()
    }
}
