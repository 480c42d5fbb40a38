//! Items handed to a processor of the user's, as many as came together.
//!
//! What the processor emits is kept until it returns: a panic further down the chain then never unwinds
//! through it, and a chunk that failed can be replaced as a whole. Its own panics are caught here, once
//! around a chunk, since most calls come with no item in hand that the runtime could blame.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::at_end;
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
    /// 1 while something is under way that only this step can count should it fail.
    failed: u64,
}

/// Whether the runtime has an item in hand, which it counts itself should that fail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InHand {
    Item,
    Nothing,
}

/// What the processor emits into.
struct Gathering<'a, T> {
    made: &'a mut Vec<T>,
    position: u64,
}

impl<T> Emit<T> for Gathering<'_, T> {
    fn emit(&mut self, item: T) -> Outcome {
        self.made.push(item);
        Ok(())
    }

    fn position(&self) -> u64 {
        self.position
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

    /// Has the processor work on what was gathered, and passes on what it makes.
    fn deliver(&mut self, out: &mut impl Emit<P::Out>, in_hand: InHand) -> Outcome {
        // Whoever comes here again after a failure does so because a policy has dealt with it.
        self.failed = 0;
        self.pass_on(out, in_hand)?;
        if self.fresh.is_empty() {
            return Ok(());
        }
        let worked = self.run(out.position(), in_hand, |processor, fresh, gathering| {
            processor.process_chunk(fresh, gathering)
        });
        self.fresh.clear();
        self.fresh_bytes = 0;
        match worked {
            Ok(()) | Err(Interrupt::Done) => self.pass_on(out, in_hand).and(worked),
            Err(reason) => Err(reason),
        }
    }

    /// Runs the processor once.
    fn run(
        &mut self,
        position: u64,
        in_hand: InHand,
        call: impl FnOnce(&mut P, &mut Vec<P::In>, &mut Gathering<'_, P::Out>) -> Outcome,
    ) -> Outcome {
        let mut made = Vec::new();
        // Counted before it exists: should the processor fail, it is what it would have made that is lost.
        self.begin_item(in_hand);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            call(&mut self.processor, &mut self.fresh, &mut Gathering { made: &mut made, position })
        }));
        match caught {
            Ok(Err(Interrupt::Item(error))) => self.settle(error.at(position)),
            Ok(outcome @ (Ok(()) | Err(Interrupt::Done | Interrupt::Stopped))) => {
                self.undo_item();
                self.made = made.into_iter();
                outcome
            }
            Ok(outcome) => outcome,
            Err(payload) => {
                let cause = Cause::Panicked(panic_message(&*payload));
                self.settle(ItemError::new(self.processor.name(), cause).at(position))
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

    fn begin_item(&mut self, in_hand: InHand) {
        self.created += 1;
        self.failed = u64::from(in_hand == InHand::Nothing);
    }

    fn undo_item(&mut self) {
        self.created -= 1;
        self.failed = 0;
    }

    /// Passes on what the processor made.
    fn pass_on(&mut self, out: &mut impl Emit<P::Out>, in_hand: InHand) -> Outcome {
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
        if is_full { self.deliver(out, InHand::Item) } else { Ok(()) }
    }

    fn on_flush(&mut self, out: &mut impl Emit<P::Out>) -> Outcome {
        self.deliver(out, InHand::Nothing)
    }

    fn on_watermark(&mut self, _: EventTime, out: &mut impl Emit<P::Out>) -> Outcome {
        self.deliver(out, InHand::Nothing)
    }

    fn on_end(&mut self, out: &mut impl Emit<P::Out>) -> Outcome {
        at_end(self.deliver(out, InHand::Nothing))?;
        if self.is_flushed {
            return Ok(());
        }
        self.is_flushed = true;
        let flushed =
            self.run(out.position(), InHand::Nothing, |processor, _, gathering| processor.flush(gathering));
        at_end(flushed)?;
        at_end(self.pass_on(out, InHand::Nothing))
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
