//! Any steps give in a pipeline what they give of a vector.
#![no_main]

#[path = "../laws/draw.rs"]
mod draw;
#[path = "../laws/pipeline_model.rs"]
mod pipeline_model;
#[path = "../laws/verbs.rs"]
mod verbs;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pipeline_model::holds(bytes));
