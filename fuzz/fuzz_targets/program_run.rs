//! Programs are read, kept and run within their limits.
#![no_main]

#[path = "../laws/counting.rs"]
mod counting;
#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/program_run.rs"]
mod program_run;

// What is made once is made before an input is timed.
libfuzzer_sys::fuzz_target!(init: program_run::holds(&[0, 1, 1]), |bytes: &[u8]| program_run::holds(bytes));
