//! Hashes the pieces of a file on all cores and prints the hashes in the order of the pieces.
//!
//! `cargo run --release --example parallel_hash -- FILE`

use std::error::Error;

use primestream::large_file::LargeFile;
use primestream::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "Cargo.lock".to_owned());
    let cores = std::thread::available_parallelism()?.get();
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
