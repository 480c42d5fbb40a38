//! The built-in tuners: the same three rules, with other aims.
//!
//! *Chunks* are to take a stage a certain time: so long that handing them over costs little, so short that
//! results do not wait. *Lanes*: where those at work have no rest, more are; where they rest half the time,
//! fewer, if the aim is not speed. *Places*: a line that is full while the stage behind it waits at times is
//! made longer; one that only makes results wait, or holds memory that is scarce, shorter.

use std::time::Duration;

use super::trial::Trial;
use super::{Adjustment, Knob, Tuner};
use crate::chunker::CHUNK_BYTES;
use crate::metrics::{Metrics, StageMetrics};

/// What a tuner aims at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// As many items as possible: chunks of 2 ms, all lanes that are of use.
    Throughput,
    /// Results as soon as possible: chunks of 100 µs, short lines.
    Latency,
    /// As little memory as possible: chunks of 200 µs, short lines, no more lanes than work.
    Memory,
    /// Chunks of 500 µs, no more lanes than work.
    Balanced,
}

impl Strategy {
    /// How long a chunk should take a stage.
    const fn chunk_time(self) -> Duration {
        Duration::from_micros(match self {
            Strategy::Throughput => 2000,
            Strategy::Latency => 100,
            Strategy::Memory => 200,
            Strategy::Balanced => 500,
        })
    }

    /// Whether lanes that rest are taken from work.
    const fn rests_lanes(self) -> bool {
        matches!(self, Strategy::Memory | Strategy::Balanced)
    }

    /// Whether lines are to be no longer than the lanes need.
    const fn shortens_lines(self) -> bool {
        matches!(self, Strategy::Latency | Strategy::Memory)
    }
}

impl Strategy {
    /// Returns a tuner that aims at this.
    pub fn tuner(self) -> impl Tuner + 'static {
        Steered { aim: self, trials: Vec::new() }
    }
}

/// A tuner with an aim.
struct Steered {
    aim: Strategy,
    trials: Vec<Trial>,
}

impl Tuner for Steered {
    fn tune(&mut self, before: &Metrics, now: &Metrics) -> Vec<Adjustment> {
        let passed = now.elapsed.saturating_sub(before.elapsed);
        if passed.is_zero() || before.stages.len() != now.stages.len() {
            return Vec::new();
        }
        self.trials.resize_with(now.stages.len(), Trial::default);
        let spans = before.stages.iter().zip(&now.stages).map(|(before, now)| Span::of(before, now, passed));
        let spans: Vec<Span<'_>> = spans.collect();
        let mut made = Vec::new();
        for (index, span) in spans.iter().enumerate().filter(|(_, span)| !span.now.is_source) {
            let chunks = chunk_items(self.aim, index, span);
            let trial = &mut self.trials[index];
            made.extend(match &chunks {
                // One thing at a time, or nobody could say what it was that helped.
                Some(_) => None,
                None => trial.look(index, span).or_else(|| {
                    let made =
                        lanes(self.aim, index, span, now.threads).filter(|it| trial.allows(it, span))?;
                    trial.begin(&made, span);
                    Some(made)
                }),
            });
            made.extend(chunks);
            let is_scarce = now.reserved_bytes > now.limit_bytes / 4 * 3;
            let blocked_before = index.checked_sub(1).map_or(0.0, |at| spans[at].blocked);
            made.extend(places(self.aim, index, span, (blocked_before, is_scarce)));
        }
        made
    }
}

/// What a stage did between two moments.
pub(super) struct Span<'a> {
    pub(super) now: &'a StageMetrics,
    items: u64,
    chunks: u64,
    bytes: u64,
    busy: Duration,
    /// Items in a second.
    pub(super) rate: f64,
    /// Shares of the time of the lanes that may be at work.
    share_busy: f64,
    share_idle: f64,
    /// Share of the time that its lanes were kept from work by those behind.
    blocked: f64,
}

