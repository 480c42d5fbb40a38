//! The line in which messages wait between two stages, with a place kept for each that is being made.
//!
//! Whoever makes messages *opens* a place first, puts any number of messages into it and *closes* it.
//! In input order the places are a queue: messages leave the first one only, even while it is still
//! open, and those made early wait in their places. In relaxed order messages leave as they come. Places
//! and waiting messages together are bounded, so no order needs an unbounded buffer.
//!
//! Pure data: the exchange puts a lock around it.

use std::collections::VecDeque;

use crate::message::Message;
use crate::order::Order;

/// A place in the line that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place(u64);

impl Place {
    /// Returns the place of what goes nowhere.
    pub(crate) fn first() -> Self {
        Self(0)
    }

    /// Returns a place whose meaning somebody else keeps.
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number)
    }
}

#[derive(Debug)]
pub(crate) struct Lineup<T> {
    window: usize,
    kind: Kind<T>,
}

#[derive(Debug)]
enum Kind<T> {
    Input { first: u64, places: VecDeque<Waiting<T>> },
    Relaxed { open: usize, waiting: VecDeque<Message<T>> },
}

#[derive(Debug)]
struct Waiting<T> {
    messages: VecDeque<Message<T>>,
    is_open: bool,
}

impl<T> Lineup<T> {
    /// Makes a line of at most `window` places.
    pub(crate) fn new(order: Order, window: usize) -> Self {
        let kind = match order {
            Order::Input => Kind::Input { first: 0, places: VecDeque::with_capacity(window) },
            Order::Relaxed | Order::Key => {
                Kind::Relaxed { open: 0, waiting: VecDeque::with_capacity(window) }
            }
        };
        Self { window, kind }
    }

    /// Returns how many places there may be.
    pub(crate) fn window(&self) -> usize {
        self.window
    }

    /// Sets how many places there may be. Those beyond it stay until they are empty.
    pub(crate) fn set_window(&mut self, window: usize) {
        self.window = window;
    }

    /// Opens the last place, unless the line is full.
    pub(crate) fn open(&mut self) -> Option<Place> {
        match &mut self.kind {
            Kind::Input { first, places } if places.len() < self.window => {
                places.push_back(Waiting { messages: VecDeque::new(), is_open: true });
                Some(Place(*first + places.len() as u64 - 1))
            }
            Kind::Relaxed { open, waiting } if *open + waiting.len() < self.window => {
                *open += 1;
                Some(Place(0))
            }
            _ => None,
        }
    }

    /// Puts a message behind all others, into a place of its own, however full the line is.
    pub(crate) fn put_last(&mut self, message: Message<T>) {
        match &mut self.kind {
            Kind::Input { places, .. } => {
                places.push_back(Waiting { messages: VecDeque::from([message]), is_open: false });
            }
            Kind::Relaxed { waiting, .. } => waiting.push_back(message),
        }
    }

    /// Puts a message into an open place.
    pub(crate) fn put(&mut self, place: Place, message: Message<T>) {
        match &mut self.kind {
            Kind::Input { first, places } => {
                let waiting = usize::try_from(place.0 - *first).ok().and_then(|at| places.get_mut(at));
                waiting.expect("an open place stays in the line").messages.push_back(message);
            }
            Kind::Relaxed { waiting, .. } => waiting.push_back(message),
        }
    }

    /// Closes a place: no message of it will follow.
    pub(crate) fn close(&mut self, place: Place) {
        match &mut self.kind {
            Kind::Input { first, places } => {
                let waiting = usize::try_from(place.0 - *first).ok().and_then(|at| places.get_mut(at));
                waiting.expect("an open place stays in the line").is_open = false;
                Self::pass_over_empty(first, places);
            }
            Kind::Relaxed { open, .. } => *open -= 1,
        }
    }

    /// Takes the next message there is.
    pub(crate) fn take(&mut self) -> Option<Message<T>> {
        match &mut self.kind {
            Kind::Input { first, places } => {
                let message = places.front_mut()?.messages.pop_front();
                Self::pass_over_empty(first, places);
                message
            }
            Kind::Relaxed { waiting, .. } => waiting.pop_front(),
        }
    }

