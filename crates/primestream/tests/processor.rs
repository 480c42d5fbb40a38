//! The lifecycle of a processor, and that each of its settings does something.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use primestream::prelude::*;
use primestream::processor::{ProcessorError, State, StreamMemoryConfig, StreamOptions, StreamProcessor};

fn ready(options: StreamOptions) -> StreamProcessor {
    let mut processor = StreamProcessor::new(options).unwrap();
    processor.initialize().unwrap();
    processor
}

#[test]
fn only_the_next_step_of_its_life_is_allowed() {
    let mut processor = StreamProcessor::new(StreamOptions::default()).unwrap();
    assert_eq!(processor.state(), State::Created);
    let error = processor.reset().unwrap_err();
    assert_eq!(error.to_string(), "cannot reset a processor that is created");
    assert!(processor.create_pipeline(Stream::iter([1u8])).is_err());
    processor.initialize().unwrap();
    assert!(processor.initialize().is_err());
    assert_eq!(processor.state(), State::Ready);

    let (send, wait) = mpsc::channel::<()>();
    let waiting = processor.create_pipeline(Stream::iter([1u8])).unwrap().sink(move |_| wait.recv());
    let running = processor.start(waiting).unwrap();
    assert_eq!(processor.state(), State::Processing);
    drop(send);
    assert!(running.join().is_err());
    assert_eq!(processor.state(), State::Ready);

    processor.terminate().unwrap();
    assert!(processor.terminate().is_err() && processor.reset().is_err());
    let outcome = processor.run(Stream::iter([1u8]).drain_with(|_| ()));
    assert!(matches!(outcome, Err(ProcessorError::State(_))));
}

#[test]
fn settings_that_mean_nothing_are_refused_by_name() {
    let refused = |options: StreamOptions| StreamProcessor::new(options).err().map(|error| error.option);
    let base = StreamOptions::default();
    assert_eq!(
        refused(StreamOptions { backpressure_threshold: 1.5, ..base.clone() }),
        Some("backpressure_threshold")
    );
    assert_eq!(refused(StreamOptions { error_tolerance: -1.0, ..base.clone() }), Some("error_tolerance"));
    assert_eq!(refused(StreamOptions { error_tolerance: f64::NAN, ..base.clone() }), Some("error_tolerance"));
    assert_eq!(refused(StreamOptions { retry_attempts: 0, ..base.clone() }), Some("retry_attempts"));
    assert_eq!(refused(StreamOptions { memory_limit: Some(0), ..base.clone() }), Some("memory_limit"));
    assert_eq!(refused(StreamOptions { metrics_interval: Duration::ZERO, ..base }), Some("metrics_interval"));
}