impl<'a> Span<'a> {
    fn of(before: &StageMetrics, now: &'a StageMetrics, passed: Duration) -> Self {
        let of =
            |time: Duration, lanes: usize| time.as_secs_f64() / passed.as_secs_f64() / lanes.max(1) as f64;
        let busy = now.times.busy.saturating_sub(before.times.busy);
        let idle = now.times.idle.saturating_sub(before.times.idle);
        // Lanes that are kept from work count as idle and are left out here.
        let resting = passed * u32::try_from(now.lanes - now.lanes_active.min(now.lanes)).unwrap_or(0);
        let items = now.tally.taken.saturating_sub(before.tally.taken);
        Self {
            now,
            items,
            bytes: now.bytes_in.saturating_sub(before.bytes_in),
            rate: items as f64 / passed.as_secs_f64(),
            chunks: now.chunks_in.saturating_sub(before.chunks_in),
            busy,
            share_busy: of(busy, now.lanes_active),
            share_idle: of(idle.saturating_sub(resting), now.lanes_active),
            blocked: of(now.times.blocked.saturating_sub(before.times.blocked), now.lanes),
        }
    }
}

impl Span<'_> {
    /// Returns how many items like those that came have so many bytes, at least 1.
    fn items_within(&self, bytes: usize) -> usize {
        let fit = (bytes as u64).saturating_mul(self.items) / self.bytes.max(1);
        usize::try_from(fit).unwrap_or(usize::MAX).clamp(1, TUNED_ITEMS_MAX)
    }

    /// Returns how long an item takes.
    pub(super) fn item_time(&self) -> Duration {
        self.busy.div_f64(self.items.max(1) as f64)
    }
}

fn chunk_items(aim: Strategy, index: usize, span: &Span<'_>) -> Option<Adjustment> {
    if span.chunks == 0 || span.items == 0 {
        return None;
    }
    let limit = span.now.chunk_items;
    let items = span.items as f64 / span.chunks as f64;
    let time = span.busy.as_secs_f64() / span.chunks as f64;
    let target = aim.chunk_time().as_secs_f64();
    let is_small = time < target / TOLERANCE && items * 2.0 > limit as f64;
    let is_large = time > target * TOLERANCE && items > 1.0;
    if !is_small && !is_large {
        return None;
    }
    let wanted = (items * target / time.max(1e-9)).min(items * GROWTH_MAX).round();
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the next call")]
    #[expect(clippy::cast_sign_loss, reason = "a quotient of positive numbers")]
    let to = (wanted as usize).clamp(1, span.items_within(CHUNK_BYTES));
    let worth = if is_small { to > limit } else { to < limit };
    let reason =
        format!("a chunk of {items:.0} takes {:.0} µs and should take {:.0}", time * 1e6, target * 1e6);
    worth.then(|| Adjustment::new(index, Knob::ChunkItems, (limit, to), reason))
}

fn lanes(aim: Strategy, index: usize, span: &Span<'_>, threads: usize) -> Option<Adjustment> {
    let active = span.now.lanes_active;
    let most = span.now.lanes.min(threads.max(1));
    let percent = span.share_busy * 100.0;
    if span.share_busy >= LANES_BUSY && active < most {
        let reason = format!("the {active} at work are busy {percent:.0} %");
        return Some(Adjustment::new(index, Knob::Lanes, (active, (active * 2).min(most)), reason));
    }
    let worked = span.share_busy * active as f64;
    #[expect(clippy::cast_possible_truncation, reason = "no more than there are lanes")]
    #[expect(clippy::cast_sign_loss, reason = "a share is not negative")]
    let enough = ((worked / LANES_WANTED).ceil() as usize).max(1);
    // Only those without work: lanes that are held up will be wanted again.
    let are_resting = span.share_busy < LANES_RESTING && span.share_idle > LANES_RESTING;
    if aim.rests_lanes() && span.items > 0 && are_resting && enough < active {
        let reason = format!("the {active} at work are busy {percent:.0} %");
        return Some(Adjustment::new(index, Knob::Lanes, (active, enough), reason));
    }
    None
}

