//! A transformation of items, pushed one item at a time so that a chain compiles to one loop.
//!
//! An operator has no thread, no clock and no queue: those are the runtime's. Chains are built of
//! [`Then`], which hands what one operator emits straight to the next; after inlining, a chain of
//! three steps is one loop body.

use std::time::Duration;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Interrupt, Outcome};
use crate::tally::Tally;
use crate::time::EventTime;

/// Takes the items an operator makes.
pub trait Emit<T> {
    /// Hands one item on.
    ///
    /// # Errors
    ///
    /// If what follows needs no more items or cannot take this one; an operator passes it back at once
    /// with `?`.
    fn emit(&mut self, item: T) -> Outcome;

    /// Takes up to `count` items at once, fewer if there are no more or it is full, and returns whether there
    /// may be more; or takes none, being no place for many at once. They are counted in `made`, if they are made
    /// on the way, and else as items that came into the chain.
    #[doc(hidden)]
    #[inline(always)]
    fn emit_many(
        &mut self,
        items: &mut impl Iterator<Item = T>,
        count: usize,
        made: Option<&mut u64>,
    ) -> Option<Result<bool, Interrupt>>
    where
        Self: Sized,
    {
        let _ = (items, count, made);
        None
    }

    /// Returns the position, from 0, of the item in hand among those its stage took.
    fn position(&self) -> u64;

    /// Returns the time since the pipeline started, in the runtime's clock.
    fn now(&self) -> Duration;

    /// Returns the name of the stage.
    fn stage(&self) -> &str;

    /// Returns whether the pipeline is stopping before its end: whoever is in the middle of something long may give
    /// it up, and what is emitted is of no use any more.
    fn is_stopping(&self) -> bool {
        false
    }

    /// Returns whether it wants to know where steps begin and end: a constant, so that where it does not a
    /// chain compiles to what it would be without these.
    #[doc(hidden)]
    #[inline(always)]
    fn is_watched(&self) -> bool {
        false
    }

    /// Learns that so many steps further on one begins: what a profile looks at. Nothing without one.
    #[doc(hidden)]
    #[inline(always)]
    fn enter(&mut self, steps: usize) {
        let _ = steps;
    }

    /// Learns that the step that was entered last is over.
    #[doc(hidden)]
    #[inline(always)]
    fn leave(&mut self, steps: usize) {
        let _ = steps;
    }

    /// Returns whether what follows would rather be given no more for now. An operator that makes many
    /// items of one stops here and goes on in [`Operator::on_time`].
    #[inline]
    fn is_busy(&self) -> bool {
        false
    }
}

