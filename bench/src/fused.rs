//! W1: 200 million integers through map, filter and fold, on one thread.

use std::future::ready;
use std::hint::black_box;
use std::thread;

use futures::StreamExt;
use futures::executor::block_on;
use futures::stream;
use primestream_engine::Stream;

use crate::dataflow;
use crate::ring::Ring;
use crate::rounds::{Contestant, Scale, contestant, rounds};

const ITEMS: u64 = 200_000_000;

/// Runs W1 with three kinds of steps: the ratio depends on what the compiler makes of each.
pub(crate) fn run(scale: &Scale) {
    let items = scale.size.of(ITEMS);
    steps(
        scale,
        "a multiplication by 3, 7 of 8 kept",
        Steps { items, change: triple, keep: |n: u64| n & 7 != 0 },
    );
    steps(scale, "a 64-bit mix, 3 of 4 kept", Steps { items, change: mix, keep: |n: u64| n & 3 != 0 });
    steps(
        scale,
        "a 64-bit mix, 2 of 3 kept",
        Steps { items, change: mix, keep: |n: u64| !n.is_multiple_of(3) },
    );
    peers(scale, Steps { items, change: mix, keep: |n: u64| n & 3 != 0 });
}

fn triple(n: u64) -> u64 {
    n.wrapping_mul(3) + 1
}

pub(crate) fn mix(n: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (n >> 7)
}

/// What is done with the integers below `items`.
#[derive(Clone, Copy)]
struct Steps<M, K> {
    items: u64,
    change: M,
    keep: K,
}

impl<M, K> Steps<M, K>
where
    M: Fn(u64) -> u64 + Copy + Send + Sync + 'static,
    K: Fn(u64) -> bool + Copy + Send + Sync + 'static,
{
    fn by_iterator(self) -> u64 {
        black_box(0..self.items).map(self.change).filter(|&n| (self.keep)(n)).fold(0, u64::wrapping_add)
    }

    fn ours_fold(self) -> u64 {
        let stream = Stream::iter(black_box(0..self.items)).map(self.change).filter(move |&n| (self.keep)(n));
        stream.fold(0, u64::wrapping_add).expect("nothing fails")
    }

    fn ours_for_each(self, expected: u64) {
        let mut sum = Total { sum: 0, expected };
        let stream = Stream::iter(black_box(0..self.items)).map(self.change).filter(move |&n| (self.keep)(n));
        stream.for_each(move |n| sum.add(n)).expect("nothing fails");
    }

    fn ours_across(self) -> u64 {
        let stream = Stream::iter(black_box(0..self.items)).boxed();
        let stream = stream.map(self.change).filter(move |&n| (self.keep)(n));
        stream.fold(0, u64::wrapping_add).expect("nothing fails")
    }

    fn by_futures(self) -> u64 {
        let stream = stream::iter(black_box(0..self.items)).map(self.change);
        block_on(stream.filter(|&n| ready((self.keep)(n))).fold(0u64, |sum, n| ready(sum.wrapping_add(n))))
    }

    /// One dynamic call for each chunk of a buffer that is used again.
    fn by_chunks(self) -> u64 {
        let mut source = black_box(0..self.items);
        let mut change = |chunk: &mut Vec<u64>| chunk.iter_mut().for_each(|n| *n = (self.change)(*n));
        let step: &mut dyn FnMut(&mut Vec<u64>) = black_box(&mut change);
        let (mut chunk, mut sum) = (Vec::with_capacity(CHUNK), 0);
        loop {
            chunk.clear();
            chunk.extend(source.by_ref().take(CHUNK));
            if chunk.is_empty() {
                return sum;
            }
            step(&mut chunk);
            sum = chunk.iter().filter(|&&n| (self.keep)(n)).fold(sum, |sum, &n| sum.wrapping_add(n));
        }
    }

    /// The source on one thread, the steps on another, chunks between them.
    fn by_ring(self) -> u64 {
        let ring = Ring::new(RING_CHUNKS);
        thread::scope(|scope| {
            scope.spawn(|| {
                let (mut source, mut chunk) = (black_box(0..self.items), Vec::with_capacity(CHUNK));
                while !source.is_empty() {
                    chunk.extend(source.by_ref().take(CHUNK));
                    chunk = ring.push(chunk);
                }
                ring.close();
            });
            let mut sum = 0u64;
            while let Some(chunk) = ring.pop() {
                let kept = chunk.iter().map(|&n| (self.change)(n)).filter(|&n| (self.keep)(n));
                sum = kept.fold(sum, u64::wrapping_add);
                ring.recycle(chunk);
            }
            sum
        })
    }

    fn by_channel(self) -> u64 {
        let (sender, receiver) = crossbeam_channel::bounded(1024);
        thread::scope(|scope| {
            scope.spawn(move || black_box(0..self.items).for_each(|n| sender.send(n).expect("it is read")));
            receiver.into_iter().map(self.change).filter(|&n| (self.keep)(n)).fold(0, u64::wrapping_add)
        })
    }
}

