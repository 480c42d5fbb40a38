//! Law 5, resume: stopping at any message and going on equals never stopping.
//!
//! Each run is simulated under a seed, or on threads, and cut short at a step, in the store or in a sink that the seed
//! chooses, by a failure or since it is suspended, until one comes through; then what arrived in each sink must be what
//! arrives without any of this. `PRIMESTREAM_SEEDS` says how many seeds are tried, `PRIMESTREAM_SEED` where to begin,
//! and `PRIMESTREAM_SHAPE` a part of the names of the pipelines that are.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "seeds to run come from outside")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use primestream_engine::checkpoint::{Checkpoint, Delivery, Every, Loaded, StateStore, StoreError};
use primestream_engine::disk::{DiskError, Operation};
use primestream_engine::runtime::{Failure, Flow};
use primestream_engine::{Budget, Fixed, Order, Pipeline, PipelineError, Report, Stream};

mod shapes;
#[path = "../../../fuzz/laws/world.rs"]
mod world;

use shapes::{Draw, SHAPES, Shape};
use world::World;

/// How a run begins and ends, but for the shape of it.
struct Start {
    /// Chances before it is cut short, or none.
    chances: u64,
    every: Every,
    draw: Draw,
    budget_bytes: usize,
    on: On,
    /// It is suspended and does not fail.
    is_suspended: bool,
}

#[derive(Clone, Copy)]
enum On {
    Seed(u64),
    Threads(usize),
}

impl Start {
    fn calm() -> Self {
        let (every, draw) = (Every::items(1 << 40), Draw { lanes: 1, chunk: 16 });
        Self { chances: 0, every, draw, budget_bytes: 1 << 20, on: On::Seed(0), is_suspended: false }
    }

    fn drawn(draw: &mut impl FnMut(u64) -> u64, is_simulated: bool) -> Self {
        let size = |number: u64| usize::try_from(number).unwrap();
        Self {
            // Fewer chances than checkpoints need would never end: now and then it is left alone.
            chances: if draw(8) == 0 { 0 } else { 1 + draw(200) },
            every: [Every::items(1 + draw(40)), Every::time(Duration::from_millis(1))]
                [usize::from(draw(2) == 0)],
            draw: Draw { lanes: 1 + size(draw(4)), chunk: 1 + size(draw(20)) },
            budget_bytes: if draw(3) == 0 { 4000 + size(draw(20_000)) } else { 1 << 20 },
            on: if is_simulated { On::Seed(draw(u64::MAX)) } else { On::Threads(1 + size(draw(4))) },
            is_suspended: draw(4) == 0,
        }
    }

    fn run(&self, shape: &Shape, world: &World) -> Result<Report, PipelineError> {
        world.begin();
        let flow = Arc::new(OnceLock::<Flow>::new());
        if self.is_suspended {
            let flow = Arc::clone(&flow);
            world.stop_by(move || {
                let _ = flow.wait().suspend(Duration::ZERO);
            });
        }
        world.chances.store(self.chances, Ordering::Relaxed);
        let cut = world.clone();
        let pipeline = (shape.build)(Arc::new(move || cut.chance()), world, &self.draw)
            .checkpoint(self.every, world.clone())
            .budget(&Budget::new(self.budget_bytes))
            .exactly_once();
        let running = match self.on {
            On::Seed(seed) => pipeline.simulated(seed),
            On::Threads(count) => pipeline.threads(count),
        }
        .start();
        let _ = flow.set(running.flow());
        running.join()
    }
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
    stop_and_go_on(true, 12);
}

#[test]
fn on_threads_too_stopping_at_any_message_and_going_on_equals_never_stopping() {
    stop_and_go_on(false, 3);
}

/// Runs every shape under so many seeds, unless others are asked for.
fn stop_and_go_on(is_simulated: bool, count: u64) {
    let from = |name: &str, or: u64| std::env::var(name).map_or(or, |value| value.parse().unwrap());
    let (first, count) = (from("PRIMESTREAM_SEED", 1), from("PRIMESTREAM_SEEDS", count));
    let only = std::env::var("PRIMESTREAM_SHAPE").unwrap_or_default();
    let (mut cuts, mut suspended, mut resumed) = (0, 0, 0);
    for shape in SHAPES.iter().filter(|shape| shape.name.contains(&only)) {
        let calm = World::default();
        Start::calm().run(shape, &calm).unwrap();
        let expected = arrived(shape, &calm);
        assert!(expected.iter().all(|items| !items.is_empty()), "{}", shape.name);
        for seed in first..first + count {
            let at = format!("{}, seed {seed}", shape.name);
            let mut draw = mixed(seed);
            let world = World::default();
            for start in 0.. {
                assert!(start < 1000, "{at}: it never comes through");
                match Start::drawn(&mut draw, is_simulated).run(shape, &world) {
                    Ok(report) => {
                        resumed += u64::from(report.resumed_from().is_some());
                        break;
                    }
                    Err(error) => match error.failure() {
                        Failure::Suspended(epoch) => {
                            assert_eq!(
                                world.checkpoints.lock().unwrap().last().unwrap().epoch,
                                *epoch,
                                "{at}"
                            );
                            suspended += 1;
                        }
                        _ => {
                            assert!(error.to_string().contains("cut short"), "{at}, start {start}: {error}");
                            cuts += 1;
                        }
                    },
                }
            }
            assert_eq!(arrived(shape, &world), expected, "{at}");
            let again = Start::calm().run(shape, &world).unwrap();
            assert_eq!((again.items_in(), again.checkpoints()), (0, 0), "{at}: it was complete");
            assert_eq!(arrived(shape, &world), expected, "{at}");
        }
    }
    assert!(
        !only.is_empty() || cuts > count && suspended > count && resumed > count,
        "{cuts} runs cut short, {suspended} suspended, {resumed} gone on with"
    );
}

/// Returns what arrived in each sink, all of which were finished.
fn arrived(shape: &Shape, world: &World) -> Vec<Vec<u64>> {
    let sinks = shape.is_ordered.iter().enumerate();
    let of = |(sink, is_ordered): (usize, &bool)| {
        let sink = world.sink(sink);
        assert!(sink.is_finished(), "{}", shape.name);
        let mut items = sink.written();
        if !is_ordered {
            items.sort_unstable();
        }
        items
    };
    sinks.map(of).collect()
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
            .write_to(world.clone())
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
        assert_eq!(world.written(), (1..=40).collect::<Vec<u64>>());
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
        .write_to(world.clone())
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
