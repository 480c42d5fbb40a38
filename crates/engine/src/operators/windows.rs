//! The last items at every step, as `slice::windows` has them.
//!
//! The right step for moving means and for looking at neighbours. Each item is copied once for each
//! window it is in; where windows would not overlap, `batch` copies nothing.

use std::collections::VecDeque;

use crate::checkpoint::{Keep, Memory, Restorer, Saver, memory_of};
use crate::error::{CheckpointError, Outcome};
use crate::operator::{Emit, Operator};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// Emits every `step`th run of `count` consecutive items, whole ones alone. Preserves order. Holds
/// `count` items, which count towards the budget. On the end emits nothing.
pub struct Windows<T> {
    /// How what it remembers is written, if it is to be kept.
    pub(crate) keep: Option<Keep<VecDeque<T>>>,
    count: usize,
    step: usize,
    window: VecDeque<T>,
    window_bytes: usize,
    /// Items that lie between two windows.
    to_leave_out: usize,
    absorbed: u64,
    filtered: u64,
    created: u64,
}

impl<T> Windows<T> {
    pub(crate) fn new(count: usize, step: usize) -> Self {
        assert!(count > 0, "a window shows at least one item");
        assert!(step > 0, "a step leads to another window");
        Self {
            keep: None,
            count,
            step,
            window: VecDeque::new(),
            window_bytes: 0,
            to_leave_out: 0,
            absorbed: 0,
            filtered: 0,
            created: 0,
        }
    }
}

impl<T: Weigh> Windows<T> {
    /// Lets go of what the next window does not show.
    fn advance(&mut self) {
        for gone in self.window.drain(..self.step.min(self.count)) {
            self.window_bytes -= gone.weight();
        }
        self.to_leave_out = self.step.saturating_sub(self.count);
    }
}

impl<T: Clone + Weigh + Send + 'static> Operator for Windows<T> {
    type In = T;
    type Out = Vec<T>;

    #[inline]
    fn on_item(&mut self, item: T, out: &mut impl Emit<Vec<T>>) -> Outcome {
        // Here and not behind the last window: a copy that panics leaves everything in its place.
        if self.window.len() == self.count {
            self.advance();
        }
        if self.to_leave_out > 0 {
            self.to_leave_out -= 1;
            self.filtered += 1;
            return Ok(());
        }
        self.absorbed += 1;
        self.window_bytes += item.weight();
        self.window.push_back(item);
        if self.window.len() < self.count {
            return Ok(());
        }
        // Counted before it exists: should a copy panic, it is this window that was lost.
        self.created += 1;
        out.emit(self.window.iter().cloned().collect())
    }

    fn memory(&self) -> Memory {
        memory_of(self.keep)
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        let Some(keep) = self.keep else { return Ok(()) };
        keep.save(to, "windows", &self.window)?;
        to.put_number("windows", self.to_leave_out as u64);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let Some(keep) = self.keep else { return Ok(()) };
        if let Some(window) = keep.take(from, "windows")? {
            self.window_bytes = window.iter().map(Weigh::weight).sum();
            self.window = window;
            let to_leave_out = from.take_number("windows")?.unwrap_or_default();
            self.to_leave_out = usize::try_from(to_leave_out).map_err(CheckpointError::new)?;
        }
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new(self.count, self.step)
    }

    fn name(&self) -> &'static str {
        "windows"
    }

    fn tally(&self) -> Tally {
        let (absorbed, filtered, created) = (self.absorbed, self.filtered, self.created);
        Tally { absorbed, filtered, created, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.window_bytes
    }
}