fn places(
    aim: Strategy,
    index: usize,
    span: &Span<'_>,
    (blocked_before, is_scarce): (f64, bool),
) -> Option<Adjustment> {
    let places = span.now.queue_places;
    let least = PLACES_MIN + span.now.lanes_active;
    let is_full = span.now.queue_chunks * 2 >= places as u64;
    if (aim.shortens_lines() && is_full || is_scarce) && places > least {
        let reason = format!("{} chunks wait in line", span.now.queue_chunks);
        return Some(Adjustment::new(index, Knob::Places, (places, (places / 2).max(least)), reason));
    }
    let is_uneven = blocked_before > 0.2 && span.share_idle > 0.2;
    if is_uneven && !aim.shortens_lines() && !is_scarce && places < PLACES_MAX {
        let reason = format!(
            "the stage before waits {:.0} % for a place and this one {:.0} % for chunks",
            blocked_before * 100.0,
            span.share_idle * 100.0
        );
        return Some(Adjustment::new(index, Knob::Places, (places, (places * 2).min(PLACES_MAX)), reason));
    }
    None
}

/// How much longer or shorter than it should a chunk may take: less would follow every breath of the load.
const TOLERANCE: f64 = 2.0;

/// How many times larger than before a chunk may become at once: handing over is part of what small chunks
/// take, so their items cost less than it seems, and the next time corrects what is still wrong.
const GROWTH_MAX: f64 = 64.0;

/// Most items of a chunk that a strategy asks for; the bytes of a chunk bound it besides.
const TUNED_ITEMS_MAX: usize = 1 << 17;

/// Share of the time from which on the lanes at work have no rest.
const LANES_BUSY: f64 = 0.8;

/// Share of the time below which they rest too much, and that of it they should rest at least.
const LANES_RESTING: f64 = 0.5;

/// Share of the time they should work after some were taken from work: well between both.
const LANES_WANTED: f64 = 0.7;

/// Places in line besides one for each lane at work: one for what is being made.
const PLACES_MIN: usize = 1;

