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
                let mut bytes = write(step, &entries)?;
                bytes.extend(hash_of_probe().to_le_bytes());
                to.put_bytes(step, bytes);
                Ok(())
            },
            take: |from, step| {
                let (now, mut table) = (from.lane(), Table::default());
                // There may be more groups now than there were, or fewer.
                let (saved, count) = from.take_of_all(step)?;
                for (group, bytes) in saved {
                    let then = (group, count);
                    let (entries, probe) = bytes
                        .split_last_chunk()
                        .ok_or_else(|| CheckpointError::new(format!("step `{step}` saved no table")))?;
                    let is_grouped_alike = u64::from_le_bytes(*probe) == hash_of_probe();
                    if is_grouped_alike && !overlap(then, now) {
                        continue;
                    }
                    let entries: Vec<(K, A)> = read(step, entries)?;
                    for (key, value) in entries {
                        let key = Hashed::new(key);
                        if is_grouped_alike && !belongs(&key, then) {
                            // Others may be in groups that are not read here, and would be lost.
                            return Err(CheckpointError::new(format!(
                                "the keys of step `{step}` hash otherwise than when they were saved"
                            )));
                        }
                        if belongs(&key, now) {
                            table.insert(key, value);
                        }
                    }
                }
                Ok(table)
            },
        }
    }
}

/// The hash of something that stays, by which a change of the hasher is noticed: it may differ from release to release.
#[cfg(feature = "stateful")]
fn hash_of_probe() -> u64 {
    Hashed::new("of which group is a key").hash()
}

#[cfg(feature = "stateful")]
fn belongs<K>(key: &Hashed<K>, (group, count): (usize, usize)) -> bool {
    group_of(key.hash(), count) == group
}

/// Returns whether a key may belong to one group of so many and to another of so many: groups are stretches of the
/// hashes.
#[cfg(feature = "stateful")]
fn overlap(one: (usize, usize), other: (usize, usize)) -> bool {
    one.0 * other.1 < (other.0 + 1) * one.1 && other.0 * one.1 < (one.0 + 1) * other.1
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

#[cfg(all(test, feature = "stateful"))]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::checkpoint::{Epoch, Part};

    /// Written as a number is, and hashed otherwise.
    type Other = Option<u64>;

    /// The keys below `keys`, each with its double, saved in so many groups.
    fn saved(keys: u64, groups: usize) -> Vec<Part> {
        let part = |group| {
            let own = (0..keys).map(Hashed::new).filter(|key| belongs(key, (group, groups)));
            let table: Table<u64, u64> = own.map(|key| (key.clone(), key.into_key() * 2)).collect();
            let mut saver = Saver::new(Epoch::FIRST, false);
            KeepTable::new().save(&mut saver, "fold_by_key", &table).unwrap();
            let (name, state) = saver.into_parts().0.pop().unwrap();
            Part { stage: 0, lane: u32::try_from(group).unwrap(), step: 1, name, state }
        };
        (0..groups).map(part).collect()
    }

    fn taken<K>(parts: &[Part], groups: usize) -> Result<Vec<(K, u64)>, CheckpointError>
    where
        K: Hash + Eq + Serialize + DeserializeOwned,
    {
        let lanes: Vec<Vec<&Part>> = parts.iter().map(|part| vec![part]).collect();
        let take = |group| {
            let mut restorer = Restorer::new(&lanes, (group, groups), (Some(Epoch::FIRST), false, true));
            KeepTable::new().take(&mut restorer, "fold_by_key")
        };
        let tables = (0..groups).map(take).collect::<Result<Vec<Table<K, u64>>, _>>()?;
        Ok(tables.into_iter().flatten().map(|(key, value)| (key.into_key(), value)).collect())
    }

    #[test]
    fn every_key_is_taken_once_however_many_groups_there_are_now() {
        for (then, now) in [(1, 1), (1, 8), (8, 1), (8, 8), (8, 13), (13, 8), (32, 24)] {
            let mut all: Vec<(u64, u64)> = taken(&saved(1000, then), now).unwrap();
            all.sort_unstable();
            assert!(all.into_iter().eq((0..1000).map(|key| (key, key * 2))), "{then} groups, now {now}");
        }
    }

    #[test]
    fn a_hasher_that_changed_costs_time_and_keys_that_hash_otherwise_are_refused() {
        let mut parts = saved(1000, 8);
        let error = taken::<Other>(&parts, 8).map(|all| all.len()).unwrap_err();
        assert!(error.to_string().contains("hash otherwise"), "{error}");
        for part in &mut parts {
            *part.state.last_mut().unwrap() ^= 1;
        }
        assert_eq!(taken::<Other>(&parts, 8).unwrap().len(), 1000);
        parts[3].state.truncate(7);
        assert!(taken::<u64>(&parts, 8).is_err());
    }
}
