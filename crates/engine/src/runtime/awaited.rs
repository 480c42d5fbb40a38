//! Ends for asynchronous code: a pipeline that is awaited, and its items as a `futures::Stream`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::PipelineError;
use super::asynchronous::Executor;
use super::flow::Flow;
use super::items::Items;
use crate::metrics::Report;
use crate::operator::Operator;
use crate::pipeline::Pipeline;
use crate::stream::{Head, Stream};
use crate::weigh::Weigh;

impl Pipeline {
    /// Runs the pipeline to its end without occupying the thread that awaits it. Futures of its steps run
    /// on the runtime of tokio this is called in, if it is; the steps themselves in threads of their own.
    ///
    /// Dropping the future cancels the pipeline.
    ///
    /// # Errors
    ///
    /// If an item, the source or the sink fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use primestream_engine::{Order, Stream};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let report = Stream::iter(0..100)
    ///     .map_async(50, Order::Relaxed, |n| async move {
    ///         tokio::time::sleep(Duration::from_millis(1)).await;
    ///         n
    ///     })
    ///     .drain_with(|_| ())
    ///     .run_async()
    ///     .await?;
    /// assert_eq!(report.items_out(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn run_async(self) -> Result<Report, PipelineError> {
        let (send, over) = futures_channel::oneshot::channel();
        let running = self.start_with(Executor::ambient(), move |_| {
            // Whoever waited may be gone.
            let _ = send.send(());
        });
        let cancel = CancelOnDrop(Some(running.flow()));
        // An error means that the thread has died: joining says how.
        let _ = over.await;
        cancel.defuse();
        running.join()
    }
}

/// Cancels a pipeline whose result nobody waits for any more.
struct CancelOnDrop(Option<Flow>);

impl CancelOnDrop {
    fn defuse(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(Flow::cancel);
    }
}

/// The items of a pipeline that runs in threads of its own, as a `futures::Stream`; otherwise as [`Items`].
pub struct ItemStream<T>(Items<T>);

impl<T> ItemStream<T> {
    /// Returns a hand on the pipeline.
    pub fn flow(&self) -> Flow {
        self.0.flow()
    }
}

// Nothing of it is ever pinned.
impl<T> Unpin for ItemStream<T> {}

impl<T> futures_util::Stream for ItemStream<T> {
    type Item = Result<T, PipelineError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let items = &mut self.0;
        if let Some(item) = items.taken.pop_front() {
            return Poll::Ready(Some(Ok(item)));
        }
        if items.running.is_none() {
            return Poll::Ready(None);
        }
        let counter = Arc::clone(&items.counter);
        counter.poll_take(context).map(|run| items.arrive(run))
    }
}

impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Runs the pipeline in threads of its own and gives its items as a `futures::Stream`.
    ///
    /// Futures of its steps run on the runtime of tokio this is called in, if it is.
    ///
    /// ```
    /// use futures_util::{StreamExt, TryStreamExt};
    /// use primestream_engine::{Order, Stream};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let squares = Stream::iter(0..5u64).parallel(2, Order::Input).map(|n| n * n).into_stream();
    /// assert_eq!(squares.try_collect::<Vec<_>>().await?, [0, 1, 4, 9, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_stream(self) -> ItemStream<T> {
        ItemStream(Items::of(self, Executor::ambient()))
    }
}
