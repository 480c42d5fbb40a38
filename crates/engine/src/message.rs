//! All that passes between stages.

use crate::chunk::Chunk;
use crate::time::EventTime;

/// What passes between stages, in the order `(Chunk | Watermark)* End`; the end is the exchange's own.
///
/// A watermark is a *fence*: every chunk before it is done before it passes a parallel stage, and no
/// chunk behind it overtakes it, whatever the order. A checkpoint barrier is a second fence.
#[derive(Debug)]
#[non_exhaustive]
pub enum Message<T> {
    /// A run of items.
    Chunk(Chunk<T>),
    /// No item that follows happened earlier than this.
    Watermark(EventTime),
}

impl<T> Message<T> {
    /// Returns the number of items carried: 0 for a fence.
    pub(crate) fn items(&self) -> u64 {
        match self {
            Message::Chunk(chunk) => chunk.len() as u64,
            Message::Watermark(_) => 0,
        }
    }
}
