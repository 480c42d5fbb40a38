//! Bytes a pipeline may hold, and promises of some of them: the only source of backpressure.
//!
//! A source is admitted while the bytes reserved leave room for one more chunk like the last one; no
//! other part ever waits for memory, so a full pipeline always drains. What grows on its way (a step
//! that makes more bytes than it takes) is reserved without waiting, and a lane starts new work above
//! the limit only if it holds the oldest chunk of its stage. Bytes held therefore never exceed the
//! limit plus one chunk for each stage and lane.

use std::fmt;

use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may be held at once; cloning shares them.
///
/// # Examples
///
/// ```
/// use primestream_engine::Budget;
///
/// let budget = Budget::new(1 << 20);
/// assert_eq!(budget.limit(), 1 << 20);
/// assert_eq!(budget.reserved(), 0);
/// ```
#[derive(Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

struct Shared {
    limit: usize,
    reserved: AtomicUsize,
    peak: AtomicUsize,
    /// Bytes of `reserved` that are limits of parts.
    parted: AtomicUsize,
    /// What it is a part of, if it is one; given back with the last hand on it.
    _of: Option<Part>,
}

impl Budget {
    /// Makes a budget of `limit` bytes, of which at least 1 is granted.
    pub fn new(limit: usize) -> Self {
        Self::of(limit.max(1), None)
    }

    fn of(limit: usize, whole: Option<Part>) -> Self {
        let (reserved, peak, parted) = Default::default();
        Self { shared: Arc::new(Shared { limit, reserved, peak, parted, _of: whole }) }
    }

    /// Parts `bytes` off, at least 1, as a budget of its own; `None` if fewer are free. The whole counts them
    /// as held until the last clone of the part is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_engine::Budget;
    ///
    /// let whole = Budget::new(100);
    /// let part = whole.part(60).expect("there is room for 60");
    /// assert_eq!((part.limit(), part.reserved(), whole.reserved()), (60, 0, 60));
    /// assert!(whole.part(41).is_none());
    /// drop(part);
    /// assert_eq!(whole.reserved(), 0);
    /// ```
    #[must_use]
    pub fn part(&self, bytes: usize) -> Option<Self> {
        let bytes = bytes.max(1);
        let fits = |held: usize| held.checked_add(bytes).filter(|&sum| sum <= self.limit());
        let before = self.shared.reserved.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        self.shared.peak.fetch_max(before + bytes, Ordering::AcqRel);
        Some(Self::of(bytes, Some(Part::of(Reservation { bytes, budget: self.clone() }))))
    }

    /// Returns the bytes that may be held.
    pub fn limit(&self) -> usize {
        self.shared.limit
    }

    /// Returns the bytes held now.
    pub fn reserved(&self) -> usize {
        self.shared.reserved.load(Ordering::Acquire)
    }

    /// Returns the bytes of those held that are parted off for others, however little these hold.
    pub(crate) fn parted(&self) -> usize {
        self.shared.parted.load(Ordering::Acquire)
    }

    /// Returns the most bytes ever held at once.
    pub fn peak(&self) -> usize {
        self.shared.peak.load(Ordering::Acquire)
    }

    /// Returns whether more is held than may be.
    pub(crate) fn is_over(&self) -> bool {
        self.reserved() > self.limit()
    }

    /// Returns whether `bytes` more would stay within the limit.
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        self.reserved().checked_add(bytes).is_some_and(|sum| sum <= self.limit())
    }

    /// Reserves bytes without waiting; the caller has been admitted.
    pub(crate) fn reserve(&self, bytes: usize) -> Reservation {
        let mut reservation = Reservation { bytes: 0, budget: self.clone() };
        reservation.grow(bytes);
        reservation
    }

    /// Refuses an item that could never fit.
    #[inline]
    pub(crate) fn check_item(&self, item_bytes: usize) -> Result<(), BudgetError> {
        if item_bytes > self.limit() { Err(self.too_large(item_bytes)) } else { Ok(()) }
    }

    #[cold]
    fn too_large(&self, item_bytes: usize) -> BudgetError {
        BudgetError { item_bytes, limit_bytes: self.limit() }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({} of {} bytes reserved)", self.reserved(), self.limit())
    }
}

/// A promise of some bytes of a [`Budget`], returned on drop.
#[derive(Debug)]
pub struct Reservation {
    bytes: usize,
    budget: Budget,
}

