//! Any bytes are read as a container or refused, in bounded memory.
#![no_main]

#[path = "../laws/container_decode.rs"]
mod container_decode;
#[path = "../laws/counting.rs"]
mod counting;
#[path = "../laws/seal.rs"]
mod seal;
#[path = "../laws/survey.rs"]
mod survey;

// What is made once is made before an input is timed.
libfuzzer_sys::fuzz_target!(init: container_decode::holds(&[0]), |bytes: &[u8]| container_decode::holds(bytes));
