//! All that is decided about an item that fails, in one fixed order.
//!
//! From the inside out, whatever the order in which they were asked for: the time limit of one attempt;
//! the breaker, which may refuse it; the retry, which may make another; then what becomes of an item that
//! is given up (left out, replaced, set aside, or the end of the pipeline); and last the tolerance, which
//! may find that too many were given up.

use std::sync::Arc;
use std::time::Duration;

use super::breaker::CircuitBreaker;
use super::on_error::{DeadLetter, Letterbox, OnError};
use super::retry::{Next, Retry};
use super::tolerance::Tolerance;
use crate::error::{Cause, Interrupt, ItemError};

/// What happens to an item that is given up.
pub(crate) enum GivenUp<T, U> {
    Stop,
    Skip,
    DeadLetter(Letterbox<T>),
    Replace { keep: fn(&T) -> T, replace: Arc<Replace<T, U>> },
}

pub(crate) type Replace<T, U> = dyn Fn(DeadLetter<T>) -> Option<U> + Send + Sync;

impl<T, U> Clone for GivenUp<T, U> {
    fn clone(&self) -> Self {
        match self {
            GivenUp::Stop => GivenUp::Stop,
            GivenUp::Skip => GivenUp::Skip,
            GivenUp::DeadLetter(letterbox) => GivenUp::DeadLetter(letterbox.clone()),
            GivenUp::Replace { keep, replace } => {
                GivenUp::Replace { keep: *keep, replace: Arc::clone(replace) }
            }
        }
    }
}

impl<T, U> From<OnError<T>> for GivenUp<T, U> {
    fn from(policy: OnError<T>) -> Self {
        match policy {
            OnError::Stop => GivenUp::Stop,
            OnError::Skip => GivenUp::Skip,
            OnError::DeadLetter(letterbox) => GivenUp::DeadLetter(letterbox),
        }
    }
}

/// All policies of a step from `T` to `U`, and what they have counted in one lane.
pub(crate) struct Policies<T, U> {
    pub(crate) given_up: GivenUp<T, U>,
    pub(crate) retry: Option<Retrying<T>>,
    pub(crate) breaker: Option<CircuitBreaker>,
    pub(crate) tolerance: Option<Tolerance>,
    pub(crate) counts: Counts,
}

/// When to try again, and how to copy an item for it.
pub(crate) type Retrying<T> = (Retry, fn(&T) -> T);

/// What the policies of a step have done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) skipped: u64,
    pub(crate) dead: u64,
    pub(crate) retried: u64,
    pub(crate) exhausted: u64,
    pub(crate) errors: u64,
}

/// One attempt at an item.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) position: u64,
    /// Attempts made, this one included.
    pub(crate) number: u32,
    /// When the first one began.
    pub(crate) began: Duration,
}

/// What becomes of an item that failed.
pub(crate) enum Verdict<T, U> {
    /// It is tried again at this time.
    Again(T, Duration),
    /// This takes its place.
    Replaced(U),
    /// It is gone, and counted.
    Gone,
}

impl<T, U> Default for Policies<T, U> {
    fn default() -> Self {
        Self {
            given_up: GivenUp::Stop,
            retry: None,
            breaker: None,
            tolerance: None,
            counts: Counts::default(),
        }
    }
}

impl<T, U> Policies<T, U> {
    /// Makes those of another lane: the same, nothing counted, the breaker and the tolerance shared.
    pub(crate) fn fork(&self) -> Self {
        Self {
            given_up: self.given_up.clone(),
            retry: self.retry.clone(),
            breaker: self.breaker.clone(),
            tolerance: self.tolerance.clone(),
            counts: Counts::default(),
        }
    }

    /// Returns whether nothing was said: the first failure stops the pipeline.
    #[inline]
    pub(crate) fn are_none(&self) -> bool {
        matches!(self.given_up, GivenUp::Stop)
            && self.retry.is_none()
            && self.breaker.is_none()
            && self.tolerance.is_none()
    }

