//! The hand on a running pipeline.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use primestream_engine::runtime::Failure;
use primestream_engine::{Budget, Emit, Fixed, Level, OnError, Operator, Order, Outcome, Stream};

const LONG: Duration = Duration::from_secs(60);

/// Waits until a condition holds.
fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        std::thread::yield_now();
    }
}

#[test]
fn a_paused_pipeline_comes_to_rest_and_goes_on() {
    let running = Stream::iter(0u64..).parallel(2, Order::Input).map(|n| n).drain_with(|_| ()).start();
    let flow = running.flow();
    until(|| flow.metrics().items_out() > 1000);
    flow.pause();
    let (mut before, mut times) = ((0, 1), 0);
    until(|| {
        let metrics = flow.metrics();
        let now = (metrics.items_in(), metrics.items_out());
        let is_at_rest = std::mem::replace(&mut before, now) == now && now.0 == now.1;
        times = if is_at_rest { times + 1 } else { 0 };
        times == 1000
    });
    assert!(flow.level() < 0.01, "all that was given has arrived: {}", flow.level());
    flow.resume();
    until(|| flow.metrics().items_out() > before.1);
    flow.cancel_within(LONG).unwrap();
    assert!(matches!(running.join().unwrap_err().failure(), Failure::Cancelled));
}

#[test]
fn draining_lets_all_that_was_given_arrive() {
    let arrived = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&arrived);
    let running = Stream::iter(0u64..)
        .parallel(2, Order::Input)
        .map(|n| n)
        .batch(7)
        .drain_with(move |batch| {
            count.fetch_add(batch.len() as u64, Ordering::Relaxed);
        })
        .start();
    let flow = running.flow();
    until(|| flow.metrics().items_in() > 10_000);
    flow.drain(LONG).unwrap();
    let report = running.join().unwrap();
    assert_eq!(report.items_in(), arrived.load(Ordering::Relaxed));
    assert_eq!(report.reserved_bytes_at_end(), 0);
}

#[test]
fn a_paused_pipeline_can_be_drained_and_cancelled() {
    let (_pusher, stream) = Stream::channel::<u8>(100);
    let running = stream.drain_with(|_| ()).start();
    running.flow().pause();
    running.flow().drain(LONG).unwrap();
    assert!(running.join().is_ok());

    let (_pusher, stream) = Stream::channel::<u8>(100);
    let running = stream.drain_with(|_| ()).start();
    running.flow().cancel_within(LONG).unwrap();
    assert!(running.join().is_err());
}

#[test]
fn what_waits_outside_is_not_over_in_time_and_the_answer_says_so() {
    let (release, wait) = mpsc::channel::<()>();
    let running = Stream::iter([1u8]).boxed().sink(move |_| wait.recv()).start();
    until(|| running.flow().metrics().items_in() == 1);
    let error = running.flow().drain(Duration::from_millis(5)).unwrap_err();
    assert!(error.to_string().starts_with("not over within 5ms"), "{error}");
    drop(release);
    assert!(running.join().is_err());
}

#[test]
fn pressure_is_told_up_and_down() {
    let (release, wait) = mpsc::channel::<()>();
    let levels = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&levels);
    let mut first = Some(wait);
    let running = Stream::iter(0..2000u32)
        .map(|_| vec![0u8; 1000])
        .memory_limit(100_000)
        .backpressure_threshold(0.5)
        .boxed()
        .drain_with(move |_| {
            if let Some(wait) = first.take() {
                let _ = wait.recv();
            }
        })
        .threads(2)
        .start();
    let flow = running.flow();
    flow.on_pressure(move |level| into.lock().unwrap().push(level));
    until(|| flow.memory().pressure_events > 0);
    drop(release);
    let report = running.join().unwrap();
    assert_eq!(report.items_out(), 2000);
    let levels = levels.lock().unwrap();
    assert!(levels.windows(2).all(|pair| pair[0] != pair[1]), "{levels:?}");
    assert!(levels.contains(&Level::Relieved));
}

#[test]
fn pipelines_may_share_a_budget() {
    let budget = Budget::new(200_000);
    let pipeline = |seed: u8| {
        Stream::iter(0..500u32)
            .map(move |_| vec![seed; 1000])
            .budget(&budget)
            .boxed()
            .drain_with(|_| ())
            .start()
    };
    let running: Vec<_> = (0..4).map(pipeline).collect();
    for one in running {
        assert_eq!(one.join().unwrap().items_out(), 500);
    }
    assert_eq!(budget.reserved(), 0);
    assert!(budget.peak() <= 200_000 + 4 * 3 * 20_000, "{}", budget.peak());
}

/// Works on an item until the pipeline stops.
#[derive(Clone)]
struct Endless(mpsc::Sender<()>);

impl Operator for Endless {
    type In = u64;
    type Out = u64;

    fn on_item(&mut self, item: u64, out: &mut impl Emit<u64>) -> Outcome {
        let _ = self.0.send(());
        while !out.is_stopping() {
            std::thread::yield_now();
        }
        out.emit(item)
    }

    fn fork(&self) -> Self {
        self.clone()
    }

    fn name(&self) -> &'static str {
        "endless"
    }
}

#[test]
fn whoever_works_on_an_item_learns_that_the_pipeline_is_stopping() {
    let alone = || Stream::iter(0..10u64).chunked(Fixed(1));
    let (told, heard) = mpsc::channel();
    let step = || Endless(told.clone());
    let pipelines = [
        alone().through(step()).drain_with(|_| ()),
        alone().map(|n| n + 1).through(step()).filter(|n| n % 2 == 0).drain_with(|_| ()),
        alone().through(step()).on_error(OnError::Skip).boxed().map(|n| n).drain_with(|_| ()),
        alone().parallel(2, Order::Input).through(step()).map(|n| n).drain_with(|_| ()),
    ];
    for pipeline in pipelines {
        let running = pipeline.threads(2).start();
        heard.recv().unwrap();
        running.flow().cancel();
        assert!(matches!(running.join().unwrap_err().failure(), Failure::Cancelled));
        while heard.try_recv().is_ok() {}
    }
}