#[test]
fn options_come_from_files_and_go_back() {
    let options = StreamOptions { retry_delay: Duration::from_millis(7), ..StreamOptions::interactive() };
    let text = serde_json::to_string(&options).unwrap();
    assert_eq!(serde_json::from_str::<StreamOptions>(&text).unwrap(), options);
    let error = serde_json::from_str::<StreamOptions>(r#"{"memoryLimit": 1}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `memoryLimit`"), "{error}");
}

#[test]
fn each_setting_reaches_the_pipeline() {
    let mut processor = ready(StreamOptions {
        default_chunk_size: NonZeroUsize::new(10),
        max_concurrency: NonZeroUsize::new(1),
        memory_limit: Some(1 << 20),
        metrics_interval: Duration::from_nanos(1),
        ..StreamOptions::default()
    });
    let told = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&told);
    processor.on_progress(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let sizes = Arc::new(std::sync::Mutex::new(Vec::new()));
    struct Sizes(Arc<std::sync::Mutex<Vec<usize>>>);
    impl ChunkProcessor for Sizes {
        type In = u64;
        type Out = u64;
        fn process_chunk(&mut self, chunk: &mut Vec<u64>, out: &mut impl Emit<u64>) -> Outcome {
            self.0.lock().unwrap().push(chunk.len());
            chunk.drain(..).try_for_each(|n| out.emit(n))
        }
    }
    let chunks =
        processor.process_chunked_stream(Stream::iter(0..100u64), Sizes(Arc::clone(&sizes))).unwrap();
    let report = processor.run(chunks.drain_with(|_| ())).unwrap();
    assert_eq!((report.threads(), report.memory_limit().0), (1, 1 << 20));
    // A worker that had to wait for its core may have cut one short.
    let sizes = std::mem::take(&mut *sizes.lock().unwrap());
    assert_eq!((sizes.iter().max(), sizes.iter().sum()), (Some(&10), 100usize), "{sizes:?}");
    assert_eq!(processor.memory_usage().unwrap().limit_bytes, 1 << 20);
    assert_eq!(processor.metrics()[0].items_out(), 100);
    assert!(told.load(Ordering::Relaxed) > 0);
}

#[test]
fn pipelines_of_a_processor_share_its_lanes_and_take_turns() {
    let mut processor =
        ready(StreamOptions { max_concurrency: NonZeroUsize::new(1), ..StreamOptions::default() });
    let endless = processor.create_pipeline(Stream::iter(0u64..)).unwrap();
    let endless = processor.start(endless.drain_with(drop)).unwrap();
    let busy = Arc::new(AtomicU32::new(0));
    let running: Vec<_> = (0..4)
        .map(|_| {
            let busy = Arc::clone(&busy);
            let numbers = processor.create_pipeline(Stream::iter(0..20_000u64)).unwrap();
            let alone = move |_| {
                assert_eq!(busy.fetch_add(1, Ordering::AcqRel), 0, "two work on one lane");
                busy.fetch_sub(1, Ordering::AcqRel);
            };
            processor.start(numbers.drain_with(alone)).unwrap()
        })
        .collect();
    for running in running {
        assert_eq!(running.join().unwrap().items_out(), 20_000);
    }
    endless.flow().cancel();
    assert!(endless.join().is_err());
}

#[test]
fn steps_are_tried_again_and_tolerated_as_the_settings_say() {
    let mut processor = ready(StreamOptions {
        retry_attempts: 3,
        retry_delay: Duration::from_micros(10),
        error_tolerance: 20.0,
        ..StreamOptions::default()
    });
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let stream = processor.create_pipeline(Stream::iter(0..200u32)).unwrap();
    let stream = processor.try_map(stream, move |n| {
        counted.fetch_add(1, Ordering::Relaxed);
        if n % 10 == 0 { Err("bad") } else { Ok(n) }
    });
    let report = processor.run(stream.drain_with(|_| ())).unwrap();
    assert_eq!(
        (report.items_out(), report.skipped(), calls.load(Ordering::Relaxed)),
        (180, 20, 180 + 3 * 20)
    );

    let stream = processor.create_pipeline(Stream::iter(0..200u32)).unwrap();
    let stream = processor.try_map(stream, |n| if n % 2 == 0 { Err("bad") } else { Ok(n) });
    assert!(processor.run(stream.drain_with(|_| ())).is_err());
}

#[test]
fn pipelines_share_the_limit_and_a_reset_ends_them() {
    let mut processor = ready(StreamOptions { memory_limit: Some(100_000), ..StreamOptions::default() });
    let mut start = || {
        let endless = processor.create_pipeline(Stream::iter(0u64..)).unwrap();
        processor.start(endless.map(|n| vec![n; 10]).boxed().drain_with(|_| ())).unwrap()
    };
    let (first, second) = (start(), start());
    while first.flow().metrics().items_out() == 0 || second.flow().metrics().items_out() == 0 {
        std::thread::yield_now();
    }
    assert!(processor.memory_usage().unwrap().reserved_bytes_peak <= 100_000 + 4 * 6500);
    processor.reset().unwrap();
    assert!(first.join().is_err() && second.join().is_err());
    assert_eq!(processor.state(), State::Ready);
}

#[test]
fn what_is_over_is_let_go_and_its_numbers_stay() {
    let mut processor = ready(StreamOptions { memory_limit: Some(100_000), ..StreamOptions::default() });
    assert!(processor.metrics().is_empty() && processor.memory_usage().is_none());
    let (send, wait) = mpsc::channel::<()>();
    let waiting = processor.create_pipeline(Stream::iter([1u8])).unwrap().sink(move |_| wait.recv());
    let waiting = processor.start(waiting).unwrap();

    let config = StreamMemoryConfig { max_buffer_size: 60_000, ..StreamMemoryConfig::default() };
    let same = |chunk: Vec<u64>| Ok::<_, std::io::Error>(chunk);
    let parted = processor.process_with_backpressure(Stream::iter(0..50u64), same, &config).unwrap();
    let parted = processor.start(parted.drain_with(|_| ())).unwrap();
    assert_eq!(parted.join().unwrap().items_out(), 50);
    // What it was given has come back to the one that is running, with nothing started since.
    let memory = processor.memory_usage().unwrap();
    assert!(memory.limit_bytes == 100_000 && memory.reserved_bytes < 60_000, "{memory:?}");
    assert_eq!(processor.metrics().len(), 1);

    drop(send);
    assert!(waiting.join().is_err());
    assert_eq!((processor.metrics().len(), processor.metrics()[0].items_in()), (1, 1));
    assert_eq!(processor.memory_usage().unwrap().reserved_bytes, 0);
    processor.reset().unwrap();
    assert!(processor.metrics().is_empty() && processor.memory_usage().is_none());
}

#[test]
fn optimising_reports_what_was_measured_and_keeps_the_best() {
    let mut processor =
        ready(StreamOptions { default_chunk_size: NonZeroUsize::new(1), ..StreamOptions::default() });
    let found = processor
        .optimize_performance(|processor| {
            let numbers = processor.create_pipeline(Stream::iter(0..20_000u64))?;
            Ok(numbers.parallel(processor.lanes(), Order::Relaxed).map(|n| n + 1).drain_with(|_| ()))
        })
        .unwrap();
    assert!(found.gain() >= 1.0 && found.trials.len() >= 6, "{found:?}");
    assert!(found.trials.iter().all(|trial| trial.items_per_second <= found.after.items_per_second));
    assert_eq!(*processor.options(), found.after.options);
}

#[test]
fn a_profile_is_taken_and_heeded_where_the_settings_ask_for_one() {
    let trial = |profiling_enabled| {
        let options = StreamOptions {
            profiling_enabled,
            max_concurrency: NonZeroUsize::new(1),
            ..StreamOptions::default()
        };
        let found = ready(options).optimize_performance(|processor| {
            let numbers = processor.create_pipeline(Stream::iter(0..2000u64))?;
            Ok(numbers.map(|n| (0..5000).fold(n, |a, b| std::hint::black_box(a ^ b))).drain_with(|_| ()))
        });
        found.unwrap().before.advice.join("\n")
    };
    // A busy neighbour may hide it once, hardly nine times.
    assert!((0..9).any(|_| trial(true).contains("`map` takes ")), "{}", trial(true));
    assert!(!trial(false).contains("`map` takes "));
}
