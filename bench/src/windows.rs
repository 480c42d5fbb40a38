//! W6: 20 million events of 100 000 keys, counted in windows of one second.
//!
//! Events carry their time and come up to 50 ms out of order. Windows are aligned to the epoch; the one
//! event that is lost would change the answer, and is looked for besides.

use std::collections::HashMap;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use futures::StreamExt;
use futures::executor::block_on;
use primestream_engine::{Emit, Operator, Order, Outcome, Stream, Tally, Weigh};
use rustc_hash::FxBuildHasher;

use crate::dataflow;
use crate::random::scatter;
use crate::rounds::{Scale, contestant, rounds};

const EVENTS: u64 = 20_000_000;
const KEYS: u64 = 100_000;
const WINDOW_MS: u64 = 1000;
/// An event comes at most this late.
const LATE_MS: u64 = 50;
const EVENTS_PER_MS: u64 = 1000;
/// Inside a window, so that windows from the first event on would be others.
const START_MS: u64 = 1_700_000_000_456;

/// Runs W6.
pub(crate) fn run(scale: &Scale) {
    let count = scale.size.of(EVENTS);
    let expected = by_hand(count);
    assert_eq!(expected.events, count);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads start");
    rounds(
        &format!("W6: {} M events of {KEYS} keys, counted in windows of 1 s", count / 1_000_000),
        scale,
        (count as f64 / 1e6, "M events"),
        vec![
            contestant("one thread, a map used again", || assert_eq!(by_hand(count), expected)),
            contestant("ours: a fold by hand", || assert_eq!(ours_fold(count), expected)).at_least(0.8),
            contestant("ours: keys on one lane", || assert_eq!(ours_keyed(count, 1), expected)).at_least(0.7),
            contestant("ours: keys on two lanes", || assert_eq!(ours_keyed(count, 2), expected))
                .at_least(0.85),
            contestant("ours: events parted by shard, two lanes", || {
                assert_eq!(ours_parted(count), expected)
            }),
            contestant("futures in chunks", || assert_eq!(by_futures(count), expected)),
            contestant("timely, one worker", || assert_eq!(dataflow::windows(1, count), expected)),
            contestant("timely, two workers", || assert_eq!(dataflow::windows(2, count), expected)),
            contestant("rayon, two phases", || assert_eq!(pool.install(|| by_phases(count)), expected)),
            contestant("hand-written: source, two shards", || assert_eq!(by_shards(count), expected)),
            contestant("hand-written: two shards pull the source", || {
                assert_eq!(by_pulling(count), expected);
            }),
        ],
    );
}

/// Events made on the lanes, spread by key over lanes that each keep windows of their own.
fn ours_keyed(count: u64, lanes: usize) -> Answer {
    let ranges =
        (0..black_box(count)).step_by(RANGE).map(move |start| start..count.min(start + RANGE as u64));
    Stream::iter(ranges)
        .parallel(lanes, Order::Input)
        .flat_map(|range| range.map(event))
        .distribute(lanes, |event| event.key)
        .through(CountWindows::default())
        .fold(Answer::default(), Answer::and)
        .expect("nothing fails")
}

/// Events a lane makes at once.
const RANGE: usize = 1 << 15;

/// Events parted by shard where they are made: what is routed is a part, not an event.
fn ours_parted(count: u64) -> Answer {
    let ranges = (0..black_box(count)).step_by(PART).map(move |start| start..count.min(start + PART as u64));
    let parts = Stream::iter(ranges).parallel(2, Order::Input).flat_map(|range| {
        let (watermark, mut dealt) = (watermark(range.start), [(); 2].map(|()| Vec::new()));
        let [first, second] = &mut dealt;
        deal(&range.map(event).collect::<Vec<_>>(), 0, first, second);
        dealt.into_iter().enumerate().map(move |(shard, events)| (shard, Parcel { events, watermark }))
    });
    let windows = parts.key_by(|(shard, _)| *shard).lanes(2).fold(Windows::new(), |windows, (_, parcel)| {
        parcel.events.into_iter().for_each(|event| windows.add(event));
        windows.advance(parcel.watermark);
    });
    let answer = windows.fold(Answer::default(), |sum, (_, windows)| sum.and(windows.finish()));
    answer.expect("nothing fails")
}

