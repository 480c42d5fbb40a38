//! Items whose key was not passed on a short while ago.
//!
//! The right step against repetition within a bounded distance: retries, overlapping reads, hot keys. It
//! forgets, or it could not run for ever; where every repetition must be found, the capacity has to be
//! the number of different keys. Each key is kept twice, in a set and in a queue, and costs a hash an item.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::marker::PhantomData;

use crate::checkpoint::{Keep, Memory, Restorer, Saver, memory_of, save_kept, take_kept};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Leaves out each item whose key is that of one of the last `capacity` items it passed on: first in,
/// first forgotten, and an item left out does not make its key younger. Preserves order. Holds
/// `capacity` keys, which count towards the budget. On the end emits nothing.
pub struct Distinct<T, K, F> {
    /// How what it remembers is written, if it is to be kept.
    pub(crate) keep: Option<Keep<VecDeque<K>>>,
    capacity: usize,
    key: F,
    known: HashSet<K>,
    oldest_first: VecDeque<K>,
    keys_heap_bytes: usize,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, K, F> Distinct<T, K, F> {
    pub(crate) fn new(capacity: usize, key: F) -> Self {
        assert!(capacity > 0, "at least one item is remembered");
        Self {
            keep: None,
            capacity,
            key,
            known: HashSet::new(),
            oldest_first: VecDeque::new(),
            keys_heap_bytes: 0,
            filtered: 0,
            takes: PhantomData,
        }
    }
}

impl<T, K: Hash + Eq + Clone + Weigh, F> Distinct<T, K, F> {
    fn remember(&mut self, key: K) {
        if self.oldest_first.len() == self.capacity
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            let twin = self.known.take(&oldest);
            self.keys_heap_bytes -= oldest.heap_bytes() + twin.map_or(0, |twin| twin.heap_bytes());
        }
        let copy = key.clone();
        self.keys_heap_bytes += key.heap_bytes() + copy.heap_bytes();
        self.known.insert(key);
        self.oldest_first.push_back(copy);
    }
}

impl<T: Send + 'static, K, F> Operator for Distinct<T, K, F>
where
    K: Hash + Eq + Clone + Weigh + Send + 'static,
    F: FnMut(&T) -> K + Send + 'static,
{
    type In = T;
    type Out = T;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        let key = (self.key)(&item);
        if self.known.contains(&key) {
            self.filtered += 1;
            return Ok(());
        }
        self.remember(key);
        out.emit(item)
    }

    fn memory(&self) -> Memory {
        memory_of(self.keep)
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        save_kept(self.keep, to, "distinct", &self.oldest_first)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let keys = take_kept(self.keep, from, "distinct")?;
        keys.into_iter().flatten().for_each(|key| self.remember(key));
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        "distinct"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        let key_bytes = size_of::<K>();
        let places_bytes = self.known.capacity() * (key_bytes + 1) + self.oldest_first.capacity() * key_bytes;
        places_bytes + self.keys_heap_bytes
    }
}
