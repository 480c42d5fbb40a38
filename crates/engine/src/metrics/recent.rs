//! How fast items come of late: a count kept for some seconds.

use std::collections::VecDeque;
use std::time::Duration;

/// Counts of the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    counts: VecDeque<(Duration, u64)>,
}

impl Recent {
    /// Notes a count that only grows.
    pub(crate) fn note(&mut self, now: Duration, count: u64) {
        self.counts.push_back((now, count));
        // The last one before the window stays: the window begins between it and the next.
        while self.counts.get(1).is_some_and(|&(at, _)| at + WINDOW <= now) {
            self.counts.pop_front();
        }
    }

    /// Returns by how much a count grew in a second, over the window or since the start if that is less
    /// long ago.
    pub(crate) fn per_second(&self, now: Duration, count: u64) -> f64 {
        let within = self.counts.iter().find(|&&(at, _)| at + WINDOW > now);
        let is_young = now <= WINDOW;
        let (from, before) = match within {
            _ if is_young => (Duration::ZERO, 0),
            Some(&oldest) => oldest,
            None => self.counts.back().copied().unwrap_or_default(),
        };
        let seconds = now.saturating_sub(from).as_secs_f64();
        if seconds > 0.0 { count.saturating_sub(before) as f64 / seconds } else { 0.0 }
    }
}

/// What counts as of late.
const WINDOW: Duration = Duration::from_secs(3);

/// How often to note a count: a twelfth of the window, which is how much it may be longer or shorter.
pub(crate) const NOTE_EVERY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_speed_is_forgotten() {
        let mut recent = Recent::default();
        let at = Duration::from_millis;
        assert!(recent.per_second(at(0), 0).abs() < f64::EPSILON);
        // A thousand a second for ten seconds, then ten a second.
        for quarter in 0..40 {
            recent.note(at(250 * quarter), 250 * quarter);
            assert!(recent.counts.len() < 16);
        }
        assert!((recent.per_second(at(10_000), 10_000) - 1000.0).abs() < 1.0);
        for second in 11..20 {
            recent.note(at(1000 * second), 10_000 + 10 * (second - 10));
        }
        let speed = recent.per_second(at(19_000), 10_090);
        assert!((speed - 10.0).abs() < 0.1, "{speed}");
    }

    #[test]
    fn a_young_count_is_measured_from_the_start_and_a_long_silence_from_the_last_note() {
        let mut recent = Recent::default();
        recent.note(Duration::from_millis(900), 900);
        assert!((recent.per_second(Duration::from_secs(1), 1000) - 1000.0).abs() < 1e-6);
        let speed = recent.per_second(Duration::from_millis(10_900), 1900);
        assert!((speed - 100.0).abs() < 1e-6, "{speed}");
    }
}
