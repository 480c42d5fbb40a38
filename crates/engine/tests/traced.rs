//! What a run tells to a subscriber of `tracing`.

use std::cell::RefCell;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use primestream_engine::{Fixed, OnError, Order, Rate, Retry, Strategy, Stream};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps all spans as `parent/name fields` and all events as `span: fields`.
#[derive(Clone, Default)]
struct Kept(Arc<Inner>);

#[derive(Default)]
struct Inner {
    ids: AtomicU64,
    spans: Mutex<Vec<String>>,
    events: Mutex<Vec<String>>,
}

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Fields as text.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Kept {
    fn span(&self, id: Option<u64>) -> String {
        let spans = self.0.spans.lock().expect("no test panics with the lock");
        id.and_then(|id| spans.get(usize::try_from(id).ok()? - 1)).cloned().unwrap_or_default()
    }

    fn current(&self) -> Option<u64> {
        ENTERED.with_borrow(|entered| entered.last().copied())
    }

    fn events(&self) -> Vec<String> {
        self.0.events.lock().expect("no test panics with the lock").clone()
    }

    /// Returns the events that contain a text.
    fn about(&self, text: &str) -> Vec<String> {
        self.events().into_iter().filter(|event| event.contains(text)).collect()
    }
}

impl Subscriber for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let parent =
            span.parent().map(Id::into_u64).or_else(|| self.current().filter(|_| span.is_contextual()));
        let mut text = Text(String::new());
        span.record(&mut text);
        let name = format!("{}/{}{}", self.span(parent), span.metadata().name(), text.0);
        self.0.spans.lock().expect("no test panics with the lock").push(name);
        Id::from_u64(self.0.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let parent =
            event.parent().map(Id::into_u64).or_else(|| self.current().filter(|_| event.is_contextual()));
        let mut text = Text(String::new());
        event.record(&mut text);
        let event = format!("{} {}:{}", event.metadata().level(), self.span(parent), text.0);
        self.0.events.lock().expect("no test panics with the lock").push(event);
    }

    fn enter(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.into_u64()));
    }

    fn exit(&self, _: &Id) {
        ENTERED.with_borrow_mut(|entered| _ = entered.pop());
    }
}

/// Runs something and returns what it told.
fn told(run: impl FnOnce()) -> Kept {
    let kept = Kept::default();
    tracing::subscriber::with_default(kept.clone(), run);
    kept
}

#[test]
fn a_run_is_a_span_with_its_stages_and_users_events_are_found_there() {
    let kept = told(|| {
        let outer = tracing::info_span!("job").entered();
        let report = Stream::iter(0..2u64)
            .parallel(3, Order::Input)
            .inspect(|n| tracing::info!(n, "seen"))
            .simulated(1)
            .for_each(|_| ())
            .unwrap();
        assert_eq!(report.items_out(), 2);
        drop(outer);
    });
    let spans = kept.0.spans.lock().unwrap().clone();
    assert_eq!(
        spans,
        [
            "/job",
            "/job/pipeline stages=3",
            "/job/pipeline stages=3/stage index=0 name=\"iter\" lanes=1",
            "/job/pipeline stages=3/stage index=1 name=\"inspect\" lanes=3",
            "/job/pipeline stages=3/stage index=2 name=\"for_each\" lanes=1",
        ]
    );
    let seen = kept.about("message=seen");
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|event| event.starts_with(&format!("INFO {}: ", spans[3]))), "{seen:?}");
    let events = kept.events();
    let ended = "INFO /job/pipeline stages=3: message=ended items_in=2 items_out=2 elapsed=";
    assert!(events[events.len() - 1].starts_with(ended), "{events:?}");
    assert_eq!(events.len(), 3);
}

#[test]
fn items_given_up_and_failures_are_told_in_their_stage() {
    let kept = told(|| {
        let stream = Stream::iter(0..20u64).boxed().named("calls").simulated(2);
        let stream = stream
            .try_map(|n| if n == 7 { Err("unlucky") } else { Ok(n) })
            .retry(Retry::exponential(3, Duration::from_millis(10)))
            .on_error(OnError::Skip);
        stream.for_each(|_| ()).unwrap();
        let bad = Stream::iter(0..5u64).try_map(|n| if n == 3 { Err("three") } else { Ok(n) }).named("bad");
        bad.simulated(3).for_each(|_| ()).unwrap_err();
    });
    let given_up = kept.about("given up");
    assert_eq!(given_up.len(), 1, "{given_up:?}");
    let words = "message=items given up, retries exhausted skipped=1 dead=0 exhausted=1";
    assert!(given_up[0].starts_with("WARN /pipeline") && given_up[0].ends_with(words), "{given_up:?}");
    let failed = kept.about("message=failed");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("name=\"bad\" lanes=1: ") && failed[0].ends_with("three"), "{failed:?}");
}

