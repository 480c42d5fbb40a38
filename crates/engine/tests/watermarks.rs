//! A watermark is a fence: no item sent before it arrives after it, whatever the lanes and the order.

use std::sync::{Arc, Mutex};

use primestream_engine::time::EventTime;
use primestream_engine::{
    Emit, Fixed, Intake, Interrupt, Operator, Order, Outcome, Source, Stream, Supply, Tally,
};

/// Gives numbers, and a watermark behind every seventh.
struct Marked {
    next: u64,
    end: u64,
}

impl Source for Marked {
    type Item = u64;

    fn pull(&mut self, out: &mut impl Intake<u64>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            if self.next == self.end {
                return Ok(Supply::End);
            }
            self.next += 1;
            out.emit(self.next - 1)?;
            if self.next.is_multiple_of(7) {
                out.watermark(EventTime::from_nanos(self.next.cast_signed()))?;
            }
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "marked"
    }
}

/// Notes items and watermarks as they come by.
#[derive(Clone)]
struct Note(Arc<Mutex<Vec<i64>>>);

impl Operator for Note {
    type In = u64;
    type Out = u64;

    fn on_item(&mut self, item: u64, out: &mut impl Emit<u64>) -> Outcome {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(item.cast_signed());
        out.emit(item)
    }

    fn on_watermark(&mut self, at: EventTime, _: &mut impl Emit<u64>) -> Outcome {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(-at.as_nanos());
        Ok(())
    }

    fn fork(&self) -> Self {
        self.clone()
    }

    fn name(&self) -> &'static str {
        "note"
    }

    fn tally(&self) -> Tally {
        Tally::default()
    }
}

#[test]
fn no_item_passes_a_watermark() {
    for order in [Order::Input, Order::Relaxed] {
        for lanes in [1, 2, 5] {
            for chunk in [1, 3, 100] {
                let seen = Arc::new(Mutex::new(Vec::new()));
                let count = Stream::from_source(Marked { next: 0, end: 500 })
                    .chunked(Fixed(chunk))
                    .parallel(lanes, order)
                    .map(|n| n)
                    .boxed()
                    .through(Note(Arc::clone(&seen)))
                    .count()
                    .unwrap();
                assert_eq!(count, 500);
                let seen = seen.lock().unwrap();
                let marks: Vec<_> = seen.iter().filter(|&&n| n < 0).map(|n| -n).collect();
                assert_eq!(marks, (1..=71).map(|k| 7 * k).collect::<Vec<_>>(), "each mark once, in order");
                let mut latest = 0;
                for &entry in seen.iter() {
                    if entry < 0 {
                        latest = -entry;
                    } else {
                        assert!(entry >= latest, "{entry} came behind the watermark {latest}");
                    }
                }
            }
        }
    }
}
