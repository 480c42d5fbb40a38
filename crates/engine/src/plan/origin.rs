//! Where the first chain of a stage takes its items from, if not from one exchange: a source, or several
//! exchanges that are joined, or calls that are on their way.

use std::sync::Arc;
use std::time::Duration;

use super::exchange::ExchangeId;
use super::host::{Drive, Spawner};
use super::queue::Line;
use crate::error::Interrupt;
use crate::source::{Intake, Replay, Source, Supply};
use crate::tally::Tally;

/// What a stage asks for items.
pub(crate) trait Origin: Send + 'static {
    /// What it gives.
    type Item: Send + 'static;

    /// Emits items until `out` is satisfied or there are none at the moment; as [`Source::pull`].
    fn pull(&mut self, out: &mut impl Intake<Self::Item>) -> Result<Supply, Interrupt>;

    /// Appends the names of what it does.
    fn describe(&self, steps: &mut Vec<&'static str>);

    /// Returns the bytes taken from outside so far.
    fn bytes_taken(&self) -> u64 {
        0
    }

    /// Returns how much of all there is was taken, from 0 to 1, where that is known.
    fn fraction(&self) -> Option<f64> {
        None
    }

    /// Returns when it wants to be asked again, having nothing now.
    fn due(&self) -> Option<Duration> {
        None
    }

    /// Returns the exchanges it takes from; none for a source.
    fn inlets(&self) -> Vec<ExchangeId> {
        Vec::new()
    }

    /// Returns the measures of these exchanges.
    fn lines(&self) -> Vec<Arc<dyn Line>> {
        Vec::new()
    }

    /// Returns what it took from its inlets and what became of it: items it made of these are `created`
    /// by the stage. `None` for a source, whose items come from nowhere.
    fn tally(&self) -> Option<Tally> {
        None
    }

    /// Returns the bytes it holds that no chunk has reserved.
    fn held_bytes(&self) -> usize {
        0
    }

    /// Returns whether there is something in its inlets to be taken. Sources are asked without this.
    fn is_ready(&self) -> bool {
        true
    }

    /// Returns whether it holds nothing that it will give without being given more.
    fn is_quiet(&self) -> bool {
        true
    }

    /// Returns what drives its futures, if it makes any.
    fn needs_executor(&self) -> Option<Drive> {
        None
    }

    /// Learns, before it is first asked, what runs tasks apart, if it needs an executor.
    fn attach(&mut self, spawner: Spawner) {
        let _ = spawner;
    }

    /// Returns what brings it back to where it was, if it is a source that can be asked for the same again.
    fn replay(&mut self) -> Option<&mut dyn Replay> {
        None
    }

    /// Learns that nothing more will be asked of it.
    fn close(&mut self) {}
}

/// A source as an origin.
pub(crate) struct Tap<S>(pub(crate) S);

impl<S: Source> Origin for Tap<S> {
    type Item = S::Item;

    #[inline]
    fn pull(&mut self, out: &mut impl Intake<S::Item>) -> Result<Supply, Interrupt> {
        self.0.pull(out)
    }

    fn describe(&self, steps: &mut Vec<&'static str>) {
        steps.push(self.0.name());
    }

    fn bytes_taken(&self) -> u64 {
        self.0.bytes_taken()
    }

    fn fraction(&self) -> Option<f64> {
        self.0.fraction()
    }

    fn due(&self) -> Option<Duration> {
        self.0.due()
    }

    fn replay(&mut self) -> Option<&mut dyn Replay> {
        self.0.replay()
    }

    fn needs_executor(&self) -> Option<Drive> {
        self.0.polls_futures().then_some(Drive::Worker)
    }
}
