//! Adds up the columns of a file of numbers, a batch of lines at a time, and goes on where it was if it is cut short:
//! `cargo run --example resume -- IN OUT STATE`. Kill it as often as you like, and start it again.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "an example is a program")]

use std::error::Error;
use std::time::Duration;

use primestream::prelude::*;
use primestream_engine::checkpoint::Directory;
use primestream_engine::files::{ReplayFile, TransactionalFile};

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, state] = names.as_slice() else {
        return Err("name an input, an output and a folder for checkpoints".into());
    };
    let pipeline = Stream::lines(ReplayFile::open(input)?)
        .parallel(2, Order::Input)
        .try_map(|line| line.trim().parse::<f64>())
        .batch(1000)
        .stateful()
        .map(|numbers| numbers.iter().sum::<f64>())
        .write_lines(TransactionalFile::create(output).overwrite())
        .checkpoint(Duration::from_secs(1), Directory::open(state)?)
        .exactly_once();
    print!("{}", pipeline.explain());
    print!("{}", pipeline.run()?);
    Ok(())
}
