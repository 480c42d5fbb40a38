//! What a disk may show after the power was cut.
//!
//! Of a file: every sector of 512 bytes as it was when it was last synced or behind any change since, whatever the others
//! are; any length that the file had since, filled with zeros or with what was on the disk before where nothing was
//! written. Of a folder: the changes of its entries up to some point, or any of them, each whole; so a name may be lost
//! while the content is there, and there without its content.

use super::{Change, FileNode, Folder, Node};
use crate::chance::Chance;

impl Node {
    /// Leaves what the power cut leaves.
    pub(super) fn cut_power(&mut self, chance: &mut Chance) {
        match self {
            Node::File(file) => file.cut_power(chance),
            Node::Folder(folder) => folder.cut_power(chance),
        }
    }
}

/// How much of what was not synced is there all the same.
enum Fate {
    All,
    None,
    Some,
}

impl Fate {
    fn drawn(chance: &mut Chance) -> Self {
        match chance.below(4) {
            0 => Self::All,
            1 => Self::None,
            _ => Self::Some,
        }
    }

    /// Draws how many of the first `count`.
    fn of(&self, count: usize, chance: &mut Chance) -> usize {
        match self {
            Self::All => count,
            Self::None => 0,
            Self::Some => usize::try_from(chance.below(count as u64 + 1)).expect("no more than there are"),
        }
    }
}

impl FileNode {
    fn cut_power(&mut self, chance: &mut Chance) {
        if !self.changes.is_empty() {
            self.durable = self.image(chance);
            self.changes.clear();
        }
        self.content.clone_from(&self.durable);
    }

    fn image(&self, chance: &mut Chance) -> Vec<u8> {
        let mut lens = vec![self.durable.len()];
        for change in &self.changes {
            let len = lens[lens.len() - 1];
            lens.push(match change {
                Change::Write { offset, bytes } => len.max(offset + bytes.len()),
                Change::Len(len) => *len,
            });
        }
        let len = lens[Fate::drawn(chance).of(self.changes.len(), chance)];
        let fate = Fate::drawn(chance);
        let filling = if chance.below(8) == 0 { STALE } else { 0 };
        let mut image = vec![filling; len];
        for start in (0..len).step_by(SECTOR_BYTES) {
            let end = len.min(start + SECTOR_BYTES);
            let sector = &mut image[start..end];
            let old = self.durable.get(start..end.min(self.durable.len())).unwrap_or(&[]);
            sector[..old.len()].copy_from_slice(old);
            let touching: Vec<&Change> =
                self.changes.iter().filter(|change| change.touches(start, end)).collect();
            let kept = fate.of(touching.len(), chance);
            touching[..kept].iter().for_each(|change| change.apply_to(sector, start));
        }
        image
    }
}

impl Change {
    fn touches(&self, start: usize, end: usize) -> bool {
        match self {
            Self::Write { offset, bytes } => *offset < end && start < offset + bytes.len(),
            Self::Len(len) => *len < end,
        }
    }

    /// Applies what concerns the bytes from `start` on.
    fn apply_to(&self, sector: &mut [u8], start: usize) {
        match self {
            Self::Write { offset, bytes } => {
                let from = start.max(*offset);
                let to = (start + sector.len()).min(offset + bytes.len());
                sector[from - start..to - start].copy_from_slice(&bytes[from - offset..to - offset]);
            }
            Self::Len(len) => sector[len.saturating_sub(start)..].fill(0),
        }
    }
}

impl Folder {
    fn cut_power(&mut self, chance: &mut Chance) {
        let is_journaled = chance.below(2) == 0;
        let fate = Fate::drawn(chance);
        let kept = fate.of(self.turns.len(), chance);
        for (turn, at) in self.turns.drain(..).zip(0..) {
            let is_kept = match fate {
                Fate::Some if !is_journaled => chance.below(2) == 0,
                _ => at < kept,
            };
            if is_kept {
                turn.apply(&mut self.durable);
            }
        }
        self.content.clone_from(&self.durable);
    }
}

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;
/// What was on the disk before, where it was never written in this file.
const STALE: u8 = 0xDB;
