//! Several stages, or groups of one, that put to the same place: when all have ended, and the watermark of
//! all of them.

use crate::time::EventTime;

/// What is known of each of several producers.
#[derive(Debug, Default)]
pub(crate) struct Producers {
    all: Vec<Producer>,
    watermark: Option<EventTime>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Producer {
    has_ended: bool,
    watermark: Option<EventTime>,
}

impl Producers {
    /// Adds one; returns its number.
    pub(crate) fn add(&mut self) -> usize {
        self.all.push(Producer::default());
        self.all.len() - 1
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
