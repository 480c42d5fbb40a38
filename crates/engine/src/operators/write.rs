//! Items handed to a sink, a run at a time.

use super::Never;
use crate::chunker::{CHUNK_BYTES, CHUNK_ITEMS};
use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::sink::Sink;
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Hands the items that came together to a [`Sink`], and finishes it at the end. Holds at most one
/// chunk between items, which counts towards the budget.
pub struct Write<T, S> {
    sink: S,
    fresh: Vec<T>,
    fresh_bytes: usize,
    passed: u64,
    failed: u64,
}

impl<T, S: Sink<T>> Write<T, S> {
    pub(crate) fn new(sink: S) -> Self {
        Self { sink, fresh: Vec::new(), fresh_bytes: 0, passed: 0, failed: 0 }
    }

    /// Writes what was gathered. `in_hand` items of it are counted by the runtime should this fail.
    fn deliver(&mut self, in_hand: u64) -> Outcome {
        let count = self.fresh.len() as u64;
        if count == 0 {
            return Ok(());
        }
        // Counted as failed until they are known to have arrived: the sink may panic.
        self.failed = count - in_hand;
        self.fresh_bytes = 0;
        self.sink.write(&mut self.fresh)?;
        self.fresh.clear();
        self.failed = 0;
        self.passed += count;
        Ok(())
    }
}

impl<T: Send + Weigh + 'static, S: Sink<T> + 'static> Operator for Write<T, S> {
    type In = T;
    type Out = Never;

    #[inline]
    fn on_item(&mut self, item: T, _: &mut impl Emit<Never>) -> Outcome {
        self.fresh_bytes += item.weight();
        self.fresh.push(item);
        let is_full = self.fresh_bytes >= CHUNK_BYTES || self.fresh.len() >= CHUNK_ITEMS;
        if is_full { self.deliver(1) } else { Ok(()) }
    }

    fn on_flush(&mut self, _: &mut impl Emit<Never>) -> Outcome {
        self.deliver(0)
    }

    fn on_end(&mut self, _: &mut impl Emit<Never>) -> Outcome {
        self.deliver(0)?;
        Ok(self.sink.finish()?)
    }

    fn fork(&self) -> Self {
        unreachable!("an end has one lane")
    }

    fn name(&self) -> &'static str {
        "sink"
    }

    fn tally(&self) -> Tally {
        // What is still gathered when the pipeline stops early never arrived.
        let waiting = if self.failed == 0 { self.fresh.len() as u64 } else { 0 };
        Tally { passed: self.passed, failed: self.failed + waiting, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.fresh_bytes
    }
}
