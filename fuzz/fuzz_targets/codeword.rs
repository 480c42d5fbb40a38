//! Any integer is read strictly or refused.
#![no_main]

#[path = "../laws/codeword.rs"]
mod codeword;
#[path = "../laws/counting.rs"]
mod counting;
#[path = "../laws/draw.rs"]
mod draw;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| codeword::holds(bytes));