#[test]
fn retries_are_exhausted_only_where_there_was_no_attempt_left() {
    let kept = told(|| {
        let was_tried = AtomicBool::new(false);
        let items = Stream::iter(0..40u64).chunked(Fixed(1)).simulated(5).boxed();
        let items = items
            .try_map(move |n| match n {
                10 if !was_tried.swap(true, Ordering::Relaxed) => Err("busy"),
                20 => Err("hopeless"),
                30 => Err("unlucky"),
                _ => Ok(n),
            })
            .retry(Retry::fixed(3, Duration::ZERO).only_if(|error| !error.to_string().ends_with("hopeless")))
            .on_error(OnError::Skip);
        items.for_each(|_| ()).unwrap();
    });
    let given_up = kept.about("given up");
    assert_eq!(given_up.len(), 2, "{given_up:?}");
    assert!(given_up[0].ends_with("message=items given up skipped=1 dead=0"), "{given_up:?}");
    let words = "message=items given up, retries exhausted skipped=1 dead=0 exhausted=1";
    assert!(given_up[1].ends_with(words), "{given_up:?}");
}

#[test]
fn a_run_that_was_cancelled_has_not_failed() {
    let kept = told(|| {
        let running = Stream::iter(0u64..).drain_with(|_| ()).start();
        running.flow().cancel();
        running.join().unwrap_err();
    });
    assert!(kept.about("ERROR").is_empty(), "{:?}", kept.events());
    assert_eq!(kept.about("message=cancelled"), ["INFO /pipeline stages=1: message=cancelled"]);
    assert_eq!(kept.about("message=ended").len(), 1);
}

#[test]
fn memory_and_what_is_set_while_it_runs_are_told() {
    let kept = told(|| {
        let stream = Stream::iter(0..4000u64)
            .chunked(Fixed(64))
            .parallel(4, Order::Input)
            .map(|n| vec![0u8; if n < 1000 { 4000 } else { 4 }])
            .boxed()
            .throttle(Rate::per_second(1000.0))
            .memory_limit(1 << 20)
            .degrade_after(Duration::from_millis(50))
            .simulated(1);
        let report = stream.drain_with(|_| ()).tuned(Strategy::Balanced).run().unwrap();
        let adjusted = report.adjustments().len();
        assert!(adjusted > 0);
    });
    let short = kept.about("message=memory is short held=");
    assert!(!short.is_empty() && short[0].starts_with("WARN /pipeline stages=3: "), "{short:?}");
    assert!(!kept.about("message=memory has eased").is_empty());
    let lanes =
        kept.about("message=adjusted knob=lanes at work from=4 to=2 reason=memory was at the threshold");
    assert_eq!(lanes.len(), 1, "{:?}", kept.about("adjusted"));
    assert!(lanes[0].contains("/stage index=1 name=\"map\""), "{lanes:?}");
}

#[test]
fn all_threads_of_a_run_speak_to_its_subscriber() {
    for seed in [None, Some(1)] {
        let kept = told(|| {
            let items = Stream::iter(0..1000u64).chunked(Fixed(1)).parallel(4, Order::Input);
            let items = items.inspect(|n| tracing::info!(n, "seen"));
            let items = if let Some(seed) = seed { items.simulated(seed) } else { items };
            items.drain_with(|_| ()).start().join().unwrap();
        });
        let seen = kept.about("message=seen");
        assert_eq!(seen.len(), 1000, "none of them is lost");
        assert!(seen.iter().all(|event| event.starts_with("INFO /pipeline stages=3/stage index=1 ")));
        assert_eq!(kept.about("message=ended items_in=1000").len(), 1);
    }
}

#[test]
fn a_stage_that_stands_still_is_told() {
    // The one that watches has a thread of its own.
    let kept = told(|| {
        let (release, wait) = mpsc::channel::<()>();
        let mut release = Some(release);
        let outcome = Stream::iter([1u8])
            .boxed()
            .named("hangs")
            .sink(move |_| wait.recv())
            .on_stall(Duration::from_millis(10), move |_| drop(release.take()))
            .run();
        assert!(outcome.is_err());
    });
    let stalled = kept.about("message=stalled time=");
    assert!(stalled.iter().any(|event| event.contains("name=\"hangs\"")), "{stalled:?}");
}
