//! A processor for throughput: it tunes, stays within its memory, and tells.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use primestream::prelude::*;
use primestream::processor::{HighThroughputProcessor, OptimizationConfig};

#[test]
fn it_tunes_within_its_memory_and_tells_while_it_runs() {
    let mut fast = HighThroughputProcessor::new(OptimizationConfig {
        memory_limit: Some(mib(1)),
        max_concurrency: NonZeroUsize::new(2),
        tuning_interval: Duration::from_millis(1),
        metrics_interval: Duration::from_millis(1),
        ..OptimizationConfig::default()
    })
    .unwrap();
    let told = Arc::new(AtomicU64::new(0));
    let into = Arc::clone(&told);
    fast.on_metrics(move |metrics| {
        into.fetch_max(metrics.items_in(), Ordering::Relaxed);
    });
    assert_eq!(fast.lanes(), 2);

    // Chunks of one are too small for any aim; the tuner cannot leave them so.
    let endless =
        Stream::iter(0u64..).chunked(Fixed(1)).parallel(fast.lanes(), Order::Relaxed).map(|n| n * 3);
    let running = fast.start(endless.drain_with(|_| ()));
    let flow = running.flow();
    while told.load(Ordering::Relaxed) == 0 || flow.metrics().stages[1].chunk_items == 1 {
        std::thread::yield_now();
    }
    flow.cancel();
    let error = running.join().unwrap_err();
    let report = error.report();
    assert!(!report.adjustments().is_empty());
    assert_eq!((report.memory_limit().0, report.threads()), (mib(1), 2));
    assert!(report.reserved_bytes_peak() <= mib(1) + 4 * (mib(1) / 16 + 100));
}

#[test]
fn a_stream_is_processed_to_its_end() {
    let fast = HighThroughputProcessor::new(OptimizationConfig::default()).unwrap();
    let report = fast.process_stream(Stream::iter(0..1000u64).filter(|n| n % 4 == 0)).unwrap();
    assert_eq!((report.items_in(), report.items_out()), (1000, 250));
    let failing = Stream::iter(0..10u64).try_map(|n| if n == 5 { Err("five") } else { Ok(n) });
    assert!(fast.process_stream(failing).is_err());
}

#[test]
fn its_settings_are_checked_and_come_from_files() {
    let refused = |config: OptimizationConfig| HighThroughputProcessor::new(config).err().unwrap().option;
    let base = OptimizationConfig::default();
    assert_eq!(refused(OptimizationConfig { memory_limit: Some(0), ..base.clone() }), "memory_limit");
    let none = Duration::ZERO;
    assert_eq!(refused(OptimizationConfig { tuning_interval: none, ..base.clone() }), "tuning_interval");
    assert_eq!(refused(OptimizationConfig { metrics_interval: none, ..base }), "metrics_interval");
    let config: OptimizationConfig = serde_json::from_str(r#"{"tuning_interval": 20}"#).unwrap();
    assert_eq!(config.tuning_interval, Duration::from_millis(20));
    assert!(serde_json::from_str::<OptimizationConfig>(r#"{"tuningInterval": 20}"#).is_err());
}

#[test]
fn a_profile_is_taken_where_the_settings_ask_for_one() {
    let steps = |profiling_enabled| {
        let config = OptimizationConfig { profiling_enabled, ..OptimizationConfig::default() };
        let fast = HighThroughputProcessor::new(config).unwrap();
        let report = fast.process_stream(Stream::iter(0..100_000u64).map(|n| n.reverse_bits())).unwrap();
        let json: serde_json::Value = serde_json::from_str(&report.profile_json()).unwrap();
        let told = json[0]["steps"].as_array().unwrap().iter().map(|step| step["name"].clone());
        let named: Vec<_> = report.stages()[0].steps.iter().map(|step| step.name.clone()).collect();
        assert!(told.eq(named), "{json}");
        report.stages()[0].steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(steps(true), ["iter", "map", "for_each", "(passing on)"]);
    assert_eq!(steps(false), [] as [String; 0]);
}
