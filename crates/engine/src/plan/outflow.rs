//! Where what a stage makes goes: one exchange or several.

use super::exchange::ExchangeId;
use super::lineup::Place;
use crate::checkpoint::Epoch;
use crate::chunker::ChunkLimits;
use crate::message::Message;

/// Where what a stage makes goes. Called for each chunk, not for each item.
pub(crate) trait Outflow<T>: Send + Sync {
    /// Opens a place for what is about to be made, unless there is no room.
    fn open(&self) -> Option<Place>;

    /// Puts a message into an open place; dropped and counted if nobody will take it.
    fn put(&self, place: Place, message: Message<T>);

    /// Closes an open place.
    fn close_place(&self, place: Place);

    /// Returns whether a message put into this place could leave at once.
    fn is_next(&self, place: Place) -> bool;

    /// Returns whether so much waits in this place that whoever makes more should let others take some.
    fn is_crowded(&self, place: Place) -> bool;

    /// Returns whether nothing waits and nothing is being made.
    fn is_vacant(&self) -> bool;

    /// Returns whether nobody takes any more.
    fn is_closed(&self) -> bool;

    /// Says that nothing more will be put.
    fn end(&self);

    /// Returns how large the next chunk may be in a pipeline that may hold `budget_bytes`.
    fn chunk_limits(&self, budget_bytes: usize) -> ChunkLimits;

    /// Returns a used buffer, or a new one.
    fn buffer(&self) -> Vec<T> {
        Vec::new()
    }

    /// Returns the exchanges it leads to.
    fn targets(&self) -> Vec<ExchangeId>;

    /// Returns whether nothing may be put before others have ended.
    fn is_too_early(&self) -> bool {
        false
    }

    /// Ends an epoch in which nothing could be put yet; returns whether that is still so. What is put later comes behind
    /// the barrier.
    fn pass_early(&self, _epoch: Epoch) -> bool {
        false
    }

    /// Returns how often each item is passed on.
    fn copies(&self) -> u64 {
        1
    }
}
