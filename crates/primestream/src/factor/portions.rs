//! Items gathered so that each portion costs about the same, and a costly one is alone.

use std::num::NonZeroUsize;
use std::sync::Arc;

use primestream_engine::checkpoint::Memory;
use primestream_engine::{Emit, Operator, Outcome, Tally, Weigh};

/// Gathers items into portions for lanes: many cheap ones together, a costly one by itself, so that it holds
/// back nobody who was gathered with it. Preserves order; holds one portion, and hands it on rather than wait
/// for more.
///
/// How many items of a kind fill a portion says a function; those of different kinds share one by their parts.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use primestream::{Portions, prelude::*};
///
/// let a_few_or_one = |n: &u64| NonZeroUsize::new(if *n < 100 { 3 } else { 1 }).unwrap_or(NonZeroUsize::MIN);
/// let portions = Stream::iter([1u64, 2, 3, 4, 500, 5]).through(Portions::new(a_few_or_one)).collect::<Vec<_>>()?;
/// assert_eq!(portions, [vec![1, 2, 3], vec![4], vec![500], vec![5]]);
/// # Ok::<(), PipelineError>(())
/// ```
pub struct Portions<T, F> {
    fill: Arc<F>,
    gathered: Vec<T>,
    gathered_bytes: usize,
    /// The part of a portion that is gathered, of [`WHOLE`].
    part: u64,
    tally: Tally,
}

impl<T, F: Fn(&T) -> NonZeroUsize> Portions<T, F> {
    /// Makes portions of as many items as `fill` says of each.
    pub fn new(fill: F) -> Self {
        Self::sharing(Arc::new(fill))
    }

    fn sharing(fill: Arc<F>) -> Self {
        Self { fill, gathered: Vec::new(), gathered_bytes: 0, part: 0, tally: Tally::default() }
    }

    fn hand_on(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.gathered.is_empty() {
            return Ok(());
        }
        (self.gathered_bytes, self.part) = (0, 0);
        self.tally.created += 1;
        out.emit(std::mem::take(&mut self.gathered))
    }
}

impl<T, F> Operator for Portions<T, F>
where
    T: Weigh + Send + 'static,
    F: Fn(&T) -> NonZeroUsize + Send + Sync + 'static,
{
    type In = T;
    type Out = Vec<T>;

    fn on_item(&mut self, item: T, out: &mut impl Emit<Vec<T>>) -> Outcome {
        let part = WHOLE / (self.fill)(&item).get() as u64;
        // What is gathered goes first, so that a costly item does not hold it back.
        let before = if self.part + part > WHOLE { self.hand_on(out) } else { Ok(()) };
        self.tally.absorbed += 1;
        self.gathered_bytes += item.weight();
        self.part += part;
        self.gathered.push(item);
        before?;
        if self.part >= WHOLE - part / 2 { self.hand_on(out) } else { Ok(()) }
    }

    fn on_flush(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        self.hand_on(out)
    }

    fn on_end(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        self.hand_on(out)
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self::sharing(Arc::clone(&self.fill))
    }

    fn name(&self) -> &'static str {
        "portions"
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn held_bytes(&self) -> usize {
        self.gathered_bytes
    }
}

/// A portion, in parts small enough for the cheapest items.
const WHOLE: u64 = 1 << 32;
