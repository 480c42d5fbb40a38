//! One stage, several ways on: copies to each, or each item to one of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exchange::{BUDGET_CHUNKS, ExchangeId, Port, SPARE_BUFFERS};
use super::lineup::Place;
use super::outflow::Outflow;
use crate::chunk::Chunk;
use crate::chunker::ChunkLimits;
use crate::message::Message;
use crate::weigh::Weigh;

/// Moves items into the buffers of the ways they go.
pub(crate) type Split<I, T> = fn(items: &mut Vec<I>, ways: &mut [Vec<T>]);

/// One stage, several ways on. A place here is a place in each.
pub(crate) struct Fan<I, T> {
    ways: Vec<Port<T>>,
    /// How many items the last part of each way had: room for as many is made at once, since a buffer that
    /// grows is copied as a whole each time.
    last_parts: Vec<AtomicUsize>,
    split: Split<I, T>,
    copies: u64,
    places: Mutex<Places>,
    /// Buffers of chunks that were parted, to be filled again.
    spare: Mutex<Vec<Vec<I>>>,
}

#[derive(Default)]
struct Places {
    next: u64,
    open: HashMap<Place, Vec<Option<Place>>>,
}

impl<I, T> Fan<I, T> {
    /// Sends `copies` items for each one to the ways that `split` says.
    pub(crate) fn new(ways: Vec<Port<T>>, copies: u64, split: Split<I, T>) -> Self {
        let last_parts = ways.iter().map(|_| AtomicUsize::default()).collect();
        Self { ways, last_parts, split, copies, places: Mutex::default(), spare: Mutex::default() }
    }

    /// Returns how many times the usual bytes a chunk may have, since each way gets a part of it.
    fn chunk_scale(&self) -> usize {
        let parts = self.ways.len() / usize::try_from(self.copies).unwrap_or(usize::MAX).max(1);
        (parts / 2).clamp(1, SCALE_MAX)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<I>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, buffer: Vec<I>) {
        let mut spare = self.spare();
        if spare.len() < SPARE_BUFFERS {
            spare.push(buffer);
        }
    }
}

impl<I: Send, T: Send + Weigh> Fan<I, T> {
    fn put_chunk(&self, places: &[Option<Place>], chunk: Chunk<I>) {
        let times = chunk.times();
        let (mut items, mut reservation) = chunk.into_parts();
        let mut parts: Vec<Vec<T>> = self.ways.iter().map(Outflow::buffer).collect();
        for (part, last) in parts.iter_mut().zip(&self.last_parts) {
            let last = last.load(Ordering::Relaxed);
            part.reserve(last + last / ROOM_TO_SPARE);
        }
        (self.split)(&mut items, &mut parts);
        self.give_back(items);
        for (((way, last), place), part) in self.ways.iter().zip(&self.last_parts).zip(places).zip(parts) {
            last.store(part.len(), Ordering::Relaxed);
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
        if let Message::Barrier(epoch) = message {
            // It goes behind all there is, and needs no place of its own.
            return self.ways.iter().for_each(|way| way.put(Place::first(), Message::Barrier(epoch)));
        }
        let places = self.places().open.get(&place).cloned().expect("an open place is known");
        match message {
            Message::Barrier(_) => {}
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

    fn is_too_early(&self) -> bool {
        self.ways.iter().any(Outflow::is_too_early)
    }

    fn is_vacant(&self) -> bool {
        self.ways.iter().all(Outflow::is_vacant)
    }

    fn is_closed(&self) -> bool {
        self.ways.iter().all(Outflow::is_closed)
    }

    fn end(&self) {
        self.spare().clear();
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

    fn buffer(&self) -> Vec<I> {
        self.spare().pop().unwrap_or_default()
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

/// The part of its last length for which a part gets room besides: an eighth, since by chance a part is seldom
/// that much longer than the one before.
const ROOM_TO_SPARE: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::chunk::Times;
    use crate::order::Order;
    use crate::plan::exchange::Exchange;

    #[test]
    fn a_chunk_leaves_its_buffer_and_parts_get_room_for_as_many_as_before() {
        let exchanges = [(); 2].map(|()| Exchange::<u64>::new(Order::Input, 1, 1, None));
        let split = |items: &mut Vec<u64>, ways: &mut [Vec<u64>]| {
            items.drain(..).for_each(|item| ways[usize::from(item % 4 == 3)].push(item));
        };
        let fan = Fan::new(exchanges.iter().map(Exchange::port).collect(), 1, split);
        let budget = Budget::new(1 << 20);
        let put = |count: u64| {
            let mut items = fan.buffer();
            items.extend(0..count);
            let room = items.capacity();
            let place = fan.open().expect("there is room");
            fan.put(place, Message::Chunk(Chunk::new(items, budget.reserve(8 * 64), Times::default())));
            fan.close_place(place);
            let rooms = exchanges.each_ref().map(|way| match way.take() {
                Some(Message::Chunk(part)) => part.into_parts().0.capacity(),
                other => panic!("each way gets a part, not {:?}", other.map(|other| other.items())),
            });
            (room, rooms)
        };
        let (room, _) = put(64);
        assert_eq!(fan.buffer().capacity(), room, "what was parted is filled again");
        let (_, rooms) = put(4);
        assert_eq!(rooms, [48 + 48 / ROOM_TO_SPARE, 16 + 16 / ROOM_TO_SPARE], "room is made once");
        fan.end();
        assert_eq!(fan.buffer().capacity(), 0, "nothing is kept behind the end");
    }
}
