//! A chain whose type is forgotten, but for what it takes and makes.
//!
//! The right chain where transforms are kept in a field or a list, or chosen while the program runs.
//! Costs a call that is not inlined for each item and each result.

use std::time::Duration;

use crate::checkpoint::{Memory, Restorer, Saver};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::time::EventTime;

/// A chain whose type is forgotten. Otherwise the chain as it is.
pub struct Erased<I, O>(Box<dyn Chain<I, O>>);

impl<I: Send + 'static, O: Send + 'static> Erased<I, O> {
    pub(crate) fn new(chain: impl Operator<In = I, Out = O>) -> Self {
        Self(Box::new(chain))
    }
}

/// An operator without type parameters in its methods.
trait Chain<I, O>: Send {
    fn on_item(&mut self, item: I, out: &mut dyn Emit<O>) -> Outcome;
    fn on_run(&mut self);
    fn on_flush(&mut self, out: &mut dyn Emit<O>) -> Outcome;
    fn on_watermark(&mut self, at: EventTime, out: &mut dyn Emit<O>) -> Outcome;
    fn on_end(&mut self, out: &mut dyn Emit<O>) -> Outcome;
    fn on_barrier(&mut self, out: &mut dyn Emit<O>) -> Outcome;
    fn memory(&self) -> Memory;
    fn forgetful(&self, steps: &mut Vec<&'static str>);
    fn save(&mut self, to: &mut Saver) -> Outcome;
    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError>;
    fn on_panic(&mut self, message: &str, position: u64) -> Option<Outcome>;
    fn fork(&self) -> Erased<I, O>;
    fn name(&self) -> &'static str;
    fn describe(&self, steps: &mut Vec<&'static str>);
    fn leaves_out(&self) -> bool;
    fn tally(&self) -> Tally;
    fn held_bytes(&self) -> usize;
    fn is_busy(&self) -> bool;
    fn due(&self) -> Option<Duration>;
    fn on_time(&mut self, out: &mut dyn Emit<O>) -> Outcome;
}

/// An output behind a pointer.
struct Behind<'a, O>(&'a mut dyn Emit<O>);

impl<O> Emit<O> for Behind<'_, O> {
    fn emit(&mut self, item: O) -> Outcome {
        self.0.emit(item)
    }

    fn position(&self) -> u64 {
        self.0.position()
    }

    fn now(&self) -> Duration {
        self.0.now()
    }

    fn stage(&self) -> &str {
        self.0.stage()
    }

    fn is_stopping(&self) -> bool {
        self.0.is_stopping()
    }

    fn is_busy(&self) -> bool {
        self.0.is_busy()
    }
}

impl<C: Operator> Chain<C::In, C::Out> for C {
    fn on_item(&mut self, item: C::In, out: &mut dyn Emit<C::Out>) -> Outcome {
        Operator::on_item(self, item, &mut Behind(out))
    }

    fn on_run(&mut self) {
        Operator::on_run(self);
    }

    fn on_flush(&mut self, out: &mut dyn Emit<C::Out>) -> Outcome {
        Operator::on_flush(self, &mut Behind(out))
    }

    fn on_watermark(&mut self, at: EventTime, out: &mut dyn Emit<C::Out>) -> Outcome {
        Operator::on_watermark(self, at, &mut Behind(out))
    }

    fn on_end(&mut self, out: &mut dyn Emit<C::Out>) -> Outcome {
        Operator::on_end(self, &mut Behind(out))
    }

    fn on_barrier(&mut self, out: &mut dyn Emit<C::Out>) -> Outcome {
        Operator::on_barrier(self, &mut Behind(out))
    }

    fn memory(&self) -> Memory {
        Operator::memory(self)
    }

    fn forgetful(&self, steps: &mut Vec<&'static str>) {
        Operator::forgetful(self, steps);
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        Operator::save(self, to)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        Operator::resume(self, from)
    }

    fn on_panic(&mut self, message: &str, position: u64) -> Option<Outcome> {
        Operator::on_panic(self, message, position)
    }

    fn fork(&self) -> Erased<C::In, C::Out> {
        Erased(Box::new(Operator::fork(self)))
    }

    fn name(&self) -> &'static str {
        Operator::name(self)
    }

    fn describe(&self, steps: &mut Vec<&'static str>) {
        Operator::describe(self, steps);
    }

    fn leaves_out(&self) -> bool {
        Operator::leaves_out(self)
    }

    fn tally(&self) -> Tally {
        Operator::tally(self)
    }

    fn held_bytes(&self) -> usize {
        Operator::held_bytes(self)
    }

    fn is_busy(&self) -> bool {
        Operator::is_busy(self)
    }

    fn due(&self) -> Option<Duration> {
        Operator::due(self)
    }

    fn on_time(&mut self, out: &mut dyn Emit<C::Out>) -> Outcome {
        Operator::on_time(self, &mut Behind(out))
    }
}

impl<I: Send + 'static, O: Send + 'static> Operator for Erased<I, O> {
    type In = I;
    type Out = O;

    #[inline]
    fn on_item(&mut self, item: I, out: &mut impl Emit<O>) -> Outcome {
        self.0.on_item(item, out)
    }

    fn on_run(&mut self) {
        self.0.on_run();
    }

    fn on_flush(&mut self, out: &mut impl Emit<O>) -> Outcome {
        self.0.on_flush(out)
    }

    fn on_watermark(&mut self, at: EventTime, out: &mut impl Emit<O>) -> Outcome {
        self.0.on_watermark(at, out)
    }

    fn on_end(&mut self, out: &mut impl Emit<O>) -> Outcome {
        self.0.on_end(out)
    }

    fn on_barrier(&mut self, out: &mut impl Emit<O>) -> Outcome {
        self.0.on_barrier(out)
    }

    fn memory(&self) -> Memory {
        self.0.memory()
    }

    fn forgetful(&self, steps: &mut Vec<&'static str>) {
        self.0.forgetful(steps);
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        self.0.save(to)
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.0.resume(from)
    }

    fn on_panic(&mut self, message: &str, position: u64) -> Option<Outcome> {
        self.0.on_panic(message, position)
    }

    fn fork(&self) -> Self {
        self.0.fork()
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn describe(&self, steps: &mut Vec<&'static str>) {
        self.0.describe(steps);
    }

    fn leaves_out(&self) -> bool {
        self.0.leaves_out()
    }

    fn tally(&self) -> Tally {
        self.0.tally()
    }

    fn held_bytes(&self) -> usize {
        self.0.held_bytes()
    }

    fn is_busy(&self) -> bool {
        self.0.is_busy()
    }

    fn due(&self) -> Option<Duration> {
        self.0.due()
    }

    fn on_time(&mut self, out: &mut impl Emit<O>) -> Outcome {
        self.0.on_time(out)
    }
}
