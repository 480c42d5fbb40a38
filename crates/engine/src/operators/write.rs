//! Items handed to a sink, a run at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Never;
use crate::checkpoint::{Memory, Prepared, Restorer, Saver};
use crate::chunker::{CHUNK_BYTES, CHUNK_ITEMS};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::sink::Sink;
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Hands the items that came together to a [`Sink`], and finishes it at the end. Holds at most one
/// chunk between items, which counts towards the budget.
pub struct Write<T, S> {
    /// Whoever stores checkpoints commits there.
    sink: Arc<Mutex<S>>,
    fresh: Vec<T>,
    fresh_bytes: usize,
    passed: u64,
    failed: u64,
    /// Checkpoints are kept, so that a transactional sink is ended by the last of them.
    is_kept: bool,
}

impl<T, S: Sink<T>> Write<T, S> {
    pub(crate) fn new(sink: S) -> Self {
        Self {
            sink: Arc::new(Mutex::new(sink)),
            fresh: Vec::new(),
            fresh_bytes: 0,
            passed: 0,
            failed: 0,
            is_kept: false,
        }
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
        lock(&self.sink).write(&mut self.fresh)?;
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
        let mut sink = lock(&self.sink);
        if self.is_kept && sink.transactional().is_some() {
            return Ok(()); // the last epoch ends it
        }
        Ok(sink.finish()?)
    }

    fn on_barrier(&mut self, _: &mut impl Emit<Never>) -> Outcome {
        self.deliver(0)?;
        let mut sink = lock(&self.sink);
        if sink.transactional().is_some() {
            return Ok(()); // it is prepared when this is saved
        }
        Ok(sink.flush()?)
    }

    fn memory(&self) -> Memory {
        Memory::None // what it wrote is the sink's to remember
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        let (mut state, epoch, is_last) = (Vec::new(), to.epoch(), to.is_last());
        let mut sink = lock(&self.sink);
        let Some(transaction) = sink.transactional() else { return Ok(()) };
        let sync = transaction.prepare(epoch, &mut state)?;
        let sink = Arc::clone(&self.sink);
        let commit = move || {
            let mut sink = lock(&sink);
            sink.transactional().map_or(Ok(()), |transaction| transaction.commit(epoch))?;
            if is_last { sink.finish() } else { Ok(()) }
        };
        to.prepared(Prepared::new(sync, commit));
        to.put_bytes("sink", state);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.is_kept = from.is_kept();
        let mut sink = lock(&self.sink);
        let (Some(transaction), Some(epoch)) = (sink.transactional(), from.epoch()) else { return Ok(()) };
        let Some(state) = from.take_bytes("sink")? else { return Ok(()) };
        transaction.restore(epoch, state).map_err(CheckpointError::new)?;
        // The checkpoint is stored; whether what it holds was shown is not known.
        transaction.commit(epoch).map_err(CheckpointError::new)?;
        if from.has_ended() {
            sink.finish().map_err(CheckpointError::new)?;
        }
        Ok(())
    }

    fn commits(&mut self) -> Option<bool> {
        Some(lock(&self.sink).transactional().is_some())
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

/// Locks a sink. One that panicked is not written to again, since the pipeline stops.
fn lock<S>(sink: &Mutex<S>) -> MutexGuard<'_, S> {
    sink.lock().unwrap_or_else(PoisonError::into_inner)
}
