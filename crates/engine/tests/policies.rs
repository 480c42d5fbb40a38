//! What is decided about items that fail: retries, breakers, replacements, tolerance, in one fixed order.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use primestream_engine::error::Cause;
use primestream_engine::runtime::Failure;
use primestream_engine::{CircuitBreaker, OnError, Order, Retry, Stream, Tolerance};

const SECOND: Duration = Duration::from_secs(1);

/// Counts the calls of a step that always fails.
fn failing(calls: &Arc<AtomicU32>) -> impl Fn(u32) -> Result<u32, String> + Send + Sync + 'static {
    let calls = Arc::clone(calls);
    move |n| {
        calls.fetch_add(1, Ordering::Relaxed);
        Err(format!("{n} again"))
    }
}

#[test]
fn a_dead_letter_knows_how_often_and_where_it_was_tried() {
    let (calls, letters) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
    let into = Arc::clone(&letters);
    let report = Stream::iter([5u32, 6])
        .simulated(1)
        .boxed()
        .named("lookup")
        .try_map(failing(&calls))
        .retry(Retry::exponential(4, SECOND))
        .on_error(OnError::dead_letter(move |letter| {
            into.lock().unwrap().push((
                letter.item,
                letter.stage,
                letter.step,
                letter.position,
                letter.attempts,
            ));
            Ok::<(), String>(())
        }))
        .for_each(|_| ())
        .unwrap();
    let letter = |item, position| (item, "lookup".to_owned(), "try_map", position, 4);
    assert_eq!(*letters.lock().unwrap(), [letter(5, 0), letter(6, 1)]);
    assert_eq!((report.dead(), calls.load(Ordering::Relaxed)), (2, 8));
    let totals = report.metrics().totals();
    assert_eq!((totals.retried, totals.exhausted), (6, 2));
    assert!(report.elapsed() >= 2 * (SECOND / 2 + SECOND + 2 * SECOND), "{:?}", report.elapsed());
}

#[test]
fn policies_act_in_one_order_however_they_were_asked_for() {
    let run = |retry_first: bool| {
        let calls = Arc::new(AtomicU32::new(0));
        let stream = Stream::iter(0..10u32).simulated(3).try_map(failing(&calls));
        let retry = Retry::fixed(2, Duration::from_millis(1));
        let breaker = CircuitBreaker::after_failures(3, 3600 * SECOND);
        let stream = if retry_first {
            stream.retry(retry).breaker(breaker).on_error(OnError::Skip)
        } else {
            stream.on_error(OnError::Skip).breaker(breaker).retry(retry)
        };
        let report = stream.for_each(|_| ()).unwrap();
        (calls.load(Ordering::Relaxed), report.skipped())
    };
    assert_eq!(run(true), run(false));
    assert_eq!(run(true).1, 10);
}

#[test]
fn a_breaker_lets_through_again_after_the_cool_down_what_a_retry_kept() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let report = Stream::iter(0..5u32)
        .simulated(9)
        .try_map(move |n| match counted.fetch_add(1, Ordering::Relaxed) {
            0..3 => Err("down".to_owned()),
            _ => Ok(n),
        })
        .breaker(CircuitBreaker::after_failures(2, 60 * SECOND))
        .retry(Retry::fixed(5, SECOND))
        .for_each(|_| ())
        .unwrap();
    assert_eq!(report.items_out(), 5);
    assert!(report.elapsed() >= 120 * SECOND, "two cool-downs, {:?}", report.elapsed());
}

#[test]
fn an_open_breaker_is_an_error_of_its_own_kind() {
    let calls = Arc::new(AtomicU32::new(0));
    let kinds = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&kinds);
    Stream::iter(0..3u32)
        .try_map(failing(&calls))
        .breaker(CircuitBreaker::after_failures(1, 3600 * SECOND))
        .catch(move |letter| {
            into.lock().unwrap().push(matches!(letter.error.cause(), Cause::BreakerOpen));
            Some(letter.item)
        })
        .count()
        .unwrap();
    assert_eq!(*kinds.lock().unwrap(), [false, true, true]);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn what_takes_the_place_of_a_panic_stays_in_its_place() {
    let found: Vec<u32> = Stream::iter(0..6u32)
        .parallel(2, Order::Input)
        .map(|n| if n % 3 == 1 { std::panic::panic_any("one of three".to_owned()) } else { n })
        .catch(|letter| (letter.item == 1).then_some(100))
        .collect()
        .unwrap();
    assert_eq!(found, [0, 100, 2, 3, 5]);
}

#[test]
fn too_many_failures_stop_the_pipeline_and_say_so() {
    let error = Stream::iter(0..1000u32)
        .try_map(|n| if n % 10 == 0 || n > 500 { Err("bad") } else { Ok(n) })
        .on_error(OnError::Skip)
        .tolerate(Tolerance::share(0.2, 50))
        .for_each(|_| ())
        .unwrap_err();
    assert!(error.to_string().ends_with("bad; more failed than is tolerated"), "{error}");
    assert!(matches!(error.failure(), Failure::Item(_)));
    assert!(error.report().items_in() > 500 && error.report().items_in() < 1000, "{}", error.report());
}

#[test]
fn a_user_operator_that_may_fail_can_be_retried() {
    use primestream_engine::operator::Fails;
    use primestream_engine::{Emit, Interrupt, Operator, Outcome};

    #[derive(Clone, Default)]
    struct Flaky(u32);
    impl Operator for Flaky {
        type In = u32;
        type Out = u32;
        fn on_item(&mut self, item: u32, out: &mut impl Emit<u32>) -> Outcome {
            self.0 += 1;
            if self.0 % 2 == 1 { Err(Interrupt::failed("flaky", "not yet")) } else { out.emit(item) }
        }
        fn fork(&self) -> Self {
            Self::default()
        }
        fn name(&self) -> &'static str {
            "flaky"
        }
    }
    impl Fails for Flaky {}

    let all: Vec<u32> = Stream::iter(0..4)
        .through(Flaky::default())
        .retry(Retry::fixed(2, SECOND))
        .simulated(1)
        .collect()
        .unwrap();
    assert_eq!(all, [0, 1, 2, 3]);
}

#[test]
fn cancelling_while_an_item_waits_for_its_next_attempt_loses_nothing() {
    let running = Stream::iter(0..10u32)
        .try_map(|n| if n == 4 { Err("never") } else { Ok(n) })
        .retry(Retry::fixed(100, 3600 * SECOND))
        .sink(|_| Ok::<(), String>(()))
        .start();
    let flow = running.flow();
    while flow.metrics().totals().retried == 0 {
        std::thread::yield_now();
    }
    flow.cancel();
    let error = running.join().unwrap_err();
    let totals = error.report().stages()[0].tally;
    assert_eq!((totals.taken, totals.passed, totals.held), (5, 4, 1));
}

/// What waited for another attempt when all had come was more than is needed: the end of the stage was told of nothing,
/// and what it had gathered was lost.
#[test]
fn what_is_tried_again_behind_the_last_item_may_be_more_than_is_needed() {
    for seed in 0..8 {
        let calls = AtomicU32::new(0);
        let all: Vec<u32> = Stream::iter(0..20u32)
            .boxed()
            .sort_batches(1000)
            .try_map(move |n| if calls.fetch_add(1, Ordering::Relaxed) == 2 { Err("once") } else { Ok(n) })
            .retry(Retry::fixed(2, SECOND))
            .take(5)
            .simulated(seed)
            .collect()
            .unwrap();
        assert_eq!(all, [0, 1, 2, 3, 4], "seed {seed}");
    }
}
