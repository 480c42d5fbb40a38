//! What is fuzzed, on every input that was kept: the laws of the encoding over foreign bytes, replayed.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/laws/arrangement.rs"]
mod arrangement;
#[path = "../../../fuzz/laws/block.rs"]
mod block;
#[path = "../../../fuzz/laws/codeword.rs"]
mod codeword;
#[path = "../../../fuzz/laws/container_damage.rs"]
mod container_damage;
#[path = "../../../fuzz/laws/container_decode.rs"]
mod container_decode;
#[path = "../../../fuzz/laws/counting.rs"]
mod counting;
#[path = "../../../fuzz/laws/draw.rs"]
mod draw;
#[path = "../../../fuzz/laws/mutation.rs"]
mod mutation;
#[path = "../../../fuzz/laws/program_run.rs"]
mod program_run;
#[path = "../../../fuzz/laws/seal.rs"]
mod seal;
#[path = "../../../fuzz/laws/survey.rs"]
mod survey;
#[path = "../../../fuzz/laws/text_round_trip.rs"]
mod text_round_trip;

/// Asks a law about every input of its corpus, and about beginnings of it.
fn replay(target: &str, holds: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        (0..=4).for_each(|quarters| holds(&bytes[..bytes.len() * quarters / 4]));
        count += 1;
    }
    assert!(count >= 20, "only {count} inputs of {target}");
}

/// Asks a law about bytes that nobody chose.
fn random(holds: fn(&[u8])) {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for round in 0..400_u64 {
        let words = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        let bytes: Vec<u8> = words.take(usize::try_from(round % 60).unwrap()).flatten().collect();
        holds(&bytes);
    }
}

#[test]
fn any_integer_has_one_reading_or_none() {
    replay("codeword", codeword::holds);
    random(codeword::holds);
}

#[test]
fn any_codewords_amount_to_blocks_or_to_damage() {
    replay("block", block::holds);
    random(block::holds);
}

#[test]
fn any_bytes_are_a_container_or_refused() {
    replay("container_decode", container_decode::holds);
    random(container_decode::holds);
}

#[test]
fn kept_damage_is_noticed_and_what_is_whole_is_delivered() {
    replay("container_damage", container_damage::holds);
}

#[test]
fn any_program_is_kept_and_runs_within_its_limits() {
    replay("program_run", program_run::holds);
    random(program_run::holds);
}

#[test]
fn any_text_comes_back_or_is_named() {
    replay("text_round_trip", text_round_trip::holds);
    random(text_round_trip::holds);
}
