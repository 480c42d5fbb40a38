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

/// Asks a law about every input of its corpus, about beginnings of it, and about what becomes of it when bytes change.
fn replay(target: &str, holds: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut chance = Chance(0x2545_F491_4F6C_DD1D);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    // So that the same changes meet the same inputs.
    files.sort_unstable();
    assert!(files.len() >= 20, "only {} inputs of {target}", files.len());
    for file in &files {
        let bytes = fs::read(file).unwrap();
        (0..=4).for_each(|quarters| holds(&bytes[..bytes.len() * quarters / 4]));
        for _ in 0..CHANGES {
            holds(&chance.changed(&bytes));
        }
    }
}

/// Choices from a seed. Source: [Marsaglia2003].
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 20).unwrap() % end
    }

    /// Changes, puts in or takes away a few bytes.
    fn changed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..1 + self.below(4) {
            let (at, to) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            let byte = u8::try_from([self.below(256), 1 << self.below(8), 255][self.below(3)]).unwrap();
            match (self.below(5), bytes.get_mut(at)) {
                (0, _) => bytes.insert(at, byte),
                (1, Some(_)) => drop(bytes.drain(at.min(to)..at.max(to))),
                (2, Some(own)) => *own = own.wrapping_add(1),
                (3, Some(own)) => *own ^= byte,
                (_, Some(own)) => *own = byte,
                (_, None) => bytes.push(byte),
            }
        }
        bytes
    }
}

/// How often each input is changed.
const CHANGES: usize = 10;

#[test]
fn any_integer_has_one_reading_or_none() {
    replay("codeword", codeword::holds);
}

#[test]
fn any_codewords_amount_to_blocks_or_to_damage() {
    replay("block", block::holds);
}

#[test]
fn any_bytes_are_a_container_or_refused() {
    replay("container_decode", container_decode::holds);
}

#[test]
fn kept_damage_is_noticed_and_what_is_whole_is_delivered() {
    replay("container_damage", container_damage::holds);
}

#[test]
fn any_program_is_kept_and_runs_within_its_limits() {
    replay("program_run", program_run::holds);
}

#[test]
fn any_text_comes_back_or_is_named() {
    replay("text_round_trip", text_round_trip::holds);
}