/// A transformation from items to items.
///
/// # Time
///
/// An operator never waits. One that cannot pass on what it holds until later (a rate, a pause before
/// the next attempt) says that it [is busy](Self::is_busy) and when it is [due](Self::due); its lane is
/// then given nothing more and no thread, until the time has come for [`on_time`](Self::on_time).
///
/// # Examples
///
/// ```
/// use primestream_engine::{Emit, Operator, Outcome, Stream, Tally};
///
/// /// Emits each item and its double.
/// #[derive(Clone, Default)]
/// struct WithDouble {
///     tally: Tally,
/// }
///
/// impl Operator for WithDouble {
///     type In = u64;
///     type Out = u64;
///
///     fn on_item(&mut self, item: u64, out: &mut impl Emit<u64>) -> Outcome {
///         out.emit(item)?;
///         self.tally.created += 1; // one item more than was taken
///         out.emit(2 * item)
///     }
///
///     fn fork(&self) -> Self { Self::default() }
///     fn name(&self) -> &'static str { "with_double" }
///     fn tally(&self) -> Tally { self.tally }
/// }
///
/// let all: Vec<u64> = Stream::iter([1, 10]).through(WithDouble::default()).collect()?;
/// assert_eq!(all, [1, 2, 10, 20]);
/// # Ok::<(), primestream_engine::PipelineError>(())
/// ```
pub trait Operator: Send + Sized + 'static {
    /// What it takes.
    type In: Send + 'static;
    /// What it makes.
    type Out: Send + 'static;

    /// How many steps it is made of, as a profile sees them.
    #[doc(hidden)]
    const PLACES: usize = 1;

    /// Appends the name of each of these steps; one without a name belongs to the one before.
    #[doc(hidden)]
    fn places(&self, names: &mut Vec<&'static str>) {
        names.push(self.name());
    }

    /// Takes one item and emits any number.
    ///
    /// # Errors
    ///
    /// If the item fails, the operator needs no more, or `out` answered with an interrupt.
    fn on_item(&mut self, item: Self::In, out: &mut impl Emit<Self::Out>) -> Outcome;

    /// Takes up to `count` items at once, as [`Emit::emit_many`], if it does nothing with any of them.
    #[doc(hidden)]
    #[inline(always)]
    fn on_many(
        &mut self,
        items: &mut impl Iterator<Item = Self::In>,
        (count, made): (usize, Option<&mut u64>),
        out: &mut impl Emit<Self::Out>,
    ) -> Option<Result<bool, Interrupt>> {
        let _ = (items, count, made, out);
        None
    }

    /// Learns that a run of items follows: the place to check once what holds for each of them, so that
    /// the compiler knows it too.
    fn on_run(&mut self) {}

    /// Learns that items which came together are all there; what was gathered for speed is passed on.
    /// When this is called depends on chunking, so no result may.
    ///
    /// # Errors
    ///
    /// As [`on_item`](Self::on_item).
    fn on_flush(&mut self, out: &mut impl Emit<Self::Out>) -> Outcome {
        let _ = out;
        Ok(())
    }

    /// Learns that no earlier event will come.
    ///
    /// # Errors
    ///
    /// As [`on_item`](Self::on_item).
    fn on_watermark(&mut self, at: EventTime, out: &mut impl Emit<Self::Out>) -> Outcome {
        let _ = (at, out);
        Ok(())
    }

    /// Learns that no item will come, and emits what it still holds. One that is busy afterwards is
    /// asked again when it no longer is.
    ///
    /// # Errors
    ///
    /// As [`on_item`](Self::on_item).
    fn on_end(&mut self, out: &mut impl Emit<Self::Out>) -> Outcome {
        let _ = out;
        Ok(())
    }

    /// Learns that an epoch ends: passes on what it gathered for speed, so that what is left is what it
    /// remembers. What this emits belongs to the epoch.
    ///
    /// # Errors
    ///
    /// As [`on_item`](Self::on_item).
    fn on_barrier(&mut self, out: &mut impl Emit<Self::Out>) -> Outcome {
        self.on_flush(out)
    }

    /// Returns whether it remembers anything from one item to the next, and whether checkpoints hold it. Unless
    /// said otherwise it is taken to remember something that none holds, so that a pipeline with it promises
    /// less.
    fn memory(&self) -> Memory {
        Memory::Lost
    }

    /// Appends the names of the steps whose memory no checkpoint holds.
    #[doc(hidden)]
    fn forgetful(&self, steps: &mut Vec<&'static str>) {
        if self.memory() == Memory::Lost {
            steps.push(self.name());
        }
    }

    /// Writes what it remembers. Called behind [`on_barrier`](Self::on_barrier), and once when all has ended.
    ///
    /// # Errors
    ///
    /// If it cannot be written; the pipeline stops.
    fn save(&mut self, to: &mut Saver) -> Outcome {
        let _ = to;
        Ok(())
    }

    /// Takes up what it remembered, before the first item: nothing in a run that begins anew. Only in
    /// pipelines that keep checkpoints.
    ///
    /// # Errors
    ///
    /// If what was saved is not what it would have saved.
    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let _ = from;
        Ok(())
    }

    /// Returns, if it is an end, whether what it does shows only once an epoch is committed.
    #[doc(hidden)]
    fn commits(&mut self) -> Option<bool> {
        None
    }

    /// Returns whether it holds items that it will pass on later, and should be given none meanwhile. What
    /// comes all the same it must take. A busy operator is always due at some time.
    #[inline]
    fn is_busy(&self) -> bool {
        false
    }

    /// Returns the time at which it wants to be called, busy or not.
    #[inline]
    fn due(&self) -> Option<Duration> {
        None
    }

    /// Passes on what may be passed on by now; called when it is due, or later.
    ///
    /// # Errors
    ///
    /// As [`on_item`](Self::on_item).
    fn on_time(&mut self, out: &mut impl Emit<Self::Out>) -> Outcome {
        let _ = out;
        Ok(())
    }

    /// Is asked whether a panic that was just caught happened inside it, and deals with it if so.
    /// `None`: it did not, or nothing here says what to do.
    fn on_panic(&mut self, message: &str, position: u64) -> Option<Outcome> {
        let _ = (message, position);
        None
    }

    /// Makes the instance of another lane: the same configuration, no state.
    #[must_use]
    fn fork(&self) -> Self;

    /// Returns the name of its verb.
    fn name(&self) -> &'static str;

    /// Appends the names of the steps it is made of.
    fn describe(&self, steps: &mut Vec<&'static str>) {
        steps.push(self.name());
    }

    /// Returns whether it leaves out items it does not count: what is missing behind such a step was
    /// filtered. Counting where nothing else is done would double the price of a filter.
    fn leaves_out(&self) -> bool {
        false
    }

    /// Returns what became of the items it took, where they were not passed on one for one. The runtime
    /// asserts at the end that nothing is missing.
    fn tally(&self) -> Tally {
        Tally::default()
    }

    /// Returns the bytes it holds between items.
    fn held_bytes(&self) -> usize {
        0
    }
}

