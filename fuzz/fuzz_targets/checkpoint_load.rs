//! Any bytes are loaded as a checkpoint or refused, in bounded memory.
#![no_main]

#[path = "../laws/checkpoint_load.rs"]
mod checkpoint_load;
#[path = "../laws/counting.rs"]
mod counting;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checkpoint_load::holds(bytes));
