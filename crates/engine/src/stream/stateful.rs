//! Steps whose memory checkpoints hold.

use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keyed::Keyed;
use super::{Head, Stream};
use crate::checkpoint::Keep;
use crate::faults::Guarded;
use crate::keyed::KeepTable;
use crate::operator::{Operator, Then};
use crate::operators::{Batch, BatchBy, Dedup, Distinct, FoldByKey, Scan, ScanByKey, SortBatches, Windows};
use crate::weigh::Weigh;

/// A step that remembers values of the user's, which checkpoints hold if they can be written and read.
pub trait Stateful: Operator {
    /// Lets checkpoints hold what it remembers.
    fn keep(&mut self);
}

impl<O: Stateful> Stateful for Guarded<O> {
    fn keep(&mut self) {
        self.step_mut().keep();
    }
}

macro_rules! stateful {
    ($($name:ident<$($parameter:ident),*>: $($kept:ident),*;)*) => { $(
        impl<$($parameter),*> Stateful for $name<$($parameter),*>
        where
            Self: Operator,
            $($kept: Serialize + DeserializeOwned,)*
        {
            fn keep(&mut self) {
                self.keep = Some(Keep::new());
            }
        }
    )* };
}

stateful! {
    Batch<T>: T;
    Dedup<T, K, F>: K;
    Distinct<T, K, F>: K;
    Scan<T, A, F>: A;
    SortBatches<T, F>: T;
    Windows<T>: T;
}

impl<T, K, F> Stateful for BatchBy<T, K, F>
where
    Self: Operator,
    K: Serialize + DeserializeOwned,
    T: Serialize + DeserializeOwned,
{
    fn keep(&mut self) {
        self.keep = Some((Keep::new(), Keep::new()));
    }
}

impl<T, H, C, O> Stream<T, H, Then<C, O>>
where
    H: Head,
    C: Operator<In = H::Item>,
    O: Stateful<In = C::Out, Out = T>,
{
    /// Lets checkpoints hold what the step before this remembers, which the types of its values allow.
    ///
    /// Without it a step such as `batch`, `distinct` or `scan` makes a pipeline promise no more than *at most once*:
    /// what it remembered is gone after a crash.
    ///
    /// ```
    /// use primestream_engine::Stream;
    /// use primestream_engine::checkpoint::Delivery;
    ///
    /// # let folder = std::env::temp_dir().join(format!("primestream-stateful-{}", std::process::id()));
    /// let store = primestream_engine::checkpoint::Directory::open(&folder)?;
    /// let batches = Stream::iter_from(|at| at..10).batch(4).stateful();
    /// let pipeline = batches
    ///     .sink(|batch| Ok::<(), std::io::Error>(drop(batch)))
    ///     .checkpoint(std::time::Duration::from_secs(1), store);
    /// assert_eq!(
    ///     pipeline.explain().delivery().to_string(),
    ///     "at least once: sink `sink` is not transactional",
    /// );
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stateful(mut self) -> Self {
        self.chain.second_mut().keep();
        self
    }
}

/// A stream whose items have keys; what is made of each key, checkpoints hold.
#[must_use = "keys alone make nothing: say what is to be made of each"]
pub struct StatefulKeyed<K, T, H, C, F>(Keyed<K, T, H, C, F>)
where
    H: Head,
    C: Operator<In = H::Item, Out = T>;

impl<K, T, H, C, F> Keyed<K, T, H, C, F>
where
    K: Hash + Eq + Weigh + Serialize + DeserializeOwned + Send + 'static,
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
    F: Fn(&T) -> K + Send + Sync + 'static,
{
    /// Lets checkpoints hold what is made of each key. A run that goes on may have another number of lanes.
    pub fn stateful(self) -> StatefulKeyed<K, T, H, C, F> {
        StatefulKeyed(self)
    }
}

impl<K, T, H, C, F> StatefulKeyed<K, T, H, C, F>
where
    K: Hash + Eq + Weigh + Serialize + DeserializeOwned + Send + 'static,
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
    F: Fn(&T) -> K + Send + Sync + 'static,
{
    /// As [`Keyed::fold`].
    pub fn fold<A, G>(self, initial: A, combine: G) -> Stream<(K, A)>
    where
        A: Clone + Weigh + Serialize + DeserializeOwned + Send + Sync + 'static,
        G: Fn(&mut A, T) + Send + Sync + 'static,
    {
        let fold = FoldByKey::new("fold_by_key", move || initial.clone(), combine);
        self.0.spread_with(fold.kept(KeepTable::new()))
    }

    /// As [`Keyed::count`].
    pub fn count(self) -> Stream<(K, u64)> {
        let count = FoldByKey::new("count_by_key", || 0, |count: &mut u64, _| *count += 1);
        self.0.spread_with(count.kept(KeepTable::new()))
    }

    /// As [`Keyed::scan`].
    pub fn scan<A, U, G>(self, initial: A, step: G) -> Stream<(K, U)>
    where
        K: Clone,
        A: Clone + Weigh + Serialize + DeserializeOwned + Send + Sync + 'static,
        U: Weigh + Send + 'static,
        G: Fn(&mut A, T) -> U + Send + Sync + 'static,
    {
        self.0.spread_with(ScanByKey::new(move || initial.clone(), step).kept(KeepTable::new()))
    }
}