/// An operator whose items may fail for a reason that passes, so that trying again makes sense.
pub trait Fails: Operator {}

/// Two operators, the second taking what the first emits.
#[derive(Clone, Debug)]
pub struct Then<A, B> {
    first: A,
    second: B,
    /// The first has dealt with the watermark, or the end, that the second has yet to be told of.
    is_past_first: bool,
}

impl<A, B> Then<A, B> {
    /// Joins two operators.
    pub(crate) fn new(first: A, second: B) -> Self {
        Self { first, second, is_past_first: false }
    }

    /// Returns the second.
    #[cfg(feature = "stateful")]
    pub(crate) fn second_mut(&mut self) -> &mut B {
        &mut self.second
    }

    /// Parts them again.
    pub(crate) fn into_parts(self) -> (A, B) {
        (self.first, self.second)
    }
}

/// The output of a first operator: the second one and all behind it.
struct Via<'a, B, E> {
    second: &'a mut B,
    out: &'a mut E,
}

#[cfg(feature = "profiling")]
impl<B: Operator, E: Emit<B::Out>> Via<'_, B, E> {
    /// Hands an item on and says when. Apart, so that the loop of those that are not watched keeps its form.
    #[cold]
    #[inline(never)]
    fn emit_watched(&mut self, item: B::In) -> Outcome {
        self.out.enter(1);
        let outcome = self.second.on_item(item, self.out);
        self.out.leave(1);
        outcome
    }
}

impl<B: Operator, E: Emit<B::Out>> Emit<B::In> for Via<'_, B, E> {
    #[inline(always)]
    fn emit(&mut self, item: B::In) -> Outcome {
        #[cfg(feature = "profiling")]
        if self.out.is_watched() {
            return self.emit_watched(item);
        }
        self.second.on_item(item, self.out)
    }

    #[inline(always)]
    fn emit_many(
        &mut self,
        items: &mut impl Iterator<Item = B::In>,
        count: usize,
        made: Option<&mut u64>,
    ) -> Option<Result<bool, Interrupt>> {
        if self.out.is_watched() {
            return None;
        }
        self.second.on_many(items, (count, made), self.out)
    }

    #[inline(always)]
    fn is_watched(&self) -> bool {
        self.out.is_watched()
    }

    #[inline(always)]
    fn enter(&mut self, steps: usize) {
        self.out.enter(steps);
    }

    #[inline(always)]
    fn leave(&mut self, steps: usize) {
        self.out.leave(steps);
    }

    #[inline]
    fn position(&self) -> u64 {
        self.out.position()
    }

    #[inline]
    fn now(&self) -> Duration {
        self.out.now()
    }

    fn stage(&self) -> &str {
        self.out.stage()
    }

    fn is_stopping(&self) -> bool {
        self.out.is_stopping()
    }

    #[inline(always)]
    fn is_busy(&self) -> bool {
        self.second.is_busy() || self.out.is_busy()
    }
}

