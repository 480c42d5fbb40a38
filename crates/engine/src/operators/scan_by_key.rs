//! A value for each key that runs along with its items.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Outcome};
use crate::keyed::{Entry, Hashed, KeepTable, Table, table_bytes};
use crate::operator::{Emit, Operator};
use crate::weigh::Weigh;

/// Passes on, for each item, its key and what a function makes of it and the value of its key. Preserves
/// the order of each key. Holds one value for each key, which counts towards the budget.
pub struct ScanByKey<K, A, T, F> {
    initial: Arc<dyn Fn() -> A + Send + Sync>,
    /// How the values are written, if they are to be kept.
    pub(crate) keep: Option<KeepTable<K, A>>,
    step: Arc<F>,
    values: Table<K, A>,
    heap_bytes: usize,
    takes: PhantomData<fn(T)>,
}

impl<K, A, T, F> ScanByKey<K, A, T, F> {
    fn with(initial: Arc<dyn Fn() -> A + Send + Sync>, step: Arc<F>) -> Self {
        Self { keep: None, initial, step, values: Table::default(), heap_bytes: 0, takes: PhantomData }
    }

    pub(crate) fn new(initial: impl Fn() -> A + Send + Sync + 'static, step: F) -> Self {
        Self::with(Arc::new(initial), Arc::new(step))
    }

    /// Lets checkpoints hold the values.
    #[cfg(feature = "stateful")]
    pub(crate) fn kept(self, keep: KeepTable<K, A>) -> Self {
        Self { keep: Some(keep), ..self }
    }
}

impl<K, A, T, U, F> Operator for ScanByKey<K, A, T, F>
where
    K: Clone + Eq + Weigh + Send + 'static,
    A: Weigh + Send + 'static,
    T: Send + 'static,
    U: Send + 'static,
    F: Fn(&mut A, T) -> U + Send + Sync + 'static,
{
    type In = Entry<K, T>;
    type Out = (K, U);

    #[inline]
    fn on_item(&mut self, entry: Entry<K, T>, out: &mut impl Emit<(K, U)>) -> Outcome {
        let Entry { key, item } = entry;
        let name = key.key().clone();
        let value = self.values.entry(key).or_insert_with(|| {
            self.heap_bytes += name.heap_bytes();
            (self.initial)()
        });
        let before = value.heap_bytes();
        let made = (self.step)(value, item);
        self.heap_bytes = (self.heap_bytes + value.heap_bytes()).saturating_sub(before);
        out.emit((name, made))
    }

    fn memory(&self) -> Memory {
        if self.keep.is_some() { Memory::Saved } else { Memory::Lost }
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        match self.keep {
            Some(keep) => Ok(keep.save(to, "scan_by_key", &self.values)?),
            None => Ok(()),
        }
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        if let Some(keep) = self.keep {
            self.values = keep.take(from, "scan_by_key")?;
            let weigh = |(key, value): (&Hashed<K>, &A)| key.key().heap_bytes() + value.heap_bytes();
            self.heap_bytes = self.values.iter().map(weigh).sum();
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        Self { keep: self.keep, ..Self::with(Arc::clone(&self.initial), Arc::clone(&self.step)) }
    }

    fn name(&self) -> &'static str {
        "scan_by_key"
    }

    fn held_bytes(&self) -> usize {
        table_bytes(&self.values) + self.heap_bytes
    }
}
