//! Items made of items.

use super::at_end;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Gathers items into vectors of a fixed length; the last may be shorter. Preserves order. Holds one
/// batch, which counts towards the budget; on the end emits what is left.
pub struct Batch<T> {
    count: usize,
    gathered: Vec<T>,
    gathered_bytes: usize,
    absorbed: u64,
    created: u64,
}

impl<T> Batch<T> {
    pub(crate) fn new(count: usize) -> Self {
        assert!(count > 0, "a batch holds at least one item");
        Self { count, gathered: Vec::new(), gathered_bytes: 0, absorbed: 0, created: 0 }
    }

    fn hand_on(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
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
        self.absorbed += 1;
        self.gathered_bytes += item.weight();
        self.gathered.push(item);
        if self.gathered.len() == self.count { self.hand_on(out) } else { Ok(()) }
    }

    fn on_end(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.gathered.is_empty() { Ok(()) } else { at_end(self.hand_on(out)) }
    }

    fn fork(&self) -> Self {
        Self::new(self.count)
    }

    fn name(&self) -> &'static str {
        "batch"
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.gathered_bytes
    }
}
