//! A hand-written ordered parallel map: two threads claim items instead of being handed them.
//!
//! Whoever is free takes the next item from the source under a lock, works without it, and puts the result
//! in its place. The caller is one of the two, and ends what is complete from the front on. A thread
//! sleeps only when every place of the ring is taken.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};
use std::thread;

struct State<I, R> {
    source: I,
    /// Results in order; those that are still worked on are missing.
    places: VecDeque<Option<R>>,
    /// The number of the first place.
    first: usize,
    is_exhausted: bool,
    sleepers: usize,
}

/// Ends the results of `work` in the order of the items, with at most `places_max` held.
pub(crate) fn in_order<I, R>(
    source: I,
    places_max: usize,
    work: impl Fn(I::Item) -> R + Sync,
    mut end: impl FnMut(R),
) where
    I: Iterator + Send,
    R: Send,
{
    let places = VecDeque::with_capacity(places_max);
    let state = Mutex::new(State { source, places, first: 0, is_exhausted: false, sleepers: 0 });
    let has_changed = Condvar::new();
    thread::scope(|scope| {
        scope.spawn(|| claim(&state, &has_changed, places_max, &work, None));
        claim(&state, &has_changed, places_max, &work, Some(&mut end));
    });
}

/// Works until there is nothing more to claim, and to end for the thread that ends.
fn claim<I: Iterator, R>(
    state: &Mutex<State<I, R>>,
    has_changed: &Condvar,
    places_max: usize,
    work: impl Fn(I::Item) -> R,
    mut end: Option<&mut dyn FnMut(R)>,
) {
    let mut now = state.lock().expect("no thread panics");
    loop {
        if let (Some(end), Some(Some(_))) = (&mut end, now.places.front()) {
            let result = now.places.pop_front().flatten().expect("it was just seen");
            now.first += 1;
            if now.sleepers > 0 {
                has_changed.notify_all();
            }
            drop(now);
            end(result);
            now = state.lock().expect("no thread panics");
            continue;
        }
        let item = if now.is_exhausted || now.places.len() == places_max { None } else { now.source.next() };
        if let Some(item) = item {
            let number = now.first + now.places.len();
            now.places.push_back(None);
            drop(now);
            let result = work(item);
            now = state.lock().expect("no thread panics");
            let place = number - now.first;
            now.places[place] = Some(result);
            if now.sleepers > 0 {
                has_changed.notify_all();
            }
            continue;
        }
        now.is_exhausted |= now.places.len() < places_max;
        if now.is_exhausted && (end.is_none() || now.places.is_empty()) {
            return;
        }
        now.sleepers += 1;
        now = has_changed.wait(now).expect("no thread panics");
        now.sleepers -= 1;
    }
}
