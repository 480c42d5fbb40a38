//! Factors the numbers on the standard input, in order, on two lanes: `seq 1 100 | … --example factor_stream`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program")]

use std::error::Error;

use primestream::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let report = Stream::lines(std::io::stdin())
        .try_map(|line| Natural::parse_decimal(line.trim().as_bytes()).map(Number))
        .on_error(OnError::dead_letter(|letter| {
            eprintln!("{letter:?}");
            Ok::<(), std::io::Error>(())
        }))
        .parallel(2, Order::Input)
        .through(Factor::new(Effort::Normal))
        .for_each(|answer| println!("{}: {}", answer.number.0, answer.factorization))?;
    print!("{report}");
    Ok(())
}
