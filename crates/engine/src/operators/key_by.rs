//! Each item with its key.
//!
//! The hash is the same in every run, so that a run can be repeated; it does not withstand somebody who
//! chooses keys to collide.

use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::weigh::Weigh;

/// An item with its key, and the key's hash.
pub struct Entry<K, T> {
    pub(crate) hash: u64,
    pub(crate) key: K,
    pub(crate) item: T,
}

impl<K: Weigh, T: Weigh> Weigh for Entry<K, T> {
    #[inline]
    fn heap_bytes(&self) -> usize {
        self.key.heap_bytes() + self.item.heap_bytes()
    }
}

/// Emits each item with its key. Preserves order; holds nothing.
pub struct KeyBy<T, F> {
    key: Arc<F>,
    hasher: FixedState,
    takes: PhantomData<fn(T)>,
}

impl<T, F> KeyBy<T, F> {
    pub(crate) fn new(key: F) -> Self {
        Self { key: Arc::new(key), hasher: FixedState::default(), takes: PhantomData }
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
        let key = (self.key)(&item);
        let hash = self.hasher.hash_one(&key);
        out.emit(Entry { hash, key, item })
    }

    fn fork(&self) -> Self {
        Self { key: Arc::clone(&self.key), hasher: self.hasher.clone(), takes: PhantomData }
    }

    fn name(&self) -> &'static str {
        "key_by"
    }
}
