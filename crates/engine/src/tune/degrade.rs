//! When a pipeline is to go on with less, and when with all again.
//!
//! Sources are held from the threshold of memory on; what still keeps the memory above it is work on its
//! way: large chunks in many lanes. If that lasts, halving both is better than standing at the limit. What
//! eased is given back in the same steps.

use std::time::Duration;

/// Decides from the bytes held, again and again, how often chunks and lanes are to be halved.
#[derive(Debug)]
pub(crate) struct Degrade {
    after: Duration,
    depth: u32,
    /// Since when memory has been short, or eased, without a break.
    lasting: Option<(Mood, Duration)>,
}

/// How the memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// At the threshold or above it.
    Short,
    /// Well below it.
    Eased,
}

impl Degrade {
    /// Halves when memory was short for `after`, and again after as long.
    pub(crate) fn after(after: Duration) -> Self {
        Self { after, depth: 0, lasting: None }
    }

    /// Returns how often chunks and lanes are halved.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// Looks at the bytes held; returns why the depth has changed, if it has.
    pub(crate) fn look(&mut self, now: Duration, held: usize, threshold: usize) -> Option<Mood> {
        let mood = if held >= threshold {
            Mood::Short
        } else if held < threshold / EASED_PARTS * (EASED_PARTS - 1) {
            Mood::Eased
        } else {
            self.lasting = None;
            return None;
        };
        let since = match self.lasting {
            Some((before, since)) if before == mood => since,
            _ => now,
        };
        self.lasting = Some((mood, since));
        let needed = match mood {
            Mood::Short => self.after,
            Mood::Eased => self.after.saturating_mul(EASED_TIMES),
        };
        if now.saturating_sub(since) < needed {
            return None;
        }
        self.lasting = Some((mood, now));
        let depth = match mood {
            Mood::Short => (self.depth + 1).min(DEPTH_MAX),
            Mood::Eased => self.depth.saturating_sub(1),
        };
        (std::mem::replace(&mut self.depth, depth) != depth).then_some(mood)
    }
}

/// Memory has eased when less than all but one of so many parts of the threshold are held: what sources
/// are held and let go by alone must not count.
const EASED_PARTS: usize = 4;

/// How many times as long memory must have eased: it eases because less is at work, too, and giving that up
/// at once would make it short again.
pub(crate) const EASED_TIMES: u32 = 4;

/// Most halvings: a sixteenth of the chunks and lanes.
///
/// More would pay more for handing over than smaller chunks can save.
const DEPTH_MAX: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn what_lasts_counts_and_what_passes_does_not() {
        let mut degrade = Degrade::after(MS(10));
        let mut look = |at, held| (degrade.look(MS(at), held, 100), degrade.depth());
        assert_eq!(look(0, 100), (None, 0));
        assert_eq!(look(9, 150), (None, 0));
        assert_eq!(look(9, 99), (None, 0), "a break");
        assert_eq!(look(10, 150), (None, 0));
        assert_eq!(look(20, 150), (Some(Mood::Short), 1));
        assert_eq!(look(29, 150), (None, 1));
        assert_eq!(look(30, 150), (Some(Mood::Short), 2));
        assert_eq!(look(31, 80), (None, 2));
        assert_eq!(look(60, 80), (None, 2), "between both nothing changes, however long");
        assert_eq!(look(61, 74), (None, 2));
        assert_eq!(look(100, 0), (None, 2));
        assert_eq!(look(101, 0), (Some(Mood::Eased), 1));
        assert_eq!(look(141, 0), (Some(Mood::Eased), 0));
        assert_eq!(look(199, 0), (None, 0));
    }

    #[test]
    fn there_is_an_end_to_halving() {
        let mut degrade = Degrade::after(MS(1));
        let turns = (0..100).filter(|&at| degrade.look(MS(at), 1, 1).is_some()).count();
        assert_eq!((turns, degrade.depth()), (4, DEPTH_MAX));
    }
}
