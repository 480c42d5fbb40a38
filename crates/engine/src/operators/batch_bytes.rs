//! Items made of items, by weight.
//!
//! The right step where what follows pays for bytes: uploads, blocks of a file, requests with a limit.

use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Gathers items into vectors until they weigh enough; the item that reaches the weight belongs to them.
/// Preserves order. Holds one batch, which counts towards the budget; on the end emits what is left.
pub struct BatchBytes<T> {
    bytes: usize,
    gathered: Vec<T>,
    gathered_bytes: usize,
    absorbed: u64,
    created: u64,
}

impl<T> BatchBytes<T> {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { bytes, gathered: Vec::new(), gathered_bytes: 0, absorbed: 0, created: 0 }
    }

    fn hand_on(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        self.gathered_bytes = 0;
        self.created += 1;
        out.emit(std::mem::take(&mut self.gathered))
    }
}

impl<T: Weigh + Send + 'static> Operator for BatchBytes<T> {
    type In = T;
    type Out = Vec<T>;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<Vec<T>>) -> Outcome {
        self.absorbed += 1;
        self.gathered_bytes += item.weight();
        self.gathered.push(item);
        if self.gathered_bytes >= self.bytes { self.hand_on(out) } else { Ok(()) }
    }

    fn on_end(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.gathered.is_empty() { Ok(()) } else { self.hand_on(out) }
    }

    fn fork(&self) -> Self {
        Self::new(self.bytes)
    }

    fn name(&self) -> &'static str {
        "batch_bytes"
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.gathered_bytes
    }
}
