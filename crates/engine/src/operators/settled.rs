//! A chain whose last step deals with its failures itself.

use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::time::EventTime;

/// A chain behind which no `on_error` fits: its last step has a policy of its own, and a second one would
/// see some of its failures and not others. Otherwise the chain as it is.
pub struct Settled<C>(C);

impl<C> Settled<C> {
    pub(crate) fn new(chain: C) -> Self {
        Self(chain)
    }
}

impl<C: Operator> Operator for Settled<C> {
    type In = C::In;
    type Out = C::Out;

    #[inline(always)]
    fn on_item(&mut self, item: C::In, out: &mut impl Emit<C::Out>) -> Outcome {
        self.0.on_item(item, out)
    }

    #[inline(always)]
    fn on_run(&mut self) {
        self.0.on_run();
    }

    fn on_flush(&mut self, out: &mut impl Emit<C::Out>) -> Outcome {
        self.0.on_flush(out)
    }

    fn on_watermark(&mut self, at: EventTime, out: &mut impl Emit<C::Out>) -> Outcome {
        self.0.on_watermark(at, out)
    }

    fn on_end(&mut self, out: &mut impl Emit<C::Out>) -> Outcome {
        self.0.on_end(out)
    }

    fn on_panic(&mut self, message: &str, position: u64) -> Option<Outcome> {
        self.0.on_panic(message, position)
    }

    fn fork(&self) -> Self {
        Self(self.0.fork())
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
}
