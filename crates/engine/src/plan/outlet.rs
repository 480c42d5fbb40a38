//! Where the items of a lane leave it: gathered into chunks, weighed, and covered by a reservation.

use std::time::Duration;

use super::host::Host;
use super::lineup::Place;
use super::outflow::Outflow;
use crate::budget::Reservation;
use crate::checkpoint::Epoch;
use crate::chunk::{Chunk, Times};
use crate::chunker::ChunkLimits;
use crate::error::{Interrupt, Outcome};
use crate::message::Message;
use crate::time::EventTime;
use crate::weigh::Weigh;

/// The end of a chain for the time of one message.
pub(crate) struct Outlet<'a, T> {
    host: &'a dyn Host,
    stage: &'a str,
    flow: &'a dyn Outflow<T>,
    place: Place,
    limits: ChunkLimits,
    /// Items after which the chunk is full, where all have one size.
    items_max: usize,
    /// The memory limit, kept here since it is compared for each item.
    item_bytes_max: usize,
    gathered: Gathered<T>,
    /// The position of the first item of the message.
    first_position: u64,
    /// When the source gave what is being worked on.
    born: Duration,
    /// Items that left so far.
    passed: u64,
    has_cut: bool,
    is_blocked: bool,
    /// Whether it is a source that pushes, which is held from the threshold on.
    is_of_source: bool,
    chunk_bytes_max: usize,
    /// Bytes that left so far.
    bytes_passed: u64,
}

/// Items on their way out, and the memory that was promised to those they are made of.
pub(crate) struct Gathered<T> {
    items: Vec<T>,
    bytes: usize,
    /// What the message that is being worked on had reserved; its results use it up first.
    credit: Reservation,
    /// When a chunk that is not full leaves all the same; of an empty one it says nothing.
    leaves_at: Duration,
    /// When the source gave the oldest of them.
    born: Duration,
}

impl<T> Gathered<T> {
    /// Begins with nothing but the memory of what will be worked on.
    pub(crate) fn with(credit: Reservation) -> Self {
        Self { items: Vec::new(), bytes: 0, credit, leaves_at: Duration::ZERO, born: Duration::ZERO }
    }

    /// Adds the memory of what will be worked on next.
    pub(crate) fn join(mut self, credit: Reservation) -> Self {
        self.credit.absorb(credit);
        self
    }

    /// Keeps items that wait for more, and the memory they occupy.
    pub(crate) fn kept(mut self) -> Option<Self> {
        if self.items.is_empty() {
            return None;
        }
        let bytes = if std::mem::needs_drop::<T>() { self.bytes } else { self.items.len() * size_of::<T>() };
        self.credit.resize(bytes);
        Some(self)
    }

    /// Returns the number of items.
    pub(crate) fn len(&self) -> u64 {
        self.items.len() as u64
    }

    /// Returns when they leave, full or not, if there are any.
    pub(crate) fn due(&self) -> Option<Duration> {
        (!self.items.is_empty()).then_some(self.leaves_at)
    }
}

