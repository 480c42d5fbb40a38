//! Law 5, resume: stopping at any message and going on equals never stopping.
//!
//! Each run is simulated under a seed and cut short by a failure at a step, in the store or in the sink that the
//! seed chooses, until one comes through; then what arrived must be what arrives without any of this.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "seeds to run come from outside")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use primestream_engine::checkpoint::{
    Checkpoint, Delivery, Epoch, Every, Loaded, Pending, StateStore, StoreError, Transactional,
};
use primestream_engine::disk::{DiskError, Operation};
use primestream_engine::runtime::Failure;
use primestream_engine::{Fixed, Order, Pipeline, PipelineError, Report, Sink, SinkError, Stream};

#[path = "../../../fuzz/laws/world.rs"]
mod world;

use world::World;

type Cut = Arc<dyn Fn() -> Result<(), std::io::Error> + Send + Sync>;

/// A pipeline of numbers that ends in the world's sink, and what arrives there when nothing happens.
struct Shape {
    name: &'static str,
    build: fn(Cut, World, &Draw) -> Pipeline,
    /// Whether what arrives comes in one order only.
    is_ordered: bool,
}

/// What may be another at each start.
struct Draw {
    lanes: usize,
}

const SHAPES: [Shape; 7] = [
    Shape {
        name: "chain",
        build: |cut, world, _| {
            Stream::iter_from(|at| at..300)
                .try_map(move |n| cut().map(|()| n * 3))
                .filter(|n| n % 2 == 0)
                .write_to(world)
        },
        is_ordered: true,
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
                .write_to(world)
        },
        is_ordered: true,
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
                .write_to(world)
        },
        is_ordered: true,
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
                .write_to(world)
        },
        is_ordered: false,
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
                .write_to(world)
        },
        is_ordered: false,
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
                .write_to(world)
        },
        is_ordered: false,
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
                .write_to(world)
        },
        is_ordered: true,
    },
];

fn run(shape: &Shape, world: &World, seed: u64, every: Every, lanes: usize) -> Result<Report, PipelineError> {
    world.begin();
    let cut = world.clone();
    let cut: Cut = Arc::new(move || cut.chance());
    (shape.build)(cut, world.clone(), &Draw { lanes })
        .checkpoint(every, world.clone())
        .exactly_once()
        .simulated(seed)
        .run()
}

/// A few numbers from a seed.
fn mixed(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)) % below
    }
}

#[test]
fn resume_stopping_at_any_message_and_going_on_equals_never_stopping() {
    let from = |name: &str, or: u64| std::env::var(name).map_or(or, |value| value.parse().unwrap());
    let (first, count) = (from("PRIMESTREAM_SEED", 1), from("PRIMESTREAM_SEEDS", 60));
    let (mut cuts, mut resumed) = (0, 0);
    for shape in &SHAPES {
        let calm = World::default();
        run(shape, &calm, 0, Every::items(1 << 40), 1).unwrap();
        let expected = sorted(shape, &calm.written());
        assert!(!expected.is_empty(), "{}", shape.name);
        for seed in first..first + count {
            let mut draw = mixed(seed);
            let world = World::default();
            for start in 0.. {
                assert!(start < 1000, "{}, seed {seed}: it never comes through", shape.name);
                // Fewer chances than checkpoints need would never end: now and then it is left alone.
                let chances = if draw(8) == 0 { 0 } else { 1 + draw(200) };
                world.chances.store(chances, Ordering::Relaxed);
                let every = [Every::items(1 + draw(40)), Every::time(Duration::from_millis(1))]
                    [usize::from(draw(2) == 0)];
                let lanes = 1 + usize::try_from(draw(4)).unwrap();
                match run(shape, &world, draw(u64::MAX), every, lanes) {
                    Ok(report) => {
                        resumed += u64::from(report.resumed_from().is_some());
                        break;
                    }
                    Err(error) => {
                        let text = error.to_string();
                        assert!(text.contains("cut short"), "{}, seed {seed}: {text}", shape.name);
                        cuts += 1;
                    }
                }
            }
            assert!(world.is_finished(), "{}, seed {seed}", shape.name);
            assert_eq!(sorted(shape, &world.written()), expected, "{}, seed {seed}", shape.name);
            world.chances.store(0, Ordering::Relaxed);
            let again = run(shape, &world, seed, Every::items(5), 2).unwrap();
            assert_eq!((again.items_in(), again.checkpoints()), (0, 0), "it was complete");
            assert_eq!(sorted(shape, &world.written()), expected);
        }
    }
    assert!(cuts > count && resumed > count, "{cuts} runs cut short, {resumed} gone on with");
}

