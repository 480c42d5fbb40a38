//! The items of an asynchronous stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use crate::error::Interrupt;
use crate::source::{Intake, Source, Supply};

/// The items of a `futures::Stream`, in its order. Polled when it was woken.
pub struct FromStream<S>(Pin<Box<S>>);

impl<S> FromStream<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self(Box::pin(stream))
    }
}

impl<S> Source for FromStream<S>
where
    S: Stream + Send + 'static,
    S::Item: Send + 'static,
{
    type Item = S::Item;

    fn pull(&mut self, out: &mut impl Intake<S::Item>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            match self.0.as_mut().poll_next(&mut Context::from_waker(out.waker())) {
                Poll::Ready(Some(item)) => out.emit(item)?,
                Poll::Ready(None) => return Ok(Supply::End),
                Poll::Pending => return Ok(Supply::Pending),
            }
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "from_stream"
    }

    fn polls_futures(&self) -> bool {
        true
    }
}
