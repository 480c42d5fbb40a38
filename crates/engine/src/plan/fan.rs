//! One stage, several ways on: copies to each, or each item to one of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exchange::{BUDGET_CHUNKS, ExchangeId, Port};
use super::lineup::Place;
use super::outflow::Outflow;
use crate::chunk::Chunk;
use crate::chunker::ChunkLimits;
use crate::message::Message;
use crate::weigh::Weigh;

/// Puts items into the buffers of the ways they go.
pub(crate) type Split<I, T> = fn(items: Vec<I>, ways: &mut [Vec<T>]);

/// One stage, several ways on. A place here is a place in each.
pub(crate) struct Fan<I, T> {
    ways: Vec<Port<T>>,
    split: Split<I, T>,
    copies: u64,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    next: u64,
    open: HashMap<Place, Vec<Option<Place>>>,
}

impl<I, T> Fan<I, T> {
    /// Sends `copies` items for each one to the ways that `split` says.
    pub(crate) fn new(ways: Vec<Port<T>>, copies: u64, split: Split<I, T>) -> Self {
        Self { ways, split, copies, places: Mutex::default() }
    }

    /// Returns how many times the usual bytes a chunk may have, since each way gets a part of it.
    fn chunk_scale(&self) -> usize {
        let parts = self.ways.len() / usize::try_from(self.copies).unwrap_or(usize::MAX).max(1);
        (parts / 2).clamp(1, SCALE_MAX)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: Send, T: Send + Weigh> Fan<I, T> {
    fn put_chunk(&self, places: &[Option<Place>], chunk: Chunk<I>) {
        let times = chunk.times();
        let (items, mut reservation) = chunk.into_parts();
        let mut parts: Vec<Vec<T>> = self.ways.iter().map(Outflow::buffer).collect();
        (self.split)(items, &mut parts);
        for ((way, place), part) in self.ways.iter().zip(places).zip(parts) {
            if part.is_empty() {
                continue;
            }
            let bytes = if std::mem::needs_drop::<T>() {
                part.iter().map(Weigh::weight).sum()
            } else {
                part.len() * size_of::<T>()
            };
            // A way without a place is closed: the port counts what is put there.
            let place = place.unwrap_or(Place::first());
            way.put(place, Message::Chunk(Chunk::new(part, reservation.split(bytes), times)));
        }
    }
}

impl<I: Send, T: Send + Weigh> Outflow<I> for Fan<I, T> {
    fn open(&self) -> Option<Place> {
        let mut all = self.places();
        let mut places = Vec::with_capacity(self.ways.len());
        for way in &self.ways {
            match way.open() {
                Some(place) => places.push(Some(place)),
                None if way.is_closed() => places.push(None),
                None => {
                    for (way, place) in self.ways.iter().zip(places) {
                        place.into_iter().for_each(|place| way.close_place(place));
                    }
                    return None;
                }
            }
        }
        let place = Place::numbered(all.next);
        all.next += 1;
        all.open.insert(place, places);
        Some(place)
    }

    fn put(&self, place: Place, message: Message<I>) {
        let places = self.places().open.get(&place).cloned().expect("an open place is known");
        match message {
            Message::Chunk(chunk) => self.put_chunk(&places, chunk),
            Message::Watermark(at) => {
                for (way, place) in self.ways.iter().zip(places) {
                    way.put(place.unwrap_or(Place::first()), Message::Watermark(at));
                }
            }
        }
    }

    fn close_place(&self, place: Place) {
        let places = self.places().open.remove(&place).unwrap_or_default();
        for (way, place) in self.ways.iter().zip(places) {
            place.into_iter().for_each(|place| way.close_place(place));
        }
    }

    fn is_next(&self, place: Place) -> bool {
        let all = self.places();
        let places = all.open.get(&place).expect("an open place is known");
        self.ways.iter().zip(places).all(|(way, place)| place.is_none_or(|place| way.is_next(place)))
    }

    fn is_crowded(&self, place: Place) -> bool {
        let all = self.places();
        let places = all.open.get(&place).expect("an open place is known");
        self.ways.iter().zip(places).any(|(way, place)| place.is_some_and(|place| way.is_crowded(place)))
    }

    fn is_vacant(&self) -> bool {
        self.ways.iter().all(Outflow::is_vacant)
    }

    fn is_closed(&self) -> bool {
        self.ways.iter().all(Outflow::is_closed)
    }

    fn end(&self) {
        self.ways.iter().for_each(Outflow::end);
    }

    fn chunk_limits(&self, budget_bytes: usize) -> ChunkLimits {
        let mut limits = self.ways.iter().map(|way| way.chunk_limits(budget_bytes));
        let first = limits.next().expect("a fan has a way");
        let all = limits.fold(first, |a, b| ChunkLimits {
            items_max: a.items_max.max(b.items_max),
            bytes_max: a.bytes_max.min(b.bytes_max),
            linger: a.linger.max(b.linger),
        });
        let bytes_max =
            all.bytes_max.saturating_mul(self.chunk_scale()).min(budget_bytes / BUDGET_CHUNKS + 1);
        ChunkLimits { bytes_max, ..all }
    }

    fn targets(&self) -> Vec<ExchangeId> {
        self.ways.iter().flat_map(Outflow::targets).collect()
    }

    fn copies(&self) -> u64 {
        self.copies
    }
}

/// How many times the usual bytes a chunk has that is parted among many ways. More makes better parts, and
/// puts the chunk out of the cache.
const SCALE_MAX: usize = 2;
