//! Hashes the pieces of a file on all cores and prints the hashes in the order of the pieces.
//!
//! `cargo run --release --example parallel_hash -- FILE`

#![expect(clippy::print_stdout, reason = "a program prints its answer")]

use std::error::Error;

use primestream::prelude::*;
use primestream_connectors::LargeFile;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "Cargo.lock".to_owned());
    let cores = all_cores();
    let hashes = LargeFile::open(path)?
        .range_bytes(1 << 16)
        .pieces(1, Order::Input)
        .parallel(cores, Order::Input)
        .map(|piece| blake3::hash(&piece).to_string());
    for (number, hash) in hashes.into_iter().enumerate() {
        println!("{number:6} {}", hash?);
    }
    Ok(())
}