    /// Returns the next message without taking it.
    pub(crate) fn peek(&self) -> Option<&Message<T>> {
        match &self.kind {
            Kind::Input { places, .. } => places.front()?.messages.front(),
            Kind::Relaxed { waiting, .. } => waiting.front(),
        }
    }

    /// Returns whether nothing waits and nothing is being made.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.kind {
            Kind::Input { places, .. } => places.is_empty(),
            Kind::Relaxed { open, waiting } => *open == 0 && waiting.is_empty(),
        }
    }

    /// Returns whether a message put into this place could leave at once, none waiting before it.
    pub(crate) fn is_next(&self, place: Place) -> bool {
        match &self.kind {
            Kind::Input { first, places } => {
                place.0 == *first && places.front().is_some_and(|front| front.messages.is_empty())
            }
            Kind::Relaxed { waiting, .. } => waiting.is_empty(),
        }
    }

    /// Returns whether so much waits in this place that whoever makes more should let others take some.
    pub(crate) fn is_crowded(&self, place: Place) -> bool {
        let waiting = match &self.kind {
            Kind::Input { first, places } => {
                let at = place.0.checked_sub(*first).and_then(|at| usize::try_from(at).ok());
                at.and_then(|at| places.get(at)).map_or(0, |waiting| waiting.messages.len())
            }
            Kind::Relaxed { waiting, .. } => waiting.len(),
        };
        waiting >= CROWD.max(self.window)
    }

    fn pass_over_empty(first: &mut u64, places: &mut VecDeque<Waiting<T>>) {
        while places.front().is_some_and(|front| !front.is_open && front.messages.is_empty()) {
            places.pop_front();
            *first += 1;
        }
    }
}

/// Messages of one place that wait before whoever makes more lets others work: many small chunks made before
/// the next stage has taken one would all have the size of a first guess.
///
/// More lets one item that makes many run further ahead, fewer lays the lane down more often.
const CROWD: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::EventTime;

    fn mark(nanos: i64) -> Message<u8> {
        Message::Watermark(EventTime::from_nanos(nanos))
    }

    fn drain(line: &mut Lineup<u8>) -> Vec<i64> {
        std::iter::from_fn(|| line.take())
            .map(|message| match message {
                Message::Watermark(at) => at.as_nanos(),
                Message::Chunk(_) | Message::Barrier(_) => unreachable!("only marks are put"),
            })
            .collect()
    }

    #[test]
    fn input_order_waits_for_the_first_place_and_streams_from_it() {
        let mut line = Lineup::new(Order::Input, 3);
        let places: Vec<_> = (0..3).map(|_| line.open().unwrap()).collect();
        assert_eq!(line.open(), None, "the window is full");
        line.put(places[1], mark(10));
        line.close(places[1]);
        assert_eq!(drain(&mut line), [] as [i64; 0]);
        line.put(places[0], mark(1));
        assert_eq!(drain(&mut line), [1], "an open first place gives what it has");
        assert_eq!(line.open(), None, "it still keeps its place");
        line.put(places[0], mark(2));
        line.close(places[0]);
        assert_eq!(drain(&mut line), [2, 10]);
        line.close(places[2]);
        assert!(line.is_empty() && line.open().is_some());
    }

    #[test]
    fn a_line_made_shorter_opens_again_when_it_has_emptied() {
        for order in [Order::Input, Order::Relaxed] {
            let mut line = Lineup::new(order, 3);
            let places: Vec<_> = (0..3).map(|_| line.open().unwrap()).collect();
            line.set_window(1);
            for place in places {
                assert_eq!(line.open(), None);
                line.put(place, mark(1));
                line.close(place);
                assert_eq!(drain(&mut line), [1]);
            }
            assert!(line.open().is_some() && line.open().is_none());
        }
    }

    #[test]
    fn relaxed_order_gives_what_there_is_within_the_window() {
        let mut line = Lineup::new(Order::Relaxed, 2);
        let (a, b) = (line.open().unwrap(), line.open().unwrap());
        line.put(b, mark(2));
        line.close(b);
        assert_eq!(line.open(), None, "one open, one waiting");
        assert_eq!(drain(&mut line), [2]);
        assert!(line.open().is_some());
        line.put(a, mark(1));
        assert!(!line.is_next(a));
        assert_eq!(drain(&mut line), [1]);
        assert!(line.is_next(a));
    }
}
