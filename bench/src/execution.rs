//! How long an instruction takes from its arrival as a codeword to its output, in a program that arrives slowly.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use primestream::codewords::{Execution, execute_streaming_program};
use primestream::prelude::Number;
use primestream_codec::{Limits, operation};
use primestream_engine::Stream;

use crate::rounds::Scale;

const OUTPUTS: u64 = 20_000;
/// How long whoever pushes sleeps between two outputs.
const PAUSE: Duration = Duration::from_micros(50);
const PUSH: u64 = 2;
const PRINT: u64 = 5;

/// What was asked for.
const P99_MS_MAX: f64 = 1.0;

/// Runs the measurement.
pub(crate) fn run(scale: &Scale) {
    let outputs = scale.size.of(OUTPUTS).max(10_000);
    println!("Streaming execution: {outputs} outputs, a pause of {PAUSE:?} between them");
    // The first program of a process waits some 30 ms for tables that all share.
    measure(100, 1);
    for threads in [1, 2] {
        let seen = measure(outputs, threads);
        assert_eq!(seen.len(), outputs, "every output arrives");
        let micros = |share: f64| seen.value_at_quantile(share) as f64 / 1e3;
        println!(
            "  {threads} threads: p50 {:>7.1} us  p99 {:>7.1} us  p99.9 {:>7.1} us  max {:>8.1} us",
            micros(0.5),
            micros(0.99),
            micros(0.999),
            seen.max() as f64 / 1e3,
        );
        let p99_ms = seen.value_at_quantile(0.99) as f64 / 1e6;
        scale.floors.at_most(&format!("execution on {threads} threads, p99 in ms"), p99_ms, P99_MS_MAX);
    }
}

/// Pushes `PUSH n` and, at the time that is noted, `PRINT`; takes the time again where the output arrives.
fn measure(outputs: u64, threads: usize) -> Histogram<u64> {
    let (pusher, arriving) = Stream::channel(1 << 16);
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&arrivals);
    let pushing = std::thread::spawn(move || {
        let number =
            |opcode, operand| Number(operation(opcode, operand).expect("an operation").into_natural());
        for value in 0..outputs {
            std::thread::sleep(PAUSE);
            pusher.push(number(PUSH, Some(value % 100))).expect("the pipeline runs");
            let print = number(PRINT, None);
            noted.lock().expect("nobody panics").push(Instant::now());
            pusher.push(print).expect("the pipeline runs");
        }
    });
    let seen = Arc::new(Mutex::new((0, Histogram::new(3).expect("three digits are allowed"))));
    let note = Arc::clone(&seen);
    execute_streaming_program(arriving, Execution::default(), Limits::default())
        .threads(threads)
        .for_each(move |output| {
            let now = Instant::now();
            let (index, histogram) = &mut *note.lock().expect("nobody panics");
            assert_eq!(output, (*index % 100).to_string());
            let arrived = arrivals.lock().expect("nobody panics")[*index];
            let nanos = u64::try_from((now - arrived).as_nanos()).unwrap_or(u64::MAX);
            histogram.record(nanos).expect("it grows as needed");
            *index += 1;
        })
        .expect("nothing fails");
    pushing.join().expect("nothing fails");
    seen.lock().expect("nobody panics").1.clone()
}
