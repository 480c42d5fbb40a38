//! Texts come back, and what is no text is named.
#![no_main]

#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/text_round_trip.rs"]
mod text_round_trip;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| text_round_trip::holds(bytes));
