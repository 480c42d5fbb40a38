//! The last item before a pause.

use std::time::Duration;

use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Passes an item on when none has followed it for a while; the others are left out. Preserves order; holds
/// one item. On the end passes on the one it holds.
pub struct Debounce<T> {
    quiet: Duration,
    latest: Option<(T, Duration)>,
    filtered: u64,
}

impl<T> Debounce<T> {
    pub(crate) fn new(quiet: Duration) -> Self {
        Self { quiet, latest: None, filtered: 0 }
    }

    fn pass_on(&mut self, out: &mut impl Emit<T>) -> Outcome {
        match self.latest.take() {
            Some((item, _)) => out.emit(item),
            None => Ok(()),
        }
    }
}

impl<T: Weigh + Send + 'static> Operator for Debounce<T> {
    type In = T;
    type Out = T;

    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        let now = out.now();
        if self.due().is_some_and(|due| due <= now) {
            self.pass_on(out)?;
        }
        let before = self.latest.replace((item, now.saturating_add(self.quiet)));
        self.filtered += u64::from(before.is_some());
        Ok(())
    }

    fn due(&self) -> Option<Duration> {
        self.latest.as_ref().map(|(_, due)| *due)
    }

    fn on_time(&mut self, out: &mut impl Emit<T>) -> Outcome {
        if self.due().is_some_and(|due| due <= out.now()) { self.pass_on(out) } else { Ok(()) }
    }

    fn on_end(&mut self, out: &mut impl Emit<T>) -> Outcome {
        self.pass_on(out)
    }

    fn fork(&self) -> Self {
        unreachable!("a pause is one of all items, so it is kept in one lane")
    }

    fn name(&self) -> &'static str {
        "debounce"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.filtered, held: u64::from(self.latest.is_some()), ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.latest.as_ref().map_or(0, |(item, _)| item.weight())
    }
}
