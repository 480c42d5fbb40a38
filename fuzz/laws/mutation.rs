//! What happens to files: bits and sectors changed, bytes lost, frames moved, repeated, dropped and exchanged.

use crate::arrangement::{Arrangement, Part};
use crate::draw::Draw;

/// Damages a file once or several times, in ways the draw chooses.
pub(crate) fn mutated(draw: &mut Draw<'_>, file: &Arrangement, other: &Arrangement) -> Vec<u8> {
    let mut bytes = match draw.below(3) {
        0 => rearranged(draw, file, other),
        _ => file.bytes.clone(),
    };
    for _ in 0..draw.below(4) {
        if !bytes.is_empty() {
            change(draw, &mut bytes);
        }
    }
    bytes
}

/// Moves, repeats, drops or exchanges a header or a frame.
fn rearranged(draw: &mut Draw<'_>, file: &Arrangement, other: &Arrangement) -> Vec<u8> {
    let piece = |file: &'_ Arrangement, part: &Part| file.bytes[part.start..part.end].to_vec();
    let mut pieces: Vec<Vec<u8>> = file.parts.iter().map(|part| piece(file, part)).collect();
    let (from, to) = (draw.below(pieces.len()), draw.below(pieces.len()));
    match draw.below(5) {
        0 => {
            let moved = pieces.remove(from);
            pieces.insert(to, moved);
        }
        1 => pieces.insert(to, pieces[from].clone()),
        2 => drop(pieces.remove(from)),
        3 => pieces.swap(from, to),
        // The first part is a header: a container of its own would begin.
        _ => pieces[to] = piece(other, &other.parts[1 + draw.below(other.parts.len() - 1)]),
    }
    pieces.concat()
}

/// Changes bytes, or takes some away.
fn change(draw: &mut Draw<'_>, bytes: &mut Vec<u8>) {
    let len = bytes.len();
    let (at, to) = (draw.below(len), draw.below(len));
    let sector =
        |at: usize| at / SECTOR_BYTES * SECTOR_BYTES..len.min((at / SECTOR_BYTES + 1) * SECTOR_BYTES);
    match draw.below(9) {
        0 => {
            // A burst of at most 32 bits, from any bit on.
            let pattern = draw.bytes(4).iter().fold(1_u64, |burst, &byte| burst << 8 | u64::from(byte));
            let burst = (pattern & 0xFFFF_FFFF | 1) << draw.below(8);
            bytes[at..].iter_mut().zip(burst.to_le_bytes()).for_each(|(byte, change)| *byte ^= change);
        }
        1 => [at, to].into_iter().for_each(|at| bytes[at] ^= 1 << draw.below(8)),
        2 => bytes[sector(at)].fill(0),
        3 => {
            let (first, second) = (bytes[sector(at)].to_vec(), bytes[sector(to)].to_vec());
            bytes[sector(at)].iter_mut().zip(second).for_each(|(byte, new)| *byte = new);
            bytes[sector(to)].iter_mut().zip(first).for_each(|(byte, new)| *byte = new);
        }
        4 => {
            let copy = bytes[sector(at)].to_vec();
            bytes[sector(to)].iter_mut().zip(copy).for_each(|(byte, new)| *byte = new);
        }
        5 => {
            let copy = bytes[sector(at)].to_vec();
            bytes.splice(to..to, copy);
        }
        6 => drop(bytes.drain(at..len.min(at + 1 + draw.below(600)))),
        7 => bytes.truncate(at),
        _ => {
            let new = draw.bytes(1 + to % 40).to_vec();
            bytes.splice(at..at, new);
        }
    }
}

/// What a disk loses, or puts in another place, at a time.
const SECTOR_BYTES: usize = 512;
