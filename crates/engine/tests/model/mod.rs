//! Random pipelines and what they should give: a vector of items, step by step.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part of this")]

use std::sync::{Arc, Mutex};

use primestream_engine::{ChunkProcessor, Chunker, Emit, Fixed, OnError, Order, Outcome, Stream};
use proptest::prelude::*;

/// A step of a random pipeline. Items divisible by `fault` fail, where there is one.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Map(u64),
    Filter(u64),
    FilterMap(u64),
    FlatMap(u64),
    Take(u64),
    Skip(u64),
    Batch(usize),
    SortBatches(usize),
    Windows(usize, usize),
    Dedup(u64),
    Process,
    Faulty { fault: u64, how: Fault, policy: Policy },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Error,
    Panic,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Policy {
    Skip,
    DeadLetter,
}

/// A step, and how it is run: fused to the one before, or in lanes of its own.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) step: Step,
    pub(crate) lanes: usize,
    pub(crate) chunk: usize,
}

/// What became of the items that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) skipped: u64,
    pub(crate) dead: Vec<u64>,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![Just(Fault::Error), Just(Fault::Panic)];
    let policy = prop_oneof![Just(Policy::Skip), Just(Policy::DeadLetter)];
    prop_oneof![
        (1u64..5).prop_map(Step::Map),
        (2u64..5).prop_map(Step::Filter),
        (2u64..5).prop_map(Step::FilterMap),
        (0u64..4).prop_map(Step::FlatMap),
        (1u64..300).prop_map(Step::Take),
        (0u64..30).prop_map(Step::Skip),
        (1usize..9).prop_map(Step::Batch),
        (1usize..9).prop_map(Step::SortBatches),
        (1usize..5, 1usize..5).prop_map(|(count, step)| Step::Windows(count, step)),
        (1u64..5).prop_map(Step::Dedup),
        Just(Step::Process),
        (2u64..7, fault, policy).prop_map(|(fault, how, policy)| Step::Faulty { fault, how, policy }),
    ]
}

pub(crate) fn placed() -> impl Strategy<Value = Placed> {
    (step(), 1usize..=8, 1usize..20).prop_map(|(step, lanes, chunk)| Placed { step, lanes, chunk })
}

fn fails(item: u64, fault: u64) -> bool {
    item.is_multiple_of(fault)
}

fn work(item: u64, fault: u64, how: Fault) -> Result<u64, String> {
    match how {
        _ if !fails(item, fault) => Ok(item + 1),
        Fault::Error => Err(format!("{item} is bad")),
        Fault::Panic => std::panic::panic_any(format!("{item} is bad")),
    }
}

/// Adds a step to a stream. What is lost is kept in `lost`.
pub(crate) fn add(
    stream: Stream<u64>,
    placed: &Placed,
    order: Order,
    lost: &Arc<Mutex<Lost>>,
) -> Stream<u64> {
    let Placed { step, lanes, chunk } = placed.clone();
    let lanes = stream.chunked(Fixed(chunk)).parallel(lanes, order);
    match step {
        Step::Map(by) => lanes.map(move |n| n.wrapping_mul(by)).inspect(|_| ()).boxed(),
        Step::Filter(by) => lanes.filter(move |n| !n.is_multiple_of(by)).boxed(),
        Step::FilterMap(by) => lanes.filter_map(move |n| n.is_multiple_of(by).then_some(n / by)).boxed(),
        Step::FlatMap(count) => lanes.flat_map(move |n| (0..count).map(move |i| n + i)).boxed(),
        Step::Take(count) => lanes.take(count).boxed(),
        Step::Skip(count) => lanes.skip(count).boxed(),
        Step::Batch(count) => lanes.batch(count).flat_map(|batch| batch).boxed(),
        Step::SortBatches(count) => lanes.sort_batches(count).boxed(),
        Step::Windows(count, step) => lanes.windows_by(count, step).map(|window| window.iter().sum()).boxed(),
        Step::Dedup(by) => lanes.dedup_by_key(move |n| n / by).boxed(),
        Step::Process => lanes.process_chunks(Twice).boxed(),
        Step::Faulty { fault, how, policy } => {
            let policy = match policy {
                Policy::Skip => OnError::Skip,
                Policy::DeadLetter => {
                    let lost = Arc::clone(lost);
                    OnError::dead_letter(move |letter| {
                        lost.lock().unwrap().dead.push(letter.item);
                        Ok::<(), String>(())
                    })
                }
            };
            // A step on either side, to be fused with.
            lanes.map(|n| n).try_map(move |n| work(n, fault, how)).on_error(policy).filter(|_| true).boxed()
        }
    }
}

