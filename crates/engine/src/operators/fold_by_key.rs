//! One value for each key.

use std::collections::hash_map::Entry as Slot;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Outcome};
use crate::keyed::{Entry, Hashed, KeepTable, Table, table_bytes};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Combines the items of each key into a value, and emits all keys with their values on the end, in no
/// order. Holds one value for each key, which counts towards the budget.
pub struct FoldByKey<K, A, T, F> {
    initial: Arc<dyn Fn() -> A + Send + Sync>,
    /// How the values are written, if they are to be kept.
    pub(crate) keep: Option<KeepTable<K, A>>,
    combine: Arc<F>,
    values: Table<K, A>,
    heap_bytes: usize,
    name: &'static str,
    absorbed: u64,
    created: u64,
    takes: PhantomData<fn(T)>,
}

impl<K, A, T, F> FoldByKey<K, A, T, F> {
    fn with(initial: Arc<dyn Fn() -> A + Send + Sync>, combine: Arc<F>, name: &'static str) -> Self {
        Self {
            keep: None,
            initial,
            combine,
            values: Table::default(),
            heap_bytes: 0,
            name,
            absorbed: 0,
            created: 0,
            takes: PhantomData,
        }
    }

    pub(crate) fn new(
        name: &'static str,
        initial: impl Fn() -> A + Send + Sync + 'static,
        combine: F,
    ) -> Self {
        Self::with(Arc::new(initial), Arc::new(combine), name)
    }

    /// Lets checkpoints hold the values.
    #[cfg(feature = "stateful")]
    pub(crate) fn kept(self, keep: KeepTable<K, A>) -> Self {
        Self { keep: Some(keep), ..self }
    }
}

impl<K, A, T, F> Operator for FoldByKey<K, A, T, F>
where
    K: Eq + Weigh + Send + 'static,
    A: Weigh + Send + 'static,
    T: Send + 'static,
    F: Fn(&mut A, T) + Send + Sync + 'static,
{
    type In = Entry<K, T>;
    type Out = (K, A);

    #[inline]
    fn on_item(&mut self, entry: Entry<K, T>, _: &mut impl Emit<(K, A)>) -> Outcome {
        let Entry { key, item } = entry;
        let value = match self.values.entry(key) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => {
                let value = (self.initial)();
                self.heap_bytes += slot.key().key().heap_bytes() + value.heap_bytes();
                slot.insert(value)
            }
        };
        let before = value.heap_bytes();
        (self.combine)(value, item);
        self.heap_bytes = (self.heap_bytes + value.heap_bytes()).saturating_sub(before);
        self.absorbed += 1;
        Ok(())
    }

    fn on_end(&mut self, out: &mut impl Emit<(K, A)>) -> Outcome {
        for (key, value) in std::mem::take(&mut self.values) {
            self.created += 1;
            out.emit((key.into_key(), value))?;
        }
        Ok(())
    }

    fn memory(&self) -> Memory {
        if self.keep.is_some() { Memory::Saved } else { Memory::Lost }
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        match self.keep {
            Some(keep) => Ok(keep.save(to, self.name, &self.values)?),
            None => Ok(()),
        }
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        if let Some(keep) = self.keep {
            self.values = keep.take(from, self.name)?;
            let weigh = |(key, value): (&Hashed<K>, &A)| key.key().heap_bytes() + value.heap_bytes();
            self.heap_bytes = self.values.iter().map(weigh).sum();
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        Self {
            keep: self.keep,
            ..Self::with(Arc::clone(&self.initial), Arc::clone(&self.combine), self.name)
        }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        table_bytes(&self.values) + self.heap_bytes
    }
}
