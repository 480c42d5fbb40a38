//! Texts come back, and what is no text is named.
#![no_main]

#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/text_round_trip.rs"]
mod text_round_trip;

// What is made once is made before an input is timed.
libfuzzer_sys::fuzz_target!(init: text_round_trip::holds(b"\0\0\0first"), |bytes: &[u8]| text_round_trip::holds(bytes));
