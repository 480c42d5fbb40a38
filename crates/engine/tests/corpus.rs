//! What is fuzzed, on every input that was kept: the law of loading checkpoints, replayed.

use std::fs;
use std::path::Path;

use fastrand::Rng;

#[path = "../../../fuzz/laws/checkpoint_load.rs"]
mod checkpoint_load;
#[path = "../../../fuzz/laws/counting.rs"]
mod counting;

/// How often each input is changed.
const CHANGES: usize = 20;

#[test]
fn any_bytes_are_a_checkpoint_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/checkpoint_load");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    assert!(files.len() >= 35, "only {} inputs", files.len());
    let mut rng = Rng::with_seed(35);
    for file in &files {
        let bytes = fs::read(file).unwrap();
        (0..=4).for_each(|quarters| checkpoint_load::holds(&bytes[..bytes.len() * quarters / 4]));
        for _ in 0..CHANGES {
            let mut changed = bytes.clone();
            for _ in 0..rng.usize(1..4) {
                let at = rng.usize(..changed.len());
                let (byte, bit) = (rng.u8(..), 1 << rng.u8(..8));
                changed[at] = rng.choice([byte, 0, 1, 255, changed[at] ^ bit]).unwrap();
            }
            checkpoint_load::holds(&changed);
        }
    }
}
