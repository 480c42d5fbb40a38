//! A run of consecutive items, moved as one between stages.

use crate::budget::Reservation;

/// A run of consecutive items, moved as one, holding the memory it was promised.
///
/// Dropping it gives the memory back. How a flow of items is cut into chunks never changes its result.
#[derive(Debug)]
pub struct Chunk<T> {
    items: Vec<T>,
    reservation: Reservation,
}

impl<T> Chunk<T> {
    /// Joins items and the reservation that covers them.
    pub(crate) fn new(items: Vec<T>, reservation: Reservation) -> Self {
        Self { items, reservation }
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

    /// Parts the items from their reservation, which must outlive them.
    pub(crate) fn into_parts(self) -> (Vec<T>, Reservation) {
        (self.items, self.reservation)
    }
}
