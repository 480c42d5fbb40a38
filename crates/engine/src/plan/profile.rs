//! A profile of the steps fused into a stage, by samples.
//!
//! Now and then a few items of a run, and its flush, go through a second copy of the chain whose output
//! reads the clock whenever one step hands over to the next. All other items go through the first copy,
//! which knows nothing of this: without a profile there is nothing to pay but one look for each run.
//!
//! What reading the clock costs is measured in the same run and taken off. The optimiser does not see
//! across a clock, so steps that it would join look dearer than they are together.

use std::task::Waker;
use std::time::Duration;

use super::lane::{Counted, Feeder, Kept, Seat};
use super::origin::Origin;
use super::outlet::Outlet;
use crate::chance::Chance;
use crate::error::Outcome;
use crate::operator::{Emit, Operator};
use crate::source::{Intake, Supply};
use crate::time::EventTime;
use crate::weigh::Weigh;

/// What samples of a stage have shown, added up. Places are where time goes: what gives the items, the
/// steps, and what they are handed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Nanoseconds in each place, of the items that were sampled.
    of_items: Vec<i64>,
    items_sampled: u64,
    /// Nanoseconds in each place, of the flushes that were sampled.
    of_flushes: Vec<i64>,
    flushes_sampled: u64,
    /// Items and runs there were in all.
    items: u64,
    runs: u64,
}

impl Sample {
    /// Adds what another one has shown.
    pub(crate) fn add(&mut self, other: &Self) {
        add(&mut self.of_items, &other.of_items);
        add(&mut self.of_flushes, &other.of_flushes);
        self.items_sampled += other.items_sampled;
        self.flushes_sampled += other.flushes_sampled;
        self.items += other.items;
        self.runs += other.runs;
    }

    /// Returns how long all items and flushes took in each place, if they were like those of the samples.
    pub(crate) fn times(&self) -> Vec<f64> {
        let scale = |of: u64, sampled: u64| if sampled == 0 { 0.0 } else { of as f64 / sampled as f64 };
        let (items, flushes) =
            (scale(self.items, self.items_sampled), scale(self.runs, self.flushes_sampled));
        let at = |times: &[i64], place: usize| times.get(place).copied().unwrap_or(0) as f64;
        (0..self.of_items.len().max(self.of_flushes.len()))
            .map(|place| at(&self.of_items, place) * items + at(&self.of_flushes, place) * flushes)
            .map(|nanos| nanos.max(0.0))
            .collect()
    }

    /// Returns the names of places with their times. Places without a name belong to the one before.
    pub(crate) fn named(&self, first: String, steps: &[&'static str]) -> Vec<(String, f64)> {
        let mut named = vec![(first, 0.0)];
        let names = std::iter::once("").chain(steps.iter().copied()).chain(["(passing on)"]);
        for (name, time) in names.zip(self.times()) {
            match named.last_mut() {
                Some((_, sum)) if name.is_empty() => *sum += time,
                _ => named.push((name.to_owned(), time)),
            }
        }
        named
    }
}

fn add(to: &mut Vec<i64>, other: &[i64]) {
    to.resize(to.len().max(other.len()), 0);
    to.iter_mut().zip(other).for_each(|(to, other)| *to += other);
}

/// Decides which runs of a lane are sampled, and gathers what they show.
#[derive(Debug)]
pub(super) struct Sampler {
    chance: Chance,
    has_begun: bool,
    /// Runs until the next one that is sampled.
    runs_left: u64,
    /// Where the sampled items of this run begin, counted in items fed.
    at: Option<u64>,
    sample: Sample,
}

impl Sampler {
    /// Begins with the first run, so that the shortest pipeline has a sample.
    pub(super) fn new(lane: usize) -> Self {
        let chance = Chance::new(lane as u64);
        Self { chance, has_begun: false, runs_left: 0, at: None, sample: Sample::default() }
    }