impl Weigh for Parcel {
    fn heap_bytes(&self) -> usize {
        self.events.capacity() * size_of::<Event>()
    }
}

impl Weigh for Windows {
    fn heap_bytes(&self) -> usize {
        (self.open.capacity() + self.next.capacity()) * size_of::<(u32, u64)>()
    }
}

/// Events a lane makes and parts at once.
const PART: usize = 1 << 12;

/// Counts the events of some keys. Events of the source are in order but for bounded lateness.
#[derive(Default)]
struct CountWindows {
    windows: Option<Windows>,
    latest_ms: u64,
    tally: Tally,
}

impl Operator for CountWindows {
    type In = Event;
    type Out = Answer;

    #[inline]
    fn on_item(&mut self, event: Event, _: &mut impl Emit<Answer>) -> Outcome {
        self.latest_ms = self.latest_ms.max(event.time_ms);
        self.windows.get_or_insert_with(Windows::new).add(event);
        self.tally.absorbed += 1;
        Ok(())
    }

    fn on_flush(&mut self, _: &mut impl Emit<Answer>) -> Outcome {
        if let Some(windows) = &mut self.windows {
            windows.advance(self.latest_ms.saturating_sub(LATE_MS));
        }
        Ok(())
    }

    fn on_end(&mut self, out: &mut impl Emit<Answer>) -> Outcome {
        let Some(windows) = self.windows.take() else { return Ok(()) };
        self.tally.created += 1;
        out.emit(windows.finish())
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn name(&self) -> &'static str {
        "count_windows"
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

impl Weigh for Answer {}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) time_ms: u64,
    pub(crate) key: u32,
}

impl Weigh for Event {}

/// Returns the number-th event.
pub(crate) fn event(number: u64) -> Event {
    let random = scatter(number);
    let late = ((random & 0xFFFF) * (LATE_MS + 1)) >> 16;
    let key = ((random >> 32) * KEYS) >> 32;
    Event { time_ms: watermark(number) + LATE_MS - late, key: u32::try_from(key).expect("few keys") }
}

/// Returns a time that no event from the number-th on is before.
pub(crate) fn watermark(number: u64) -> u64 {
    START_MS + number / EVENTS_PER_MS
}

fn events(count: u64) -> impl Iterator<Item = Event> + Send + 'static {
    (0..black_box(count)).map(event)
}

/// Returns which of two shards a key belongs to.
pub(crate) fn shard(event: Event) -> usize {
    usize::from(event.key.wrapping_mul(0x9E37_79B9) >> 31 != 0)
}

/// What has been found, independent of the order of the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    events: u64,
    results: u64,
    sum: u64,
}

impl Answer {
    fn add(&mut self, window: u64, key: u32, count: u64) {
        self.events += count;
        self.results += 1;
        self.sum = self.sum.wrapping_add(scatter(window << 32 ^ u64::from(key)).wrapping_mul(count));
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            results: self.results + other.results,
            sum: self.sum.wrapping_add(other.sum),
        }
    }
}

type Counts = HashMap<u32, u64, FxBuildHasher>;

/// The windows that are open: one, and the next because of late events. Their maps are used again.
#[derive(Clone)]
pub(crate) struct Windows {
    first: u64,
    open: Counts,
    next: Counts,
    pub(crate) answer: Answer,
}

impl Windows {
    pub(crate) fn new() -> Self {
        let first = START_MS / WINDOW_MS;
        Self { first, open: Counts::default(), next: Counts::default(), answer: Answer::default() }
    }

    pub(crate) fn add(&mut self, event: Event) {
        match event.time_ms / WINDOW_MS {
            window if window == self.first => *self.open.entry(event.key).or_insert(0) += 1,
            window => {
                assert_eq!(window, self.first + 1, "events are late by a bounded time");
                *self.next.entry(event.key).or_insert(0) += 1;
            }
        }
    }

    /// Closes the windows that no event can reach any more.
    pub(crate) fn advance(&mut self, watermark: u64) {
        while (self.first + 1) * WINDOW_MS <= watermark {
            self.close();
        }
    }

