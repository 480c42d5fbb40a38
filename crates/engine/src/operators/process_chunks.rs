//! Items handed to a processor of the user's, as many as came together.
//!
//! What the processor emits is kept until it returns: a panic further down the chain then never unwinds
//! through it, and a chunk that failed can be replaced as a whole. Its own panics are caught here, once
//! around a chunk, since most calls come with no item in hand that the runtime could blame.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::chunker::{CHUNK_BYTES, CHUNK_ITEMS};
use crate::error::{Cause, Interrupt, ItemError, Outcome, panic_message};
use crate::operator::{Emit, Operator};
use crate::processor::ChunkProcessor;
use crate::tally::Tally;
use crate::time::EventTime;
use crate::weigh::Weigh;

/// Hands the items that came together to a [`ChunkProcessor`] and passes on what it emits. Preserves
/// order. Holds at most one chunk between items, which counts towards the budget; on the end flushes
/// the processor.
pub struct ProcessChunks<P: ChunkProcessor> {
    processor: P,
    fresh: Vec<P::In>,
    fresh_bytes: usize,
    /// What the processor made, on its way; what is left of it if the way was interrupted.
    made: std::vec::IntoIter<P::Out>,
    is_flushed: bool,
    absorbed: u64,
    created: u64,
    /// Since when something is under way that may fail; what is still so at the end has failed.
    under_way: Option<When>,
    /// Whether a failure has stopped the pipeline. Another thread may have claimed the end by then.
    is_broken: bool,
}

/// When the processor runs and what it made is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// With an item in hand, which the runtime counts should it fail.
    Item,
    /// With no item in hand, and so nobody to count but this step.
    Flush,
    /// At a watermark: the runtime counts what is missing.
    Watermark,
    /// At the end: the runtime counts what is missing.
    End,
}

/// What the processor emits into.
struct Gathering<'a, T> {
    made: &'a mut Vec<T>,
    position: u64,
    now: Duration,
    stage: &'a str,
}

impl<T> Emit<T> for Gathering<'_, T> {
    fn emit(&mut self, item: T) -> Outcome {
        self.made.push(item);
        Ok(())
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn now(&self) -> Duration {
        self.now
    }

    fn stage(&self) -> &str {
        self.stage
    }
}

impl<P: ChunkProcessor> ProcessChunks<P> {
    pub(crate) fn new(processor: P) -> Self {
        Self {
            processor,
            fresh: Vec::new(),
            fresh_bytes: 0,
            made: Vec::new().into_iter(),
            is_flushed: false,
            absorbed: 0,
            created: 0,
            under_way: None,
            is_broken: false,
        }
    }

    /// Has the processor work on what was gathered, and passes on what it makes.
    fn deliver(&mut self, out: &mut impl Emit<P::Out>, when: When) -> Outcome {
        self.settle_panic(when);
        if self.is_broken {
            return Ok(());
        }
        let mut outcome = self.pass_on(out, when);
        if outcome.is_ok() && !self.fresh.is_empty() {
            outcome = self.run(out, when, |processor, fresh, made| processor.process_chunk(fresh, made));
        }
        self.notice(outcome)
    }

    /// Has the processor emit what it holds, and passes it on.
    fn flush(&mut self, out: &mut impl Emit<P::Out>) -> Outcome {
        if self.is_broken || self.is_flushed {
            return Ok(());
        }
        self.is_flushed = true;
        let outcome = self.run(out, When::End, |processor, _, made| processor.flush(made));
        self.notice(outcome)
    }

    fn notice(&mut self, outcome: Outcome) -> Outcome {
        self.is_broken = matches!(&outcome, Err(reason) if !matches!(reason, Interrupt::Done));
        outcome
    }

    /// Finds out what became of a panic behind this step, if there was one: whoever comes again for the
    /// same reason, or goes on with items, does so because a policy has dealt with it.
    fn settle_panic(&mut self, when: When) {
        let goes_on = |when| matches!(when, When::Item | When::Flush);
        match self.under_way {
            Some(before) if before != when && !(goes_on(before) && goes_on(when)) => self.is_broken = true,
            Some(_) | None if !self.is_broken => self.under_way = None,
            Some(_) | None => {}
        }
    }

