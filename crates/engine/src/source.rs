//! Where items come from.

use std::task::Waker;
use std::time::Duration;

use crate::error::{CheckpointError, Interrupt, Outcome};
use crate::operator::Emit;
use crate::time::EventTime;

/// What a source says after it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// There may be more: ask again.
    More,
    /// Nothing at the moment: ask again a little later.
    Idle,
    /// Nothing at the moment: the [waker](Intake::waker) will be called when there is something.
    Pending,
    /// There will be no more.
    End,
}

/// Takes the items of a source, and says when it has enough for the moment.
pub trait Intake<T>: Emit<T> {
    /// Returns whether the source should return: a chunk is full, or the memory is.
    fn is_satisfied(&self) -> bool;

    /// Returns how many items are worth handing over at once, where that costs the source nothing: 1
    /// while items come or are worked on slowly.
    fn appetite(&self) -> usize {
        1
    }

    /// Returns what a source calls, from any thread, that answered [`Supply::Pending`] and has something.
    fn waker(&self) -> &Waker;

    /// Takes up to `count` items of an iterator, fewer if it is satisfied before; returns whether there may
    /// be more. What an interrupt leaves in the iterator was not taken. The iterator is taken out while its
    /// items are and put back, so that it can live in registers; `None` has no items.
    ///
    /// # Errors
    ///
    /// As [`Emit::emit`].
    fn emit_from(
        &mut self,
        items: &mut Option<impl Iterator<Item = T>>,
        count: usize,
    ) -> Result<bool, Interrupt> {
        for _ in 0..count {
            let Some(item) = items.as_mut().and_then(Iterator::next) else { return Ok(false) };
            self.emit(item)?;
            if self.is_satisfied() {
                break;
            }
        }
        Ok(true)
    }

    /// Tells all that follows that no earlier event will come.
    ///
    /// # Errors
    ///
    /// As [`Emit::emit`].
    fn watermark(&mut self, at: EventTime) -> Outcome;
}

/// A source that can be asked for the same again: it says where it is, and goes back there.
pub trait Replay {
    /// Appends what [`restore`](Self::restore) needs to go on behind the last item that was emitted.
    ///
    /// # Errors
    ///
    /// If it does not know where it is.
    fn save(&mut self, state: &mut Vec<u8>) -> Result<(), CheckpointError>;

    /// Goes back to where it was. Called before the first item.
    ///
    /// # Errors
    ///
    /// If what it reads is not what it read then.
    fn restore(&mut self, state: &[u8]) -> Result<(), CheckpointError>;
}

/// Where items come from. It is asked, it never pushes of itself.
///
/// # Examples
///
/// ```
/// use primestream_engine::{Intake, Interrupt, Source, Stream, Supply};
///
/// struct Countdown(u32);
///
/// impl Source for Countdown {
///     type Item = u32;
///
///     fn pull(&mut self, out: &mut impl Intake<u32>) -> Result<Supply, Interrupt> {
///         while !out.is_satisfied() {
///             if self.0 == 0 {
///                 return Ok(Supply::End);
///             }
///             self.0 -= 1; // before it is emitted: an item that fails is not given twice
///             out.emit(self.0 + 1)?;
///         }
///         Ok(Supply::More)
///     }
///
///     fn name(&self) -> &'static str { "countdown" }
/// }
///
/// let all: Vec<u32> = Stream::from_source(Countdown(3)).collect()?;
/// assert_eq!(all, [3, 2, 1]);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
pub trait Source: Send + 'static {
    /// What it gives.
    type Item: Send + 'static;

    /// Emits items until `out` is satisfied or there are none at the moment.
    ///
    /// An interrupt of `out` must be passed back at once; unless it ends the pipeline, the source is
    /// asked again afterwards and goes on behind the item that caused it. A source that would have to
    /// wait while it has emitted something should return [`Supply::More`] first, so that nobody waits
    /// with it.
    ///
    /// # Errors
    ///
    /// If it cannot go on (a `SourceError`), or an interrupt of `out`.
    fn pull(&mut self, out: &mut impl Intake<Self::Item>) -> Result<Supply, Interrupt>;

    /// Returns its name, as plans and reports show it.
    fn name(&self) -> &'static str;

    /// Returns the bytes taken from outside so far; 0 where bytes mean nothing.
    fn bytes_taken(&self) -> u64 {
        0
    }

    /// Returns how much of all there is was taken, from 0 to 1, where that is known.
    fn fraction(&self) -> Option<f64> {
        None
    }

    /// Returns the time, since the pipeline started, before which an idle source need not be asked again.
    fn due(&self) -> Option<Duration> {
        None
    }

    /// Returns what brings it back to where it was, if it can be asked for the same again after a crash.
    fn replay(&mut self) -> Option<&mut dyn Replay> {
        None
    }

    /// Returns whether it polls futures, which may need timers and sockets around them.
    fn polls_futures(&self) -> bool {
        false
    }
}
