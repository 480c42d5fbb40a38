//! How long items take through three stages, at a million a second in chunks of 100 µs.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use primestream_engine::{Intake, Interrupt, Order, Source, Stream, Supply, Timed};

use crate::rounds::Scale;

/// Five seconds of items.
const ITEMS: u64 = 5_000_000;
const PER_MICROSECOND: u64 = 1;
/// How long the source sleeps when it has nothing.
const PAUSE: Duration = Duration::from_micros(20);
const LINGER: Duration = Duration::from_micros(100);

/// What was asked for.
const P99_MS_MAX: f64 = 1.0;

/// Runs the measurement.
pub(crate) fn run(scale: &Scale) {
    let items = scale.size.of(ITEMS);
    println!("Latency: {} M items at 1 M/s, three stages, chunks of at most {LINGER:?}", items / 1_000_000);
    for threads in [1, 2] {
        let (seen, report) = measure(items, threads);
        assert_eq!(seen.len(), items, "every item arrives");
        let micros = |share: f64| seen.value_at_quantile(share) as f64 / 1e3;
        println!(
            "  {threads} threads, by items:  p50 {:>7.1} us  p99 {:>7.1} us  p99.9 {:>7.1} us  max {:>8.1} us",
            micros(0.5),
            micros(0.99),
            micros(0.999),
            seen.max() as f64 / 1e3,
        );
        let p99_ms = seen.value_at_quantile(0.99) as f64 / 1e6;
        scale.floors.at_most(&format!("latency of {threads} threads, p99 in ms"), p99_ms, P99_MS_MAX);
        println!("  {threads} threads, by report: p50 {:>7.1?}  p99 {:>7.1?}", report[0], report[1]);
    }
}

fn measure(items: u64, threads: usize) -> (Histogram<u64>, [Duration; 2]) {
    let start = Instant::now();
    let seen = Arc::new(Mutex::new(Histogram::new(3).expect("three digits are allowed")));
    let note = Arc::clone(&seen);
    let report = Stream::from_source(Paced { start, due: Duration::ZERO, next: 0, items })
        .chunked(Timed(LINGER))
        .parallel(1, Order::Input)
        .map(|due: u64| due ^ 1)
        .chunked(Timed(LINGER))
        .parallel(1, Order::Input)
        .map(|due| due ^ 1)
        .threads(threads)
        .for_each(move |due| {
            let late = start.elapsed().saturating_sub(Duration::from_micros(due / PER_MICROSECOND));
            let nanos = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX);
            note.lock().expect("nobody panics").record(nanos).expect("it grows as needed");
        })
        .expect("nothing fails");
    let latency = report.latency();
    let seen = seen.lock().expect("nobody panics").clone();
    (seen, [latency.p50, latency.p99])
}

/// Numbers at their times.
struct Paced {
    start: Instant,
    /// When to ask again, in the time of the run.
    due: Duration,
    next: u64,
    items: u64,
}

impl Source for Paced {
    type Item = u64;

    fn pull(&mut self, out: &mut impl Intake<u64>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            let micros = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
            let due = self.items.min(micros.saturating_mul(PER_MICROSECOND) + 1);
            if self.next == self.items {
                return Ok(Supply::End);
            }
            if self.next == due {
                self.due = out.now() + PAUSE;
                return Ok(Supply::Idle);
            }
            while self.next < due && !out.is_satisfied() {
                self.next += 1;
                out.emit(self.next - 1)?;
            }
        }
        Ok(Supply::More)
    }

    fn due(&self) -> Option<Duration> {
        Some(self.due)
    }

    fn name(&self) -> &'static str {
        "paced"
    }
}
