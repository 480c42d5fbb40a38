//! What is fuzzed, on every input that was kept and on small changes of each: the laws of pipelines and of resuming.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;

use fastrand::Rng;

#[path = "../../../fuzz/laws/draw.rs"]
mod draw;
#[path = "../../../fuzz/laws/pipeline_model.rs"]
mod pipeline_model;
#[path = "../../../fuzz/laws/resume_model.rs"]
mod resume_model;
#[path = "../../../fuzz/laws/verbs.rs"]
mod verbs;
#[path = "../../../fuzz/laws/world.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod world;

/// How often each input is changed.
const CHANGES: usize = 15;

/// Replays the inputs of a target, as they are and changed.
fn replay(target: &str, holds: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    assert!(files.len() >= 20, "only {} inputs", files.len());
    let mut rng = Rng::with_seed(12);
    for file in &files {
        let bytes = fs::read(file).unwrap();
        holds(&bytes);
        for _ in 0..CHANGES {
            let mut changed = bytes.clone();
            for _ in 0..rng.usize(1..6) {
                let at = rng.usize(..changed.len());
                changed[at] = rng.u8(..);
            }
            holds(&changed);
        }
    }
}

#[test]
fn any_steps_give_in_a_pipeline_what_they_give_of_a_vector() {
    replay("pipeline_model", pipeline_model::holds);
}

#[test]
fn any_steps_cut_short_anywhere_and_gone_on_with_give_what_they_give_undisturbed() {
    replay("resume_model", resume_model::holds);
}
