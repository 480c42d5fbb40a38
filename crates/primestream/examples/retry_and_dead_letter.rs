//! A service that fails now and then: most items get through at the second or third attempt, what never
//! will is set aside with the reason.
//!
//! `cargo run --example retry_and_dead_letter`

#![expect(clippy::print_stdout, reason = "a program prints its answer")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use primestream::prelude::*;

fn main() -> Result<(), PipelineError> {
    let dead = Arc::new(Mutex::new(Vec::new()));
    let letters = Arc::clone(&dead);
    let calls = AtomicU32::new(0);

    let report = Stream::iter(0..1000u32)
        .parallel(2, Order::Input)
        .try_map(move |number| lookup(number, calls.fetch_add(1, Ordering::Relaxed)))
        .retry(Retry::exponential(5, Duration::from_millis(1)))
        .breaker(CircuitBreaker::at_rate(90, 100, Duration::from_millis(20)))
        .on_error(OnError::dead_letter(move |letter| {
            let line = format!("{}: {} after {} attempts", letter.item, letter.error, letter.attempts);
            letters.lock().map_err(|error| error.to_string())?.push(line);
            Ok::<(), String>(())
        }))
        .tolerate(Tolerance::share(0.5, 100))
        .drain_with(|_answer| ())
        .run()?;

    println!("{report}");
    for line in dead.lock().iter().flat_map(|lines| lines.iter().take(3)) {
        println!("dead: {line}");
    }
    assert_eq!(report.items_in(), report.items_out() + report.dead() + report.skipped());
    Ok(())
}

/// Answers two calls of three, and never for a multiple of 100.
fn lookup(number: u32, call: u32) -> Result<u32, &'static str> {
    match (number % 100, call % 3) {
        (0, _) => Err("no such number"),
        (_, 0) => Err("busy, come again"),
        _ => Ok(number * 2),
    }
}
