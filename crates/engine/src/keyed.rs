//! Items with their keys, and tables of one value a key.
//!
//! The hash of a key is made once and kept with it: it chooses the group of the key and its place in the
//! table. It is the same in every run, so that a run can be repeated; it does not withstand somebody who
//! chooses keys to collide.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use foldhash::fast::FixedState;

use crate::weigh::Weigh;

/// A key with its hash.
#[derive(Clone)]
pub(crate) struct Hashed<K> {
    hash: u64,
    key: K,
}

impl<K: Hash> Hashed<K> {
    #[inline]
    pub(crate) fn new(key: K) -> Self {
        Self { hash: FixedState::default().hash_one(&key), key }
    }
}

impl<K> Hashed<K> {
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn key(&self) -> &K {
        &self.key
    }

    pub(crate) fn into_key(self) -> K {
        self.key
    }
}

impl<K: Eq> Eq for Hashed<K> {}

impl<K: PartialEq> PartialEq for Hashed<K> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.key == other.key
    }
}

impl<K> Hash for Hashed<K> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Takes a hash as it is.
#[derive(Default)]
pub(crate) struct Taken(u64);

impl Hasher for Taken {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a hashed key is written as one number")
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// A value for each key.
pub(crate) type Table<K, A> = HashMap<Hashed<K>, A, BuildHasherDefault<Taken>>;

/// Returns the bytes of a table, without what its keys and values own.
pub(crate) fn table_bytes<K, A>(table: &Table<K, A>) -> usize {
    // A byte of control for each slot.
    table.capacity() * (size_of::<(Hashed<K>, A)>() + 1)
}

/// An item with its key.
pub struct Entry<K, T> {
    pub(crate) key: Hashed<K>,
    pub(crate) item: T,
}

impl<K: Weigh, T: Weigh> Weigh for Entry<K, T> {
    #[inline]
    fn heap_bytes(&self) -> usize {
        self.key.key().heap_bytes() + self.item.heap_bytes()
    }
}
