//! A number every so often.

use std::time::Duration;

use crate::error::Interrupt;
use crate::source::{Intake, Source, Supply};

/// The numbers 0, 1, 2, … one at a time, each a period after the one before. A number that is late is
/// given late; none is left out.
#[derive(Debug)]
pub struct Interval {
    period: Duration,
    next: u64,
    due: Option<Duration>,
}

impl Interval {
    pub(crate) fn new(period: Duration) -> Self {
        Self { period, next: 0, due: None }
    }
}

impl Source for Interval {
    type Item = u64;

    fn pull(&mut self, out: &mut impl Intake<u64>) -> Result<Supply, Interrupt> {
        let mut due = *self.due.get_or_insert_with(|| out.now().saturating_add(self.period));
        while !out.is_satisfied() {
            if due > out.now() {
                return Ok(Supply::Idle);
            }
            due = due.saturating_add(self.period);
            (self.due, self.next) = (Some(due), self.next + 1);
            out.emit(self.next - 1)?;
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "interval"
    }

    fn due(&self) -> Option<Duration> {
        self.due
    }
}
