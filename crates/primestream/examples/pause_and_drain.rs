//! A hand on a running pipeline: it is paused, goes on, and is then drained, so that all that was given
//! arrives.
//!
//! `cargo run --example pause_and_drain`

#![expect(clippy::print_stdout, reason = "a program prints its answer")]
#![expect(clippy::disallowed_methods, reason = "somebody watching takes time")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use primestream::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let saved = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&saved);
    let running = Stream::interval(Duration::from_micros(50))
        .map(|tick| vec![tick; 100])
        .memory_limit(1 << 20)
        .batch_within(100, Duration::from_millis(5))
        .drain_with(move |batch| {
            counter.fetch_add(batch.len() as u64, Ordering::Relaxed);
        })
        .start();

    let flow = running.flow();
    flow.on_pressure(|level| println!("memory: {level:?}"));
    std::thread::sleep(Duration::from_millis(200));
    flow.pause();
    std::thread::sleep(Duration::from_millis(50));
    println!("paused: {} saved, memory {:.1} % full", saved.load(Ordering::Relaxed), 100.0 * flow.level());
    flow.resume();
    std::thread::sleep(Duration::from_millis(200));
    flow.drain(Duration::from_secs(5))?;

    let report = running.join()?;
    assert_eq!(report.items_in(), saved.load(Ordering::Relaxed));
    println!("drained: all {} items were saved", report.items_in());
    Ok(())
}
