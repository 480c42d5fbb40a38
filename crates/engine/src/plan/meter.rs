//! What a stage has done, as numbers that may be read at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::stage::Reading;
use crate::tally::Tally;

/// What a stage has done. Lanes publish into it after each chunk.
#[derive(Debug)]
pub(crate) struct Meter {
    account: Mutex<Account>,
    bytes_taken: AtomicU64,
}

#[derive(Debug)]
struct Account {
    tallies: Vec<Tally>,
    /// Lanes at work.
    working: usize,
    /// What the other lanes are doing, and since when the numbers of lanes are what they are.
    others: Spare,
    since: Duration,
    times: Times,
}

/// What a lane does that is not at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spare {
    /// There is nothing to do.
    Idle,
    /// There is something to do, but no room for what comes of it.
    Blocked,
    /// There is something to do, and no thread to do it.
    Ready,
}

/// Where the time of the lanes went. The four add up to the time since the start for each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// At work.
    pub busy: Duration,
    /// With nothing to do.
    pub idle: Duration,
    /// With something to do and no room for what comes of it.
    pub blocked: Duration,
    /// With something to do and no thread to do it.
    pub ready: Duration,
}

impl Account {
    /// Books the time until `now`. Work that waits since `sent` was there to do since then.
    fn book(&mut self, now: Duration, sent: Option<Duration>) {
        let passed = now.saturating_sub(self.since);
        let spare = u32::try_from(self.tallies.len() - self.working).unwrap_or(u32::MAX);
        self.times.busy += passed * u32::try_from(self.working).unwrap_or(u32::MAX);
        match (self.others, sent) {
            (Spare::Idle, Some(sent)) => {
                let waited = now.saturating_sub(sent).min(passed);
                self.times.ready += waited * spare;
                self.times.idle += (passed - waited) * spare;
            }
            (Spare::Idle, None) => self.times.idle += passed * spare,
            (Spare::Blocked, _) => self.times.blocked += passed * spare,
            (Spare::Ready, _) => self.times.ready += passed * spare,
        }
        self.since = self.since.max(now);
    }
}

impl Meter {
    pub(crate) fn new(lanes: usize) -> Self {
        let account = Account {
            tallies: vec![Tally::default(); lanes],
            working: 0,
            others: Spare::Idle,
            since: Duration::ZERO,
            times: Times::default(),
        };
        Self { account: Mutex::new(account), bytes_taken: AtomicU64::new(0) }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the lanes do that are not at work.
    pub(crate) fn observe(&self, others: Spare, now: impl FnOnce() -> Duration) {
        let mut account = self.account();
        if account.others != others {
            account.book(now(), None);
            account.others = others;
        }
    }

    /// Notes that `lanes` begin to work, on something that waits since `sent`.
    pub(crate) fn begin(&self, lanes: usize, now: Duration, sent: Option<Duration>) {
        let mut account = self.account();
        account.book(now, sent);
        account.working += lanes;
        account.others = Spare::Idle;
    }

    /// Notes that `lanes` end their work.
    pub(crate) fn end(&self, lanes: usize, now: Duration) {
        let mut account = self.account();
        account.book(now, None);
        account.working -= lanes;
    }

    /// Replaces what a lane has counted since the start.
    pub(crate) fn publish(&self, lane: usize, tally: Tally) {
        self.account().tallies[lane] = tally;
    }

    pub(crate) fn set_bytes_taken(&self, bytes: u64) {
        self.bytes_taken.store(bytes, Ordering::Relaxed);
    }

    /// Returns the sums over all lanes.
    pub(crate) fn reading(&self, now: Duration) -> Reading {
        let mut account = self.account();
        account.book(now, None);
        let mut tally = Tally::default();
        for lane in &account.tallies {
            tally += *lane;
        }
        Reading {
            tally,
            times: account.times,
            bytes_taken: self.bytes_taken.load(Ordering::Relaxed),
            fraction: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_all_lanes_add_up() {
        let ms = Duration::from_millis;
        let meter = Meter::new(2);
        meter.begin(1, ms(10), Some(ms(4)));
        meter.observe(Spare::Blocked, || ms(20));
        meter.end(1, ms(30));
        let times = meter.reading(ms(40)).times;
        // Until 4 both idle, until 10 both ready, one busy until 30, the other idle until 20, then blocked.
        let expected = Times { busy: ms(20), idle: ms(8 + 10), blocked: ms(10 + 20), ready: ms(12) };
        assert_eq!(times, expected);
        assert_eq!(times.busy + times.idle + times.blocked + times.ready, ms(80));
    }
}
