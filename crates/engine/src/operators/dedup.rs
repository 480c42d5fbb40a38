//! One item of each run of equal ones.

use std::marker::PhantomData;

use crate::checkpoint::{Keep, Memory, Restorer, Saver, memory_of, save_kept, take_kept};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Leaves out each item whose key is that of the item before it. Preserves order. Holds one key, which
/// counts towards the budget. On the end emits nothing.
pub struct Dedup<T, K, F> {
    /// How what it remembers is written, if it is to be kept.
    pub(crate) keep: Option<Keep<Option<K>>>,
    key: F,
    last: Option<K>,
    filtered: u64,
    takes: PhantomData<fn(T)>,
}

impl<T, K, F> Dedup<T, K, F> {
    pub(crate) fn new(key: F) -> Self {
        Self { keep: None, key, last: None, filtered: 0, takes: PhantomData }
    }
}

impl<T: Send + 'static, K, F> Operator for Dedup<T, K, F>
where
    K: PartialEq + Weigh + Send + 'static,
    F: FnMut(&T) -> K + Send + 'static,
{
    type In = T;
    type Out = T;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        let key = (self.key)(&item);
        if self.last.as_ref() == Some(&key) {
            self.filtered += 1;
            return Ok(());
        }
        self.last = Some(key);
        out.emit(item)
    }

    fn memory(&self) -> Memory {
        memory_of(self.keep)
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        save_kept(self.keep, to, "dedup", &self.last)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        if let Some(last) = take_kept(self.keep, from, "dedup")? {
            self.last = last;
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        "dedup"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.last.as_ref().map_or(0, Weigh::weight)
    }
}