impl Reservation {
    /// Returns the bytes promised.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Sets the bytes promised.
    pub(crate) fn resize(&mut self, bytes: usize) {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.grow(more),
            None => self.shrink(self.bytes - bytes),
        }
    }

    /// Parts `bytes` off, taking what is missing from the budget.
    pub(crate) fn split(&mut self, bytes: usize) -> Reservation {
        let missing = bytes.saturating_sub(self.bytes);
        // Mostly nothing is, and then nobody else has to wait for the count.
        if missing != 0 {
            self.grow(missing);
        }
        self.bytes -= bytes;
        Reservation { bytes, budget: self.budget.clone() }
    }

    /// Takes over what another promises.
    pub(crate) fn absorb(&mut self, mut other: Reservation) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    fn grow(&mut self, bytes: usize) {
        let before = self.budget.shared.reserved.fetch_add(bytes, Ordering::AcqRel);
        let after = before.checked_add(bytes).expect("bytes in memory at once can be counted in a usize");
        self.budget.shared.peak.fetch_max(after, Ordering::AcqRel);
        self.bytes += bytes;
    }

    fn shrink(&mut self, bytes: usize) {
        let before = self.budget.shared.reserved.fetch_sub(bytes, Ordering::AcqRel);
        assert!(before >= bytes, "returned {bytes} bytes of {before} reserved");
        self.bytes -= bytes;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// The limit of a part, held of the whole.
struct Part(Reservation);

impl Part {
    fn of(reservation: Reservation) -> Self {
        reservation.budget.shared.parted.fetch_add(reservation.bytes, Ordering::AcqRel);
        Self(reservation)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.0.budget.shared.parted.fetch_sub(self.0.bytes, Ordering::AcqRel);
    }
}

/// Returns the bytes of some kibibytes, for limits that are read aloud.
pub const fn kib(count: usize) -> usize {
    count << 10
}

/// Returns the bytes of some mebibytes, for limits that are read aloud.
pub const fn mib(count: usize) -> usize {
    count << 20
}

/// An item is larger than the whole budget, so no waiting could ever make room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetError {
    /// What the item occupies, heap included.
    pub item_bytes: usize,
    /// What the pipeline may hold.
    pub limit_bytes: usize,
}

impl fmt::Display for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an item of {} bytes is larger than the memory limit of {} bytes",
            self.item_bytes, self.limit_bytes
        )
    }
}

impl std::error::Error for BudgetError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitting_takes_only_what_is_missing_and_dropping_returns_all() {
        let budget = Budget::new(100);
        let mut whole = budget.reserve(60);
        let part = whole.split(40);
        assert_eq!((whole.bytes(), part.bytes(), budget.reserved()), (20, 40, 60));
        let grown = whole.split(50);
        assert_eq!((whole.bytes(), grown.bytes(), budget.reserved()), (0, 50, 90));
        assert!(budget.has_room_for(10) && !budget.has_room_for(11) && !budget.has_room_for(usize::MAX));
        drop((whole, part, grown));
        assert_eq!((budget.reserved(), budget.peak()), (0, 90));
    }

    #[test]
    fn what_is_promised_is_set_and_more_than_the_limit_is_told() {
        let budget = Budget::new(100);
        let mut one = budget.reserve(60);
        assert!(!budget.is_over());
        one.resize(100);
        assert_eq!((one.bytes(), budget.reserved(), budget.is_over()), (100, 100, false));
        one.resize(101);
        assert_eq!((one.bytes(), budget.reserved(), budget.is_over()), (101, 101, true));
        one.resize(30);
        assert_eq!((one.bytes(), budget.reserved(), budget.is_over()), (30, 30, false));
        let mut other = budget.reserve(12);
        other.absorb(one);
        assert_eq!((other.bytes(), budget.reserved()), (42, 42));
        drop(other);
        assert_eq!((budget.reserved(), budget.peak()), (0, 101));
    }

    #[test]
    fn a_part_is_held_of_the_whole_until_it_is_dropped() {
        let whole = Budget::new(100);
        let held = whole.reserve(30);
        let part = whole.part(50).unwrap();
        assert_eq!((whole.reserved(), whole.peak(), whole.parted()), (80, 80, 50));
        assert!(whole.part(21).is_none());
        drop((part, held));
        assert_eq!((whole.reserved(), whole.peak(), whole.parted()), (0, 80, 0));
    }

    #[test]
    fn limits_are_read_aloud() {
        assert_eq!((kib(3), mib(2)), (3072, 2_097_152));
    }

    #[test]
    fn an_item_above_the_limit_is_refused_with_both_sizes() {
        Budget::new(10).check_item(10).unwrap();
        let error = Budget::new(10).check_item(11).unwrap_err();
        assert_eq!(error, BudgetError { item_bytes: 11, limit_bytes: 10 });
        assert_eq!(error.to_string(), "an item of 11 bytes is larger than the memory limit of 10 bytes");
    }
}
