//! Whether more lanes helped: tried, measured, and taken back if not.
//!
//! Lanes that are always busy may be so because they take turns at too few cores, or wait for one another
//! outside; more of them then make nothing faster. Only trying tells.

use std::time::Duration;

use super::strategy::Span;
use super::{Adjustment, Knob};

/// The lanes of one stage, being tried or known not to help.
#[derive(Debug, Default)]
pub(super) struct Trial {
    /// How it was before, while more are tried.
    running: Option<Before>,
    /// Looks since the last change.
    looks: u32,
    /// How long an item took before more lanes were tried that did not help.
    refused: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Before {
    lanes: usize,
    /// Items in a second.
    rate: f64,
    item_time: Duration,
}

impl Trial {
    /// Notes that lanes are set.
    pub(super) fn begin(&mut self, made: &Adjustment, span: &Span<'_>) {
        let before = Before { lanes: made.from, rate: span.rate, item_time: span.item_time() };
        self.running = (made.to > made.from).then_some(before);
        (self.looks, self.refused) = (0, None);
    }

    /// Returns whether lanes may be set, which more of them may not as long as it is known not to help.
    pub(super) fn allows(&self, made: &Adjustment, span: &Span<'_>) -> bool {
        let is_known = self.refused.is_some_and(|then| {
            let now = span.item_time();
            self.looks < LOOKS_UNTIL_NEXT && now <= then * 2 && then <= now * 2
        });
        self.running.is_none() && (made.to < made.from || !is_known)
    }

    /// Looks at a trial that is running; returns what takes it back if it did not help.
    pub(super) fn look(&mut self, stage: usize, span: &Span<'_>) -> Option<Adjustment> {
        self.looks = self.looks.saturating_add(1);
        if self.looks < LOOKS_TO_SETTLE {
            return None;
        }
        let Before { lanes, rate, item_time } = self.running.take()?;
        if span.rate >= rate * GAIN_MIN {
            return None;
        }
        (self.looks, self.refused) = (0, Some(item_time));
        let active = span.now.lanes_active;
        let reason = format!("{:.0} items/s with {active} lanes, {rate:.0} with {lanes}", span.rate);
        Some(Adjustment::new(stage, Knob::Lanes, (active, lanes), reason))
    }
}

/// Looks until what was changed shows: the first one still has something of before in it.
const LOOKS_TO_SETTLE: u32 = 2;

/// Looks until what did not help is tried again: two seconds.
const LOOKS_UNTIL_NEXT: u32 = 40;

/// How many times faster it has to be, to be worth lanes.
const GAIN_MIN: f64 = 1.03;
