//! The law of damage over as many files and damages as one asks for, each from its seed.
//!
//! `PRIMESTREAM_DAMAGES` says how many and `PRIMESTREAM_SEED` where to begin, so that a long run is done in pieces, as
//! `cargo xtask long damage` does. The law itself is that of the fuzz target `container_damage`.
#![expect(clippy::print_stdout, reason = "a long run says how many passed")]
#![expect(clippy::disallowed_methods, reason = "whoever starts a long run says how long it is")]

use std::collections::BTreeSet;

use primestream_codec::container::{
    Compression, ContainerId, DamageKind, HEADER_BYTES, Positions, Settings, encode_symbols,
};
use primestream_codec::{BlockLen, Limits, Symbols, Units};

#[path = "../../../fuzz/laws/arrangement.rs"]
mod arrangement;
#[path = "../../../fuzz/laws/container_damage.rs"]
mod container_damage;
#[path = "../../../fuzz/laws/draw.rs"]
mod draw;
#[path = "../../../fuzz/laws/mutation.rs"]
mod mutation;
#[path = "../../../fuzz/laws/survey.rs"]
mod survey;

/// Damages tried unless more are asked for.
const DAMAGES: u64 = 100_000;

/// Bytes that choose a file and what happens to it.
fn chosen_by(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let words = std::iter::repeat_with(|| {
        // Source: [SteeleLeaFlood2014].
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    });
    words.take(16).flatten().collect()
}

/// Tries every seed that is asked for, and tells how many passed.
fn all(what: &str, count: u64, holds: impl Fn(u64) + std::panic::RefUnwindSafe) {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let first = number("PRIMESTREAM_SEED").unwrap_or(1);
    let count = number("PRIMESTREAM_DAMAGES").map_or(count, |damages| damages.min(damages * count / DAMAGES));
    let passes = |seed: &u64| std::panic::catch_unwind(|| holds(*seed)).is_ok();
    let failed: Vec<u64> = (first..first + count).filter(|seed| !passes(seed)).collect();
    let of_failed = failed.len() as u64;
    println!("{what}, seeds from {first}: {} passed, {of_failed} failed", count - of_failed);
    assert!(failed.is_empty(), "seeds {:?}", &failed[..failed.len().min(20)]);
}

#[test]
fn every_damage_is_noticed_and_what_is_whole_is_delivered() {
    all("damage", DAMAGES, |seed| container_damage::holds(&chosen_by(seed)));
}

/// A container of many frames, and where they lie.
struct Sample {
    bytes: Vec<u8>,
    frames: Vec<std::ops::Range<usize>>,
}

fn sample(settings: Settings, symbols: &Symbols) -> Sample {
    let bytes = encode_symbols(symbols.as_ref(), &settings, ContainerId([9; 16])).expect("small");
    let (mut frames, mut start) = (Vec::new(), HEADER_BYTES);
    for _ in 0..symbols.len().div_ceil(settings.frame_symbols()) {
        let payload = bytes[start + 16..start + 20].try_into().expect("four bytes");
        let end = start + 36 + u32::from_le_bytes(payload) as usize;
        frames.push(start..end);
        start = end;
    }
    Sample { bytes, frames }
}

fn samples() -> Vec<Sample> {
    let base = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(2).expect("two blocks");
    let dense = Settings::dense().with_frame_blocks(1).expect("one block");
    let bytes = |count: usize| Symbols::Bytes((0_u8..=250).cycle().take(count).collect());
    [
        (base, bytes(400)),
        (base.with_compression(Compression::Zstd), bytes(390)),
        (base.with_positions(Positions::Global), bytes(330)),
        (base.with_units(Units::Utf16), Symbols::Utf16((0..300).map(|unit| unit * 211).collect())),
        (dense, bytes(256 * 22)),
        (dense.with_compression(Compression::Zstd), bytes(256 * 23 + 1)),
    ]
    .map(|(settings, symbols)| sample(settings, &symbols))
    .into()
}

#[test]
fn of_n_frames_k_are_damaged_and_all_others_delivered() {
    let samples = samples();
    all("frames", 1000, |seed| {
        let choices = chosen_by(seed);
        let mut draw = draw::Draw::new(&choices);
        let sample = &samples[draw.below(samples.len())];
        let (mut bytes, count) = (sample.bytes.clone(), sample.frames.len());
        let k = 1 + usize::try_from(seed % 10).expect("below ten");
        let mut damaged = BTreeSet::new();
        while damaged.len() < k {
            // Where a frame was chosen before, the next that was not.
            let mut frame = draw.below(count);
            while !damaged.insert(frame) {
                frame = (frame + 1) % count;
            }
            let place = sample.frames[frame].clone();
            bytes[place.start + draw.below(place.len())] ^= 1 << draw.below(8);
        }
        let found = survey::survey(bytes.as_slice(), Limits::default()).expect("a good header");
        let delivered = found.delivered.iter().map(|&(_, _, number, _)| number);
        let good = (0..count).filter(|frame| !damaged.contains(frame)).map(|frame| frame as u64);
        assert!(delivered.eq(good), "{damaged:?}: {:?}", found.damages);
        let named = found.damages.iter().flat_map(|damage| {
            let count = if let DamageKind::Lost { count } = damage.kind { count } else { 1 };
            damage.frame.into_iter().flat_map(move |first| first..first + count)
        });
        let mut named: Vec<u64> = named.collect();
        named.sort_unstable();
        assert!(named.into_iter().eq(damaged.iter().map(|&frame| frame as u64)), "{:?}", found.damages);
        assert!(!found.is_complete);
    });
}
