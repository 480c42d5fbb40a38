//! Pipelines of numbers that are cut short and gone on with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use primestream_engine::checkpoint::{Memory, Restorer, Saver};
use primestream_engine::{
    CheckpointError, Emit, Fixed, Interrupt, OnError, Operator, Order, Outcome, Pipeline, Rate, Retry,
    Stream, Tally,
};

use crate::world::World;

/// Fails, or does not, when it is asked.
pub(crate) type Cut = Arc<dyn Fn() -> Result<(), std::io::Error> + Send + Sync>;

/// A pipeline of numbers that ends in sinks of the world.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) build: fn(Cut, &World, &Draw) -> Pipeline,
    /// Of each of its sinks, whether what arrives comes in one order only.
    pub(crate) is_ordered: &'static [bool],
}

/// What may be another at each start.
pub(crate) struct Draw {
    pub(crate) lanes: usize,
    pub(crate) chunk: usize,
}

impl Draw {
    fn chunk(&self) -> Fixed {
        Fixed(self.chunk)
    }
}

/// Passes on a number, unless the run is cut short.
fn passing(cut: &Cut) -> impl Fn(u64) -> Result<u64, std::io::Error> + Send + Sync + use<> {
    let cut = Arc::clone(cut);
    move |n| cut().map(|()| n)
}

