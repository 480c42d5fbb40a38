//! What is counted, against pipelines whose numbers are known.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use primestream_engine::metrics::{Limit, Report};
use primestream_engine::{Fixed, Order, Stream};

/// Takes time and none of the processor.
fn slow(time: Duration) {
    let (_keep, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(time);
}

const MS: fn(u64) -> Duration = Duration::from_millis;

/// The four kinds of time of each stage are all the time there was for its lanes.
fn times_add_up(report: &Report) {
    for stage in report.stages() {
        let times = stage.times;
        let lanes = u32::try_from(stage.lanes).expect("lanes are few");
        let sum = times.busy + times.idle + times.blocked + times.ready;
        assert_eq!(sum, report.elapsed() * lanes, "{}", stage.name);
        assert!(times.full <= times.blocked);
    }
}

#[test]
fn the_times_of_every_stage_add_up_to_the_time_of_its_lanes() {
    for threads in [1, 3] {
        for order in [Order::Input, Order::Relaxed] {
            let report = Stream::iter(0..20_000u64)
                .chunked(Fixed(50))
                .parallel(3, order)
                .map(|n| n.wrapping_mul(n))
                .batch(3)
                .key_by(|batch| batch[0] % 5)
                .lanes(2)
                .count()
                .threads(threads)
                .memory_limit(20_000)
                .for_each(|_| ())
                .unwrap();
            times_add_up(&report);
        }
    }
    let joined = Stream::iter(0..5000u64).zip(Stream::iter(0..4000u64).boxed().map(|n| n + 1));
    times_add_up(&joined.for_each(|_| ()).unwrap());
    for seed in 0..20 {
        let pipeline = Stream::iter(0..500u64).parallel(3, Order::Input).map(|n| n).simulated(seed);
        times_add_up(&pipeline.for_each(|_| ()).unwrap());
    }
}

#[test]
fn bytes_are_those_of_the_chunks_and_nothing_waits_at_the_end() {
    let report = Stream::iter(0..1000u64)
        .chunked(Fixed(10))
        .parallel(2, Order::Input)
        .map(|n| [n, n])
        .for_each(|_| ())
        .unwrap();
    let [source, map, end] = report.stages() else { panic!("three stages") };
    assert_eq!((source.bytes_in, source.bytes_out, source.chunks_in), (0, 8000, 0));
    assert_eq!((map.bytes_in, map.bytes_out, map.chunks_in), (8000, 16_000, 100));
    assert_eq!((end.bytes_in, end.bytes_out), (16_000, 0));
    assert!(source.is_source && !map.is_source);
    assert_eq!((map.chunk_items, map.work.count), (10, 100));
    for stage in [map, end] {
        assert_eq!((stage.queue_chunks, stage.queue_bytes), (0, 0));
        assert!(stage.queue_bytes_peak > 0 && stage.queue_bytes_peak <= stage.bytes_in);
    }
}

#[test]
fn what_waits_is_seen_while_it_waits() {
    let (release, wait) = mpsc::channel::<()>();
    let running = Stream::iter(0..10_000u64)
        .chunked(Fixed(100))
        .boxed()
        .sink(move |_| {
            let _ = wait.recv();
            Ok::<(), std::io::Error>(())
        })
        .threads(2)
        .start();
    let flow = running.flow();
    loop {
        let end = flow.metrics().stages[1].clone();
        if end.queue_chunks + 2 >= end.queue_places as u64 {
            // What a source gives at the end of its turn fills no chunk.
            assert!(end.queue_bytes > 0 && end.queue_bytes <= end.queue_chunks * 800);
            assert_eq!(end.chunk_items, 100);
            assert!(end.queue_bytes_peak >= end.queue_bytes);
            break;
        }
        std::thread::yield_now();
    }
    drop(release);
    assert_eq!(running.join().unwrap().items_out(), 10_000);
}

#[test]
fn progress_is_known_where_the_iterator_knows_its_length() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&told);
    let report = Stream::iter((0..50_000u32).map(|n| vec![n]))
        .boxed()
        .drain_with(|_| ())
        .on_progress(Duration::ZERO, move |metrics| {
            into.lock().unwrap().push((metrics.fraction().unwrap(), metrics.time_left()));
        })
        .run()
        .unwrap();
    assert_eq!(report.metrics().fraction(), Some(1.0));
    assert_eq!(report.metrics().time_left(), Some(Duration::ZERO));
    let told = told.lock().unwrap();
    assert!(told.is_sorted_by(|a, b| a.0 <= b.0));
    assert!(
        told.iter().any(|&(fraction, left)| fraction > 0.0 && fraction < 1.0 && left > Some(Duration::ZERO))
    );
    let endless = Stream::iter(0u64..).take(10).for_each(|_| ()).unwrap();
    assert_eq!((endless.metrics().fraction(), endless.metrics().time_left()), (None, None));
}