    /// Begins a run of so many items, or of nobody knows how many.
    pub(super) fn begin_run(&mut self, items: Option<usize>) {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        self.sample.runs += 1;
        self.at = None;
        if self.runs_left > 0 {
            self.runs_left -= 1;
            return;
        }
        self.runs_left = self.chance.below(2 * RUNS_BETWEEN - 1);
        // Anywhere in the run: what happens once in a batch must not always be missed.
        let spare = match items {
            Some(items) => (items as u64).saturating_sub(ITEMS),
            // A short source may have no more than a few.
            None if is_first => 0,
            None => OFFSET_MAX,
        };
        self.at = Some(self.chance.below(spare + 1));
    }

    /// Returns how many items have been fed when the sampled ones begin.
    fn items_begin(&self) -> u64 {
        self.at.unwrap_or(0)
    }

    /// Returns how many items come before the sampled ones, 0 if they are next; `None` if they are past, or
    /// there are none in this run.
    pub(super) fn items_before(&self, fed: u64) -> Option<usize> {
        let left = self.at?.checked_sub(fed)?;
        Some(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Returns whether this run is sampled.
    pub(super) fn is_on(&self) -> bool {
        self.at.is_some()
    }

    fn items_seen(&mut self, watches: Watches, now: Duration, count: u64) {
        watches.stop(now, &mut self.sample.of_items);
        self.sample.items_sampled += count;
    }

    /// Ends a run in which so many items were fed.
    pub(super) fn end_run(&mut self, fed: u64) {
        self.sample.items += fed;
    }

    /// Takes what was shown since the last time, if this run was sampled.
    pub(super) fn take(&mut self) -> Option<Sample> {
        self.at.take().map(|_| std::mem::take(&mut self.sample))
    }
}

/// A stopwatch for each place of a chain, of which one runs at a time.
#[derive(Debug)]
struct Watches {
    times: Vec<i64>,
    place: usize,
    since: Duration,
    /// What it costs to read the clock.
    cost: i64,
}

impl Watches {
    /// Starts the watch of the first place.
    fn start(places: usize, mut clock: impl FnMut() -> Duration) -> Self {
        let mut cost = i64::MAX;
        let mut since = clock();
        for _ in 0..CLOCK_READINGS {
            let now = clock();
            cost = cost.min(nanos(now.saturating_sub(since)));
            since = now;
        }
        Self { times: vec![0; places], place: 0, since, cost }
    }

    /// Stops the watch that runs and starts the one of another place.
    fn turn(&mut self, now: Duration, to: usize) {
        if let Some(time) = self.times.get_mut(self.place) {
            *time += nanos(now.saturating_sub(self.since)) - self.cost;
        }
        (self.place, self.since) = (to, now);
    }

    /// Stops, and adds up.
    fn stop(mut self, now: Duration, into: &mut Vec<i64>) {
        self.turn(now, 0);
        add(into, &self.times);
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// What a sampled chain emits into: the usual output, and the watches.
struct Watched<'w, 'a, 'b, T> {
    out: &'w mut Counted<'a, 'b, T>,
    watches: &'w mut Watches,
}

impl<T: Weigh> Emit<T> for Watched<'_, '_, '_, T> {
    fn emit(&mut self, item: T) -> Outcome {
        self.enter(1);
        let outcome = self.out.emit(item);
        self.leave(1);
        outcome
    }

    fn position(&self) -> u64 {
        self.out.position()
    }

    fn now(&self) -> Duration {
        self.out.now()
    }

    fn stage(&self) -> &str {
        self.out.stage()
    }

    fn is_stopping(&self) -> bool {
        self.out.is_stopping()
    }

    fn is_busy(&self) -> bool {
        self.out.is_busy()
    }

    fn is_watched(&self) -> bool {
        true
    }

    fn enter(&mut self, steps: usize) {
        self.watches.turn(self.out.now(), self.watches.place + steps);
    }

    fn leave(&mut self, steps: usize) {
        self.watches.turn(self.out.now(), self.watches.place.saturating_sub(steps));
    }
}

/// Returns how many places a chain has, with the two ends.
const fn places<C: Operator>() -> usize {
    C::PLACES + 2
}

/// Pushes the sampled items of a run through a chain, as `drive` does the others.
#[inline(never)]
pub(super) fn drive_sampled<C: Operator>(
    home: &mut Option<C>,
    items: &mut Option<impl Iterator<Item = C::In>>,
    outlet: &mut Outlet<'_, C::Out>,
    (fed, in_chain): (&mut u64, &mut bool),
    sampler: &mut Sampler,
) -> Outcome
where
    C::Out: Weigh,
{
    let mut watches = Watches::start(places::<C>(), || outlet.now());
    let mut seat = Seat::take(home);
    let mut counted = Counted { outlet, fed: Kept { now: *fed, home: fed } };
    let mut in_chain = Kept { now: false, home: in_chain };
    let chain = seat.chain();
    chain.on_run();
    let mut count = 0;
    while count < ITEMS && !chain.is_busy() && !counted.is_busy() {
        let Some(item) = items.as_mut().and_then(Iterator::next) else { break };
        counted.fed.now += 1;
        in_chain.now = true;
        let mut out = Watched { out: &mut counted, watches: &mut watches };
        out.enter(1);
        chain.on_item(item, &mut out)?;
        out.leave(1);
        in_chain.now = false;
        count += 1;
    }
    sampler.items_seen(watches, counted.now(), count);
    Ok(())
}

/// Flushes a chain, as at the end of each run.
pub(super) fn flush_sampled<C: Operator>(
    chain: &mut C,
    out: &mut Counted<'_, '_, C::Out>,
    sampler: &mut Sampler,
) -> Outcome
where
    C::Out: Weigh,
{
    let mut watches = Watches::start(places::<C>(), || out.now());
    let mut watched = Watched { out, watches: &mut watches };
    watched.enter(1);
    chain.on_flush(&mut watched)?;
    watches.stop(out.now(), &mut sampler.sample.of_flushes);
    sampler.sample.flushes_sampled += 1;
    Ok(())
}

impl<C: Operator> Feeder<'_, '_, C>
where
    C::Out: Weigh,
{
    /// Asks a source for the items up to the sampled ones, and for these. `said` is what it answered, if
    /// that was not to ask again.
    pub(super) fn pull_sampled<S>(
        &mut self,
        source: &mut S,
        sampler: &mut Sampler,
        said: &mut Option<Supply>,
    ) -> Outcome
    where
        S: Origin<Item = C::In>,
    {
        let most = self.most;
        if sampler.items_before(self.out.fed.now).is_some_and(|before| before > 0) {
            self.most = sampler.items_begin().min(most);
            *said = Some(source.pull(self)?).filter(|&supply| supply != Supply::More);
        }
        self.most = (self.out.fed.now + ITEMS).min(most);
        if said.is_none() && !self.is_satisfied() {
            let before = self.out.fed.now;
            let mut watches = Watches::start(places::<C>(), || self.out.now());
            let supply = source.pull(&mut WatchedFeeder { feeder: self, watches: &mut watches })?;
            sampler.items_seen(watches, self.out.now(), self.out.fed.now - before);
            *said = Some(supply).filter(|&supply| supply != Supply::More);
        }
        self.most = most;
        if self.is_satisfied() {
            said.get_or_insert(Supply::More);
        }
        Ok(())
    }
}

/// What a source pushes sampled items into.
struct WatchedFeeder<'w, 'f, 'a, 'b, C: Operator> {
    feeder: &'f mut Feeder<'a, 'b, C>,
    watches: &'w mut Watches,
}

impl<C: Operator> Emit<C::In> for WatchedFeeder<'_, '_, '_, '_, C>
where
    C::Out: Weigh,
{
    fn emit(&mut self, item: C::In) -> Outcome {
        let Feeder { seat, out, in_chain, .. } = &mut *self.feeder;
        out.fed.now += 1;
        in_chain.now = true;
        let mut out = Watched { out, watches: self.watches };
        out.enter(1);
        seat.chain().on_item(item, &mut out)?;
        out.leave(1);
        in_chain.now = false;
        Ok(())
    }

    fn position(&self) -> u64 {
        self.feeder.position()
    }

    fn now(&self) -> Duration {
        self.feeder.now()
    }

    fn stage(&self) -> &str {
        self.feeder.stage()
    }

    fn is_stopping(&self) -> bool {
        self.feeder.is_stopping()
    }

    fn is_busy(&self) -> bool {
        self.feeder.is_busy()
    }
}

impl<C: Operator> Intake<C::In> for WatchedFeeder<'_, '_, '_, '_, C>
where
    C::Out: Weigh,
{
    fn is_satisfied(&self) -> bool {
        self.feeder.is_satisfied()
    }

    fn waker(&self) -> &Waker {
        self.feeder.waker()
    }

    fn watermark(&mut self, at: EventTime) -> Outcome {
        self.feeder.watermark(at)
    }
}

/// Items that are sampled at a time.
///
/// More slow a profiled pipeline: of cheap items a run has thousands, of dear ones the clock is a small part.
/// Fewer miss what happens once in many items.
const ITEMS: u64 = 128;

/// Runs between two that are sampled, on average.
///
/// Fewer slow a profiled pipeline, more need a longer one to say anything.
const RUNS_BETWEEN: u64 = 8;

/// Items of a source before those that are sampled, at most: what comes in batches begins anywhere.
const OFFSET_MAX: u64 = 255;

/// How often the clock is read to learn what that costs; the least of it counts.
const CLOCK_READINGS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const NS: fn(u64) -> Duration = Duration::from_nanos;

    #[test]
    fn each_place_gets_its_own_time_without_that_of_the_clock() {
        // A clock that takes 3 ns to read.
        let mut now = 0;
        let mut watches = Watches::start(4, || {
            now += 3;
            NS(now)
        });
        let at = |time: u64| NS(now + time);
        watches.turn(at(13), 1); // 10 in the first place
        watches.turn(at(36), 2); // 20 in the second
        watches.turn(at(69), 1); // 30 in the third
        watches.turn(at(74), 0); // 2 in the second
        let mut into = vec![1];
        watches.stop(at(78), &mut into);
        assert_eq!(into, [12, 22, 30, 0]);
    }

    #[test]
    fn samples_stand_for_all_items_and_flushes() {
        let mut sum = Sample::default();
        for _ in 0..2 {
            sum.add(&Sample {
                of_items: vec![10, 0, 160, -4],
                items_sampled: 8,
                of_flushes: vec![0, 0, 100],
                flushes_sampled: 1,
                items: 500,
                runs: 10,
            });
        }
        // 1000 items of which 16 were seen, 20 flushes of which 2 were.
        assert_eq!(sum.times(), [1250.0, 0.0, 20_000.0 + 2000.0, 0.0]);
        let named = sum.named("iter".to_owned(), &["", "map"]);
        let expected = [("iter", 1250.0), ("map", 22_000.0), ("(passing on)", 0.0)];
        assert_eq!(named, expected.map(|(name, time)| (name.to_owned(), time)));
    }

    #[test]
    fn the_first_run_is_sampled_and_then_one_in_eight_at_any_offset() {
        let mut sampler = Sampler::new(0);
        let (mut offsets, mut taken) = (Vec::new(), Sample::default());
        for run in 0..8000 {
            sampler.begin_run(Some(200));
            offsets.extend(sampler.items_before(0));
            sampler.end_run(200);
            let sample = sampler.take();
            assert!(run > 0 || sample.is_some());
            taken.add(&sample.unwrap_or_default());
        }
        assert!((800..1200).contains(&offsets.len()), "{}", offsets.len());
        assert_eq!((offsets.iter().min(), offsets.iter().max()), (Some(&0), Some(&72)));
        assert!((7900..=8000).contains(&taken.runs) && taken.items == 200 * taken.runs);
        sampler.begin_run(Some(3));
        assert!(sampler.items_before(0).is_none_or(|before| before == 0), "a short run has no offset");
    }
}
