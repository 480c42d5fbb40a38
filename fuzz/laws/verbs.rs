//! Steps of pipelines drawn from foreign bytes, and what each makes of a vector of items.

use primestream_engine::{Fixed, OnError, Order, Stream};

use crate::draw::Draw;

/// A step, and how it is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) step: Step,
    pub(crate) lanes: usize,
    pub(crate) chunk: usize,
}

/// What is done to numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    // What each item becomes alone.
    Map(u64),
    Filter(u64),
    FilterMap(u64),
    FlatMap(u64),
    /// Multiples fail and are skipped.
    Faulty(u64),
    // What the order of items matters to.
    Take(u64),
    Skip(u64),
    Every(u64),
    TakeWhile(u64),
    SkipWhile(u64),
    Enumerate,
    Batch(usize),
    BatchBytes(usize),
    BatchBy(u64),
    SortBatches(usize),
    Windows(usize, usize),
    Dedup(u64),
    Distinct(usize),
    Scan,
    /// So many more follow.
    Concat(u64),
    // What no barrier passes, or what takes too much room for pipelines that are begun again and again.
    /// Made of so many bytes and less, and sent on as such.
    Heavy(u64),
    Zip(u64),
    Interleave(u64),
}

/// Items that no vector may exceed.
const ITEMS_MAX: usize = 1500;

impl Placed {
    /// Draws one of the first `kinds` steps.
    fn drawn(draw: &mut Draw<'_>, kinds: usize) -> Self {
        let kind = draw.below(kinds);
        let number = draw.below(64);
        let (n, few) = (number as u64, 1 + number % 8);
        let step = match kind {
            0 => Step::Map(n % 5),
            1 => Step::Filter(2 + n % 3),
            2 => Step::FilterMap(2 + n % 3),
            3 => Step::FlatMap(n % 4),
            4 => Step::Faulty(2 + n % 5),
            5 => Step::Take(5 * n),
            6 => Step::Skip(n),
            7 => Step::Every(1 + n % 4),
            8 => Step::TakeWhile(3 + n),
            9 => Step::SkipWhile(1 + n),
            10 => Step::Enumerate,
            11 => Step::Batch(few),
            12 => Step::BatchBytes(8 * number),
            13 => Step::BatchBy(1 + n % 16),
            14 => Step::SortBatches(few),
            15 => Step::Windows(few, 1 + number / 16),
            16 => Step::Dedup(1 + n % 4),
            17 => Step::Distinct(few),
            18 => Step::Scan,
            19 => Step::Concat(n),
            20 => Step::Heavy(1 + 5 * n),
            21 => Step::Zip(5 * n),
            _ => Step::Interleave(n),
        };
        Self { step, lanes: 1 + draw.below(5), chunk: 1 + draw.below(16) }
    }
}

/// Draws up to six of the first `kinds` steps behind so many items, of which no batch is above `bytes_max`; returns
/// them and what comes out.
pub(crate) fn drawn(
    draw: &mut Draw<'_>,
    kinds: usize,
    count: u64,
    bytes_max: usize,
) -> (Vec<Placed>, Vec<u64>) {
    let mut steps = Vec::new();
    let mut items: Vec<u64> = (0..count).collect();
    for _ in 0..draw.below(7) {
        let placed = Placed::drawn(draw, kinds);
        let run = match placed.step {
            Step::BatchBy(by) => longest_run(&items, by),
            _ => 0,
        };
        let made = placed.step.expect(items.clone());
        if made.len() <= ITEMS_MAX && 8 * run + 64 <= bytes_max {
            (items, _) = (made, steps.push(placed));
        }
    }
    (steps, items)
}

fn longest_run(items: &[u64], by: u64) -> usize {
    items.chunk_by(|a, b| a / by == b / by).map(<[u64]>::len).max().unwrap_or(0)
}

/// Adds a step to a stream.
pub(crate) fn add(stream: Stream<u64>, placed: Placed, order: Order) -> Stream<u64> {
    let Placed { step, lanes, chunk } = placed;
    let lanes = stream.chunked(Fixed(chunk)).parallel(lanes, order);
    let more = |count| Stream::iter_from(move |at| at..count);
    match step {
        Step::Map(by) => lanes.map(move |n| n.wrapping_mul(by)).boxed(),
        Step::Filter(by) => lanes.filter(move |n| !n.is_multiple_of(by)).boxed(),
        Step::FilterMap(by) => lanes.filter_map(move |n| n.is_multiple_of(by).then_some(n / by)).boxed(),
        Step::FlatMap(count) => lanes.flat_map(move |n| (0..count).map(move |i| n.wrapping_add(i))).boxed(),
        Step::Faulty(by) => {
            let tried = lanes.try_map(move |n| if n.is_multiple_of(by) { Err("a multiple") } else { Ok(n) });
            tried.on_error(OnError::Skip).boxed()
        }
        Step::Take(count) => lanes.take(count).boxed(),
        Step::Skip(count) => lanes.skip(count).boxed(),
        Step::Every(step) => lanes.step_by(step).boxed(),
        Step::TakeWhile(by) => lanes.take_while(move |n| n % by != by - 1).boxed(),
        Step::SkipWhile(by) => lanes.skip_while(move |n| n % by != by - 1).boxed(),
        Step::Enumerate => lanes.enumerate().map(|(index, n)| index ^ n).boxed(),
        Step::Batch(count) => lanes.batch(count).stateful().flat_map(marked).boxed(),
        Step::BatchBytes(bytes) => lanes.batch_bytes(bytes).stateful().flat_map(marked).boxed(),
        Step::BatchBy(by) => lanes.batch_by(move |n| n / by).stateful().flat_map(marked).boxed(),
        Step::SortBatches(count) => lanes.sort_batches(count).stateful().boxed(),
        Step::Windows(count, step) => lanes.windows_by(count, step).stateful().map(sum).boxed(),
        Step::Dedup(by) => lanes.dedup_by_key(move |n| n / by).stateful().boxed(),
        Step::Distinct(capacity) => lanes.distinct(capacity).stateful().boxed(),
        Step::Scan => lanes.scan(0, scanned).stateful().boxed(),
        Step::Concat(count) => lanes.concat(more(count)).boxed(),
        Step::Heavy(bytes) => {
            let heavy = lanes.map(move |n| vec![1u8; usize::try_from(n % bytes).expect("below 2^16")]);
            heavy.parallel(2, order).map(|heavy| heavy.len() as u64).boxed()
        }
        Step::Zip(count) => lanes.zip(more(count)).map(|(a, b)| a.wrapping_add(b)).boxed(),
        Step::Interleave(count) => lanes.interleave(more(count)).boxed(),
    }
}

