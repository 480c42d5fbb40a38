//! Several stages, or groups of one, that put to the same place: when all have ended, and the watermark of
//! all of them.

use crate::checkpoint::Epoch;
use crate::time::EventTime;

/// What is known of each of several producers.
#[derive(Debug, Default)]
pub(crate) struct Producers {
    all: Vec<Producer>,
    /// The last epoch that all of them have ended.
    epoch: Option<Epoch>,
    watermark: Option<EventTime>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Producer {
    has_ended: bool,
    watermark: Option<EventTime>,
    /// The last epoch it has ended.
    epoch: Option<Epoch>,
    /// It puts nothing before all those before it have ended.
    waits_its_turn: bool,
}

impl Producers {
    /// Adds one; returns its number.
    pub(crate) fn add(&mut self) -> usize {
        self.all.push(Producer::default());
        self.all.len() - 1
    }

    /// Lets one put nothing before all those before it have ended.
    pub(crate) fn wait_for_turn(&mut self, producer: usize) {
        self.all[producer].waits_its_turn = true;
    }

    /// Returns whether it is not yet the turn of one.
    pub(crate) fn is_too_early(&self, producer: usize) -> bool {
        self.all[producer].waits_its_turn && !self.have_ended_before(producer)
    }

    /// Returns whether one has ended an epoch that others have yet to end, so that it must wait for them.
    pub(crate) fn is_ahead(&self, producer: usize) -> bool {
        self.all[producer].epoch > self.epoch
    }

    /// Notes that one has ended an epoch.
    pub(crate) fn pass(&mut self, producer: usize, epoch: Epoch) {
        self.all[producer].epoch = Some(epoch);
    }

    /// Returns the epoch that all have ended by now, if that is news. One that has ended, or waits for its turn and has
    /// put nothing, is in nobody's way.
    pub(crate) fn passed(&mut self) -> Option<Epoch> {
        let newest = self.all.iter().filter_map(|producer| producer.epoch).max();
        let newest = newest.filter(|&newest| Some(newest) > self.epoch)?;
        let is_open = |&index: &usize| !self.all[index].has_ended && !self.is_too_early(index);
        let are_there =
            (0..self.all.len()).filter(is_open).all(|index| self.all[index].epoch >= Some(newest));
        are_there.then(|| *self.epoch.insert(newest))
    }

    /// Returns whether all have ended.
    pub(crate) fn have_ended(&self) -> bool {
        self.all.iter().all(|producer| producer.has_ended)
    }

    /// Returns whether all those before one have ended.
    pub(crate) fn have_ended_before(&self, producer: usize) -> bool {
        self.all[..producer].iter().all(|producer| producer.has_ended)
    }

    /// Notes that one has ended.
    pub(crate) fn end(&mut self, producer: usize) {
        self.all[producer].has_ended = true;
    }

    /// Notes the watermark of one.
    pub(crate) fn raise(&mut self, producer: usize, at: EventTime) {
        self.all[producer].watermark = Some(at);
    }

    /// Returns the watermark of all, if it has risen since this was last asked.
    pub(crate) fn risen(&mut self) -> Option<EventTime> {
        let open = || self.all.iter().filter(|producer| !producer.has_ended);
        // One that has said nothing yet may still give the earliest event of all.
        if open().any(|producer| producer.watermark.is_none()) {
            return None;
        }
        let least = open().filter_map(|producer| producer.watermark).min()?;
        if self.watermark.is_some_and(|before| before >= least) {
            return None;
        }
        self.watermark = Some(least);
        Some(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_ended_when_the_last_has_ended_it() {
        let epoch = |number| Epoch::new(number).unwrap();
        let mut producers = Producers::default();
        let (a, b, c) = (producers.add(), producers.add(), producers.add());
        producers.wait_for_turn(c);
        assert!(producers.is_too_early(c) && !producers.is_too_early(a));
        producers.pass(a, epoch(1));
        assert_eq!(producers.passed(), None);
        assert!(producers.is_ahead(a) && !producers.is_ahead(b));
        producers.pass(b, epoch(1));
        assert_eq!(producers.passed(), Some(epoch(1)), "the third has put nothing");
        assert!(!producers.is_ahead(a) && producers.passed().is_none());
        producers.pass(b, epoch(2));
        producers.end(a);
        assert_eq!(producers.passed(), Some(epoch(2)), "what has ended is in nobody's way");
        producers.end(b);
        producers.pass(c, epoch(3));
        assert_eq!(producers.passed(), Some(epoch(3)), "now it is its turn");
    }

    #[test]
    fn the_slowest_that_has_not_ended_says_how_late_it_is() {
        let at = EventTime::from_nanos;
        let mut producers = Producers::default();
        let (a, b) = (producers.add(), producers.add());
        producers.raise(a, at(10));
        assert_eq!(producers.risen(), None, "nothing is known of the other");
        producers.raise(b, at(5));
        assert_eq!(producers.risen(), Some(at(5)));
        producers.raise(a, at(20));
        assert_eq!(producers.risen(), None);
        producers.end(b);
        assert_eq!(producers.risen(), Some(at(20)));
        producers.end(a);
        assert!(producers.have_ended() && producers.risen().is_none());
    }
}