impl<A: Operator, B: Operator<In = A::Out>> Then<A, B> {
    /// Tells the first and, once it is through and nothing is held up, the second.
    fn in_turn<E: Emit<B::Out>>(
        &mut self,
        out: &mut E,
        first: impl FnOnce(&mut A, &mut Via<'_, B, E>) -> Outcome,
        second: impl FnOnce(&mut B, &mut E) -> Outcome,
    ) -> Outcome {
        if !self.is_past_first {
            match first(&mut self.first, &mut Via { second: &mut self.second, out }) {
                // That no more is needed of the first is no reason not to tell the second.
                Ok(()) | Err(Interrupt::Done) => {}
                other => return other,
            }
            self.is_past_first = !self.first.is_busy();
        }
        if self.first.is_busy() || self.second.is_busy() {
            return Ok(());
        }
        self.is_past_first = false;
        second(&mut self.second, out)
    }
}

impl<A, B> Operator for Then<A, B>
where
    A: Operator,
    B: Operator<In = A::Out>,
{
    type In = A::In;
    type Out = B::Out;

    const PLACES: usize = A::PLACES + B::PLACES;

    fn places(&self, names: &mut Vec<&'static str>) {
        self.first.places(names);
        self.second.places(names);
    }

    #[inline(always)]
    fn on_item(&mut self, item: A::In, out: &mut impl Emit<B::Out>) -> Outcome {
        self.first.on_item(item, &mut Via { second: &mut self.second, out })
    }

    #[inline(always)]
    fn on_run(&mut self) {
        self.first.on_run();
        self.second.on_run();
    }

    #[inline]
    fn on_flush(&mut self, out: &mut impl Emit<B::Out>) -> Outcome {
        self.first.on_flush(&mut Via { second: &mut self.second, out })?;
        out.enter(A::PLACES);
        let outcome = self.second.on_flush(out);
        out.leave(A::PLACES);
        outcome
    }

    fn on_watermark(&mut self, at: EventTime, out: &mut impl Emit<B::Out>) -> Outcome {
        self.in_turn(
            out,
            |first, via| first.on_watermark(at, via),
            |second, out| second.on_watermark(at, out),
        )
    }

    fn on_end(&mut self, out: &mut impl Emit<B::Out>) -> Outcome {
        self.in_turn(out, |first, via| first.on_end(via), |second, out| second.on_end(out))
    }

    fn on_barrier(&mut self, out: &mut impl Emit<B::Out>) -> Outcome {
        self.in_turn(out, |first, via| first.on_barrier(via), |second, out| second.on_barrier(out))
    }

    fn memory(&self) -> Memory {
        match (self.first.memory(), self.second.memory()) {
            (Memory::Lost, _) | (_, Memory::Lost) => Memory::Lost,
            (Memory::None, Memory::None) => Memory::None,
            _ => Memory::Saved,
        }
    }

    fn forgetful(&self, steps: &mut Vec<&'static str>) {
        self.first.forgetful(steps);
        self.second.forgetful(steps);
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        self.first.save(to)?;
        self.second.save(to)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.first.resume(from)?;
        self.second.resume(from)
    }

    fn commits(&mut self) -> Option<bool> {
        self.second.commits()
    }

    #[inline(always)]
    fn is_busy(&self) -> bool {
        self.first.is_busy() || self.second.is_busy()
    }

    #[inline]
    fn due(&self) -> Option<Duration> {
        // What the first would pass on, a busy second could not.
        match (self.first.due(), self.second.due()) {
            (Some(first), Some(second)) if !self.second.is_busy() => Some(first.min(second)),
            (first, None) => first,
            (_, second) => second,
        }
    }

    fn on_time(&mut self, out: &mut impl Emit<B::Out>) -> Outcome {
        self.second.on_time(out)?;
        if self.second.is_busy() {
            return Ok(());
        }
        self.first.on_time(&mut Via { second: &mut self.second, out })
    }

    fn on_panic(&mut self, message: &str, position: u64) -> Option<Outcome> {
        self.first.on_panic(message, position).or_else(|| self.second.on_panic(message, position))
    }

    fn fork(&self) -> Self {
        Self::new(self.first.fork(), self.second.fork())
    }

    fn name(&self) -> &'static str {
        self.second.name()
    }

    fn describe(&self, steps: &mut Vec<&'static str>) {
        self.first.describe(steps);
        self.second.describe(steps);
    }

    fn tally(&self) -> Tally {
        let mut tally = self.first.tally();
        tally += self.second.tally();
        tally
    }

    fn leaves_out(&self) -> bool {
        self.first.leaves_out() || self.second.leaves_out()
    }

    fn held_bytes(&self) -> usize {
        self.first.held_bytes() + self.second.held_bytes()
    }
}
