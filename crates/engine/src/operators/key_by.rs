//! Each item with its key.

use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpoint::Memory;
use crate::error::{Interrupt, Outcome};
use crate::keyed::{Entry, Hashed};
use crate::operator::{Emit, Operator};

/// Emits each item with its key. Preserves order; holds nothing.
pub struct KeyBy<T, F> {
    key: Arc<F>,
    takes: PhantomData<fn(T)>,
}

impl<T, F> KeyBy<T, F> {
    pub(crate) fn new(key: F) -> Self {
        Self { key: Arc::new(key), takes: PhantomData }
    }
}

impl<T: Send + 'static, K, F> Operator for KeyBy<T, F>
where
    K: Hash + Send + 'static,
    F: Fn(&T) -> K + Send + Sync + 'static,
{
    type In = T;
    type Out = Entry<K, T>;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<Entry<K, T>>) -> Outcome {
        let key = Hashed::new((self.key)(&item));
        out.emit(Entry { key, item })
    }

    #[inline(always)]
    fn on_many(
        &mut self,
        items: &mut impl Iterator<Item = T>,
        (count, made): (usize, Option<&mut u64>),
        out: &mut impl Emit<Entry<K, T>>,
    ) -> Option<Result<bool, Interrupt>> {
        // Only behind a step that makes items and counts the one in hand: a key that panics loses that one.
        let made = made?;
        let mut entries = items.map(|item| Entry { key: Hashed::new((self.key)(&item)), item });
        out.emit_many(&mut entries, count, Some(made))
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self { key: Arc::clone(&self.key), takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "key_by"
    }
}
