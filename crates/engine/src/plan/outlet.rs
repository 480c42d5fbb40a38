//! Where the items of a lane leave it: gathered into chunks, weighed, and covered by a reservation.

use std::time::Duration;

use super::exchange::Exchange;
use super::host::Host;
use super::lineup::Place;
use crate::budget::Reservation;
use crate::chunk::Chunk;
use crate::chunker::ChunkLimits;
use crate::error::{Interrupt, Outcome};
use crate::message::Message;
use crate::time::EventTime;
use crate::weigh::Weigh;

/// The end of a chain for the time of one message.
pub(crate) struct Outlet<'a, T> {
    host: &'a dyn Host,
    stage: usize,
    exchange: &'a Exchange<T>,
    place: Place,
    limits: ChunkLimits,
    /// The memory limit, kept here since it is compared for each item.
    item_bytes_max: usize,
    items: Vec<T>,
    items_bytes: usize,
    /// What the message that is being worked on had reserved; its results use it up first.
    credit: Reservation,
    /// The position of the first item of the message.
    first_position: u64,
    /// Items that left so far.
    passed: u64,
    has_cut: bool,
    chunk_bytes_max: usize,
    waited: Duration,
}

impl<'a, T: Weigh> Outlet<'a, T> {
    pub(super) fn new(
        host: &'a dyn Host,
        stage: usize,
        exchange: &'a Exchange<T>,
        place: Place,
        credit: Reservation,
        first_position: u64,
    ) -> Self {
        let item_bytes_max = host.budget().limit();
        let limits = exchange.chunk_limits(item_bytes_max);
        Self {
            host,
            stage,
            exchange,
            place,
            limits,
            item_bytes_max,
            items: Vec::new(),
            items_bytes: 0,
            credit,
            first_position,
            passed: 0,
            has_cut: false,
            chunk_bytes_max: 0,
            waited: Duration::ZERO,
        }
    }

    /// Returns the position of the first item of the message.
    pub(super) fn first_position(&self) -> u64 {
        self.first_position
    }

    /// Returns the position of the last of `fed` items.
    pub(super) fn position_of(&self, fed: u64) -> u64 {
        self.first_position + fed.saturating_sub(1)
    }

    /// Returns whether a chunk or a fence has left.
    #[inline(always)]
    pub(super) fn has_cut(&self) -> bool {
        self.has_cut
    }

    /// Returns the items that left since this was last asked.
    pub(super) fn take_passed(&mut self) -> u64 {
        std::mem::take(&mut self.passed)
    }

    /// Returns what the heaviest chunk so far weighed.
    pub(super) fn chunk_bytes_max(&self) -> usize {
        self.chunk_bytes_max
    }

    /// Returns the time spent waiting for room, or on the work of other stages meanwhile.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// Puts what is gathered into the exchange. Never waits: no more than a chunk is gathered.
    pub(super) fn flush(&mut self) {
        if self.items.is_empty() {
            return;
        }
        let reservation = self.credit.split(self.items_bytes);
        self.chunk_bytes_max = self.chunk_bytes_max.max(self.items_bytes);
        self.items_bytes = 0;
        let items = std::mem::take(&mut self.items);
        self.passed += items.len() as u64;
        self.exchange.put(self.place, Message::Chunk(Chunk::new(items, reservation)));
        self.has_cut = true;
        self.limits = self.exchange.chunk_limits(self.item_bytes_max);
        self.host.changed();
    }

    /// Puts a watermark behind what is gathered.
    pub(super) fn watermark(&mut self, at: EventTime) {
        self.flush();
        self.exchange.put(self.place, Message::Watermark(at));
        self.has_cut = true;
        self.host.changed();
    }

    /// Makes one message of many wait for room: while the memory is full, only the first in line may go
    /// on, and only once the stages behind have taken what it made before. Meanwhile this thread works
    /// for those stages, so that even a single one comes through.
    #[cold]
    fn cut(&mut self) -> Outcome {
        self.flush();
        loop {
            let ticket = self.host.ticket();
            if self.host.is_stopping() {
                return Err(Interrupt::Stopped);
            }
            if self.exchange.is_closed() {
                return Err(Interrupt::Done);
            }
            if !self.host.budget().is_over() || self.exchange.is_next(self.place) {
                return Ok(());
            }
            let since = self.host.now();
            self.host.give_way(self.stage, ticket);
            self.waited += self.host.now().saturating_sub(since);
        }
    }
}

impl<T: Weigh> Outlet<'_, T> {
    /// Takes one item.
    #[inline]
    pub(super) fn emit(&mut self, item: T) -> Outcome {
        let item_bytes = item.weight();
        if item_bytes > self.item_bytes_max {
            self.host.budget().check_item(item_bytes)?;
        }
        self.items_bytes += item_bytes;
        self.items.push(item);
        let is_full = self.items.len() >= self.limits.items_max || self.items_bytes >= self.limits.bytes_max;
        if is_full { self.cut() } else { Ok(()) }
    }
}
