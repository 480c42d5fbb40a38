//! Pipelines that are set while they run.

use std::sync::mpsc;
use std::time::Duration;

use primestream_engine::tune::Knob;
use primestream_engine::{Adjustment, Fixed, Metrics, Order, Strategy, Stream, Tuner};

/// Sets whatever chance says, stages and sizes that do not exist among them.
struct Wild(fastrand::Rng);

impl Tuner for Wild {
    fn tune(&mut self, _: &Metrics, now: &Metrics) -> Vec<Adjustment> {
        let knobs = [Knob::ChunkItems, Knob::Lanes, Knob::Places];
        (0..4)
            .map(|_| {
                let stage = self.0.usize(0..now.stages.len() + 2);
                let to = if self.0.bool() { self.0.usize(0..5) } else { self.0.usize(..) };
                Adjustment::new(stage, knobs[self.0.usize(0..3)], (0, to), "by chance")
            })
            .collect()
    }
}

#[test]
fn no_adjustment_changes_a_result() {
    let expected: Vec<u64> = (0..400).map(|n| 3 * n).filter(|n| n % 4 != 1).collect();
    for seed in 0..60 {
        let (send, results) = mpsc::channel();
        let report = Stream::iter(0..400u64)
            .chunked(Fixed(7))
            .parallel(3, Order::Input)
            .map(|n| 3 * n)
            .boxed()
            .parallel(2, Order::Input)
            .filter(|n| n % 4 != 1)
            .simulated(seed)
            .memory_limit(2000)
            .sink(move |n| send.send(n))
            .tuned_by(Duration::ZERO, Wild(fastrand::Rng::with_seed(seed)))
            .run()
            .unwrap();
        assert_eq!(results.try_iter().collect::<Vec<_>>(), expected, "seed {seed}");
        assert!(!report.adjustments().is_empty());
        for made in report.adjustments() {
            let stage = &report.stages()[made.stage];
            assert!(made.from != made.to && made.to > 0, "{made}");
            assert!(made.knob != Knob::Lanes || made.to <= stage.lanes, "{made}");
            assert!(made.knob == Knob::Lanes || !stage.is_source, "{made}");
        }
    }
}

#[test]
fn lanes_begin_as_few_as_was_said_and_stay_so_without_a_tuner() {
    let report =
        Stream::iter(0..1000u64).parallel(4, Order::Input).map(|n| n).drain_with(|_| ()).lanes_at_first(1);
    let report = report.run().unwrap();
    assert_eq!((report.stages()[1].lanes, report.stages()[1].lanes_active), (4, 1));
    assert_eq!((report.items_out(), report.adjustments().len()), (1000, 0));
}

#[test]
fn a_strategy_comes_to_all_lanes_and_to_chunks_of_some_size() {
    let slow = |_: &u64| {
        let (_keep, never) = mpsc::channel::<()>();
        let _ = never.recv_timeout(Duration::from_micros(50));
    };
    let running = Stream::iter(0u64..)
        .chunked(Fixed(1))
        .parallel(4, Order::Input)
        .inspect(slow)
        .drain_with(|_| ())
        .lanes_at_first(1)
        .tuned_by(Duration::from_millis(5), Strategy::Throughput.tuner())
        .start();
    let flow = running.flow();
    loop {
        let stage = flow.metrics().stages[1].clone();
        if stage.lanes_active == 4 && stage.chunk_items > 1 {
            break;
        }
        std::thread::yield_now();
    }
    flow.cancel();
    let error = running.join().unwrap_err();
    let made = error.report().adjustments();
    let lanes: Vec<_> =
        made.iter().filter(|made| made.knob == Knob::Lanes).map(|made| (made.from, made.to)).collect();
    assert_eq!(lanes[0], (1, 2));
    assert!(made.iter().is_sorted_by_key(|made| made.at));
    let text = error.report().to_string();
    assert!(text.contains("lanes at work 1 -> 2, the 1 at work are busy "), "{text}");
}