fn sorted(shape: &Shape, items: &[u64]) -> Vec<u64> {
    let mut items = items.to_vec();
    if !shape.is_ordered {
        items.sort_unstable();
    }
    items
}

#[test]
fn a_value_is_folded_on_and_stays_in_the_checkpoint() {
    let world = World::default();
    world.chances.store(150, Ordering::Relaxed);
    let sum = |world: &World| {
        let cut = world.clone();
        Stream::iter_from(|at| at..100u64)
            .try_map(move |n| cut.chance().map(|()| n))
            .checkpoint(Every::items(10), world.clone())
            .exactly_once()
            .simulated(3)
            .fold_stateful(BTreeMap::<u64, u64>::new(), |mut sums, n| {
                *sums.entry(n % 3).or_default() += n;
                sums
            })
    };
    assert!(sum(&world).is_ok_and(|sums| sums.values().sum::<u64>() == 4950));
    assert!(sum(&world).is_ok_and(|sums| sums.values().sum::<u64>() == 4950), "it was complete");
    world.clone().clear().unwrap();
    world.chances.store(60, Ordering::Relaxed);
    assert!(sum(&world).unwrap_err().to_string().contains("cut short"));
    let epoch = world.checkpoints.lock().unwrap().last().unwrap().epoch;
    let counted = Stream::iter_from(|at| at..100u64)
        .try_map(Ok::<u64, std::io::Error>)
        .resume_from(world.clone())
        .simulated(1)
        .fold_stateful(BTreeMap::<u64, u64>::new(), |mut sums, n| {
            *sums.entry(n % 3).or_default() += n;
            sums
        });
    assert_eq!(counted.unwrap().values().sum::<u64>(), 4950);
    assert_eq!(world.checkpoints.lock().unwrap().last().unwrap().epoch, epoch, "nothing was written there");
}

#[test]
fn another_pipeline_is_refused_and_told_where_it_differs() {
    let world = World::default();
    let numbers = || Stream::iter_from(|at| at..50u64);
    let kept = |world: &World| (Every::items(10), world.clone());
    let (every, store) = kept(&world);
    numbers().map(|n| n).write_to(world.clone()).checkpoint(every, store).simulated(1).run().unwrap();
    let refused = |pipeline: Pipeline| {
        let (every, store) = kept(&world);
        pipeline.checkpoint(every, store).simulated(1).run().unwrap_err().to_string()
    };
    let told = refused(numbers().filter(|_| true).write_to(world.clone()));
    assert!(told.contains("stage 0 is `iter_from, filter, sink` and was `iter_from, map, sink`"), "{told}");
    let told = refused(numbers().map(|n| n).boxed().write_to(world.clone()));
    assert!(told.contains("stage 0 is `iter_from, map` and was `iter_from, map, sink`"), "{told}");
    let told = refused(numbers().map(|n| n).sink(|_| Ok::<(), std::io::Error>(())));
    assert!(told.contains("step `sink` was saved, and no step takes it up"), "{told}");
}

