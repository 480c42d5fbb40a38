//! Lines that may hold numbers are read or refused.
#![no_main]

#[path = "../laws/number_line.rs"]
mod number_line;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| number_line::holds(bytes));
