//! Items made of runs of items with one key.
//!
//! The right step where the input is sorted by what belongs together. A run is held whole: one larger
//! than the memory limit is an error, not a deadlock.

use std::marker::PhantomData;

use crate::checkpoint::{Keep, Memory, Restorer, Saver, memory_of};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// How the key and the items of a run are written.
type KeepRun<K, T> = (Keep<Option<K>>, Keep<Vec<T>>);

/// Gathers consecutive items with equal keys into vectors. Preserves order. Holds one run and its key,
/// which count towards the budget; on the end emits what is left.
pub struct BatchBy<T, K, F> {
    /// How what it remembers is written, if it is to be kept.
    pub(crate) keep: Option<KeepRun<K, T>>,
    key: F,
    /// The key of what is gathered.
    current: Option<K>,
    gathered: Vec<T>,
    gathered_bytes: usize,
    absorbed: u64,
    created: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, K, F> BatchBy<T, K, F> {
    pub(crate) fn new(key: F) -> Self {
        Self {
            keep: None,
            key,
            current: None,
            gathered: Vec::new(),
            gathered_bytes: 0,
            absorbed: 0,
            created: 0,
            takes: PhantomData,
        }
    }
}

impl<T, K, F> Operator for BatchBy<T, K, F>
where
    T: Weigh + Send + 'static,
    K: PartialEq + Weigh + Send + 'static,
    F: FnMut(&T) -> K + Send + 'static,
{
    type In = T;
    type Out = Vec<T>;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<Vec<T>>) -> Outcome {
        let key = (self.key)(&item);
        let is_new = self.current.as_ref() != Some(&key);
        let before = if is_new { std::mem::take(&mut self.gathered) } else { Vec::new() };
        if is_new {
            self.current = Some(key);
            self.gathered_bytes = 0;
        }
        // The item is safe in its run before the one before it is handed on, which may fail.
        self.absorbed += 1;
        self.gathered_bytes += item.weight();
        self.gathered.push(item);
        if before.is_empty() {
            return Ok(());
        }
        self.created += 1;
        out.emit(before)
    }

    fn on_end(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        self.current = None;
        self.gathered_bytes = 0;
        let last = std::mem::take(&mut self.gathered);
        if last.is_empty() {
            return Ok(());
        }
        self.created += 1;
        out.emit(last)
    }

    fn memory(&self) -> Memory {
        memory_of(self.keep.map(|(key, _)| key))
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        let Some((keep_key, keep_items)) = self.keep else { return Ok(()) };
        keep_key.save(to, "batch_by", &self.current)?;
        Ok(keep_items.save(to, "batch_by", &self.gathered)?)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let Some((keep_key, keep_items)) = self.keep else { return Ok(()) };
        if let Some(current) = keep_key.take(from, "batch_by")? {
            self.current = current;
            self.gathered = keep_items.take(from, "batch_by")?.unwrap_or_default();
            self.gathered_bytes = self.gathered.iter().map(Weigh::weight).sum();
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        "batch_by"
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.gathered_bytes + self.current.as_ref().map_or(0, Weigh::weight)
    }
}
