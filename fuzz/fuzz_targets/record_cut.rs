//! Records are the same in whatever pieces their bytes come.
#![no_main]

#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/record_cut.rs"]
mod record_cut;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| record_cut::holds(bytes));
