//! Codewords amount to blocks, or it is said why not.
#![no_main]

#[path = "../laws/block.rs"]
mod block;
#[path = "../laws/draw.rs"]
mod draw;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| block::holds(bytes));
