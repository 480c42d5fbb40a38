//! The threshold of memory, below its limit: from there on sources are held, and whoever asked is told; and
//! again when there is room.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::budget::Budget;

/// Whether the memory is nearly full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The bytes held have come back below the threshold.
    Relieved,
    /// The bytes held have risen to the threshold.
    Pressed,
}

type Tell = Box<dyn FnMut(Level) + Send>;

/// Watches the bytes held cross a threshold, up and down.
pub(crate) struct Pressure {
    share: f64,
    is_pressed: AtomicBool,
    events: AtomicU64,
    listeners: Mutex<Vec<Tell>>,
}

impl Pressure {
    /// Watches for `share` of a budget.
    pub(crate) fn new(share: Option<f64>) -> Self {
        Self {
            share: share.unwrap_or(THRESHOLD_SHARE),
            is_pressed: AtomicBool::new(false),
            events: AtomicU64::new(0),
            listeners: Mutex::new(Vec::new()),
        }
    }

    /// Returns the bytes at which there is pressure: the share of what is not parted off, above what is. A
    /// part must not press the others, who can do nothing about it.
    pub(crate) fn threshold_bytes(&self, budget: &Budget) -> usize {
        let parted = budget.parted();
        #[expect(clippy::cast_possible_truncation, reason = "a share of a size is a size")]
        #[expect(clippy::cast_sign_loss, reason = "a share is not negative")]
        let share = (budget.limit().saturating_sub(parted) as f64 * self.share) as usize;
        parted + share
    }

    /// Returns whether the bytes held are at the threshold now.
    pub(crate) fn is_reached(&self, budget: &Budget) -> bool {
        budget.reserved() >= self.threshold_bytes(budget)
    }

    /// Returns how often the threshold was reached.
    pub(crate) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Tells one more listener of every crossing.
    pub(crate) fn listen(&self, tell: Tell) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(tell);
    }

    /// Looks at the bytes held, and tells if they have crossed the threshold; returns whereto.
    pub(crate) fn look(&self, budget: &Budget) -> Option<Level> {
        let is_pressed = self.is_reached(budget);
        if is_pressed == self.is_pressed.load(Ordering::Relaxed)
            || self.is_pressed.swap(is_pressed, Ordering::AcqRel) == is_pressed
        {
            return None;
        }
        self.events.fetch_add(u64::from(is_pressed), Ordering::Relaxed);
        let level = if is_pressed { Level::Pressed } else { Level::Relieved };
        for tell in self.listeners.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            tell(level);
        }
        Some(level)
    }
}

/// Share of the budget at which sources are held, unless another is set.
///
/// Higher leaves the steps less room for what grows on its way; lower leaves more of the limit unused.
const THRESHOLD_SHARE: f64 = 0.8;
