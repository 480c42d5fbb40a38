//! The law of resuming: whatever steps follow each other, a run that is cut short at any place, and begun again with
//! other lanes, chunks and epochs until it comes through, ends with what a vector of the same items gives.

use std::sync::atomic::Ordering;

use primestream_engine::checkpoint::Every;
use primestream_engine::{Order, PipelineError, Report, Stream};

use crate::draw::Draw;
use crate::verbs::{self, Placed};
use crate::world::World;

/// Panics if the law does not hold for the pipeline and the places that some bytes describe.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    let count = draw.below(200) as u64;
    let limit = 2000 + draw.below(20_000);
    let (steps, expected) = verbs::drawn(&mut draw, KEPT, count, limit);
    let world = World::default();
    let cuts = draw.below(6);
    for start in 0..=cuts {
        // Those with a place to be cut at, and one that is left alone.
        let chances = if start < cuts { 1 + draw.below(400) as u64 } else { 0 };
        world.chances.store(chances, Ordering::Relaxed);
        let again = Again {
            seed: draw.below(1 << 32) as u64,
            every: Every::items(1 + draw.below(64) as u64),
            turn: draw.below(8),
        };
        match run(&world, count, limit, &steps, &again) {
            Ok(_) => break,
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("cut short") && chances > 0, "start {start} of {steps:?}: {text}");
            }
        }
    }
    assert_eq!(world.written(), expected, "{steps:?} of {count} items in {limit} bytes");
    assert!(world.is_finished());
    world.chances.store(0, Ordering::Relaxed);
    let again = Again { seed: 1, every: Every::items(5), turn: 1 };
    let report = run(&world, count, limit, &steps, &again).expect("it was complete");
    assert_eq!((report.items_in(), report.checkpoints()), (0, 0));
    assert_eq!(world.written(), expected);
}

/// How many of the first kinds of steps barriers pass.
const KEPT: usize = 20;

/// What is another at each start.
struct Again {
    seed: u64,
    every: Every,
    /// How many lanes and items of a chunk there are more than the steps say, in turn.
    turn: usize,
}

fn run(
    world: &World,
    count: u64,
    limit: usize,
    steps: &[Placed],
    again: &Again,
) -> Result<Report, PipelineError> {
    world.begin();
    let cut = world.clone();
    let numbers = Stream::iter_from(move |at| at..count).try_map(move |n| cut.chance().map(|()| n));
    let stream = steps.iter().fold(numbers.boxed(), |stream, &Placed { step, lanes, chunk }| {
        let lanes = 1 + (lanes - 1 + again.turn) % 5;
        verbs::add(stream, Placed { step, lanes, chunk: chunk + again.turn }, Order::Input)
    });
    let pipeline = stream.write_to(world.clone()).checkpoint(again.every, world.clone());
    pipeline.exactly_once().memory_limit(limit).simulated(again.seed).run()
}