#[test]
fn a_pipeline_says_what_it_can_promise_and_why_not_more() {
    let world = World::default();
    let promised = |pipeline: Pipeline| {
        let pipeline = pipeline.checkpoint(Every::items(1), world.clone());
        let plan = pipeline.explain();
        assert!(plan.to_string().ends_with(&format!("delivery: {}\n", plan.delivery())), "{plan}");
        let said = plan.delivery().clone();
        let outcome = pipeline.exactly_once().simulated(1).run();
        match &said {
            Delivery::ExactlyOnce => assert!(outcome.is_ok_and(|report| *report.delivery() == said)),
            weaker => {
                let error = outcome.unwrap_err();
                assert!(matches!(error.failure(), Failure::Refused(_)), "{error}");
                assert!(error.to_string().contains(&format!("and this is {weaker}")), "{error}");
                assert_eq!(error.report().items_in(), 0);
            }
        }
        world.clone().clear().unwrap();
        said.to_string()
    };
    let numbers = || Stream::iter_from(|at| at..5u64);
    assert_eq!(promised(numbers().write_to(world.clone())), "exactly once");
    assert_eq!(
        promised(numbers().sink(|_| Ok::<(), std::io::Error>(()))),
        "at least once: sink `sink` is not transactional"
    );
    assert_eq!(
        promised(numbers().batch(2).map(|batch| batch[0]).write_to(world.clone())),
        "at most once: what step `batch` remembers is in no checkpoint"
    );
    assert_eq!(
        promised(Stream::iter(0..5u64).write_to(world.clone())),
        "at most once: source `iter` cannot be asked for the same again"
    );
    let plan = numbers().write_to(world.clone()).explain();
    assert_eq!(plan.delivery().to_string(), "at most once: no checkpoints are kept");
}

#[test]
fn what_no_barrier_passes_is_refused_before_the_first_item() {
    let world = World::default();
    let joined = Stream::iter_from(|at| at..5u64).zip(Stream::iter_from(|at| at..5u64));
    let error = joined
        .map(|(a, b)| a + b)
        .write_to(world.clone())
        .checkpoint(Every::items(1), world.clone())
        .simulated(1)
        .run()
        .unwrap_err();
    assert_eq!(error.to_string(), "not started: no checkpoint barrier passes `zip` (stage 2)");
    let inner = Stream::iter_from(|at| at..5u64).parallel(2, Order::Input).map(|n| n).boxed();
    let error = Stream::iter_from(|at| at..5u64)
        .concat(inner)
        .write_to(world.clone())
        .checkpoint(Every::items(1), world)
        .simulated(1)
        .run()
        .unwrap_err();
    assert!(error.to_string().contains("no checkpoint barrier passes `concat`"), "{error}");
}

#[test]
fn a_running_pipeline_is_suspended_and_goes_on() {
    let world = World::default();
    let numbers = |world: &World| {
        Stream::iter_from(|at| at..10_000u64)
            .throttle(primestream_engine::Rate::per_second(50_000.0))
            .parallel(2, Order::Input)
            .map(|n| n + 1)
            .write_to(Unhurried(world.clone()))
            .checkpoint(Duration::from_millis(5), world.clone())
            .exactly_once()
    };
    let mut before = None;
    // Draining would deliver what the steps hold and call it complete.
    for stop in [primestream_engine::Flow::suspend, primestream_engine::Flow::drain] {
        let running = numbers(&world).start();
        let flow = running.flow();
        while flow.metrics().items_out() < 500 {
            std::thread::yield_now();
        }
        stop(&flow, Duration::from_secs(60)).unwrap();
        let error = running.join().unwrap_err();
        let Failure::Suspended(epoch) = error.failure() else { panic!("{error}") };
        assert_eq!(world.checkpoints.lock().unwrap().last().unwrap().epoch, *epoch);
        assert_eq!(error.report().resumed_from(), before.replace(*epoch));
    }
    let report = numbers(&world).run().unwrap();
    assert!(report.resumed_from() == before && report.checkpoints() > 0);
    assert!(report.to_string().contains("delivery: exactly once, resumed behind epoch"), "{report}");
    assert_eq!(world.written(), (1..=10_000).collect::<Vec<u64>>());
    let error = Stream::iter(0u64..).sink(|_| Ok::<(), std::io::Error>(())).start();
    error.flow().suspend(Duration::from_secs(60)).unwrap();
    assert!(matches!(error.join().unwrap_err().failure(), Failure::Cancelled), "there are no checkpoints");
}