    fn close(&mut self) {
        for (key, count) in self.open.drain() {
            self.answer.add(self.first, key, count);
        }
        std::mem::swap(&mut self.open, &mut self.next);
        self.first += 1;
    }

    pub(crate) fn finish(mut self) -> Answer {
        self.close();
        self.close();
        self.answer
    }
}

/// The loop one would write: the highest time seen says what is complete.
fn by_hand(count: u64) -> Answer {
    let mut seen = Seen::new();
    for event in events(count) {
        seen.add(event);
    }
    seen.windows.finish()
}

struct Seen {
    windows: Windows,
    highest: u64,
}

impl Seen {
    fn new() -> Self {
        Self { windows: Windows::new(), highest: 0 }
    }

    fn add(&mut self, event: Event) {
        if event.time_ms > self.highest {
            self.highest = event.time_ms;
            self.windows.advance(event.time_ms - LATE_MS);
        }
        self.windows.add(event);
    }
}

fn ours_fold(count: u64) -> Answer {
    let seen = Stream::iter(events(count)).fold_mut(Seen::new(), Seen::add);
    seen.expect("nothing fails").windows.finish()
}

fn by_futures(count: u64) -> Answer {
    let chunks = futures::stream::iter(events(count)).chunks(CHUNK);
    let mut seen = Seen::new();
    block_on(chunks.for_each(|chunk| {
        chunk.into_iter().for_each(|event| seen.add(event));
        std::future::ready(())
    }));
    seen.windows.finish()
}

/// Two maps for each window, whichever thread counts, and merged when it closes.
fn by_phases(count: u64) -> Answer {
    let (mut events, mut batch, mut highest) = (events(count), Vec::with_capacity(BATCH), 0);
    let (mut one, mut other) = (Windows::new(), Windows::new());
    loop {
        batch.clear();
        batch.extend(events.by_ref().take(BATCH));
        if batch.is_empty() {
            other.merge_into(&mut one);
            return one.finish();
        }
        let (front, back) = batch.split_at(batch.len() / 2);
        rayon::join(
            || front.iter().for_each(|event| one.add(*event)),
            || back.iter().for_each(|event| other.add(*event)),
        );
        highest = batch.iter().map(|event| event.time_ms).fold(highest, u64::max);
        if (one.first + 1) * WINDOW_MS <= highest - LATE_MS {
            other.merge_into(&mut one);
            one.advance(highest - LATE_MS);
            other.first = one.first;
        }
    }
}

impl Windows {
    fn merge_into(&mut self, other: &mut Self) {
        assert_eq!(self.first, other.first);
        for (from, to) in [(&mut self.open, &mut other.open), (&mut self.next, &mut other.next)] {
            from.drain().for_each(|(key, count)| *to.entry(key).or_insert(0) += count);
        }
    }
}

/// A chunk for a shard, and a time that no later event of the sender is before.
struct Parcel {
    events: Vec<Event>,
    watermark: u64,
}

/// A thread of its own for the source, which deals events out to two others.
fn by_shards(count: u64) -> Answer {
    thread::scope(|scope| {
        let shards = [(); 2].map(|()| {
            let (to_shard, inbox) = crossbeam_channel::bounded::<Parcel>(PARCELS_MAX);
            let shard = scope.spawn(move || {
                let mut windows = Windows::new();
                for parcel in inbox {
                    parcel.events.into_iter().for_each(|event| windows.add(event));
                    windows.advance(parcel.watermark);
                }
                windows.finish()
            });
            (to_shard, shard)
        });
        let mut numbers = 0..black_box(count);
        while !numbers.is_empty() {
            let mut dealt = [(); 2].map(|()| Vec::with_capacity(CHUNK));
            numbers.by_ref().take(CHUNK).map(event).for_each(|event| dealt[shard(event)].push(event));
            let watermark = watermark(numbers.start);
            for (events, (to_shard, _)) in dealt.into_iter().zip(&shards) {
                to_shard.send(Parcel { events, watermark }).expect("it is read");
            }
        }
        let answers = shards.map(|(to_shard, shard)| {
            drop(to_shard);
            shard.join().expect("no thread panics")
        });
        answers[0].and(answers[1])
    })
}