pub(crate) const SHAPES: &[Shape] = &[
    Shape {
        name: "chain",
        build: |cut, world, _| {
            Stream::iter_from(|at| at..300)
                .try_map(move |n| cut().map(|()| n * 3))
                .filter(|n| n % 2 == 0)
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
    Shape {
        name: "lanes and batches",
        build: |cut, world, draw| {
            Stream::iter_from(|at| at..300)
                .parallel(draw.lanes, Order::Input)
                .try_map(move |n| cut().map(|()| n + 1))
                .flat_map(|n| [n, n * 1000])
                .batch(7)
                .stateful()
                .map(|batch| batch.iter().sum::<u64>())
                .parallel(draw.lanes, Order::Input)
                .map(|n| n ^ 1)
                .windows_by(3, 2)
                .stateful()
                .map(|window| window.iter().sum::<u64>())
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
    Shape {
        name: "steps with memory",
        build: |cut, world, _| {
            Stream::iter_from(|at| (0..400u64).map(|n| n * n % 97).skip(usize::try_from(at).unwrap()))
                .try_map(move |n| cut().map(|()| n))
                .skip(5)
                .step_by(2)
                .distinct(20)
                .stateful()
                .dedup()
                .stateful()
                .scan(0, |sum, n| {
                    *sum += n;
                    Some(*sum)
                })
                .stateful()
                .enumerate()
                .map(|(index, n)| index * 1_000_000 + n)
                .sort_batches(4)
                .stateful()
                .batch_by(|n| n / 3_000_000)
                .stateful()
                .map(|batch| batch.iter().fold(7, |a: u64, n| a.wrapping_mul(31).wrapping_add(*n)))
                .take(90)
                .skip_while(|n| n % 5 == 0)
                .take_while(|n| n % 1009 != 0)
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
    Shape {
        name: "keys",
        build: |cut, world, draw| {
            Stream::iter_from(|at| at..300)
                .try_map(move |n| cut().map(|()| n))
                .key_by(|n| n % 11)
                .lanes(draw.lanes)
                .stateful()
                .scan(0u64, |sum, n| {
                    *sum += n;
                    *sum
                })
                .map(|(key, sum)| key * 1_000_000 + sum)
                .write_to(world.clone())
        },
        is_ordered: &[false],
    },
    Shape {
        name: "counts by key",
        build: |cut, world, draw| {
            Stream::iter_from(|at| at..300)
                .parallel(draw.lanes, Order::Relaxed)
                .try_map(move |n| cut().map(|()| n))
                .key_by(|n| n * n % 13)
                .lanes(draw.lanes)
                .stateful()
                .count()
                .map(|(key, count)| key * 1000 + count)
                .write_to(world.clone())
        },
        is_ordered: &[false],
    },
    Shape {
        name: "merged",
        build: |cut, world, draw| {
            let other = cut.clone();
            let odd =
                Stream::iter_from(|at| (0..200u64).map(|n| 2 * n + 1).skip(usize::try_from(at).unwrap()))
                    .parallel(draw.lanes, Order::Relaxed)
                    .try_map(move |n| other().map(|()| n));
            Stream::iter_from(|at| (0..150u64).map(|n| 2 * n).skip(usize::try_from(at).unwrap()))
                .try_map(move |n| cut().map(|()| n))
                .merge(odd)
                .map(|n| n + 5)
                .write_to(world.clone())
        },
        is_ordered: &[false],
    },
    Shape {
        name: "one behind the other",
        build: |cut, world, _| {
            Stream::iter_from(|at| at..100)
                .try_map(move |n| cut().map(|()| n))
                .batch(8)
                .stateful()
                .unbatch()
                .concat(Stream::iter_from(|at| (100 + at)..150))
                .map(|n| n * 7)
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
    Shape {
        name: "a branch that ends early",
        build: |cut, world, draw| {
            let aside = world.sink(1);
            Stream::iter_from(|at| at..300)
                .try_map(passing(&cut))
                .chunked(draw.chunk())
                .branch(|copies| copies.take(7).map(|n| n * 2).write_to(aside))
                .parallel(draw.lanes, Order::Input)
                .map(|n| n + 1)
                .write_to(world.clone())
        },
        is_ordered: &[true, true],
    },
    Shape {
        name: "two ways that end before the source",
        build: |cut, world, draw| {
            let (rest, others) = (world.sink(1), draw.lanes);
            Stream::iter_from(|at| at..2000)
                .chunked(draw.chunk())
                .partition(
                    |n| n % 3 == 0,
                    move |rest_of| {
                        rest_of.parallel(others, Order::Input).filter(|n| n % 2 == 0).take(40).write_to(rest)
                    },
                )
                .try_map(passing(&cut))
                .take(150)
                .write_to(world.clone())
        },
        is_ordered: &[true, true],
    },
    Shape {
        name: "three sinks",
        build: |cut, world, draw| {
            let (first, second, lanes) = (world.sink(1), world.sink(2), draw.lanes);
            let (late, chunk) = (passing(&cut), draw.chunk());
            Stream::iter_from(|at| at..400)
                .try_map(passing(&cut))
                .branch(move |copies| {
                    let lines = copies.batch(9).stateful().chunked(chunk).parallel(lanes, Order::Relaxed);
                    lines.flat_map(|batch| batch).filter(|n| n % 5 != 0).try_map(late).write_to(first)
                })
                .parallel(draw.lanes, Order::Input)
                .map(|n| n * n)
                .branch(|squares| squares.take_while(|n| *n < 900).write_to(second))
                .windows_by(4, 4)
                .stateful()
                .map(|window| window.iter().sum())
                .take(60)
                .write_to(world.clone())
        },
        is_ordered: &[true, false, true],
    },
    Shape {
        name: "merged with what ends early",
        build: |cut, world, draw| {
            let short = Stream::iter_from(|at| at..5).try_map(passing(&cut));
            let taken = Stream::iter_from(|at| (1000 + at)..9000)
                .parallel(draw.lanes, Order::Input)
                .try_map(passing(&cut))
                .take(20);
            Stream::iter_from(|at| (100 + at)..400)
                .try_map(passing(&cut))
                .chunked(draw.chunk())
                .merge(short)
                .merge(taken)
                .write_to(world.clone())
        },
        is_ordered: &[false],
    },
    Shape {
        name: "three in turn and a fourth",
        build: |cut, world, draw| {
            let first = Stream::iter_from(|at| at..40).try_map(passing(&cut)).chunked(draw.chunk());
            let second = Stream::iter_from(|at| (40 + at)..45);
            let third =
                Stream::iter_from(|at| (45 + at)..150).try_map(passing(&cut)).batch(4).stateful().unbatch();
            let fourth = Stream::iter_from(|at| (1000 + at)..1070)
                .try_map(passing(&cut))
                .parallel(draw.lanes, Order::Relaxed)
                .flat_map(|n| [n, n + 500]);
            first.concat(second).concat(third).merge(fourth).map(|n| n + 1).write_to(world.clone())
        },
        is_ordered: &[false],
    },
    Shape {
        name: "merged before others in turn",
        build: |cut, world, draw| {
            let few = Stream::iter_from(|at| at..8).try_map(passing(&cut));
            let many = Stream::iter_from(|at| (100 + at)..200).try_map(passing(&cut)).chunked(draw.chunk());
            let second = Stream::iter_from(|at| (300 + at)..1000).try_map(passing(&cut)).take(40);
            let third = Stream::iter_from(|at| (1000 + at)..1050).try_map(passing(&cut));
            let aside = world.sink(1);
            few.merge(many)
                .concat(second)
                .branch(|copies| copies.filter(|n| *n >= 300).write_to(aside))
                .concat(third)
                .write_to(world.clone())
        },
        is_ordered: &[false, true],
    },
    Shape {
        name: "keys that end early",
        build: |cut, world, draw| {
            let aside = world.sink(1);
            Stream::iter_from(|at| at..400)
                .try_map(passing(&cut))
                .parallel(draw.lanes, Order::Input)
                .map(|n| n + 1)
                .chunked(draw.chunk())
                .key_by(|n| n / 20)
                .lanes(draw.lanes)
                .stateful()
                .scan(0u64, |sum, n| {
                    *sum = *sum * 3 % 1009 + n;
                    *sum
                })
                .map(|(key, sum)| key * 1_000_000 + sum)
                .branch(|copies| copies.map(|_| 1).take(50).write_to(aside))
                .write_to(world.clone())
        },
        is_ordered: &[false, true],
    },
    Shape {
        name: "keys of which few are wanted",
        build: |cut, world, draw| {
            Stream::iter_from(|at| at..400)
                .try_map(passing(&cut))
                .key_by(|n| n % 40)
                .lanes(draw.lanes)
                .stateful()
                .scan(0u64, |count, _| {
                    *count += 1;
                    *count
                })
                .parallel(draw.lanes, Order::Relaxed)
                .map(|_| 1)
                .take(100)
                .key_by(|n| *n)
                .lanes(draw.lanes)
                .stateful()
                .fold(0u64, |sum, n| *sum += n)
                .map(|(key, sum)| key * 1000 + sum)
                .write_to(world.clone())
        },
        is_ordered: &[false],
    },
    // A group of keys that had ended before the others was begun again, and its checkpoint refused.
    Shape {
        name: "keys of which each ends by itself",
        build: |cut, world, draw| {
            Stream::iter_from(|at| at..400)
                .try_map(passing(&cut))
                .chunked(draw.chunk())
                .distribute(2, |n| n % 40)
                .through(FirstOf::new(9))
                .write_to(world.clone())
        },
        is_ordered: &[false],
    },
    Shape {
        name: "keys with a step of one's own of which few are wanted",
        build: |cut, world, draw| {
            Stream::iter_from(|at| at..2000)
                .try_map(passing(&cut))
                .chunked(draw.chunk())
                .distribute(2, |n| n % 40)
                .through(FirstOf::new(u64::MAX))
                .map(|_| 1)
                .take(60)
                .batch(25)
                .stateful()
                .map(|batch| batch.len() as u64)
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
    Shape {
        name: "lanes in any order",
        build: |cut, world, draw| {
            Stream::iter_from(|at| at..200)
                .try_map(passing(&cut))
                .chunked(draw.chunk())
                .parallel(draw.lanes, Order::Relaxed)
                .flat_map(|n| (0..n % 4).map(move |i| n * 10 + i))
                .filter(|n| n % 3 != 0)
                .parallel(5 - draw.lanes, Order::Relaxed)
                .flat_map(|n| [n, n + 1_000_000])
                .filter(|n| n % 2 == 0)
                .write_to(world.clone())
        },
        is_ordered: &[false],
    },
    Shape {
        name: "steps with memory behind lanes",
        build: |cut, world, draw| {
            let lanes = draw.lanes;
            Stream::iter_from(|at| (0..500u64).map(|n| n * n % 97).skip(usize::try_from(at).unwrap()))
                .try_map(passing(&cut))
                .chunked(draw.chunk())
                .parallel(lanes, Order::Input)
                .map(|n| n / 2)
                .dedup()
                .stateful()
                .parallel(5 - lanes, Order::Input)
                .flat_map(|n| [n, n + 1])
                .distinct(30)
                .stateful()
                .parallel(lanes, Order::Input)
                .map(|n| n ^ 5)
                .sort_batches(6)
                .stateful()
                .parallel(2, Order::Input)
                .filter(|n| n % 7 != 0)
                .windows_by(3, 2)
                .stateful()
                .parallel(lanes, Order::Input)
                .map(|window| window.iter().sum::<u64>())
                .batch_by(|n| n / 50)
                .stateful()
                .map(|batch| batch.iter().fold(7, |a: u64, n| a.wrapping_mul(31).wrapping_add(*n)))
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
    Shape {
        name: "items that fail",
        build: |cut, world, draw| {
            let dead = world.sink(1);
            let tries = Arc::new(AtomicU64::new(0));
            Stream::iter_from(|at| at..250)
                .try_map(passing(&cut))
                .chunked(draw.chunk())
                .parallel(draw.lanes, Order::Input)
                .try_map(|n| if n % 7 == 3 { Err(std::io::Error::other("never")) } else { Ok(n) })
                .retry(Retry::fixed(2, Duration::from_micros(300)))
                .on_error(OnError::Skip)
                .try_map(move |n| match tries.fetch_add(1, Ordering::Relaxed) % 3 {
                    0 => Err(std::io::Error::other("not at once")),
                    _ => Ok(n),
                })
                .retry(Retry::fixed(u32::MAX, Duration::from_micros(200)))
                .try_map(|n| if n % 11 == 0 { Err(std::io::Error::other("never")) } else { Ok(n) })
                .catch(|failed| (failed.item % 2 == 0).then_some(failed.item * 1000))
                .partition(|n| *n < 1000, |rest| rest.take(9).write_to(dead))
                .write_to(world.clone())
        },
        is_ordered: &[true, true],
    },
    Shape {
        name: "more than is wanted, at the end",
        build: |cut, world, draw| {
            let (tries, chunk) = (Arc::new(AtomicU64::new(0)), draw.chunk());
            Stream::iter_from(|at| at..100)
                .try_map(passing(&cut))
                .chunked(chunk)
                .parallel(draw.lanes, Order::Input)
                .map(|n| n ^ 3)
                .sort_batches(90)
                .stateful()
                .try_map(move |n| match tries.fetch_add(1, Ordering::Relaxed) % 3 {
                    0 => Err(std::io::Error::other("not at once")),
                    _ => Ok(n),
                })
                .retry(Retry::fixed(u32::MAX, Duration::from_micros(200)))
                .take(95)
                .batch(4)
                .stateful()
                .map(|batch| batch.iter().sum())
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
    // What was needed no more at a barrier let it pass, and then ended with items that belonged before it.
    Shape {
        name: "enough at a barrier",
        build: |cut, world, draw| {
            let (tries, late) = (Arc::new(AtomicU64::new(0)), passing(&cut));
            Stream::iter_from(|at| at..1000)
                .try_map(passing(&cut))
                .chunked(draw.chunk())
                .parallel(draw.lanes, Order::Input)
                .map(|n| n + 1)
                .boxed()
                .through(OneBehind { held: None })
                .try_map(move |n| match tries.fetch_add(1, Ordering::Relaxed) % 2 {
                    0 => Err(std::io::Error::other("not at once")),
                    _ => Ok(n),
                })
                .retry(Retry::fixed(u32::MAX, Duration::from_micros(20)))
                .take(21)
                .batch(4)
                .stateful()
                .boxed()
                .try_map(move |batch| late(batch.iter().sum()))
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
    Shape {
        name: "steps that wait",
        build: |cut, world, draw| {
            Stream::iter_from(|at| at..120)
                .try_map(passing(&cut))
                .throttle(Rate::per_second(50_000.0))
                .chunked(draw.chunk())
                .parallel(draw.lanes, Order::Input)
                .map(|n| n + 1)
                .batch_within(6, Duration::from_micros(100))
                .stateful()
                .unbatch()
                .try_map(|n| if n % 50 == 0 { Err(std::io::Error::other("never")) } else { Ok(n) })
                .retry(Retry::fixed(3, Duration::from_micros(100)))
                .on_error(OnError::Skip)
                .take(100)
                .batch_by(|n| n / 4)
                .stateful()
                .map(|batch| batch.iter().sum())
                .write_to(world.clone())
        },
        is_ordered: &[true],
    },
];

/// Passes on the first items of each group of keys, and then says that it needs no more.
struct FirstOf {
    count: u64,
    left: u64,
    tally: Tally,
}

impl FirstOf {
    fn new(count: u64) -> Self {
        Self { count, left: count, tally: Tally::default() }
    }
}

impl Operator for FirstOf {
    type In = u64;
    type Out = u64;

    fn on_item(&mut self, item: u64, out: &mut impl Emit<u64>) -> Outcome {
        if self.left == 0 {
            self.tally.filtered += 1;
            return Err(Interrupt::Done);
        }
        self.left -= 1;
        out.emit(item)?;
        if self.left == 0 { Err(Interrupt::Done) } else { Ok(()) }
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        to.put_number("first_of", self.left);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        self.left = from.take_number("first_of")?.unwrap_or(self.left);
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new(self.count)
    }

    fn name(&self) -> &'static str {
        "first_of"
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

/// Holds an item until the next one comes, or a barrier.
struct OneBehind {
    held: Option<u64>,
}

impl Operator for OneBehind {
    type In = u64;
    type Out = u64;

    fn on_item(&mut self, item: u64, out: &mut impl Emit<u64>) -> Outcome {
        self.held.replace(item).map_or(Ok(()), |before| out.emit(before))
    }

    fn on_barrier(&mut self, out: &mut impl Emit<u64>) -> Outcome {
        self.held.take().map_or(Ok(()), |held| out.emit(held))
    }

    fn on_end(&mut self, out: &mut impl Emit<u64>) -> Outcome {
        self.on_barrier(out)
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self { held: None }
    }

    fn name(&self) -> &'static str {
        "one_behind"
    }

    fn tally(&self) -> Tally {
        Tally { held: u64::from(self.held.is_some()), ..Tally::default() }
    }
}
