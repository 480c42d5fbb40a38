//! What a step does when an item fails: stop, leave it out, or keep it elsewhere.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{BoxError, ItemError, SinkError};

/// What a step does when an item fails, by an error or by a panic.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use primestream_engine::{OnError, Stream};
///
/// let (send, dead) = mpsc::channel();
/// let good: Vec<u32> = Stream::iter(["1", "x", "3"])
///     .try_map(str::parse::<u32>)
///     .on_error(OnError::dead_letter(move |letter| send.send((letter.item, letter.position))))
///     .collect()?;
/// assert_eq!(good, [1, 3]);
/// assert_eq!(dead.try_iter().collect::<Vec<_>>(), [("x", 1)]);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
#[non_exhaustive]
pub enum OnError<T> {
    /// The pipeline stops and answers with the error.
    Stop,
    /// The item is left out and counted.
    Skip,
    /// The item goes to the dead-letter sink and is counted.
    DeadLetter(Letterbox<T>),
}

impl<T> OnError<T> {
    /// Sends each item that fails to `sink`, which is called from one lane at a time. The item is cloned
    /// before the step takes it.
    pub fn dead_letter<F, E>(mut sink: F) -> Self
    where
        T: Clone,
        F: FnMut(DeadLetter<T>) -> Result<(), E> + Send + 'static,
        E: Into<BoxError>,
    {
        let post = move |letter| sink(letter).map_err(SinkError::new);
        OnError::DeadLetter(Letterbox { keep: T::clone, post: Arc::new(Mutex::new(post)) })
    }
}

impl<T> Clone for OnError<T> {
    fn clone(&self) -> Self {
        match self {
            OnError::Stop => OnError::Stop,
            OnError::Skip => OnError::Skip,
            OnError::DeadLetter(letterbox) => OnError::DeadLetter(letterbox.clone()),
        }
    }
}

impl<T> fmt::Debug for OnError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnError::Stop => "Stop",
            OnError::Skip => "Skip",
            OnError::DeadLetter(_) => "DeadLetter",
        })
    }
}

/// An item that failed, with what is known of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct DeadLetter<T> {
    /// The item as the step took it.
    pub item: T,
    /// The step that failed, by the name of its verb.
    pub step: &'static str,
    /// The stage it belongs to.
    pub stage: String,
    /// Its position, from 0, among the items its stage took.
    pub position: u64,
    /// How it failed.
    pub error: ItemError,
    /// How often it was tried.
    pub attempts: u32,
}

/// Where dead letters of one step go, from all its lanes.
pub struct Letterbox<T> {
    keep: fn(&T) -> T,
    post: Arc<Mutex<Post<T>>>,
}

type Post<T> = dyn FnMut(DeadLetter<T>) -> Result<(), SinkError> + Send;

impl<T> Letterbox<T> {
    /// Copies an item before the step takes it.
    pub(crate) fn keep(&self, item: &T) -> T {
        (self.keep)(item)
    }

    /// Delivers a letter.
    pub(crate) fn post(&self, letter: DeadLetter<T>) -> Result<(), SinkError> {
        (self.post.lock().unwrap_or_else(PoisonError::into_inner))(letter)
    }
}

impl<T> Clone for Letterbox<T> {
    fn clone(&self) -> Self {
        Self { keep: self.keep, post: Arc::clone(&self.post) }
    }
}
