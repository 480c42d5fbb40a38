//! The lifecycle of a program that processes streams: initialise, process, reset, terminate.
//!
//! A [`Stream`] needs none of this. It is for a program that runs many pipelines under one set of settings
//! and one memory limit, and wants one place to ask how they do.

mod encoding;
mod memory;
mod optimize;
mod options;
mod started;
mod throughput;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use primestream_codec::container::ContainerError;
use primestream_engine::all_cores;
use primestream_engine::faults::Guarded;
use primestream_engine::operators::{Identity, TryMap};
use primestream_engine::runtime::MemoryStats;
use primestream_engine::stream::{Head, Inlet, Processed, Stepped};
use primestream_engine::{
    BoxError, Budget, ChunkProcessor, Fixed, Metrics, OnError, Operator, Pipeline, PipelineError, Report,
    Running, Stream, Weigh, Workers,
};

pub use encoding::{BandChoice, BandsOptions, EncodingOptions, FactorEffort, PrimesOptions, Symbol};
pub use memory::{ByChunks, ByFunction, StreamMemoryConfig};
pub use optimize::{Optimization, Trial};
pub use options::{OptionsError, StreamOptions};
use started::Started;
pub use throughput::{HighThroughputProcessor, OptimizationConfig};

/// Runs pipelines under one set of settings, with one memory limit and as many threads at work at once as one of them
/// would have alone.
///
/// ```
/// use primestream::processor::{State, StreamOptions, StreamProcessor};
/// use primestream::prelude::*;
///
/// let mut processor = StreamProcessor::new(StreamOptions { memory_limit: Some(64 << 20), ..Default::default() })?;
/// processor.initialize()?;
///
/// let words = processor.create_pipeline(Stream::iter(["one", "two", "three"]))?;
/// let report = processor.run(words.map(str::len).drain_with(|_| ()))?;
/// assert_eq!((report.items_out(), processor.state()), (3, State::Ready));
///
/// processor.terminate()?;
/// assert!(processor.initialize().is_err()); // what is terminated stays so
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StreamProcessor {
    options: StreamOptions,
    state: State,
    budget: Option<Budget>,
    workers: Workers,
    started: Started,
    listener: Option<Arc<Mutex<Listener>>>,
}

type Listener = dyn FnMut(&Metrics) + Send;

/// Where a [`StreamProcessor`] is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It was made, and can be initialised.
    Created,
    /// It can process.
    Ready,
    /// A pipeline it started is running.
    Processing,
    /// It is over.
    Terminated,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Created => "created",
            State::Ready => "ready",
            State::Processing => "processing",
            State::Terminated => "terminated",
        })
    }
}

/// What a processor was asked for does not fit where it is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateError {
    /// What was asked for.
    pub asked: &'static str,
    /// Where it is.
    pub state: State,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} a processor that is {}", self.asked, self.state)
    }
}

impl std::error::Error for StateError {}

/// Why a processor did not do what it was asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProcessorError {
    /// It is not the time for it.
    State(StateError),
    /// A setting means nothing.
    Options(OptionsError),
    /// What was to be decoded is no container that can be read.
    Container(ContainerError),
    /// The pipeline ended before its end.
    Pipeline(PipelineError),
}

impl fmt::Display for ProcessorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessorError::State(error) => error.fmt(f),
            ProcessorError::Options(error) => error.fmt(f),
            ProcessorError::Container(error) => error.fmt(f),
            ProcessorError::Pipeline(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ProcessorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ProcessorError::State(_) | ProcessorError::Options(_) => None,
            ProcessorError::Container(error) => error.source(),
            ProcessorError::Pipeline(error) => error.source(),
        }
    }
}

impl From<StateError> for ProcessorError {
    fn from(error: StateError) -> Self {
        ProcessorError::State(error)
    }
}

impl From<OptionsError> for ProcessorError {
    fn from(error: OptionsError) -> Self {
        ProcessorError::Options(error)
    }
}

impl From<PipelineError> for ProcessorError {
    fn from(error: PipelineError) -> Self {
        ProcessorError::Pipeline(error)
    }
}

impl StreamProcessor {
    /// Makes a processor.
    ///
    /// # Errors
    ///
    /// If a setting means nothing.
    pub fn new(options: StreamOptions) -> Result<Self, OptionsError> {
        options.validate()?;
        let budget = options.memory_limit.map(Budget::new);
        let workers = Workers::new(options.max_concurrency.map_or_else(all_cores, NonZeroUsize::get));
        Ok(Self {
            options,
            state: State::Created,
            budget,
            workers,
            started: Started::default(),
            listener: None,
        })
    }

    /// Makes it ready.
    ///
    /// # Errors
    ///
    /// If it is not just made.
    pub fn initialize(&mut self) -> Result<(), StateError> {
        if self.state() != State::Created {
            return Err(StateError { asked: "initialise", state: self.state() });
        }
        self.state = State::Ready;
        Ok(())
    }

    /// Returns where it is in its life.
    pub fn state(&self) -> State {
        if self.state == State::Ready && self.started.is_running() { State::Processing } else { self.state }
    }

    /// Returns the settings.
    pub fn options(&self) -> &StreamOptions {
        &self.options
    }

