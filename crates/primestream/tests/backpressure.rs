//! Streams of a processor in a memory of their own: every setting does something.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use primestream::prelude::*;
use primestream::processor::{ProcessorError, StreamMemoryConfig, StreamOptions, StreamProcessor};
use primestream_engine::BoxError;

fn ready(options: StreamOptions) -> StreamProcessor {
    let mut processor = StreamProcessor::new(options).unwrap();
    processor.initialize().unwrap();
    processor
}

fn same<T>(chunk: Vec<T>) -> Result<Vec<T>, BoxError> {
    Ok(chunk)
}

#[test]
fn settings_that_mean_nothing_or_are_not_known_are_refused() {
    let mut processor = ready(StreamOptions::default());
    let mut refused = |config: StreamMemoryConfig| {
        let error = processor.process_with_backpressure(Stream::iter([1u8]), same, &config).err().unwrap();
        let ProcessorError::Options(error) = error else { panic!("{error}") };
        error.option
    };
    let base = StreamMemoryConfig::default();
    for share in [0.0, 1.01, -0.5, f64::NAN] {
        let config = StreamMemoryConfig { backpressure_threshold: share, ..base.clone() };
        assert_eq!(refused(config), "backpressure_threshold");
    }
    assert_eq!(refused(StreamMemoryConfig { max_buffer_size: 0, ..base.clone() }), "max_buffer_size");
    assert_eq!(refused(StreamMemoryConfig { gc_interval: Duration::ZERO, ..base }), "gc_interval");
    assert!(serde_json::from_str::<StreamMemoryConfig>(r#"{"chunk_size": 0}"#).is_err());
    let error = serde_json::from_str::<StreamMemoryConfig>(r#"{"max_bufer_size": 1}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `max_bufer_size`"), "{error}");
}

/// Runs 600 items of about 1 kB through an end that takes 1000 a second, in 100 kB.
fn slow_end(threshold: f64, seed: u64) -> Report {
    let mut processor = ready(StreamOptions::default());
    let config = StreamMemoryConfig {
        max_buffer_size: 100_000,
        chunk_size: NonZeroUsize::new(2).unwrap(),
        backpressure_threshold: threshold,
        ..StreamMemoryConfig::default()
    };
    let items = Stream::iter(0..600u32).map(|_| vec![0u8; 1000]).chunked(Fixed(2)).parallel(8, Order::Input);
    let stream = processor.process_with_backpressure(items, same, &config).unwrap();
    let slow = stream.boxed().throttle(Rate::per_second(1000.0)).simulated(seed);
    let report = processor.run(slow.drain_with(|_| ())).unwrap();
    assert_eq!((report.items_out(), report.memory_limit().0), (600, 100_000));
    report
}

#[test]
fn the_source_is_held_from_the_threshold_on() {
    for seed in 0..10 {
        let (whole, half) = (slow_end(1.0, seed), slow_end(0.5, seed));
        assert!(whole.reserved_bytes_peak() > 60_000, "seed {seed}: {}", whole.reserved_bytes_peak());
        assert!(half.reserved_bytes_peak() <= 50_000 + 2100, "seed {seed}: {}", half.reserved_bytes_peak());
        assert!(half.metrics().pressure_events > 0);
    }
}

#[test]
fn chunks_have_the_size_of_the_settings() {
    let mut processor = ready(StreamOptions::default());
    let config =
        StreamMemoryConfig { chunk_size: NonZeroUsize::new(10).unwrap(), ..StreamMemoryConfig::default() };
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&sizes);
    let counted = move |chunk: Vec<u64>| {
        into.lock().unwrap().push(chunk.len());
        same(chunk)
    };
    let stream = processor.process_with_backpressure(Stream::iter(0..100u64), counted, &config).unwrap();
    assert_eq!(stream.collect::<Vec<_>>().unwrap(), (0..100).collect::<Vec<_>>());
    assert_eq!(*sizes.lock().unwrap(), [10; 10]);
}

#[test]
fn its_memory_is_parted_off_that_of_the_processor_and_comes_back() {
    let mut processor = ready(StreamOptions { memory_limit: Some(100_000), ..StreamOptions::default() });
    let config = StreamMemoryConfig { max_buffer_size: 60_000, ..StreamMemoryConfig::default() };
    let first = processor.process_with_backpressure(Stream::iter(0..50u64), same, &config).unwrap();
    let error = processor.process_with_backpressure(Stream::iter(0..50u64), same, &config).err().unwrap();
    assert_eq!(
        error.to_string(),
        "`max_buffer_size` is 60000, but must be at most what is left of the processor's memory limit"
    );
    assert_eq!(processor.run(first.drain_with(|_| ())).unwrap().memory_limit().0, 60_000);
    let again = processor.process_with_backpressure(Stream::iter(0..50u64), same, &config).unwrap();
    assert_eq!(processor.run(again.drain_with(|_| ())).unwrap().items_out(), 50);
}

#[test]
fn idle_buffers_are_given_back_as_often_as_the_settings_say() {
    let given_back = |interval| {
        let mut processor = ready(StreamOptions::default());
        let config = StreamMemoryConfig { gc_interval: interval, ..StreamMemoryConfig::default() };
        let burst = Stream::iter(0..5000u64).concat(Stream::interval(Duration::from_secs(1)).take(20));
        let stream = processor.process_with_backpressure(burst, same, &config).unwrap();
        let report = processor.run(stream.simulated(3).drain_with(|_| ())).unwrap();
        report.metrics().given_back_bytes
    };
    assert!(given_back(Duration::from_secs(2)) > 0);
    assert_eq!(given_back(Duration::from_secs(3600)), 0);
}

#[test]
fn a_chunk_that_fails_stops_the_pipeline() {
    let mut processor = ready(StreamOptions::default());
    let fails = |chunk: Vec<u64>| if chunk.contains(&70) { Err("no seventy") } else { Ok(chunk) };
    let config =
        StreamMemoryConfig { chunk_size: NonZeroUsize::new(10).unwrap(), ..StreamMemoryConfig::default() };
    let stream = processor.process_with_backpressure(Stream::iter(0..100u64), fails, &config).unwrap();
    let error = stream.collect::<Vec<_>>().unwrap_err();
    assert!(error.to_string().contains("no seventy"), "{error}");
}
