//! What is fuzzed, on every input that was kept: the laws over foreign bytes, replayed.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/laws/draw.rs"]
mod draw;
#[path = "../../../fuzz/laws/factor_product.rs"]
mod factor_product;
#[path = "../../../fuzz/laws/number_line.rs"]
mod number_line;
#[path = "../../../fuzz/laws/transform.rs"]
mod transform;

/// Asks a law about every input of its corpus, and about beginnings of it.
fn replay(target: &str, holds: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        holds(&bytes);
        holds(&bytes[..bytes.len() / 2]);
        count += 1;
    }
    assert!(count >= 20, "only {count} inputs of {target}");
}

#[test]
fn factors_multiply_to_every_kept_number() {
    replay("factor_product", factor_product::holds);
}

#[test]
fn every_kept_line_is_read_or_refused() {
    replay("number_line", number_line::holds);
}

#[test]
fn every_kept_block_is_transformed_and_comes_back() {
    replay("transform", transform::holds);
}
