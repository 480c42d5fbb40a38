//! Where items go.

use crate::checkpoint::Transactional;
use crate::error::SinkError;

/// Takes the items that come out of a pipeline, a run at a time.
///
/// The memory of the items is returned to the budget when `write` returns. Where a closure is enough,
/// [`Stream::sink`](crate::Stream::sink) takes one.
///
/// # Examples
///
/// ```
/// use primestream_engine::{Sink, SinkError, Stream};
///
/// #[derive(Default)]
/// struct Longest(usize);
///
/// impl Sink<String> for Longest {
///     fn write(&mut self, items: &mut Vec<String>) -> Result<(), SinkError> {
///         self.0 = items.drain(..).map(|item| item.len()).fold(self.0, usize::max);
///         Ok(())
///     }
/// }
///
/// let report = Stream::iter(["a".to_owned(), "bcd".to_owned()]).write_to(Longest::default()).run()?;
/// assert_eq!(report.items_out(), 2);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
pub trait Sink<T>: Send {
    /// Takes all items and leaves the vector empty, keeping its storage for the next run.
    ///
    /// # Errors
    ///
    /// If the sink cannot go on; the pipeline stops.
    fn write(&mut self, items: &mut Vec<T>) -> Result<(), SinkError>;

    /// Ends the output well. Called once, and only if every item arrived.
    ///
    /// # Errors
    ///
    /// If the output could not be completed; the pipeline fails.
    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Lets go of what it holds: an epoch ends, behind which nothing comes again that it was given. Only in pipelines
    /// that keep checkpoints, and not of a [transactional](Self::transactional) one, which prepares instead.
    ///
    /// # Errors
    ///
    /// If the sink cannot go on; the pipeline stops.
    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Returns what shows an epoch's writes only once it is committed, if it can do so. A pipeline that keeps
    /// checkpoints then ends it by the last epoch instead of [`finish`](Self::finish).
    fn transactional(&mut self) -> Option<&mut dyn Transactional> {
        None
    }
}
