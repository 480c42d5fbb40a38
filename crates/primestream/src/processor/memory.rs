//! Whole chunks through a function, in a memory of their own.
//!
//! For the one stream of a program that must not take the memory of the others, or give its own to them.
//! What it may hold is parted off the processor's limit for as long as it is there.

use std::num::NonZeroUsize;
use std::time::Duration;

use primestream_engine::operators::Identity;
use primestream_engine::stream::{Head, Inlet, Processed};
use primestream_engine::{
    BoxError, Budget, ChunkProcessor, Emit, Fixed, Interrupt, Operator, Outcome, Stream, Weigh, mib,
};
use serde::{Deserialize, Serialize};

use super::options::{OptionsError, check_threshold, milliseconds};
use super::{ProcessorError, StreamProcessor};

/// How much memory a stream may use, and how.
///
/// In a file, names are those of the fields, times are in milliseconds, and a name that is not known is an
/// error.
///
/// ```
/// use primestream::processor::StreamMemoryConfig;
///
/// let config: StreamMemoryConfig = serde_json::from_str(r#"{"max_buffer_size": 1048576, "gc_interval": 500}"#)?;
/// assert_eq!((config.max_buffer_size, config.backpressure_threshold), (1 << 20, 0.8));
/// assert!(serde_json::from_str::<StreamMemoryConfig>(r#"{"gcInterval": 500}"#).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamMemoryConfig {
    /// Bytes the stream may hold. 64 MiB unless set.
    pub max_buffer_size: usize,
    /// Items of a chunk. 1024 unless set.
    pub chunk_size: NonZeroUsize,
    /// Share of `max_buffer_size`, above 0 and at most 1, from which on the source is held. 0.8 unless set.
    pub backpressure_threshold: f64,
    /// How often buffers that lay idle since the last time are given back. A second unless set.
    #[serde(with = "milliseconds")]
    pub gc_interval: Duration,
}

impl Default for StreamMemoryConfig {
    fn default() -> Self {
        Self {
            max_buffer_size: mib(64),
            chunk_size: CHUNK_ITEMS,
            backpressure_threshold: 0.8,
            gc_interval: Duration::from_secs(1),
        }
    }
}

impl StreamMemoryConfig {
    /// Finds settings that mean nothing.
    ///
    /// # Errors
    ///
    /// The first one, with its value.
    pub fn validate(&self) -> Result<(), OptionsError> {
        check_threshold(self.backpressure_threshold)?;
        let zero = |option, rule| Err(OptionsError { option, value: "0".to_owned(), rule });
        if self.max_buffer_size == 0 {
            return zero("max_buffer_size", "at least 1");
        }
        if self.gc_interval.is_zero() {
            return zero("gc_interval", "at least 1 millisecond");
        }
        Ok(())
    }
}

impl StreamProcessor {
    /// Leads a stream through a function of whole chunks, in a memory of its own, which is parted off the
    /// processor's if that has a limit. It comes back when the pipeline is over and every [`Flow`] of it that was asked for is dropped.
    /// Preserves order. A chunk that fails stops the pipeline.
    ///
    /// ```
    /// use primestream::prelude::*;
    /// use primestream::processor::{StreamMemoryConfig, StreamOptions, StreamProcessor};
    ///
    /// let mut processor = StreamProcessor::new(StreamOptions::default())?;
    /// processor.initialize()?;
    /// let config = StreamMemoryConfig { max_buffer_size: kib(64), ..Default::default() };
    /// let doubled = processor.process_with_backpressure(
    ///     Stream::iter(0..10_000u64),
    ///     |chunk| Ok::<_, BoxError>(chunk.into_iter().map(|n| 2 * n).collect()),
    ///     &config,
    /// )?;
    /// let report = processor.run(doubled.drain_with(|_| ()))?;
    /// assert_eq!((report.items_out(), report.memory_limit().0), (10_000, 64 << 10));
    /// # use primestream_engine::BoxError;
    /// # Ok::<(), BoxError>(())
    /// ```
    ///
    /// [`Flow`]: primestream_engine::Flow
    ///
    /// # Errors
    ///
    /// If the processor is not ready, a setting means nothing, or the processor's limit has not so much left.
    pub fn process_with_backpressure<T, U, E, H, C, F>(
        &mut self,
        source: Stream<T, H, C>,
        f: F,
        config: &StreamMemoryConfig,
    ) -> Result<ByChunks<T, U, F>, ProcessorError>
    where
        T: Weigh + Send + 'static,
        U: Weigh + Send + 'static,
        E: Into<BoxError> + 'static,
        F: FnMut(Vec<T>) -> Result<Vec<U>, E> + Send + 'static,
        H: Head,
        C: Operator<In = H::Item, Out = T>,
    {
        config.validate()?;
        self.started.forget_ended();
        let budget = match &self.budget {
            None => Budget::new(config.max_buffer_size),
            Some(whole) => whole.part(config.max_buffer_size).ok_or_else(|| OptionsError {
                option: "max_buffer_size",
                value: config.max_buffer_size.to_string(),
                rule: "at most what is left of the processor's memory limit",
            })?,
        };
        let stream = self
            .create_pipeline(source)?
            .budget(&budget)
            .backpressure_threshold(config.backpressure_threshold)
            .give_back_every(config.gc_interval)
            .chunked(Fixed(config.chunk_size.get()));
        // A stage of its own, so that its chunks are those of the settings.
        Ok(stream.boxed().process_chunks(ByFunction::new(f)))
    }
}

/// A stream that has gone through a function of whole chunks.
pub type ByChunks<T, U, F> = Processed<Inlet<T>, Identity<T>, ByFunction<T, U, F>>;

/// A function of whole chunks as a [`ChunkProcessor`].
pub struct ByFunction<T, U, F> {
    f: F,
    types: std::marker::PhantomData<fn(T) -> U>,
}

impl<T, U, F> ByFunction<T, U, F> {
    fn new(f: F) -> Self {
        Self { f, types: std::marker::PhantomData }
    }
}

impl<T, U, E, F> ChunkProcessor for ByFunction<T, U, F>
where
    T: Send + 'static,
    U: Send + 'static,
    E: Into<BoxError> + 'static,
    F: FnMut(Vec<T>) -> Result<Vec<U>, E> + Send + 'static,
{
    type In = T;
    type Out = U;

    fn process_chunk(&mut self, chunk: &mut Vec<T>, out: &mut impl Emit<U>) -> Outcome {
        let made = (self.f)(std::mem::take(chunk)).map_err(|error| Interrupt::failed(self.name(), error))?;
        made.into_iter().try_for_each(|item| out.emit(item))
    }

    fn name(&self) -> &'static str {
        "process_with_backpressure"
    }
}

/// Items of a chunk unless set: handing one over costs less than a nanosecond for each.
const CHUNK_ITEMS: NonZeroUsize = NonZeroUsize::new(1024).expect("1024 is not 0");
