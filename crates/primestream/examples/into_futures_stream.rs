//! From asynchronous code through lanes of threads and back.
//!
//! `cargo run --release --example into_futures_stream`

#![expect(clippy::print_stdout, reason = "a program prints its answer")]

use std::error::Error;

use futures_util::{StreamExt, stream};
use primestream::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let messages = stream::iter(0..1000u32).map(|n| format!("message {n}").into_bytes());

    let mut hashes = Stream::from_stream(messages)
        .parallel(2, Order::Input)
        .map(|bytes| blake3::hash(&bytes).to_string())
        .into_stream();

    let mut count = 0;
    while let Some(hash) = hashes.next().await {
        let hash = hash?;
        if count < 3 {
            println!("{hash}");
        }
        count += 1;
    }
    println!("… {count} in all");
    Ok(())
}
