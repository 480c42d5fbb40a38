//! What became of every item: the terms of the conservation law.

use std::ops::AddAssign;

/// Counts of what became of the items of a stage.
///
/// At every end, however it comes,
/// `taken + created = passed + filtered + skipped + dead + failed + absorbed + held`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Items that entered.
    pub taken: u64,
    /// Items that left, to the next stage or into the sink.
    pub passed: u64,
    /// Items a step left out by the user's wish (`filter`, `skip`, `take`).
    pub filtered: u64,
    /// Items that failed and were left out by `OnError::Skip`.
    pub skipped: u64,
    /// Items that failed and went to the dead-letter sink.
    pub dead: u64,
    /// The item whose failure stopped the pipeline: at most one for each lane.
    pub failed: u64,
    /// Items that became part of others (`batch`) or made others (`flat_map`).
    pub absorbed: u64,
    /// Items that steps made of others.
    pub created: u64,
    /// Items a step holds for later; at the end, those it held when the pipeline stopped early.
    pub held: u64,
    /// Failures of items, those that were tried again included.
    pub errors: u64,
    /// How often items were tried again.
    pub retried: u64,
    /// Items for which a retry had no attempt left, by its number of attempts or its deadline, whatever
    /// became of them then.
    pub exhausted: u64,
    /// Items sent to this stage that it never took, since the pipeline had ended.
    pub abandoned: u64,
}

impl Tally {
    /// Returns whether every item that entered or was created is accounted for.
    pub fn is_balanced(&self) -> bool {
        self.taken + self.created == self.accounted_for()
    }

    /// Returns the items that failed and were left out or set aside.
    pub(crate) fn given_up(&self) -> u64 {
        self.skipped + self.dead
    }

    /// Returns the items that entered or were created and are not accounted for.
    pub(crate) fn missing(&self) -> u64 {
        (self.taken + self.created).saturating_sub(self.accounted_for())
    }

    fn accounted_for(&self) -> u64 {
        self.passed + self.filtered + self.skipped + self.dead + self.failed + self.absorbed + self.held
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.taken += other.taken;
        self.passed += other.passed;
        self.filtered += other.filtered;
        self.skipped += other.skipped;
        self.dead += other.dead;
        self.failed += other.failed;
        self.absorbed += other.absorbed;
        self.created += other.created;
        self.held += other.held;
        self.errors += other.errors;
        self.retried += other.retried;
        self.exhausted += other.exhausted;
        self.abandoned += other.abandoned;
    }
}
