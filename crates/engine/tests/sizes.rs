//! Items above the budget and items of no bytes, through every step.
//!
//! Simulated, so that a run which waited for what never comes would be found standing still.

use std::time::Duration;

use primestream_engine::runtime::Failure;
use primestream_engine::{
    Budget, BudgetError, ChunkProcessor, Emit, Order, Outcome, PipelineError, Rate, Stream,
};

/// A step that passes on what it is given, behind a queue of its own and fused to what makes the items.
struct Verb {
    name: &'static str,
    behind: fn(Stream<Vec<u8>>) -> Stream<Vec<u8>>,
    fused: fn(Vec<usize>) -> Stream<Vec<u8>>,
    /// How many of three empty items it passes on.
    of_three: u64,
}

fn items(sizes: Vec<usize>) -> Stream<Vec<u8>> {
    Stream::iter(sizes).map(|size| vec![7; size]).boxed()
}

macro_rules! verbs {
    ($($name:literal, $of_three:literal, $stream:ident => $made:expr;)*) => {
        [$(Verb {
            name: $name,
            behind: |$stream| $made.boxed(),
            fused: |sizes| {
                let $stream = Stream::iter(sizes).map(|size| vec![7; size]);
                $made.boxed()
            },
            of_three: $of_three,
        }),*]
    };
}

fn all() -> impl IntoIterator<Item = Verb> {
    verbs! {
        "map", 3, s => s.map(|item| item);
        "try_map", 3, s => s.try_map(Ok::<_, String>);
        "filter", 3, s => s.filter(|_| true);
        "filter_map", 3, s => s.filter_map(Some);
        "flat_map", 3, s => s.flat_map(|item| [item]);
        "inspect", 3, s => s.inspect(|_| ());
        "take", 3, s => s.take(100);
        "skip", 3, s => s.skip(0);
        "take_while", 3, s => s.take_while(|_| true);
        "skip_while", 3, s => s.skip_while(|_| false);
        "map_while", 3, s => s.map_while(Some);
        "step_by", 3, s => s.step_by(1);
        "enumerate", 3, s => s.enumerate().map(|(_, item)| item);
        "scan", 3, s => s.scan((), |(), item| Some(item));
        "distinct", 1, s => s.distinct(2);
        "dedup", 1, s => s.dedup();
        "batch", 3, s => s.batch(2).unbatch();
        "batch_bytes", 3, s => s.batch_bytes(100).unbatch();
        "batch_by", 3, s => s.batch_by(|item| item.len()).unbatch();
        "batch_within", 3, s => s.batch_within(2, Duration::from_secs(1)).unbatch();
        "windows", 2, s => s.windows(2).map(|window| window.concat());
        "sort_batches", 3, s => s.sort_batches(2);
        "process_chunks", 3, s => s.process_chunks(PassOn);
        "throttle", 3, s => s.throttle(Rate::per_second(10.0));
        "debounce", 1, s => s.debounce(Duration::from_secs(1));
        "buffer", 3, s => s.buffer(2);
        "parallel", 3, s => s.parallel(3, Order::Input).map(|item| item);
        "parallel, relaxed", 3, s => s.parallel(3, Order::Relaxed).map(|item| item);
        "distribute", 3, s => s.distribute(3, |item| item.len()).map(|item| item);
        "key_by, scan", 3, s => s.key_by(|item| item.len()).lanes(2).scan((), |(), item| item).map(|(_, item)| item);
        "key_by, reduce", 1, s => s.key_by(|item| item.len()).lanes(2).reduce(|a, _| a).map(|(_, item)| item);
        "merge", 3, s => s.merge(Stream::empty());
        "concat", 3, s => s.concat(Stream::empty());
        "zip", 3, s => s.zip(Stream::repeat(0_u8)).map(|(item, _)| item);
        "merge_by", 3, s => s.merge_by(Stream::empty(), Ord::cmp);
        "interleave", 3, s => s.interleave(Stream::empty());
        "branch", 3, s => s.branch(|copies| copies.drain_with(|_| ()));
        "partition", 3, s => s.partition(|_| true, |rest| rest.drain_with(|_| ()));
    }
}

/// Passes on every item.
struct PassOn;

impl ChunkProcessor for PassOn {
    type In = Vec<u8>;
    type Out = Vec<u8>;

    fn process_chunk(&mut self, chunk: &mut Vec<Vec<u8>>, out: &mut impl Emit<Vec<u8>>) -> Outcome {
        chunk.drain(..).try_for_each(|item| out.emit(item))
    }
}

fn counted(stream: Stream<Vec<u8>>, budget: &Budget) -> Result<u64, PipelineError> {
    stream.budget(budget).simulated(5).count()
}

#[test]
fn an_item_above_the_budget_is_an_error_with_both_sizes_in_every_step() {
    for verb in all() {
        for (how, stream) in
            [("behind", (verb.behind)(items(vec![10, 5000]))), ("fused", (verb.fused)(vec![10, 5000]))]
        {
            let budget = Budget::new(1000);
            let error = counted(stream, &budget).expect_err(verb.name);
            let Failure::Budget(BudgetError { item_bytes, limit_bytes, .. }) = error.failure() else {
                panic!("{how} {}: {error}", verb.name)
            };
            // A step may have put others beside it, or a key.
            assert!((5000..11_000).contains(item_bytes), "{how} {}: {item_bytes}", verb.name);
            assert_eq!(*limit_bytes, 1000, "{how} {}", verb.name);
            assert_eq!(budget.reserved(), 0, "{how} {}", verb.name);
        }
    }
}

#[test]
fn items_of_no_bytes_and_no_items_pass_every_step() {
    for verb in all() {
        let budget = Budget::new(1000);
        for (sizes, expected) in [(vec![], 0), (vec![0; 3], verb.of_three)] {
            let passed = [(verb.behind)(items(sizes.clone())), (verb.fused)(sizes)]
                .map(|stream| counted(stream, &budget).expect(verb.name));
            assert_eq!(passed, [expected; 2], "{}", verb.name);
            assert_eq!(budget.reserved(), 0, "{}", verb.name);
        }
    }
}
