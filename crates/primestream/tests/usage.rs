//! The programs the specification shows, in Rust's spelling.

use std::io::Write;
use std::sync::{Arc, Mutex};

use primestream::prelude::*;
use primestream::processor::{StreamOptions, StreamProcessor};
use primestream_connectors::LargeFile;

#[test]
fn the_example_pipeline_trims_asks_batches_and_saves() {
    let lines =
        (0..1001).map(|n| if n % 10 == 0 && n < 1000 { "  ".to_owned() } else { format!("  line {n} ") });
    let saved = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&saved);
    let report = Stream::iter(lines)
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .map_async(64, Order::Input, |line| async move { line.to_uppercase() })
        .batch(100)
        .parallel(4, Order::Input)
        .try_map(|batch: Vec<String>| if batch.len() == 100 { Ok(batch.len()) } else { Err("not full") })
        .catch(|failed| {
            assert_eq!(failed.error.to_string(), "item 9 failed in try_map: not full");
            None
        })
        .sink(move |count| {
            into.lock().map_err(|error| error.to_string())?.push(count);
            Ok::<(), String>(())
        })
        .run();
    // 901 lines are left: nine full batches, and one that is not.
    assert_eq!(report.unwrap().items_out(), 9);
    assert_eq!(*saved.lock().unwrap(), [100; 9]);
}

#[test]
fn a_processor_reads_a_large_file_in_chunks() {
    struct Text {
        words: u64,
    }
    impl ChunkProcessor for Text {
        type In = String;
        type Out = u64;
        fn process_chunk(&mut self, chunk: &mut Vec<String>, _: &mut impl Emit<u64>) -> Outcome {
            self.words += chunk.drain(..).map(|line| line.split_whitespace().count() as u64).sum::<u64>();
            Ok(())
        }
        fn flush(&mut self, out: &mut impl Emit<u64>) -> Outcome {
            out.emit(self.words)
        }
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&b"three words here\n".repeat(10_000)).unwrap();

    let mut processor = StreamProcessor::new(StreamOptions::default()).unwrap();
    processor.initialize().unwrap();
    let lines = LargeFile::open(file.path()).unwrap().lines(2, Order::Relaxed);
    let words = processor.process_chunked_stream(lines, Text { words: 0 }).unwrap();
    assert_eq!(words.collect::<Vec<_>>().unwrap(), [30_000]);
}

#[test]
fn a_processor_with_little_memory_stays_within_it() {
    let mut processor = StreamProcessor::new(StreamOptions {
        memory_limit: Some(mib(1)),
        backpressure_threshold: 0.8,
        default_chunk_size: std::num::NonZeroUsize::new(100),
        ..StreamOptions::default()
    })
    .unwrap();
    processor.initialize().unwrap();
    let large = Stream::iter(0..20_000u32).map(|n| vec![n; 250]);
    let stream = processor.create_pipeline(large).unwrap().boxed().map(|item| item.len());
    let report = processor.run(stream.drain_with(|_| ())).unwrap();
    assert_eq!((report.items_out(), report.memory_limit().0), (20_000, mib(1)));
    assert!(report.reserved_bytes_peak() <= mib(1) + 3 * 110_000, "{}", report.reserved_bytes_peak());
}
