//! A run of consecutive items, moved as one between stages.

use std::time::Duration;

use crate::budget::Reservation;

/// A run of consecutive items, moved as one, holding the memory it was promised.
///
/// Dropping it gives the memory back. How a flow of items is cut into chunks never changes its result.
#[derive(Debug)]
pub struct Chunk<T> {
    items: Vec<T>,
    reservation: Reservation,
    times: Times,
}

/// When a chunk came about, in time since the start of the pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// When the source began to give the oldest item that went into it.
    pub(crate) born: Duration,
    /// When it was handed over.
    pub(crate) sent: Duration,
}

impl<T> Chunk<T> {
    /// Joins items and the reservation that covers them.
    pub(crate) fn new(items: Vec<T>, reservation: Reservation, times: Times) -> Self {
        Self { items, reservation, times }
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the bytes reserved for the items.
    pub fn bytes(&self) -> usize {
        self.reservation.bytes()
    }

    /// Returns when it came about.
    pub(crate) fn times(&self) -> Times {
        self.times
    }

    /// Parts the items from their reservation, which must outlive them.
    pub(crate) fn into_parts(self) -> (Vec<T>, Reservation) {
        (self.items, self.reservation)
    }
}
