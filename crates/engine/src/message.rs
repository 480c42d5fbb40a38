//! All that passes between stages.

use crate::checkpoint::Epoch;
use crate::chunk::Chunk;
use crate::time::EventTime;

/// What passes between stages, in the order `(Chunk | Watermark | Barrier)* End`; the end is the exchange's own.
///
/// Watermarks and barriers are *fences*: every chunk before one is done before it passes a parallel stage, and
/// no chunk behind it overtakes it, whatever the order.
#[derive(Debug)]
#[non_exhaustive]
pub enum Message<T> {
    /// A run of items.
    Chunk(Chunk<T>),
    /// No item that follows happened earlier than this.
    Watermark(EventTime),
    /// An epoch ends here: what the stages remember when it passes them makes a checkpoint.
    Barrier(Epoch),
}

impl<T> Message<T> {
    /// Returns the number of items carried: 0 for a fence.
    pub(crate) fn items(&self) -> u64 {
        match self {
            Message::Chunk(chunk) => chunk.len() as u64,
            Message::Watermark(_) | Message::Barrier(_) => 0,
        }
    }
}