    /// Runs the processor once and passes on what it makes.
    fn run(
        &mut self,
        out: &mut impl Emit<P::Out>,
        when: When,
        call: impl FnOnce(&mut P, &mut Vec<P::In>, &mut Gathering<'_, P::Out>) -> Outcome,
    ) -> Outcome {
        let position = out.position();
        let mut made = Vec::new();
        // Counted before it exists: should the processor fail, it is what it would have made that is lost.
        self.begin_item(when);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let (now, stage) = (out.now(), out.stage());
            call(
                &mut self.processor,
                &mut self.fresh,
                &mut Gathering { made: &mut made, position, now, stage },
            )
        }));
        match caught {
            Ok(outcome @ (Ok(()) | Err(Interrupt::Done | Interrupt::Stopped))) => {
                self.undo_item();
                // Before anything is passed on: the chunk is done, whatever happens behind this step.
                self.fresh.clear();
                self.fresh_bytes = 0;
                self.made = made.into_iter();
                self.pass_on(out, when).and(outcome)
            }
            Ok(Err(Interrupt::Item(error))) => {
                self.settle(error.at(position))?;
                self.pass_on(out, when)
            }
            Ok(outcome) => outcome,
            Err(payload) => {
                let cause = Cause::Panicked(panic_message(&*payload));
                self.settle(ItemError::new(self.processor.name(), cause).at(position))?;
                self.pass_on(out, when)
            }
        }
    }

    /// Asks the processor what to do after a chunk that failed.
    #[cold]
    fn settle(&mut self, error: ItemError) -> Outcome {
        self.fresh_bytes = 0;
        let rest = std::mem::take(&mut self.fresh);
        match self.processor.on_error(&error, rest) {
            Some(instead) => {
                self.undo_item();
                self.made = instead.into_iter();
                Ok(())
            }
            None => Err(Interrupt::Item(Box::new(error))),
        }
    }

    fn begin_item(&mut self, when: When) {
        self.created += 1;
        self.under_way = Some(when);
    }

    fn undo_item(&mut self) {
        self.created -= 1;
        self.under_way = None;
    }

    /// Passes on what the processor made.
    fn pass_on(&mut self, out: &mut impl Emit<P::Out>, when: When) -> Outcome {
        while let Some(item) = self.made.next() {
            self.begin_item(when);
            let outcome = out.emit(item);
            if matches!(outcome, Ok(()) | Err(Interrupt::Done | Interrupt::Stopped)) {
                self.under_way = None; // it arrived
            }
            outcome?;
        }
        Ok(())
    }
}

impl<P> Operator for ProcessChunks<P>
where
    P: ChunkProcessor,
    P::In: Weigh,
    P::Out: Weigh,
{
    type In = P::In;
    type Out = P::Out;

    #[inline]
    fn on_item(&mut self, item: P::In, out: &mut impl Emit<P::Out>) -> Outcome {
        self.absorbed += 1;
        self.fresh_bytes += item.weight();
        self.fresh.push(item);
        let is_full = self.fresh_bytes >= CHUNK_BYTES || self.fresh.len() >= CHUNK_ITEMS;
        if is_full { self.deliver(out, When::Item) } else { Ok(()) }
    }

    fn on_flush(&mut self, out: &mut impl Emit<P::Out>) -> Outcome {
        self.deliver(out, When::Flush)
    }

    fn on_watermark(&mut self, _: EventTime, out: &mut impl Emit<P::Out>) -> Outcome {
        self.deliver(out, When::Watermark)
    }

    fn on_end(&mut self, out: &mut impl Emit<P::Out>) -> Outcome {
        self.deliver(out, When::End)?;
        self.flush(out)
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        self.processor.name()
    }

    fn tally(&self) -> Tally {
        let (absorbed, created) = (self.absorbed, self.created);
        let failed = u64::from(self.under_way == Some(When::Flush));
        Tally { absorbed, created, failed, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        let made_bytes = self.made.as_slice().iter().map(Weigh::weight).sum::<usize>();
        self.fresh_bytes + made_bytes + self.processor.held_bytes()
    }
}