/// Two threads that take chunks of the source; each counts its keys and sends on the others.
fn by_pulling(count: u64) -> Answer {
    let source = Mutex::new(0..black_box(count));
    let (to_first, first) = crossbeam_channel::bounded(PARCELS_MAX);
    let (to_second, second) = crossbeam_channel::bounded(PARCELS_MAX);
    thread::scope(|scope| {
        let other = scope.spawn(|| Shard::new(1).run(&source, to_first, &second));
        let one = Shard::new(0).run(&source, to_second, &first);
        one.and(other.join().expect("no thread panics"))
    })
}

/// One of two threads.
struct Shard {
    own: usize,
    windows: Windows,
    /// Times that no later event of either thread is before.
    marks: [u64; 2],
    /// Buffers that came with parcels and are used again.
    spare: Vec<Vec<Event>>,
}

impl Shard {
    fn new(own: usize) -> Self {
        Self { own, windows: Windows::new(), marks: [START_MS; 2], spare: Vec::new() }
    }

    fn run(
        mut self,
        source: &Mutex<Range<u64>>,
        to_other: Sender<Parcel>,
        inbox: &Receiver<Parcel>,
    ) -> Answer {
        let (mut chunk, mut mine) = (Vec::with_capacity(CHUNK), Vec::new());
        loop {
            chunk.clear();
            let mut numbers = source.lock().expect("no thread panics");
            let start = numbers.start;
            chunk.extend(numbers.by_ref().take(CHUNK).map(event));
            drop(numbers);
            if chunk.is_empty() {
                break;
            }
            let mut others = self.spare.pop().unwrap_or_default();
            deal(&chunk, self.own, &mut mine, &mut others);
            mine.iter().for_each(|event| self.windows.add(*event));
            self.mark(self.own, watermark(start));
            self.send(Parcel { events: others, watermark: watermark(start) }, &to_other, inbox);
            // No more than these: a thread that only took would hold back the watermark of both.
            inbox.try_iter().take(PARCELS_MAX).for_each(|parcel| self.take(parcel));
        }
        drop(to_other);
        self.mark(self.own, u64::MAX);
        inbox.iter().for_each(|parcel| self.take(parcel));
        self.windows.finish()
    }

    /// Takes parcels as long as it cannot send, so that two full inboxes are no deadlock.
    fn send(&mut self, mut parcel: Parcel, to_other: &Sender<Parcel>, inbox: &Receiver<Parcel>) {
        while let Err(TrySendError::Full(back)) = to_other.try_send(parcel) {
            parcel = back;
            match inbox.try_recv() {
                Ok(parcel) => self.take(parcel),
                Err(_) => thread::yield_now(),
            }
        }
    }

    fn take(&mut self, mut parcel: Parcel) {
        parcel.events.drain(..).for_each(|event| self.windows.add(event));
        self.spare.push(parcel.events);
        self.mark(1 - self.own, parcel.watermark);
    }

    fn mark(&mut self, sender: usize, watermark: u64) {
        self.marks[sender] = watermark;
        self.windows.advance(self.marks[0].min(self.marks[1]));
    }
}

/// Puts each event into one of two buffers. A branch would be guessed wrong for every second event, which
/// takes longer than to write it twice.
fn deal(chunk: &[Event], own: usize, mine: &mut Vec<Event>, others: &mut Vec<Event>) {
    let nothing = Event { time_ms: 0, key: 0 };
    mine.resize(chunk.len(), nothing);
    others.resize(chunk.len(), nothing);
    let (mut mine_count, mut others_count) = (0, 0);
    for event in chunk {
        let is_mine = usize::from(shard(*event) == own);
        mine[mine_count] = *event;
        others[others_count] = *event;
        mine_count += is_mine;
        others_count += 1 - is_mine;
    }
    mine.truncate(mine_count);
    others.truncate(others_count);
}

const CHUNK: usize = 8192;
const BATCH: usize = 1 << 17;
const PARCELS_MAX: usize = 4;