/// What a step should give.
pub(crate) fn expect(items: Vec<u64>, step: &Step, lost: &mut Lost) -> Vec<u64> {
    let items = items.into_iter();
    match *step {
        Step::Map(by) => items.map(|n| n.wrapping_mul(by)).collect(),
        Step::Filter(by) => items.filter(|n| !n.is_multiple_of(by)).collect(),
        Step::FilterMap(by) => items.filter(|n| n.is_multiple_of(by)).map(|n| n / by).collect(),
        Step::FlatMap(count) => items.flat_map(|n| (0..count).map(move |i| n + i)).collect(),
        Step::Take(count) => items.take(usize::try_from(count).unwrap()).collect(),
        Step::Skip(count) => items.skip(usize::try_from(count).unwrap()).collect(),
        Step::Batch(_) => items.collect(),
        Step::SortBatches(count) => {
            let mut items: Vec<u64> = items.collect();
            items.chunks_mut(count).for_each(<[u64]>::sort);
            items
        }
        Step::Windows(count, step) => {
            let items: Vec<u64> = items.collect();
            items.windows(count).step_by(step).map(|window| window.iter().sum()).collect()
        }
        Step::Dedup(by) => {
            let mut items: Vec<u64> = items.collect();
            items.dedup_by_key(|n| *n / by);
            items
        }
        Step::Process => items.flat_map(|n| [n, n]).collect(),
        Step::Faulty { fault, policy, .. } => items
            .filter(|&n| {
                let is_lost = fails(n, fault);
                match policy {
                    Policy::Skip => lost.skipped += u64::from(is_lost),
                    Policy::DeadLetter if is_lost => lost.dead.push(n),
                    Policy::DeadLetter => {}
                }
                !is_lost
            })
            .map(|n| n + 1)
            .collect(),
    }
}

impl Step {
    /// Returns whether what comes out depends on the order of what goes in.
    pub(crate) fn depends_on_order(&self) -> bool {
        use Step::{Batch, Dedup, Skip, SortBatches, Take, Windows};
        matches!(self, Batch(_) | Dedup(_) | Skip(_) | SortBatches(_) | Take(_) | Windows(..))
    }
}

/// Emits every item twice.
struct Twice;

impl ChunkProcessor for Twice {
    type In = u64;
    type Out = u64;

    fn process_chunk(&mut self, chunk: &mut Vec<u64>, out: &mut impl Emit<u64>) -> Outcome {
        chunk.drain(..).flat_map(|n| [n, n]).try_for_each(|n| out.emit(n))
    }
}

/// Cuts as a random chunker would: every answer another size.
pub(crate) struct Uneven(pub(crate) std::sync::atomic::AtomicUsize);

impl Chunker for Uneven {
    fn limits(&self) -> primestream_engine::chunker::ChunkLimits {
        let turn = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Fixed(1 + (turn * 7) % 13).limits()
    }
}

/// Keeps the panics that are meant to happen out of the output of the tests.
pub(crate) fn hush() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let is_meant =
                info.payload().downcast_ref::<String>().is_some_and(|text| text.ends_with("is bad"));
            if !is_meant {
                before(info);
            }
        }));
    });
}
