//! Finds the chunk size and the number of lanes for some work by trying them.
//!
//! `cargo run --release --example tuned`

#![expect(clippy::print_stdout, reason = "a program prints its answer")]

use std::error::Error;
use std::num::NonZeroUsize;

use primestream::prelude::*;
use primestream::processor::{StreamOptions, StreamProcessor};

fn main() -> Result<(), Box<dyn Error>> {
    let poor = StreamOptions { default_chunk_size: NonZeroUsize::new(1), ..StreamOptions::default() };
    let mut processor = StreamProcessor::new(poor)?;
    processor.initialize()?;

    let found = processor.optimize_performance(|processor| {
        let numbers = processor.create_pipeline(Stream::iter(0..200_000u64))?;
        Ok(numbers.parallel(processor.lanes(), Order::Relaxed).map(collatz).drain_with(|_| ()))
    })?;

    for trial in &found.trials {
        let chunk = trial.options.default_chunk_size.map_or(0, NonZeroUsize::get);
        let lanes = trial.options.max_concurrency.map_or(0, NonZeroUsize::get);
        println!(
            "{:12.0} items/s with chunks of {chunk:5} on {lanes} lanes (0: not set)",
            trial.items_per_second
        );
    }
    println!("{:.1} times as fast", found.gain());
    Ok(())
}

/// Steps until the Collatz sequence of a number reaches 1.
fn collatz(number: u64) -> u32 {
    let mut number = number.max(1);
    let mut steps = 0;
    while number != 1 {
        number = if number.is_multiple_of(2) { number / 2 } else { 3 * number + 1 };
        steps += 1;
    }
    steps
}
