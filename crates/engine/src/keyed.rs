//! Items with their keys, and tables of one value a key.
//!
//! The hash of a key is made once and kept with it: it chooses the group of the key and its place in the
//! table. It is the same in every run, so that a run can be repeated; it does not withstand somebody who
//! chooses keys to collide.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use foldhash::fast::FixedState;
#[cfg(feature = "stateful")]
use serde::Serialize;
#[cfg(feature = "stateful")]
use serde::de::DeserializeOwned;

use crate::checkpoint::{Restorer, Saver};
#[cfg(feature = "stateful")]
use crate::checkpoint::{read, write};
use crate::error::CheckpointError;
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

type WriteTable<K, A> = fn(&Table<K, A>, &mut Saver, &'static str) -> Result<(), CheckpointError>;
type TakeTable<K, A> = fn(&mut Restorer<'_>, &'static str) -> Result<Table<K, A>, CheckpointError>;

/// How a table is written and read, where keys and values can be.
pub(crate) struct KeepTable<K, A> {
    write: WriteTable<K, A>,
    take: TakeTable<K, A>,
}

impl<K, A> Clone for KeepTable<K, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, A> Copy for KeepTable<K, A> {}

#[cfg(feature = "stateful")]
impl<K, A> KeepTable<K, A>
where
    K: Hash + Eq + Serialize + DeserializeOwned,
    A: Serialize + DeserializeOwned,
{
    pub(crate) fn new() -> Self {
        Self {
            write: |table, to, step| {
                let entries: Vec<(&K, &A)> = table.iter().map(|(key, value)| (key.key(), value)).collect();
                to.put_bytes(step, write(step, &entries)?);
                Ok(())
            },
            take: |from, step| {
                let (group, groups) = from.lane();
                let mut table = Table::default();
                for bytes in from.take_of_all(step)? {
                    let saved: Vec<(K, A)> = read(step, bytes)?;
                    let entries = saved.into_iter().map(|(key, value)| (Hashed::new(key), value));
                    // There may be more groups now than there were, or fewer.
                    table.extend(entries.filter(|(key, _)| group_of(key.hash(), groups) == group));
                }
                Ok(table)
            },
        }
    }
}

impl<K, A> KeepTable<K, A> {
    /// Writes a table.
    pub(crate) fn save(
        self,
        to: &mut Saver,
        step: &'static str,
        table: &Table<K, A>,
    ) -> Result<(), CheckpointError> {
        (self.write)(table, to, step)
    }

    /// Takes up, of all that was written, what belongs to this group.
    pub(crate) fn take(
        self,
        from: &mut Restorer<'_>,
        step: &'static str,
    ) -> Result<Table<K, A>, CheckpointError> {
        (self.take)(from, step)
    }
}

/// Returns the group of a key among `count`. The low bits of a hash choose the slot in a table, the high
/// ones tell slots apart; what is between is free.
pub(crate) fn group_of(hash: u64, count: usize) -> usize {
    let part = u32::try_from((hash >> 24) & 0xFFFF_FFFF).unwrap_or(u32::MAX);
    usize::try_from((u64::from(part) * count as u64) >> 32).unwrap_or(0)
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