    /// Copies an item before the step takes it, if a policy may want it back.
    #[inline]
    pub(crate) fn keep(&self, item: &T) -> Option<T> {
        match (&self.retry, &self.given_up) {
            (Some((_, keep)), _) | (None, GivenUp::Replace { keep, .. }) => Some(keep(item)),
            (None, GivenUp::DeadLetter(letterbox)) => Some(letterbox.keep(item)),
            (None, GivenUp::Stop | GivenUp::Skip) => None,
        }
    }

    /// Asks the breaker whether the step may be called now.
    ///
    /// # Errors
    ///
    /// If it is open: the failure of the item that is not tried.
    #[inline]
    pub(crate) fn admit(&self, step: &'static str, now: impl FnOnce() -> Duration) -> Result<(), ItemError> {
        match &self.breaker {
            Some(breaker) if !breaker.allows(now()) => Err(ItemError::new(step, Cause::BreakerOpen)),
            _ => Ok(()),
        }
    }

    /// Notes a success.
    #[inline]
    pub(crate) fn succeeded(&self, now: impl FnOnce() -> Duration) {
        if let Some(breaker) = &self.breaker {
            breaker.record(false, now());
        }
        if let Some(tolerance) = &self.tolerance {
            let _ = tolerance.is_exceeded_by(false);
        }
    }

    /// Decides about an item that failed.
    ///
    /// # Errors
    ///
    /// If the pipeline stops for it, or the dead-letter sink failed.
    #[cold]
    pub(crate) fn failed(
        &mut self,
        (item, error): (Option<T>, ItemError),
        attempt: &Attempt,
        (stage, now): (&str, Duration),
    ) -> Result<Verdict<T, U>, Interrupt> {
        self.counts.errors += 1;
        let error = error.at(attempt.position);
        let was_called = !matches!(error.cause(), Cause::BreakerOpen);
        if let Some(breaker) = self.breaker.as_ref().filter(|_| was_called) {
            breaker.record(true, now);
        }
        let next = self
            .retry
            .as_ref()
            .map(|(retry, _)| retry.next(&error, (attempt.number, attempt.position), (attempt.began, now)));
        match (next, item) {
            (Some(Next::At(due)), Some(item)) => {
                self.counts.retried += 1;
                // No use in coming back before the breaker does.
                let opens_at = self.breaker.as_ref().and_then(CircuitBreaker::opens_at);
                Ok(Verdict::Again(item, due.max(opens_at.unwrap_or(due))))
            }
            (next, item) => {
                self.counts.exhausted += u64::from(next == Some(Next::Exhausted));
                self.give_up(item, error, attempt, stage)
            }
        }
    }

    fn give_up(
        &mut self,
        item: Option<T>,
        error: ItemError,
        attempt: &Attempt,
        stage: &str,
    ) -> Result<Verdict<T, U>, Interrupt> {
        let is_too_much = self.tolerance.as_ref().is_some_and(|tolerance| tolerance.is_exceeded_by(true));
        let letter = |item, error: ItemError| DeadLetter {
            item,
            step: error.step(),
            stage: stage.to_owned(),
            position: attempt.position,
            error,
            attempts: attempt.number,
        };
        match (&self.given_up, item) {
            _ if is_too_much => Err(Interrupt::Item(Box::new(error.beyond_tolerance()))),
            (GivenUp::Skip, _) => {
                self.counts.skipped += 1;
                Ok(Verdict::Gone)
            }
            (GivenUp::DeadLetter(letterbox), Some(item)) => {
                letterbox.post(letter(item, error))?;
                self.counts.dead += 1;
                Ok(Verdict::Gone)
            }
            (GivenUp::Replace { replace, .. }, Some(item)) => match replace(letter(item, error)) {
                Some(replacement) => Ok(Verdict::Replaced(replacement)),
                None => {
                    self.counts.skipped += 1;
                    Ok(Verdict::Gone)
                }
            },
            (GivenUp::Stop | GivenUp::DeadLetter(_) | GivenUp::Replace { .. }, _) => {
                Err(Interrupt::Item(Box::new(error)))
            }
        }
    }
}
