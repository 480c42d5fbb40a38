//! No more than so much in a time: a bucket of tokens, as in [Turner1986].

use std::collections::VecDeque;
use std::time::Duration;

use crate::checkpoint::Memory;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::tally::Tally;

/// How much may pass in a time: so many units a second, and a burst after a pause.
///
/// A bucket of tokens: it fills at the rate up to the burst, and an item passes when its
/// cost is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    per_second: f64,
    burst: f64,
}

impl Rate {
    /// Lets `units` pass in a second, one at a time.
    ///
    /// # Panics
    ///
    /// If `units` is not above 0.
    pub fn per_second(units: f64) -> Self {
        assert!(units > 0.0, "at a rate of {units} nothing would ever pass");
        Self { per_second: units, burst: 1.0 }
    }

    /// Lets so many units pass at once after a pause. It is 1 unless set.
    #[must_use]
    pub fn burst(mut self, units: f64) -> Self {
        self.burst = units.max(f64::MIN_POSITIVE);
        self
    }
}

/// Passes items on at most at a rate, each at a cost. Preserves order; holds, while the bucket is empty,
/// the items of a chunk at most. On the end passes on what is left, at the rate.
pub struct Throttle<T, F> {
    rate: Rate,
    cost: F,
    tokens: f64,
    filled: Duration,
    waiting: VecDeque<T>,
}

impl<T, F: Fn(&T) -> f64> Throttle<T, F> {
    pub(crate) fn new(rate: Rate, cost: F) -> Self {
        Self { rate, cost, tokens: rate.burst, filled: Duration::ZERO, waiting: VecDeque::new() }
    }

    fn fill(&mut self, now: Duration) {
        let earned = now.saturating_sub(self.filled).as_secs_f64() * self.rate.per_second;
        self.tokens = (self.tokens + earned).min(self.rate.burst);
        self.filled = self.filled.max(now);
    }

    /// Takes the cost of an item, if it is there. What costs more than a burst passes on a full bucket, and
    /// those behind it wait until it is paid for.
    fn pay(&mut self, item: &T) -> bool {
        let cost = (self.cost)(item).max(0.0);
        let is_enough = self.tokens >= cost.min(self.rate.burst) - ROUNDING;
        if is_enough {
            self.tokens -= cost;
        }
        is_enough
    }
}

impl<T, F> Operator for Throttle<T, F>
where
    T: Send + 'static,
    F: Fn(&T) -> f64 + Send + 'static,
{
    type In = T;
    type Out = T;

    fn on_item(&mut self, item: T, out: &mut impl Emit<T>) -> Outcome {
        if self.waiting.is_empty() {
            self.fill(out.now());
            if self.pay(&item) {
                return out.emit(item);
            }
        }
        self.waiting.push_back(item);
        Ok(())
    }

    fn is_busy(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn due(&self) -> Option<Duration> {
        let cost = (self.cost)(self.waiting.front()?).clamp(0.0, self.rate.burst);
        let missing = ((cost - self.tokens) / self.rate.per_second).max(0.0);
        // A nanosecond more, so that it is not asked again for what rounding took.
        let pause = Duration::try_from_secs_f64(missing).unwrap_or(Duration::MAX);
        Some(self.filled.saturating_add(pause).saturating_add(Duration::from_nanos(1)))
    }

    fn on_time(&mut self, out: &mut impl Emit<T>) -> Outcome {
        self.fill(out.now());
        while !out.is_busy()
            && let Some(item) = self.waiting.pop_front()
        {
            if !self.pay(&item) {
                self.waiting.push_front(item);
                break;
            }
            out.emit(item)?;
        }
        Ok(())
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        unreachable!("a rate holds for all items, so it is kept in one lane")
    }

    fn name(&self) -> &'static str {
        "throttle"
    }

    fn tally(&self) -> Tally {
        Tally { held: self.waiting.len() as u64, ..Tally::default() }
    }
}

/// Tokens that may be missing for want of precision.
const ROUNDING: f64 = 1e-6;
