//! What a stage has done, as numbers that may be read at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(feature = "profiling")]
use super::profile::Sample;
use super::stage::Reading;
use crate::metrics::Spread;
use crate::tally::Tally;

/// What a stage has done. Lanes publish into it after each chunk.
#[derive(Debug)]
pub(crate) struct Meter {
    account: Mutex<Account>,
    /// Items given up in all lanes.
    given_up: AtomicU64,
    /// Bytes a source took from outside.
    bytes_taken: AtomicU64,
    /// The bits of a fraction, not a number where none is known.
    fraction: AtomicU64,
    /// What samples have shown.
    #[cfg(feature = "profiling")]
    sample: Mutex<Sample>,
}

/// What came of a piece of work.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Worked {
    /// How long a chunk took, if it was one.
    pub(crate) time: Option<Duration>,
    /// Bytes of the chunks that were passed on.
    pub(crate) bytes_passed: u64,
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
    bytes_passed: u64,
    /// How long chunks took.
    work: Spread,
}

/// What a lane does that is not at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spare {
    /// There is nothing to do, or the lane is not to be at work.
    Idle,
    /// There is something to do, but no place for what comes of it.
    Blocked,
    /// There is something to do, but no memory for what comes of it.
    Full,
    /// There is something to do, and no thread to do it.
    Ready,
}

/// Where the time of the lanes went. Busy, idle, blocked and ready add up to the time since the start for
/// each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// At work.
    pub busy: Duration,
    /// With nothing to do, or kept from work by a tuner.
    pub idle: Duration,
    /// With something to do and no room for what comes of it.
    pub blocked: Duration,
    /// With something to do and no thread to do it.
    pub ready: Duration,
    /// The part of `blocked` for want of memory, not of a place in the line.
    pub full: Duration,
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
            (Spare::Full, _) => {
                self.times.blocked += passed * spare;
                self.times.full += passed * spare;
            }
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
            bytes_passed: 0,
            work: Spread::default(),
        };
        Self {
            account: Mutex::new(account),
            given_up: AtomicU64::new(0),
            bytes_taken: AtomicU64::new(0),
            fraction: AtomicU64::new(f64::NAN.to_bits()),
            #[cfg(feature = "profiling")]
            sample: Mutex::default(),
        }
    }

    /// Adds what samples have shown, if there were any.
    #[cfg(feature = "profiling")]
    pub(crate) fn add_sample(&self, sample: Option<Sample>) {
        if let Some(sample) = sample {
            self.sample.lock().unwrap_or_else(PoisonError::into_inner).add(&sample);
        }
    }

    /// Returns what samples have shown.
    #[cfg(feature = "profiling")]
    pub(crate) fn sample(&self) -> Sample {
        self.sample.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// Notes that `lanes` end their work, and what came of it.
    pub(crate) fn end(&self, lanes: usize, now: Duration, worked: Worked) {
        let mut account = self.account();
        account.book(now, None);
        account.bytes_passed += worked.bytes_passed;
        worked.time.into_iter().for_each(|time| account.work.record(time));
        account.working -= lanes;
    }

    /// Replaces what a lane has counted since the start.
    pub(crate) fn publish(&self, lane: usize, tally: Tally) {
        let before = std::mem::replace(&mut self.account().tallies[lane], tally);
        let more = tally.given_up().saturating_sub(before.given_up());
        if more > 0 {
            self.given_up.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Returns how many items were given up in all lanes, without a look at anything else.
    pub(crate) fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Sets the bytes taken so far; returns how many more these are.
    pub(crate) fn set_bytes_taken(&self, bytes: u64) -> u64 {
        bytes.saturating_sub(self.bytes_taken.swap(bytes, Ordering::Relaxed))
    }

    pub(crate) fn set_fraction(&self, fraction: Option<f64>) {
        self.fraction.store(fraction.unwrap_or(f64::NAN).to_bits(), Ordering::Relaxed);
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
            bytes_passed: account.bytes_passed,
            work: account.work.percentiles(),
            fraction: Some(f64::from_bits(self.fraction.load(Ordering::Relaxed))).filter(|it| !it.is_nan()),
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
        meter.end(1, ms(30), Worked::default());
        let times = meter.reading(ms(40)).times;
        // Until 4 both idle, until 10 both ready, one busy until 30, the other idle until 20, then blocked.
        let expected =
            Times { busy: ms(20), idle: ms(8 + 10), blocked: ms(10 + 20), ready: ms(12), full: ms(0) };
        assert_eq!(times, expected);
        assert_eq!(times.busy + times.idle + times.blocked + times.ready, ms(80));
    }

    #[test]
    fn time_without_memory_is_part_of_the_time_that_was_blocked() {
        let ms = Duration::from_millis;
        let meter = Meter::new(1);
        meter.observe(Spare::Full, || ms(10));
        meter.observe(Spare::Blocked, || ms(30));
        let times = meter.reading(ms(35)).times;
        assert_eq!((times.idle, times.blocked, times.full), (ms(10), ms(25), ms(20)));
    }

    #[test]
    fn what_came_of_the_work_is_kept() {
        let ms = Duration::from_millis;
        let meter = Meter::new(1);
        for time in [Some(ms(1)), None, Some(ms(3))] {
            meter.begin(1, ms(0), None);
            meter.end(1, ms(0), Worked { time, bytes_passed: 5 });
        }
        let reading = meter.reading(ms(0));
        assert_eq!((reading.bytes_passed, reading.work.count, reading.work.sum), (15, 2, ms(4)));
        assert_eq!(reading.fraction, None);
        meter.set_fraction(Some(0.25));
        assert_eq!(meter.reading(ms(0)).fraction, Some(0.25));
    }
}
