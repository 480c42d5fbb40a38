//! Damaged containers are noticed, and what is left of them is delivered.
#![no_main]

#[path = "../laws/arrangement.rs"]
mod arrangement;
#[path = "../laws/container_damage.rs"]
mod container_damage;
#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/mutation.rs"]
mod mutation;
#[path = "../laws/survey.rs"]
mod survey;

// What is made once is made before an input is timed.
libfuzzer_sys::fuzz_target!(init: container_damage::holds(&[]), |bytes: &[u8]| container_damage::holds(bytes));