    /// Returns how many lanes a parallel step should have.
    pub fn lanes(&self) -> usize {
        self.workers.count()
    }

    fn must_be_ready(&self, asked: &'static str) -> Result<(), StateError> {
        match self.state() {
            State::Ready | State::Processing => Ok(()),
            state => Err(StateError { asked, state }),
        }
    }

    /// Calls a function with what each pipeline has done, as often as the settings say; it holds for
    /// pipelines that are created from then on.
    pub fn on_progress(&mut self, tell: impl FnMut(&Metrics) + Send + 'static) {
        self.listener = Some(Arc::new(Mutex::new(tell)));
    }

    /// Gives a stream the settings of the processor.
    ///
    /// # Errors
    ///
    /// If the processor is not ready.
    pub fn create_pipeline<T, H, C>(&self, source: Stream<T, H, C>) -> Result<Stream<T, H, C>, StateError>
    where
        T: Weigh + Send + 'static,
        H: Head,
        C: Operator<In = H::Item, Out = T>,
    {
        self.must_be_ready("create a pipeline with")?;
        let mut stream = source
            .threads(self.lanes())
            .workers(&self.workers)
            .backpressure_threshold(self.options.backpressure_threshold);
        if let Some(budget) = &self.budget {
            stream = stream.budget(budget);
        }
        if let Some(items) = self.options.default_chunk_size {
            stream = stream.chunked(Fixed(items.get()));
        }
        if self.options.profiling_enabled {
            stream = stream.profiled();
        }
        if let Some(listener) = self.listener.clone() {
            stream = stream.on_progress(self.options.metrics_interval, move |metrics| {
                (listener.lock().unwrap_or_else(PoisonError::into_inner))(metrics);
            });
        }
        Ok(stream)
    }

    /// Adds a step that may fail, tried again and tolerated as the settings say.
    pub fn try_map<T, U, E, H, C, F>(
        &self,
        stream: Stream<T, H, C>,
        f: F,
    ) -> Stepped<H, C, Guarded<TryMap<T, F>>>
    where
        T: Clone + Send + 'static,
        U: Send + 'static,
        E: Into<BoxError> + 'static,
        F: Fn(T) -> Result<U, E> + Send + Sync + 'static,
        H: Head,
        C: Operator<In = H::Item, Out = T>,
    {
        let step = stream.try_map(f).retry(self.options.retry());
        match self.options.tolerance() {
            Some(tolerance) => step.on_error(OnError::Skip).tolerate(tolerance),
            None => step,
        }
    }

    /// Leads a stream through code that works on whole chunks, of the size the settings say.
    ///
    /// # Errors
    ///
    /// If the processor is not ready.
    pub fn process_chunked_stream<T, H, C, P>(
        &self,
        source: Stream<T, H, C>,
        processor: P,
    ) -> Result<Processed<Inlet<T>, Identity<T>, P>, StateError>
    where
        T: Weigh + Send + 'static,
        H: Head,
        C: Operator<In = H::Item, Out = T>,
        P: ChunkProcessor<In = T>,
        P::Out: Weigh,
    {
        // A stage of its own, so that its chunks are those of the settings.
        Ok(self.create_pipeline(source)?.boxed().process_chunks(processor))
    }

    /// Runs a pipeline to its end.
    ///
    /// # Errors
    ///
    /// If the processor is not ready, or the pipeline fails.
    pub fn run(&mut self, pipeline: Pipeline) -> Result<Report, ProcessorError> {
        let outcome = self.start(pipeline)?.join();
        self.started.forget_ended();
        Ok(outcome?)
    }

    /// Starts a pipeline. Several may run at once; they share the memory limit and the lanes.
    ///
    /// # Errors
    ///
    /// If the processor is not ready.
    pub fn start(&mut self, pipeline: Pipeline) -> Result<Running, StateError> {
        self.must_be_ready("start a pipeline with")?;
        let running = pipeline.start();
        self.started.add(running.flow());
        Ok(running)
    }

    /// Returns what each pipeline that is running has done; if none is, what the last one had at its end.
    pub fn metrics(&self) -> Vec<Metrics> {
        self.started.metrics()
    }

    /// Returns what the pipeline that was started last, of those that are running, holds in memory together
    /// with all that share the limit of the processor; if none is, what the last one held at its end, and
    /// `None` if none was started.
    pub fn memory_usage(&self) -> Option<MemoryStats> {
        self.started.memory()
    }

    /// Cancels what is running and forgets it, so that the processor is as it was after initialising.
    ///
    /// # Errors
    ///
    /// If the processor is not ready.
    pub fn reset(&mut self) -> Result<(), StateError> {
        self.must_be_ready("reset")?;
        self.started.cancel();
        Ok(())
    }

    /// Cancels what is running and ends the life of the processor.
    ///
    /// # Errors
    ///
    /// If it has ended before.
    pub fn terminate(&mut self) -> Result<(), StateError> {
        if self.state == State::Terminated {
            return Err(StateError { asked: "terminate", state: State::Terminated });
        }
        self.started.cancel();
        self.state = State::Terminated;
        Ok(())
    }
}
