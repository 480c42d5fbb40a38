//! The transform is exact, and foreign blocks are refused.
#![no_main]

#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/transform.rs"]
mod transform;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| transform::holds(bytes));