/// Most places in line that a strategy asks for.
const PLACES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Times;
    use crate::tally::Tally;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn source(blocked: u64) -> StageMetrics {
        let times = Times { blocked: MS(blocked), ..Times::default() };
        StageMetrics { is_source: true, lanes: 1, lanes_active: 1, times, ..StageMetrics::default() }
    }

    /// A stage with 4 lanes of which `active` may work, after 100 ms of which they worked `busy`.
    fn stage(active: usize, busy: u64, (items, chunks): (u64, u64)) -> StageMetrics {
        StageMetrics {
            lanes: 4,
            lanes_active: active,
            tally: Tally { taken: items, ..Tally::default() },
            chunks_in: chunks,
            chunk_items: usize::try_from(items / chunks.max(1)).unwrap(),
            queue_places: 20,
            times: Times { busy: MS(busy), idle: MS(400 - busy), ..Times::default() },
            ..StageMetrics::default()
        }
    }

    fn tuned(aim: Strategy, stages: Vec<StageMetrics>) -> Vec<(Knob, usize, usize)> {
        let before = Metrics {
            stages: stages
                .iter()
                .map(|stage| StageMetrics {
                    is_source: stage.is_source,
                    lanes: stage.lanes,
                    ..Default::default()
                })
                .collect(),
            ..Metrics::default()
        };
        let now = Metrics { stages, elapsed: MS(100), threads: 4, limit_bytes: 1000, ..Metrics::default() };
        let made = aim.tuner().tune(&before, &now);
        assert!(made.iter().all(|made| made.stage == 1 && !made.reason.is_empty() && made.from != made.to));
        made.iter().map(|made| (made.knob, made.from, made.to)).collect()
    }

    #[test]
    fn chunks_come_to_the_time_they_should_take() {
        // A hundred thousand chunks of one in 100 ms: a microsecond each.
        let small = tuned(Strategy::Throughput, vec![source(0), stage(1, 70, (100_000, 100_000))]);
        assert_eq!(small, [(Knob::ChunkItems, 1, 64)]);
        // Ten chunks of 1000 in 70 ms: 7 ms each, for an aim of 2 ms.
        let large = tuned(Strategy::Throughput, vec![source(0), stage(1, 70, (10_000, 10))]);
        assert_eq!(large, [(Knob::ChunkItems, 1000, 286)]);
        let right = tuned(Strategy::Throughput, vec![source(0), stage(1, 70, (10_000, 35))]);
        assert_eq!(right, []);
        let slow = tuned(Strategy::Latency, vec![source(0), stage(1, 70, (10, 10))]);
        assert_eq!(slow, [], "a chunk of one is as small as they come");
        let mut scanty = stage(1, 70, (100_000, 100_000));
        scanty.chunk_items = 100;
        assert_eq!(tuned(Strategy::Throughput, vec![source(0), scanty]), [], "it is not the limit that cuts");
    }

    #[test]
    fn lanes_without_rest_are_joined_by_others_and_those_that_rest_are_not_needed() {
        let fit = (50, 50);
        let busy = tuned(Strategy::Throughput, vec![source(0), stage(1, 95, fit)]);
        assert_eq!(busy, [(Knob::Lanes, 1, 2)]);
        let all = tuned(Strategy::Throughput, vec![source(0), stage(4, 390, fit)]);
        assert_eq!(all, [], "there are no more");
        let resting = || vec![source(0), stage(4, 60, (120, 120))]; // half a millisecond each
        assert_eq!(tuned(Strategy::Balanced, resting()), [(Knob::Lanes, 4, 1)]);
        assert_eq!(tuned(Strategy::Throughput, resting()), [(Knob::ChunkItems, 1, 4)], "not the lanes");
    }

    #[test]
    fn lines_follow_the_aim() {
        let uneven = || vec![source(50), stage(4, 120, (60, 60))];
        assert_eq!(tuned(Strategy::Throughput, uneven()), [(Knob::Places, 20, 40)]);
        let full = || {
            let mut stage = stage(4, 390, (3900, 3900));
            stage.queue_chunks = 15;
            vec![source(90), stage]
        };
        assert_eq!(tuned(Strategy::Latency, full()), [(Knob::Places, 20, 10)]);
        assert_eq!(tuned(Strategy::Throughput, full())[..1], [(Knob::ChunkItems, 1, 20)]);
    }

    #[test]
    fn lanes_that_do_not_help_are_taken_back_and_left_alone_until_the_load_changes() {
        // Items that take 10 µs of a lane, 1000 in 100 ms whatever the lanes: something else holds them up.
        let mut tuner = Strategy::Throughput.tuner();
        let (mut active, mut before) = (1, Metrics::default());
        let mut went = Vec::new();
        for look in 0..20 {
            let mut stage = stage(active, 0, (100, 1));
            stage.tally.taken = 1000 * look;
            stage.chunks_in = 50 * look;
            stage.times.busy = before.stages.get(1).map_or(MS(0), |it: &StageMetrics| it.times.busy)
                + MS(95) * u32::try_from(active).unwrap();
            stage.chunk_items = 100;
            let stages = vec![source(0), stage];
            let now = Metrics {
                stages,
                elapsed: MS(100 * look),
                threads: 4,
                limit_bytes: 1000,
                ..Metrics::default()
            };
            for made in tuner.tune(&before, &now).iter().filter(|made| made.knob == Knob::Lanes) {
                went.push((look, made.from, made.to));
                active = made.to;
            }
            before = now;
        }
        assert_eq!(went.len(), 2, "{went:?}");
        assert_eq!(((went[0].1, went[0].2), (went[1].1, went[1].2)), ((1, 2), (2, 1)));
    }

    #[test]
    fn chunks_stay_within_the_bytes_a_chunk_should_have() {
        let mut heavy = stage(1, 70, (1000, 1000));
        heavy.bytes_in = 1000 * 100_000;
        assert_eq!(tuned(Strategy::Throughput, vec![source(0), heavy]), [(Knob::ChunkItems, 1, 2)]);
    }

    #[test]
    fn of_no_time_nothing_can_be_said() {
        assert_eq!(Strategy::Balanced.tuner().tune(&Metrics::default(), &Metrics::default()), []);
    }
}
