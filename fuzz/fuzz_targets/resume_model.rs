//! Any steps, cut short anywhere and gone on with, give what they give undisturbed.
#![no_main]

#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/resume_model.rs"]
mod resume_model;
#[path = "../laws/verbs.rs"]
mod verbs;
#[path = "../laws/world.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod world;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| resume_model::holds(bytes));
