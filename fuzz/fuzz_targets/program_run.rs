//! Programs are read, kept and run within their limits.
#![no_main]

#[path = "../laws/counting.rs"]
mod counting;
#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/program_run.rs"]
mod program_run;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| program_run::holds(bytes));
