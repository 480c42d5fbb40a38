//! Counts the words of a file of any size on all cores, in 64 MiB besides the counts.
//!
//! `cargo run --release --example word_count -- FILE`

#![expect(clippy::print_stdout, reason = "a program prints its answer")]

use std::collections::HashMap;
use std::error::Error;

use primestream::prelude::*;
use primestream_connectors::LargeFile;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "README.md".to_owned());
    let cores = all_cores();
    let counts: HashMap<String, u64> = LargeFile::open(path)?
        .lines(cores, Order::Relaxed)
        .parallel(cores, Order::Relaxed)
        .flat_map(words)
        .key_by(String::clone)
        .count()
        .collect()?;

    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for (word, count) in counts.iter().take(10) {
        println!("{count:8} {word}");
    }
    Ok(())
}

fn words(line: String) -> Vec<String> {
    line.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
