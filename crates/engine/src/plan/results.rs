//! Results that have not left yet, in the order of their items or as they come.

use std::collections::VecDeque;

use crate::order::Order;
use crate::weigh::Weigh;

/// Results that have not left yet. Of an item that is gone the result is `None`.
pub(crate) struct Results<U> {
    places: VecDeque<Place<U>>,
    /// Number of the item the first place belongs to, if places are in the order of items.
    first: Option<u64>,
    /// Places that have a result, those of them whose item is gone, and what they hold.
    filled: usize,
    gone: usize,
    bytes: usize,
}

enum Place<U> {
    Empty,
    Filled(Option<U>),
}

impl<U: Weigh> Results<U> {
    pub(crate) fn new(order: Order) -> Self {
        let first = (order == Order::Input).then_some(0);
        Self { places: VecDeque::new(), first, filled: 0, gone: 0, bytes: 0 }
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.filled
    }

    /// Returns how many of them belong to an item that is gone.
    pub(crate) fn gone(&self) -> usize {
        self.gone
    }

    /// Returns the bytes they hold.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the result of the item with a number; each number comes once, and from 0 on all come.
    pub(crate) fn put(&mut self, number: u64, result: Option<U>) {
        self.filled += 1;
        self.gone += usize::from(result.is_none());
        self.bytes += result.as_ref().map_or(0, Weigh::weight);
        let Some(first) = self.first else { return self.places.push_back(Place::Filled(result)) };
        let index = usize::try_from(number - first).expect("no more are missing than are on their way");
        if index >= self.places.len() {
            self.places.resize_with(index + 1, || Place::Empty);
        }
        self.places[index] = Place::Filled(result);
    }

    /// Returns whether one may leave.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.places.front(), Some(Place::Filled(_)))
    }

    /// Takes a result that may leave.
    pub(crate) fn take(&mut self) -> Option<Option<U>> {
        let Some(Place::Filled(result)) = self.places.pop_front_if(|place| matches!(place, Place::Filled(_)))
        else {
            return None;
        };
        self.first = self.first.map(|first| first + 1);
        self.filled -= 1;
        self.gone -= usize::from(result.is_none());
        self.bytes -= result.as_ref().map_or(0, Weigh::weight);
        Some(result)
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        (self.filled, self.gone, self.bytes) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(results: &mut Results<String>) -> Vec<Option<String>> {
        std::iter::from_fn(|| results.take()).collect()
    }

    #[test]
    fn results_in_the_order_of_items_wait_for_those_before_them() {
        let mut results = Results::new(Order::Input);
        results.put(2, Some("c".to_owned()));
        results.put(1, None);
        assert!(!results.is_ready() && results.take().is_none());
        assert_eq!((results.len(), results.gone()), (2, 1));
        results.put(0, Some("a".to_owned()));
        assert_eq!(drained(&mut results), [Some("a".to_owned()), None, Some("c".to_owned())]);
        assert_eq!((results.len(), results.gone(), results.bytes()), (0, 0, 0));
        results.put(3, Some("d".to_owned()));
        assert_eq!(results.take(), Some(Some("d".to_owned())));
    }

    #[test]
    fn results_in_no_order_leave_as_they_come() {
        let mut results = Results::new(Order::Relaxed);
        results.put(7, Some("late".to_owned()));
        results.put(0, None);
        assert_eq!(results.bytes(), "late".to_owned().weight());
        assert_eq!(drained(&mut results), [Some("late".to_owned()), None]);
    }
}
