//! How long it takes from `cancel` to the return of a pipeline whose source has nothing.

use std::thread;
use std::time::{Duration, Instant};

use futures::stream;
use primestream_engine::runtime::{Failure, Running};
use primestream_engine::{Order, Stream};

use crate::rounds::Scale;

const TRIES: u64 = 200;
/// Long enough for all workers to fall asleep.
const IDLE: Duration = Duration::from_millis(2);

/// What was asked for.
const MS_MAX: f64 = 10.0;

/// Runs the measurement.
pub(crate) fn run(scale: &Scale) {
    let tries = scale.size.of(TRIES);
    println!("From cancel to return, two lanes behind an idle source, {tries} tries");
    let mut pushers = Vec::new();
    tell(scale, "a channel nobody pushes to", || {
        let (pusher, numbers) = Stream::channel::<u64>(1 << 20);
        pushers.push(pusher);
        numbers.parallel(2, Order::Input).map(|n| n).drain_with(|_| ()).start()
    });
    tell(scale, "an interval of an hour", || {
        let ticks = Stream::interval(Duration::from_secs(3600));
        ticks.parallel(2, Order::Input).map(|n| n).drain_with(|_| ()).start()
    });
    tell(scale, "a stream that is never ready", || {
        let never = Stream::from_stream(stream::pending::<u64>());
        never.parallel(2, Order::Input).map(|n| n).drain_with(|_| ()).start()
    });
}

fn tell(scale: &Scale, name: &str, mut start: impl FnMut() -> Running) {
    let once = |_| {
        let running = start();
        thread::sleep(IDLE);
        let began = Instant::now();
        running.flow().cancel();
        let error = running.join().expect_err("it was cancelled");
        let time = began.elapsed();
        assert!(matches!(error.failure(), Failure::Cancelled), "{error}");
        time
    };
    let mut times: Vec<Duration> = (0..scale.size.of(TRIES)).map(once).collect();
    times.sort_unstable();
    let (half, longest) = (times[times.len() / 2], times[times.len() - 1]);
    scale.floors.at_most(&format!("cancel, {name}, longest in ms"), longest.as_secs_f64() * 1e3, MS_MAX);
    println!("  {name:<32} p50 {half:>9.1?}  max {longest:>9.1?}");
}