impl Step {
    /// Returns what it makes of all items.
    fn expect(self, items: Vec<u64>) -> Vec<u64> {
        let marked = |batches: &mut dyn Iterator<Item = &[u64]>| {
            batches.flat_map(|batch| marked(batch.to_vec())).collect()
        };
        match self {
            Step::Map(by) => items.into_iter().map(|n| n.wrapping_mul(by)).collect(),
            Step::Filter(by) | Step::Faulty(by) => {
                items.into_iter().filter(|n| !n.is_multiple_of(by)).collect()
            }
            Step::FilterMap(by) => {
                items.into_iter().filter(|n| n.is_multiple_of(by)).map(|n| n / by).collect()
            }
            Step::FlatMap(count) => {
                items.into_iter().flat_map(|n| (0..count).map(move |i| n.wrapping_add(i))).collect()
            }
            Step::Take(count) => items.into_iter().take(size(count)).collect(),
            Step::Skip(count) => items.into_iter().skip(size(count)).collect(),
            Step::Every(step) => items.into_iter().step_by(size(step)).collect(),
            Step::TakeWhile(by) => items.into_iter().take_while(|n| n % by != by - 1).collect(),
            Step::SkipWhile(by) => items.into_iter().skip_while(|n| n % by != by - 1).collect(),
            Step::Enumerate => (0..).zip(items).map(|(index, n)| index ^ n).collect(),
            Step::Batch(count) => marked(&mut items.chunks(count)),
            // Items of eight bytes, at least one.
            Step::BatchBytes(bytes) => marked(&mut items.chunks(bytes.div_ceil(8).max(1))),
            Step::BatchBy(by) => marked(&mut items.chunk_by(|a, b| a / by == b / by)),
            Step::SortBatches(count) => {
                let mut items = items;
                items.chunks_mut(count).for_each(<[u64]>::sort_unstable);
                items
            }
            Step::Windows(count, step) => items.windows(count).step_by(step).map(sum).collect(),
            Step::Dedup(by) => {
                let mut items = items;
                items.dedup_by_key(|n| *n / by);
                items
            }
            Step::Distinct(capacity) => {
                let mut passed = Vec::new();
                for n in items {
                    let oldest = passed.len().saturating_sub(capacity);
                    if !passed[oldest..].contains(&n) {
                        passed.push(n);
                    }
                }
                passed
            }
            Step::Scan => {
                let mut state = 0;
                items.into_iter().map_while(|n| scanned(&mut state, n)).collect()
            }
            Step::Concat(count) => items.into_iter().chain(0..count).collect(),
            Step::Heavy(bytes) => items.into_iter().map(|n| n % bytes).collect(),
            Step::Zip(count) => items.into_iter().zip(0..count).map(|(a, b)| a.wrapping_add(b)).collect(),
            Step::Interleave(count) => {
                let (mut one, mut other) = (items.into_iter(), 0..count);
                let mut out = Vec::new();
                loop {
                    let (first, second) = (one.next(), other.next());
                    if first.is_none() && second.is_none() {
                        return out;
                    }
                    out.extend(first.into_iter().chain(second));
                }
            }
        }
    }
}

/// Returns the items of a batch and, so that it matters where batches end, how many they are.
fn marked(batch: Vec<u64>) -> impl Iterator<Item = u64> + Send {
    let count = batch.len() as u64;
    batch.into_iter().chain(std::iter::once(count))
}

fn sum(window: impl AsRef<[u64]>) -> u64 {
    window.as_ref().iter().fold(0, |sum, n| sum.wrapping_mul(31).wrapping_add(*n))
}

/// Passes on what was summed up so far. A scan may end a stream; this one does not.
fn scanned(state: &mut u64, n: u64) -> Option<u64> {
    *state = state.wrapping_add(n) % 1009;
    Some(*state)
}

fn size(number: u64) -> usize {
    usize::try_from(number).expect("below 2^16")
}
