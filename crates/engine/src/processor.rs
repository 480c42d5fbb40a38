//! A transformation of whole chunks, for code that is better at many items than at one.

use crate::error::{ItemError, Outcome};
use crate::operator::Emit;

/// Takes items as many together as there are, and emits any number.
///
/// [`Stream::process_chunks`](crate::Stream::process_chunks) runs it. How many items come together
/// depends on chunking and on the memory limit: limits of chunks change how often it is called, never
/// which items it sees, nor in what order. A result that depends on where chunks are cut belongs into
/// [`batch`](crate::Stream::batch).
///
/// What it emits is passed on when it returns, so that a chunk is worked on wholly or not at all.
///
/// # Examples
///
/// ```
/// use primestream_engine::{ChunkProcessor, Emit, ItemError, Outcome, Stream};
///
/// /// Emits the sum of all bytes, at the end.
/// #[derive(Default)]
/// struct Checksum(u64);
///
/// impl ChunkProcessor for Checksum {
///     type In = u8;
///     type Out = u64;
///
///     fn process_chunk(&mut self, chunk: &mut Vec<u8>, _: &mut impl Emit<u64>) -> Outcome {
///         self.0 += chunk.iter().map(|&byte| u64::from(byte)).sum::<u64>();
///         Ok(())
///     }
///
///     fn flush(&mut self, out: &mut impl Emit<u64>) -> Outcome {
///         out.emit(self.0)
///     }
/// }
///
/// let sums: Vec<u64> = Stream::iter(*b"abc").process_chunks(Checksum::default()).collect()?;
/// assert_eq!(sums, [97 + 98 + 99]);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
pub trait ChunkProcessor: Send + 'static {
    /// What it takes.
    type In: Send + 'static;
    /// What it makes.
    type Out: Send + 'static;

    /// Takes the items of one chunk, at least one. What it leaves in the vector is dropped, and the
    /// storage used again.
    ///
    /// # Errors
    ///
    /// If the chunk fails ([`Interrupt::failed`](crate::Interrupt::failed) makes the error), or it needs
    /// no more items (`Interrupt::Done`; what it emitted is passed on first).
    fn process_chunk(&mut self, chunk: &mut Vec<Self::In>, out: &mut impl Emit<Self::Out>) -> Outcome;

    /// Learns that no item will come, and emits what it still holds. Called once.
    ///
    /// # Errors
    ///
    /// As [`process_chunk`](Self::process_chunk).
    fn flush(&mut self, out: &mut impl Emit<Self::Out>) -> Outcome {
        let _ = out;
        Ok(())
    }

    /// Says what to do after a chunk that failed, by an error or by a panic: the items to go on with in
    /// place of what it emitted, or `None` to stop the pipeline, which is what happens unless it is said.
    ///
    /// `chunk` is what `process_chunk` left of the items; it is empty if `flush` failed.
    fn on_error(&mut self, error: &ItemError, chunk: Vec<Self::In>) -> Option<Vec<Self::Out>> {
        let _ = (error, chunk);
        None
    }

    /// Returns the bytes it holds between chunks; they count towards the memory limit.
    fn held_bytes(&self) -> usize {
        0
    }

    /// Returns its name, as plans, reports and errors show it.
    fn name(&self) -> &'static str {
        "process_chunks"
    }
}
