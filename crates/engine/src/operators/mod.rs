//! The steps of a stream, one file each. None knows another.

mod aggregate;
mod batch;
mod batch_by;
mod collect;
mod debounce;
mod dedup;
mod distinct;
mod duplicate;
mod enumerate;
mod erased;
mod filter;
mod filter_map;
mod find;
mod flat_map;
pub(crate) mod fold;
mod fold_by_key;
mod for_each;
mod hand_over;
mod identity;
mod inspect;
mod judge;
mod key_by;
mod map;
mod map_while;
mod process_chunks;
mod scan;
mod scan_by_key;
mod skip;
mod skip_while;
mod sort_batches;
mod step_by;
mod take;
mod take_while;
mod throttle;
mod try_for_each;
mod try_map;
mod windows;
mod write;

pub use aggregate::Aggregate;
pub use batch::Batch;
pub use batch_by::BatchBy;
pub use collect::Collect;
pub use debounce::Debounce;
pub use dedup::Dedup;
pub use distinct::Distinct;
pub use duplicate::Duplicate;
pub use enumerate::Enumerate;
pub use erased::Erased;
pub use filter::Filter;
pub use filter_map::FilterMap;
pub use find::Find;
pub use flat_map::FlatMap;
pub use fold::Fold;
pub use fold_by_key::FoldByKey;
pub use for_each::ForEach;
pub use hand_over::{Counter, HandOver};
pub use identity::Identity;
pub use inspect::Inspect;
pub use judge::Judge;
pub use key_by::KeyBy;
pub use map::Map;
pub use map_while::MapWhile;
pub use process_chunks::ProcessChunks;
pub use scan::Scan;
pub use scan_by_key::ScanByKey;
pub use skip::Skip;
pub use skip_while::SkipWhile;
pub use sort_batches::SortBatches;
pub use step_by::StepBy;
pub use take::Take;
pub use take_while::TakeWhile;
pub use throttle::{Rate, Throttle};
pub use try_for_each::TryForEach;
pub use try_map::TryMap;
pub use windows::Windows;
pub use write::Write;

/// What an end hands out when the pipeline is done.
pub(crate) type Slot<T> = std::sync::Arc<std::sync::Mutex<Option<T>>>;

/// Puts a value where the one who closed the stream finds it.
pub(crate) fn put<T>(slot: &Slot<T>, value: T) {
    *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(value);
}

/// What the end of a stream emits: nothing.
pub type Never = std::convert::Infallible;
