//! Any integer is read strictly or refused.
#![no_main]

#[path = "../laws/codeword.rs"]
mod codeword;
#[path = "../laws/counting.rs"]
mod counting;
#[path = "../laws/draw.rs"]
mod draw;

// What is made once is made before an input is timed.
libfuzzer_sys::fuzz_target!(init: codeword::holds(&[]), |bytes: &[u8]| codeword::holds(bytes));