#[test]
fn throughput_is_that_of_the_last_seconds() {
    // A thousand items at once, then ten a second for a minute.
    let report = Stream::iter(0..1000u64)
        .boxed()
        .concat(Stream::interval(MS(100)).take(600))
        .simulated(5)
        .drain_with(|_| ())
        .history(MS(500), 1000)
        .run()
        .unwrap();
    let fast = report.history().first().unwrap().throughput;
    let slow = report.history().last().unwrap().throughput;
    assert!(fast > 100.0 && slow < 20.0, "{fast} {slow}");
}

#[test]
fn a_slow_stage_is_the_bottleneck() {
    let report = Stream::iter(0..60u64)
        .chunked(Fixed(1))
        .parallel(2, Order::Input)
        .inspect(|_| slow(MS(5)))
        .named("slow")
        .for_each(|_| ())
        .unwrap();
    let found = report.bottleneck().unwrap();
    assert_eq!((found.stage, &*found.name), (1, "slow"), "{report}");
    assert!(matches!(found.limit, Limit::Busy { lanes: 2, .. }), "{report}");
    assert!(report.advice()[0].contains("`parallel(3, …)`"), "{report}");
    let text = report.to_string();
    assert!(text.contains("  bottleneck: stage 1 `slow`: busy ") && text.contains("  advice: "), "{text}");
}

#[test]
fn a_slow_end_is_the_bottleneck() {
    let report = Stream::iter(0..40u64)
        .chunked(Fixed(1))
        .boxed()
        .threads(2)
        .drain_with(|_| slow(MS(5)))
        .run()
        .unwrap();
    assert!(matches!(report.bottleneck().unwrap().limit, Limit::Sink { .. }), "{report}");
}

#[test]
fn one_thread_for_several_slow_stages_is_the_bottleneck() {
    let report = Stream::iter(0..20u64)
        .chunked(Fixed(1))
        .parallel(4, Order::Input)
        .inspect(|_| slow(MS(5)))
        .chunked(Fixed(1))
        .parallel(4, Order::Input)
        .inspect(|_| slow(MS(5)))
        .threads(1)
        .for_each(|_| ())
        .unwrap();
    let limit = report.bottleneck().unwrap().limit;
    assert_eq!(limit, Limit::Threads { threads: 1, lanes: 10 }, "{report}");
}

#[test]
fn a_source_without_items_is_the_bottleneck() {
    let report = Stream::interval(MS(10)).take(100).simulated(1).for_each(|_| ()).unwrap();
    let found = report.bottleneck().unwrap();
    assert!(found.stage == 0 && matches!(found.limit, Limit::Source { share } if share > 0.9), "{report}");
}

#[cfg(feature = "async")]
#[test]
fn full_memory_is_the_bottleneck() {
    // The lanes wait for an answer from outside, so none of them is busy all the time.
    let report = Stream::iter(0..200u64)
        .map(|_| vec![0u8; 1000])
        .chunked(Fixed(1))
        .memory_limit(4000)
        .map_async(100, Order::Input, |item: Vec<u8>| async move {
            tokio::time::sleep(MS(2)).await;
            item
        })
        .for_each(|_| ())
        .unwrap();
    let found = report.bottleneck().unwrap();
    assert!(found.stage == 0 && matches!(found.limit, Limit::Memory { limit_bytes: 4000, .. }), "{report}");
}
