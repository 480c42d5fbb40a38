//! Pipelines that go on with less while memory is short, in the simulated runtime.

use std::sync::mpsc;
use std::time::Duration;

use primestream_engine::tune::Knob;
use primestream_engine::{Adjustment, Fixed, Metrics, Order, Rate, Report, Stream, Tuner};

const AFTER: Duration = Duration::from_millis(50);

/// Asks for nothing, and tells when it is asked.
struct Asked(mpsc::Sender<Duration>);

impl Tuner for Asked {
    fn tune(&mut self, _: &Metrics, now: &Metrics) -> Vec<Adjustment> {
        let _ = self.0.send(now.elapsed);
        Vec::new()
    }
}

/// Makes much of little for the first of 5000 items, as many as are heavy, and sends them through a slow end.
fn run(heavy: u64, after: Option<Duration>, seed: u64) -> (Report, Vec<Duration>) {
    let (send, asked) = mpsc::channel();
    let stream = Stream::iter(0..5000u64)
        .chunked(Fixed(64))
        .parallel(4, Order::Input)
        .map(move |n| (n, vec![0u8; if n < heavy { 4000 } else { 4 }]))
        .boxed()
        .throttle(Rate::per_second(1000.0))
        .memory_limit(1 << 20)
        .simulated(seed);
    let stream = match after {
        Some(after) => stream.degrade_after(after),
        None => stream,
    };
    let mut next = 0;
    let end = stream.drain_with(move |(n, _)| {
        assert_eq!(n, next);
        next += 1;
    });
    let report = end.tuned_by(Duration::from_millis(1), Asked(send)).run().expect("less is no failure");
    assert_eq!(report.items_out(), 5000);
    (report, asked.try_iter().collect())
}

#[test]
fn short_memory_halves_chunks_and_lanes_and_they_come_back_when_it_eases() {
    for seed in 0..4 {
        let (report, asked) = run(1000, Some(AFTER), seed);
        let made: Vec<_> = report.adjustments().iter().filter(|made| made.stage == 1).collect();
        let lanes: Vec<_> =
            made.iter().filter(|made| made.knob == Knob::Lanes).map(|made| (made.from, made.to)).collect();
        assert_eq!((lanes[0], lanes.last()), ((4, 2), Some(&(2, 4))), "seed {seed}: {made:?}");
        assert!(lanes.iter().all(|&(from, to)| from == 2 * to || to == 2 * from), "{lanes:?}");
        let chunks: Vec<_> = made
            .iter()
            .filter(|made| made.knob == Knob::ChunkItems)
            .map(|made| (made.from, made.to))
            .collect();
        assert_eq!((chunks[0], chunks.last()), ((64, 32), Some(&(32, 64))), "seed {seed}: {made:?}");
        let [first, last] = [made[0], made[made.len() - 1]];
        assert!(first.at >= AFTER, "{first}");
        assert!(first.reason.starts_with("memory was at the threshold of 838860 bytes for 50 ms"), "{first}");
        assert!(last.reason.starts_with("memory was well below the threshold"), "{last}");
        let stage = &report.stages()[1];
        assert_eq!((stage.lanes_active, stage.chunk_items), (4, 64));

        let is_meanwhile = |at: &&Duration| **at > first.at && **at < last.at;
        assert_eq!(asked.iter().filter(is_meanwhile).count(), 0, "the tuner rests");
        assert!(asked.iter().any(|at| *at > last.at), "and goes on");
    }
}

#[test]
fn it_holds_less_while_memory_is_short() {
    // How full the memory is on average while heavy items are on their way.
    let fullness = |after| {
        let (send, told) = mpsc::channel();
        let stream = Stream::iter(0..3000u64)
            .chunked(Fixed(64))
            .parallel(4, Order::Input)
            .map(|_| vec![0u8; 4000])
            .boxed()
            .throttle(Rate::per_second(1000.0))
            .memory_limit(1 << 20)
            .simulated(5)
            .on_progress(Duration::from_millis(10), move |metrics: &Metrics| {
                let _ = send.send(metrics.reserved_bytes as f64 / metrics.limit_bytes as f64);
            });
        let stream = match after {
            Some(after) => stream.degrade_after(after),
            None => stream,
        };
        assert_eq!(stream.count().expect("less is no failure"), 3000);
        let told: Vec<f64> = told.try_iter().collect();
        told.iter().sum::<f64>() / told.len() as f64
    };
    let (whole, degraded) = (fullness(None), fullness(Some(AFTER)));
    assert!(degraded < whole, "{degraded} against {whole}");
}

#[test]
fn where_memory_is_never_short_nothing_is_set() {
    for seed in 0..3 {
        assert_eq!(run(0, Some(AFTER), seed).0.adjustments(), []);
        assert_eq!(run(1000, None, seed).0.adjustments(), [], "or nobody asked for it");
    }
}
