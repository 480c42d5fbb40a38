//! The peers by timely: a dataflow on workers that exchange by hash.

use std::cell::Cell;
use std::rc::Rc;

use timely::Config;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::InputHandle;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::{Filter, Map};
use timely::dataflow::operators::{Inspect, Operator, Probe, ToStream};

use crate::windows::{Answer, Event, Windows, event, shard, watermark};

/// Returns the sum of what is kept of the changed integers below `items`.
pub(crate) fn fold(
    workers: usize,
    items: u64,
    change: impl Fn(u64) -> u64 + Copy + Send + Sync + 'static,
    keep: impl Fn(u64) -> bool + Copy + Send + Sync + 'static,
) -> u64 {
    let guards = timely::execute(config(workers), move |worker| {
        let (index, workers) = (worker.index() as u64, worker.peers() as u64);
        let (share, sum) = (items.div_ceil(workers), Rc::new(Cell::new(0u64)));
        let total = Rc::clone(&sum);
        let probe = worker.dataflow::<u64, _, _>(|scope| {
            (share * index..items.min(share * (index + 1)))
                .to_stream(scope)
                .map(change)
                .filter(move |&n| keep(n))
                .inspect(move |&n| total.set(total.get().wrapping_add(n)))
                .probe()
                .0
        });
        worker.step_or_park_while(None, || !probe.done());
        sum.get()
    });
    let sums = guards.expect("threads start").join();
    sums.into_iter().map(|sum| sum.expect("no worker panics")).fold(0, u64::wrapping_add)
}

fn config(workers: usize) -> Config {
    if workers == 1 { Config::thread() } else { Config::process(workers) }
}

/// Counts events in windows, exchanged by key.
pub(crate) fn windows(workers: usize, count: u64) -> Answer {
    let guards = timely::execute(config(workers), move |worker| {
        let (index, workers) = (worker.index() as u64, worker.peers() as u64);
        let (mut input, found) = (InputHandle::new(), Rc::new(Cell::new(Answer::default())));
        let answer = Rc::clone(&found);
        let probe = worker.dataflow::<u64, _, _>(|scope| {
            let by_shard = Exchange::new(|pair: &Pair| shard(from_pair(*pair)) as u64);
            let counted = input.to_stream(scope).container::<Vec<Pair>>();
            counted
                .unary_frontier::<CapacityContainerBuilder<Vec<()>>, _, _, _>(by_shard, "count", |_, _| {
                    let mut windows = Some(Windows::new());
                    move |(input, frontier), _| {
                        input.for_each_stamp(|_, chunks| {
                            let windows = windows.as_mut().expect("no event behind the end");
                            let events = chunks.flat_map(std::mem::take).map(from_pair);
                            events.for_each(|event| windows.add(event));
                        });
                        match frontier.frontier().first() {
                            Some(watermark) => windows.as_mut().expect("it goes on").advance(*watermark),
                            None => answer.set(windows.take().map_or(answer.get(), Windows::finish)),
                        }
                    }
                })
                .probe()
                .0
        });
        for start in (index * BATCH..count).step_by(usize::try_from(workers * BATCH).expect("64 bits")) {
            input.advance_to(watermark(start));
            (start..count.min(start + BATCH)).for_each(|number| input.send(to_pair(event(number))));
            worker.step();
            // Nothing else keeps a worker that is ahead from filling the memory.
            let behind = watermark(start.saturating_sub(BATCHES_MAX * BATCH));
            worker.step_or_park_while(None, || probe.less_than(&behind));
        }
        drop(input);
        worker.step_or_park_while(None, || !probe.done());
        found.get()
    });
    let answers = guards.expect("threads start").join();
    answers.into_iter().map(|answer| answer.expect("no worker panics")).fold(Answer::default(), Answer::and)
}

/// An event as something that could be sent to another machine, as is asked of it.
type Pair = (u64, u32);

fn to_pair(event: Event) -> Pair {
    (event.time_ms, event.key)
}

fn from_pair((time_ms, key): Pair) -> Event {
    Event { time_ms, key }
}

/// Events a worker sends before it turns to its operators.
const BATCH: u64 = 1 << 15;
/// Batches by which a worker is ahead of what is counted at most.
const BATCHES_MAX: u64 = 8;
