//! The steps of a stream, one file each. None knows another.

use crate::error::{Interrupt, Outcome};

mod batch;
mod batch_by;
mod batch_bytes;
mod collect;
mod dedup;
mod distinct;
mod enumerate;
mod erased;
mod filter;
mod filter_map;
mod find;
mod flat_map;
mod fold;
mod for_each;
mod identity;
mod inspect;
mod map;
mod map_while;
mod process_chunks;
mod scan;
mod settled;
mod skip;
mod skip_while;
mod sort_batches;
mod step_by;
mod take;
mod take_while;
mod try_for_each;
mod try_map;
mod windows;
mod write;

pub use batch::Batch;
pub use batch_by::BatchBy;
pub use batch_bytes::BatchBytes;
pub use collect::Collect;
pub use dedup::Dedup;
pub use distinct::Distinct;
pub use enumerate::Enumerate;
pub use erased::Erased;
pub use filter::Filter;
pub use filter_map::FilterMap;
pub use find::Find;
pub use flat_map::FlatMap;
pub use fold::Fold;
pub use for_each::ForEach;
pub use identity::Identity;
pub use inspect::Inspect;
pub use map::Map;
pub use map_while::MapWhile;
pub use process_chunks::ProcessChunks;
pub use scan::Scan;
pub use settled::Settled;
pub use skip::Skip;
pub use skip_while::SkipWhile;
pub use sort_batches::SortBatches;
pub use step_by::StepBy;
pub use take::Take;
pub use take_while::TakeWhile;
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

/// Takes the answer to something emitted at the end: that what follows needs no more is no reason for the
/// steps behind it not to end as well.
pub(crate) fn at_end(answer: Outcome) -> Outcome {
    match answer {
        Err(Interrupt::Done) => Ok(()),
        other => other,
    }
}
