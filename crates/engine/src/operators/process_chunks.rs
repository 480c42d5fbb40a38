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
    /// What is under way with no item in hand, so that only this step counts it should it fail: at most one.
    failed: u64,
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
            failed: 0,
        }
    }

    /// Has the processor work on what was gathered, and passes on what it makes. `in_hand` items are counted
    /// by the runtime should this fail.
    fn deliver(&mut self, out: &mut impl Emit<P::Out>, in_hand: u64) -> Outcome {
        self.pass_on(out, in_hand)?;
        if self.fresh.is_empty() {
            return Ok(());
        }
        self.run(out, in_hand, |processor, fresh, made| processor.process_chunk(fresh, made))
    }

    /// Has the processor emit what it holds, once, and passes it on.
    fn flush(&mut self, out: &mut impl Emit<P::Out>) -> Outcome {
        if std::mem::replace(&mut self.is_flushed, true) {
            return Ok(());
        }
        self.run(out, 0, |processor, _, made| processor.flush(made))
    }

    /// Runs the processor once and passes on what it makes.
    fn run(
        &mut self,
        out: &mut impl Emit<P::Out>,
        in_hand: u64,
        call: impl FnOnce(&mut P, &mut Vec<P::In>, &mut Gathering<'_, P::Out>) -> Outcome,
    ) -> Outcome {
        let position = out.position();
        let mut made = Vec::new();
        // Counted before it exists: should the processor fail, it is what it would have made that is lost.
        self.begin_item(in_hand);
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
                self.pass_on(out, in_hand).and(outcome)
            }
            Ok(Err(Interrupt::Item(error))) => {
                self.settle(error.at(position))?;
                self.pass_on(out, in_hand)
            }
            Ok(outcome) => outcome,
            Err(payload) => {
                let cause = Cause::Panicked(panic_message(&*payload));
                self.settle(ItemError::new(self.processor.name(), cause).at(position))?;
                self.pass_on(out, in_hand)
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

    fn begin_item(&mut self, in_hand: u64) {
        self.created += 1;
        self.failed = 1 - in_hand;
    }

    fn undo_item(&mut self) {
        self.created -= 1;
        self.failed = 0;
    }

    /// Passes on what the processor made.
    fn pass_on(&mut self, out: &mut impl Emit<P::Out>, in_hand: u64) -> Outcome {
        // If a panic behind this step interrupted it, a policy has dealt with the item by now.
        self.failed = 0;
        while let Some(item) = self.made.next() {
            self.begin_item(in_hand);
            let outcome = out.emit(item);
            if matches!(outcome, Ok(()) | Err(Interrupt::Done | Interrupt::Stopped)) {
                self.failed = 0; // it arrived
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
        if is_full { self.deliver(out, 1) } else { Ok(()) }
    }

    fn on_flush(&mut self, out: &mut impl Emit<P::Out>) -> Outcome {
        self.deliver(out, 0)
    }

    fn on_watermark(&mut self, _: EventTime, out: &mut impl Emit<P::Out>) -> Outcome {
        self.deliver(out, 0)
    }

    fn on_end(&mut self, out: &mut impl Emit<P::Out>) -> Outcome {
        self.deliver(out, 0)?;
        self.flush(out)
    }

    fn fork(&self) -> Self {
        unreachable!("a step with memory has one lane")
    }

    fn name(&self) -> &'static str {
        self.processor.name()
    }

    fn tally(&self) -> Tally {
        let (absorbed, created, failed) = (self.absorbed, self.created, self.failed);
        Tally { absorbed, created, failed, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        let made_bytes = self.made.as_slice().iter().map(Weigh::weight).sum::<usize>();
        self.fresh_bytes + made_bytes + self.processor.held_bytes()
    }
}
