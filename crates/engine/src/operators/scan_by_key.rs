//! A value for each key that runs along with its items.

use std::marker::PhantomData;
use std::sync::Arc;

use hashbrown::HashTable;

use super::Entry;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::weigh::Weigh;

/// Passes on, for each item, its key and what a function makes of it and the value of its key. Preserves
/// the order of each key. Holds one value for each key, which counts towards the budget.
pub struct ScanByKey<K, A, T, F> {
    initial: Arc<dyn Fn() -> A + Send + Sync>,
    step: Arc<F>,
    values: HashTable<(u64, K, A)>,
    heap_bytes: usize,
    takes: PhantomData<fn(T)>,
}

impl<K, A, T, F> ScanByKey<K, A, T, F> {
    fn with(initial: Arc<dyn Fn() -> A + Send + Sync>, step: Arc<F>) -> Self {
        Self { initial, step, values: HashTable::new(), heap_bytes: 0, takes: PhantomData }
    }

    pub(crate) fn new(initial: impl Fn() -> A + Send + Sync + 'static, step: F) -> Self {
        Self::with(Arc::new(initial), Arc::new(step))
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
        let Entry { hash, key, item } = entry;
        let slot = self.values.entry(hash, |(_, known, _)| *known == key, |(hash, _, _)| *hash);
        let mut slot = slot.or_insert_with(|| {
            self.heap_bytes += key.heap_bytes();
            (hash, key.clone(), (self.initial)())
        });
        let value = &mut slot.get_mut().2;
        let before = value.heap_bytes();
        let made = (self.step)(value, item);
        self.heap_bytes = (self.heap_bytes + value.heap_bytes()).saturating_sub(before);
        out.emit((key, made))
    }

    fn fork(&self) -> Self {
        Self::with(Arc::clone(&self.initial), Arc::clone(&self.step))
    }

    fn name(&self) -> &'static str {
        "scan_by_key"
    }

    fn held_bytes(&self) -> usize {
        // A byte of control for each slot of the table.
        self.values.capacity() * (size_of::<(u64, K, A)>() + 1) + self.heap_bytes
    }
}
