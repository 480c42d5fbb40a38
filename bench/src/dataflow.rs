//! The peers by timely: a dataflow on workers that exchange by hash.

use std::cell::Cell;
use std::rc::Rc;

use timely::Config;
use timely::dataflow::operators::vec::{Filter, Map};
use timely::dataflow::operators::{Inspect, Probe, ToStream};

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
        worker.step_while(|| !probe.done());
        sum.get()
    });
    let sums = guards.expect("threads start").join();
    sums.into_iter().map(|sum| sum.expect("no worker panics")).fold(0, u64::wrapping_add)
}

fn config(workers: usize) -> Config {
    if workers == 1 { Config::thread() } else { Config::process(workers) }
}