/// An epoch was stored twice, and the second time refused, where the source ended while the disk was at work on it.
#[test]
fn a_stage_that_ends_while_an_epoch_is_stored_is_no_reason_to_store_it_again() {
    for _ in 0..20 {
        let world = World::default();
        let report = forty(&world, false);
        assert!(report.is_ok(), "{report:?}");
        assert_eq!(world.output.lock().unwrap().written, (1..=40).collect::<Vec<u64>>());
    }
}

/// It was dropped where every stage had ended by then, and the run told to be complete.
#[test]
fn an_epoch_that_fails_to_be_stored_behind_the_end_of_all_stages_fails_the_run() {
    for _ in 0..20 {
        let world = World::default();
        let error = forty(&world, true).unwrap_err();
        assert!(error.to_string().contains("cut short"), "{error}");
        assert!(world.checkpoints.lock().unwrap().is_empty(), "nothing is complete");
    }
}

/// Runs forty numbers through two stages to a store that is slow, and fails at first if it should.
fn forty(world: &World, fails: bool) -> Result<Report, PipelineError> {
    let has_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&has_ended);
    let numbers = move |at: u64| {
        let (mut next, ended) = (at, Arc::clone(&ended));
        std::iter::from_fn(move || {
            let number = (next < 40).then_some(next);
            next += 1;
            if number.is_none() {
                ended.store(true, Ordering::Release);
            }
            number
        })
    };
    Stream::iter_from(numbers)
        .chunked(Fixed(10))
        .parallel(2, Order::Input)
        .map(|n| n + 1)
        .write_to(Unhurried(world.clone()))
        .checkpoint(Every::items(10), Tardy { world: world.clone(), has_ended, fails })
        .exactly_once()
        .threads(2)
        .run()
}

/// A store that is at work until the source has ended, and some time longer.
struct Tardy {
    world: World,
    has_ended: Arc<AtomicBool>,
    fails: bool,
}

impl StateStore for Tardy {
    fn load(&mut self) -> Result<Option<Loaded>, StoreError> {
        self.world.load()
    }

    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        while !self.has_ended.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        // Long enough that stages have ended too, mostly.
        (0..2000).for_each(|_| std::thread::yield_now());
        if std::mem::take(&mut self.fails) {
            let (path, error) = (std::path::Path::new("model"), std::io::Error::other("cut short"));
            return Err(DiskError::new(Operation::Sync, path, error).into());
        }
        self.world.save(checkpoint)
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.world.clear()
    }

    fn place(&self) -> String {
        self.world.place()
    }
}

/// The world's sink for runs on threads, where items come while an epoch is being committed.
struct Unhurried(World);

impl Sink<u64> for Unhurried {
    fn write(&mut self, items: &mut Vec<u64>) -> Result<(), SinkError> {
        self.0.output.lock().unwrap().written.append(items);
        Ok(())
    }

    fn transactional(&mut self) -> Option<&mut dyn Transactional> {
        Some(self)
    }
}

impl Transactional for Unhurried {
    fn prepare(&mut self, epoch: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        self.0.prepare(epoch, state)
    }

    fn commit(&mut self, _: Epoch) -> Result<(), SinkError> {
        Ok(())
    }

    fn restore(&mut self, _: Epoch, state: &[u8]) -> Result<(), SinkError> {
        let count = u64::from_le_bytes(state.try_into().unwrap());
        self.0.output.lock().unwrap().written.truncate(usize::try_from(count).unwrap());
        Ok(())
    }
}