impl<'a, T: Weigh> Outlet<'a, T> {
    pub(super) fn new(
        (host, stage): (&'a dyn Host, &'a str),
        (flow, place): (&'a dyn Outflow<T>, Place),
        gathered: Gathered<T>,
        (first_position, born): (u64, Duration),
    ) -> Self {
        let mut outlet = Self {
            host,
            stage,
            flow,
            place,
            limits: ChunkLimits { items_max: 0, bytes_max: 0, linger: Duration::ZERO },
            items_max: 0,
            item_bytes_max: host.budget().limit(),
            gathered,
            first_position,
            born,
            passed: 0,
            has_cut: false,
            is_blocked: false,
            is_of_source: false,
            chunk_bytes_max: 0,
            bytes_passed: 0,
        };
        outlet.set_limits();
        outlet
    }

    fn set_limits(&mut self) {
        self.limits = self.flow.chunk_limits(self.item_bytes_max);
        let fit = self.limits.bytes_max.div_ceil(size_of::<T>().max(1));
        self.items_max = self.limits.items_max.min(fit);
    }

    /// Makes it the outlet of a source, or not.
    pub(super) fn of_source(self, is_of_source: bool) -> Self {
        Self { is_of_source, ..self }
    }

    /// Returns the position of the first item of the message.
    pub(super) fn first_position(&self) -> u64 {
        self.first_position
    }

    /// Returns the position of the last of `fed` items.
    pub(super) fn position_of(&self, fed: u64) -> u64 {
        (self.first_position + fed).saturating_sub(1)
    }

    pub(super) fn stage(&self) -> &str {
        self.stage
    }

    pub(super) fn now(&self) -> Duration {
        self.host.now()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.host.is_stopping()
    }

    /// Returns whether a chunk or a fence has left.
    #[inline(always)]
    pub(super) fn has_cut(&self) -> bool {
        self.has_cut
    }

    /// Returns whether the memory is full and it is not the turn of this lane.
    #[inline(always)]
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    /// Returns the items that left since this was last asked.
    pub(super) fn take_passed(&mut self) -> u64 {
        std::mem::take(&mut self.passed)
    }

    /// Returns what the heaviest chunk so far weighed.
    pub(super) fn chunk_bytes_max(&self) -> usize {
        self.chunk_bytes_max
    }

    /// Returns the bytes of the chunks that left so far.
    pub(super) fn bytes_passed(&self) -> u64 {
        self.bytes_passed
    }

    /// Returns when what is gathered leaves, full or not.
    pub(super) fn due(&self) -> Option<Duration> {
        self.gathered.due()
    }

    /// Gives back what is still gathered.
    pub(super) fn into_gathered(self) -> Gathered<T> {
        self.gathered
    }

    /// Puts what is gathered into the exchange. Never waits: no more than a chunk is gathered.
    pub(super) fn flush(&mut self) {
        if self.gathered.items.is_empty() {
            return;
        }
        let Gathered { items, bytes, credit, born, .. } = &mut self.gathered;
        let items = std::mem::take(items);
        let weighed = std::mem::take(bytes);
        let bytes = if std::mem::needs_drop::<T>() { weighed } else { items.len() * size_of::<T>() };
        self.chunk_bytes_max = self.chunk_bytes_max.max(bytes);
        self.passed += items.len() as u64;
        self.bytes_passed += bytes as u64;
        let times = Times { born: *born, sent: self.host.now() };
        self.flow.put(self.place, Message::Chunk(Chunk::new(items, credit.split(bytes), times)));
        self.has_cut = true;
        self.set_limits();
        self.host.changed();
    }

    /// Puts what is gathered into the exchange, unless the chunker wants to wait for more.
    pub(super) fn leave(&mut self, may_linger: bool) {
        if !may_linger || self.limits.linger.is_zero() || self.gathered.leaves_at <= self.host.now() {
            self.flush();
        }
    }

    /// Puts a watermark behind what is gathered.
    pub(super) fn watermark(&mut self, at: EventTime) {
        self.flush();
        self.flow.put(self.place, Message::Watermark(at));
        self.has_cut = true;
        self.host.changed();
    }

    /// Puts a barrier behind what is gathered.
    pub(super) fn barrier(&mut self, epoch: Epoch) {
        self.flush();
        self.flow.put(self.place, Message::Barrier(epoch));
        self.has_cut = true;
        self.host.changed();
    }

    /// Ends a chunk. While the memory is full only the first in line goes on, and only once the stages
    /// behind have taken what it made before.
    #[cold]
    fn cut(&mut self) -> Outcome {
        self.flush();
        if self.host.is_stopping() {
            return Err(Interrupt::Stopped);
        }
        if self.flow.is_closed() {
            return Err(Interrupt::Done);
        }
        let is_held = self.is_of_source && self.host.is_pressed();
        self.is_blocked = is_held || !may_go_on(self.host, self.flow, self.place);
        Ok(())
    }

    /// Takes up a buffer, or makes the one at hand larger.
    #[cold]
    fn make_room(&mut self) {
        if self.gathered.items.capacity() == 0 {
            self.gathered.items = self.flow.buffer();
        }
        if self.gathered.items.is_empty() {
            self.gathered.born = self.born;
            if !self.limits.linger.is_zero() {
                self.gathered.leaves_at = self.host.now() + self.limits.linger;
            }
        }
        let is_full = self.gathered.items.len() == self.gathered.items.capacity();
        self.gathered.items.reserve(usize::from(is_full));
    }

    /// Takes one item.
    #[inline]
    pub(super) fn emit(&mut self, item: T) -> Outcome {
        let item_bytes = item.weight();
        if item_bytes > self.item_bytes_max {
            self.host.budget().check_item(item_bytes)?;
        }
        let length = self.gathered.items.len();
        if length == self.gathered.items.capacity() || length == 0 {
            self.make_room();
        }
        self.gathered.items.push(item);
        let is_full = if std::mem::needs_drop::<T>() {
            self.gathered.bytes += item_bytes;
            length + 1 >= self.limits.items_max || self.gathered.bytes >= self.limits.bytes_max
        } else {
            length + 1 >= self.items_max
        };
        if is_full { self.cut() } else { Ok(()) }
    }

    /// Takes up to `count` items at once, where nobody needs to look at each; as [`Emit::emit_many`].
    ///
    /// [`Emit::emit_many`]: crate::operator::Emit::emit_many
    #[inline]
    pub(super) fn emit_many(
        &mut self,
        items: &mut impl Iterator<Item = T>,
        count: usize,
        taken: &mut u64,
    ) -> Option<Result<bool, Interrupt>> {
        if std::mem::needs_drop::<T>() || size_of::<T>() > self.item_bytes_max {
            return None;
        }
        let mut left = count;
        while left > 0 && !self.is_blocked {
            let length = self.gathered.items.len();
            if length == 0 {
                self.make_room();
            }
            let some = left.min(self.items_max.saturating_sub(length).max(1));
            let gain = Gain { items: &mut self.gathered.items, before: length, count: taken };
            gain.items.extend(items.take(some));
            drop(gain);
            let has_ended = self.gathered.items.len() - length < some;
            if self.gathered.items.len() >= self.items_max
                && let Err(reason) = self.cut()
            {
                return Some(Err(reason));
            }
            if has_ended {
                return Some(Ok(false));
            }
            left -= some;
        }
        Some(Ok(true))
    }
}

/// Counts what a buffer has gained when this is dropped, also by a panic of whoever fills it.
struct Gain<'a, T> {
    items: &'a mut Vec<T>,
    before: usize,
    count: &'a mut u64,
}

impl<T> Drop for Gain<'_, T> {
    fn drop(&mut self) {
        *self.count += (self.items.len() - self.before) as u64;
    }
}

/// Returns whether a lane may go on with a message: there is memory, or it is the first in line and the
/// stages behind have taken what it made before; and they have not too much of it waiting.
pub(super) fn may_go_on<T>(host: &dyn Host, flow: &dyn Outflow<T>, place: Place) -> bool {
    (!host.budget().is_over() || flow.is_next(place)) && !flow.is_crowded(place)
}
