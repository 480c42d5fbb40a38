//! Items made of items, none of which waits longer than a time.

use std::time::Duration;

use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Gathers items into vectors of at most `count`, handed on when full or when the oldest item has waited
/// for a time. Preserves order. Holds one batch, which counts towards the budget; on the end emits what is
/// left.
pub struct BatchWithin<T> {
    count: usize,
    time: Duration,
    gathered: Vec<T>,
    gathered_bytes: usize,
    due: Duration,
    absorbed: u64,
    created: u64,
}

impl<T> BatchWithin<T> {
    pub(crate) fn new(count: usize, time: Duration) -> Self {
        assert!(count > 0, "a batch holds at least one item");
        let due = Duration::ZERO;
        Self { count, time, gathered: Vec::new(), gathered_bytes: 0, due, absorbed: 0, created: 0 }
    }

    fn hand_on(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.gathered.is_empty() {
            return Ok(());
        }
        self.gathered_bytes = 0;
        self.created += 1;
        out.emit(std::mem::take(&mut self.gathered))
    }
}

impl<T: Weigh + Send + 'static> Operator for BatchWithin<T> {
    type In = T;
    type Out = Vec<T>;

    fn on_item(&mut self, item: T, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.gathered.is_empty() {
            self.due = out.now().saturating_add(self.time);
        }
        self.absorbed += 1;
        self.gathered_bytes += item.weight();
        self.gathered.push(item);
        if self.gathered.len() == self.count { self.hand_on(out) } else { Ok(()) }
    }

    fn due(&self) -> Option<Duration> {
        (!self.gathered.is_empty()).then_some(self.due)
    }

    fn on_time(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        if self.due <= out.now() { self.hand_on(out) } else { Ok(()) }
    }

    fn on_end(&mut self, out: &mut impl Emit<Vec<T>>) -> Outcome {
        self.hand_on(out)
    }

    fn fork(&self) -> Self {
        Self::new(self.count, self.time)
    }

    fn name(&self) -> &'static str {
        "batch_within"
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.absorbed, created: self.created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.gathered_bytes
    }
}
