//! What is fuzzed, on every input that was kept: the laws of loading checkpoints and of cutting records, replayed.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;

use fastrand::Rng;

#[path = "../../../fuzz/laws/checkpoint_load.rs"]
mod checkpoint_load;
#[path = "../../../fuzz/laws/counting.rs"]
mod counting;
#[path = "../../../fuzz/laws/draw.rs"]
mod draw;
#[path = "../../../fuzz/laws/record_cut.rs"]
mod record_cut;

/// How often each input is changed.
const CHANGES: usize = 20;

/// Reads the inputs of a target, of which there are so many at least.
fn kept(target: &str, count: usize) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    assert!(files.len() >= count, "only {} inputs", files.len());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Changes a few bytes.
fn changed(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..changed.len());
        let (byte, bit) = (rng.u8(..), 1 << rng.u8(..8));
        changed[at] = rng.choice([byte, 0, 1, 255, changed[at] ^ bit]).unwrap();
    }
    changed
}

#[test]
fn any_bytes_are_a_checkpoint_or_refused() {
    let mut rng = Rng::with_seed(35);
    for bytes in kept("checkpoint_load", 35) {
        (0..=4).for_each(|quarters| checkpoint_load::holds(&bytes[..bytes.len() * quarters / 4]));
        (0..CHANGES).for_each(|_| checkpoint_load::holds(&changed(&bytes, &mut rng)));
    }
}

#[test]
fn any_bytes_are_the_same_records_in_whatever_pieces_they_come() {
    let mut rng = Rng::with_seed(12);
    for bytes in kept("record_cut", 15) {
        record_cut::holds(&bytes);
        (0..5 * CHANGES).for_each(|_| record_cut::holds(&changed(&bytes, &mut rng)));
    }
}