fn steps<M, K>(scale: &Scale, kind: &str, steps: Steps<M, K>)
where
    M: Fn(u64) -> u64 + Copy + Send + Sync + 'static,
    K: Fn(u64) -> bool + Copy + Send + Sync + 'static,
{
    let expected = steps.by_iterator();
    rounds(
        &format!("W1: {} M u64, map, filter, fold, one thread: {kind}", steps.items / 1_000_000),
        scale,
        (steps.items as f64 / 1e6, "M items"),
        vec![
            contestant("std iterator", || assert_eq!(steps.by_iterator(), expected)),
            contestant("ours: source, steps and fold in a stage", || {
                assert_eq!(steps.ours_fold(), expected);
            })
            .at_least(0.7),
            contestant("ours: for_each", || steps.ours_for_each(expected)).at_least(0.7),
            contestant("ours: across a stage boundary", || assert_eq!(steps.ours_across(), expected))
                .at_least(0.5),
        ],
    );
}

fn peers<M, K>(scale: &Scale, steps: Steps<M, K>)
where
    M: Fn(u64) -> u64 + Copy + Send + Sync + 'static,
    K: Fn(u64) -> bool + Copy + Send + Sync + 'static,
{
    let expected = steps.by_iterator();
    rounds(
        "W1: peers on the second kind of steps",
        scale,
        (steps.items as f64 / 1e6, "M items"),
        vec![
            contestant("std iterator", || assert_eq!(steps.by_iterator(), expected)),
            contestant("chunks of 4096, a dynamic call each", || assert_eq!(steps.by_chunks(), expected)),
            contestant("hand-written ring, two threads", || assert_eq!(steps.by_ring(), expected)),
            contestant("futures", || assert_eq!(steps.by_futures(), expected)),
            in_part(steps, TENTH, "timely, one worker", |part| {
                dataflow::fold(1, part.items, part.change, part.keep)
            }),
            in_part(steps, HUNDREDTH, "crossbeam, a message per item", Steps::by_channel),
        ],
    );
}

/// A contestant that would take too long for all of the items.
fn in_part<'a, M, K>(
    steps: Steps<M, K>,
    divisor: u64,
    name: &'a str,
    sum: impl Fn(Steps<M, K>) -> u64 + 'a,
) -> Contestant<'a>
where
    M: Fn(u64) -> u64 + Copy + Send + Sync + 'static,
    K: Fn(u64) -> bool + Copy + Send + Sync + 'static,
{
    let part = Steps { items: steps.items / divisor, ..steps };
    let expected = part.by_iterator();
    contestant(name, move || assert_eq!(sum(part), expected)).part(1.0 / divisor as f64)
}

/// A sum that checks itself when the pipeline lets go of it.
struct Total {
    sum: u64,
    expected: u64,
}

impl Total {
    fn add(&mut self, n: u64) {
        self.sum = self.sum.wrapping_add(n);
    }
}

impl Drop for Total {
    fn drop(&mut self) {
        assert_eq!(self.sum, self.expected);
    }
}

const CHUNK: usize = 4096;
const RING_CHUNKS: usize = 8;
const TENTH: u64 = 10;
const HUNDREDTH: u64 = 100;
