//! What a function answers, until it answers nothing or fails.

use crate::error::{BoxError, Interrupt, SourceError};
use crate::source::{Intake, Source, Supply};

/// What a function answers, call by call. An error is one of the source, and stops the pipeline.
#[derive(Debug)]
pub struct TryGenerate<F> {
    next: F,
    has_ended: bool,
}

impl<F> TryGenerate<F> {
    pub(crate) fn new(next: F) -> Self {
        Self { next, has_ended: false }
    }
}

impl<T, E, F> Source for TryGenerate<F>
where
    T: Send + 'static,
    E: Into<BoxError> + 'static,
    F: FnMut() -> Result<Option<T>, E> + Send + 'static,
{
    type Item = T;

    #[inline]
    fn pull(&mut self, out: &mut impl Intake<T>) -> Result<Supply, Interrupt> {
        while !self.has_ended && !out.is_satisfied() {
            match (self.next)().map_err(SourceError::new)? {
                Some(item) => out.emit(item)?,
                None => self.has_ended = true,
            }
        }
        Ok(if self.has_ended { Supply::End } else { Supply::More })
    }

    fn name(&self) -> &'static str {
        "try_generate"
    }
}
