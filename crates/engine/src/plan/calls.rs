//! Slow calls, many at once: a stage that owns futures.
//!
//! Calls are started as soon as others end, and their results leave in the order of the items or as they
//! come. A call that fails meets the policies of the step; one that is to be tried again waits without
//! occupying a place among those on their way. Nothing is polled that was not woken.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::exchange::{Exchange, ExchangeId, Sight};
use super::host::{Drive, Spawner};
use super::origin::Origin;
use super::queue::Line;
use super::results::Results;
use super::timers::Timers;
use crate::budget::Reservation;
use crate::error::{Cause, Interrupt, ItemError, panic_message};
use crate::faults::policy::{Attempt, Policies, Verdict};
use crate::message::Message;
use crate::order::Order;
use crate::source::{Intake, Supply};
use crate::tally::Tally;
use crate::weigh::Weigh;

/// The answer of one call.
pub(crate) type Answer<U> = Pin<Box<dyn Future<Output = Result<U, Cause>> + Send>>;

/// Makes a call for an item.
pub(crate) type MakeCall<T, U> = Arc<dyn Fn(T) -> Answer<U> + Send + Sync>;

/// Slow calls, many at once, as the origin of a stage.
pub(crate) struct Calls<T, U> {
    inlet: Arc<Exchange<T>>,
    name: &'static str,
    make: MakeCall<T, U>,
    limit: usize,
    pub(crate) policies: Policies<T, U>,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) drive: Drive,
    spawner: Option<Spawner>,
    timers: Arc<Timers>,
    /// Items of the chunk that was taken last.
    items: VecDeque<T>,
    credit: Option<Arc<Reservation>>,
    on_their_way: FuturesUnordered<Call<T, U>>,
    /// To be tried again, by time and number.
    again: BTreeMap<(Duration, u64), Ticket<T>>,
    /// Results that have not left yet.
    results: Results<U>,
    /// Number of the next item to be started.
    next: u64,
    tally: Tally,
    has_failed: bool,
}

/// An item on its way, and what must outlive it.
struct Ticket<T> {
    item: Option<T>,
    number: u64,
    attempt: Attempt,
    credit: Option<Arc<Reservation>>,
}

/// One attempt.
struct Call<T, U> {
    answer: Answer<U>,
    ticket: Option<Ticket<T>>,
    limit: Option<Limit>,
}

/// When an attempt has taken too long.
struct Limit {
    time: Duration,
    deadline: Duration,
    timers: Arc<Timers>,
}

impl<T, U> Future for Call<T, U>
where
    T: Unpin,
{
    type Output = (Option<Ticket<T>>, Result<U, Cause>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.answer.as_mut().poll(context)))
            .unwrap_or_else(|payload| Poll::Ready(Err(Cause::Panicked(panic_message(&*payload)))));
        let answer = match (polled, &self.limit) {
            (Poll::Ready(answer), None) => answer,
            (Poll::Pending, None) => return Poll::Pending,
            (polled, Some(Limit { time, deadline, timers })) => {
                let number = self.ticket.as_ref().map_or(0, |ticket| ticket.number);
                match polled {
                    Poll::Ready(answer) => {
                        timers.forget(*deadline, number);
                        answer
                    }
                    Poll::Pending if timers.now() >= *deadline => Err(Cause::TimedOut(*time)),
                    Poll::Pending => {
                        timers.wake_at(*deadline, number, context.waker());
                        return Poll::Pending;
                    }
                }
            }
        };
        Poll::Ready((self.ticket.take(), answer))
    }
}

impl<T: Send + Unpin + 'static, U: Weigh + Send + 'static> Calls<T, U> {
    pub(crate) fn new(
        name: &'static str,
        inlet: Arc<Exchange<T>>,
        (limit, order): (usize, Order),
        make: MakeCall<T, U>,
    ) -> Self {
        Self {
            inlet,
            name,
            make,
            limit,
            policies: Policies::default(),
            time_limit: None,
            drive: Drive::Worker,
            spawner: None,
            timers: Arc::default(),
            items: VecDeque::new(),
            credit: None,
            on_their_way: FuturesUnordered::new(),
            again: BTreeMap::new(),
            results: Results::new(order),
            next: 0,
            tally: Tally::default(),
            has_failed: false,
        }
    }

    /// Returns how many items are between the inlet and the outlet.
    fn outstanding(&self) -> usize {
        self.on_their_way.len() + self.again.len() + self.results.len()
    }

    /// Returns the next item to be called for: one that is tried again, or a new one.
    fn next_ticket(&mut self, now: Duration) -> Option<Ticket<T>> {
        if self.on_their_way.len() >= self.limit {
            return None;
        }
        if self.again.first_key_value().is_some_and(|((due, _), _)| *due <= now) {
            return self.again.pop_first().map(|(_, ticket)| ticket);
        }
        if self.outstanding() >= self.limit.saturating_mul(OUTSTANDING_PER_CALL) {
            return None;
        }
        while self.items.is_empty() {
            self.credit = None;
            match self.inlet.look() {
                Sight::Nothing | Sight::End => return None,
                Sight::Chunk(_) | Sight::Fence => {}
            }
            // Answers have no event time of their own.
            if let Some(Message::Chunk(chunk)) = self.inlet.take() {
                let (items, reservation) = chunk.into_parts();
                self.tally.taken += items.len() as u64;
                if items.len() < self.limit {
                    // Starting calls costs next to nothing: chunks grow to what may be on its way at once.
                    self.inlet.learn(items.len(), Duration::ZERO);
                }
                self.items = items.into();
                self.credit = Some(Arc::new(reservation));
            }
        }
        let item = self.items.pop_front();
        let number = self.next;
        self.next += 1;
        let attempt = Attempt { position: number, number: 1, began: now };
        Some(Ticket { item, number, attempt, credit: self.credit.clone() })
    }

    /// Starts a call.
    fn start(&mut self, mut ticket: Ticket<T>, stage: &str, now: Duration) -> Result<(), Interrupt> {
        let Some(item) = ticket.item.take() else { return Ok(()) };
        ticket.item = self.policies.keep(&item);
        if let Err(error) = self.policies.admit(self.name, || now) {
            // Not called, the item is at hand even if no policy asked for it.
            ticket.item = ticket.item.or(Some(item));
            return self.settle(ticket, error, stage, now);
        }
        let made = catch_unwind(AssertUnwindSafe(|| (self.make)(item)));
        let answer = match (made, &self.spawner) {
            (Ok(answer), None) => answer,
            (Ok(answer), Some(spawner)) => spawned(answer, spawner),
            (Err(payload), _) => {
                let error = ItemError::new(self.name, Cause::Panicked(panic_message(&*payload)));
                return self.settle(ticket, error, stage, now);
            }
        };
        let limit = self.time_limit.map(|time| Limit {
            time,
            deadline: now.saturating_add(time),
            timers: Arc::clone(&self.timers),
        });
        self.on_their_way.push(Call { answer, ticket: Some(ticket), limit });
        Ok(())
    }

    /// Does what the policies say with a call that failed.
    fn settle(
        &mut self,
        ticket: Ticket<T>,
        error: ItemError,
        stage: &str,
        now: Duration,
    ) -> Result<(), Interrupt> {
        let Ticket { item, number, mut attempt, credit } = ticket;
        match self.policies.failed((item, error), &attempt, (stage, now)) {
            Ok(Verdict::Again(item, due)) => {
                attempt.number += 1;
                self.again.insert((due, number), Ticket { item: Some(item), number, attempt, credit });
            }
            Ok(Verdict::Replaced(result)) => self.results.put(number, Some(result)),
            Ok(Verdict::Gone) => self.results.put(number, None),
            Err(reason) => {
                self.tally.failed += 1;
                self.has_failed = true;
                return Err(reason);
            }
        }
        Ok(())
    }

    /// Starts what can be started and gathers what is done.
    fn advance(&mut self, out: &impl Intake<U>) -> Result<(), Interrupt> {
        let (now, stage) = (out.now(), out.stage());
        self.timers.advance_to(now);
        let mut context = Context::from_waker(out.waker());
        loop {
            while let Some(ticket) = self.next_ticket(now) {
                self.start(ticket, stage, now)?;
            }
            let Poll::Ready(Some((ticket, answer))) = self.on_their_way.poll_next_unpin(&mut context) else {
                return Ok(());
            };
            let Some(ticket) = ticket else { continue };
            match answer {
                Ok(result) => {
                    self.policies.succeeded(|| now);
                    self.results.put(ticket.number, Some(result));
                }
                Err(cause) => self.settle(ticket, ItemError::new(self.name, cause), stage, now)?,
            }
        }
    }
}

/// Runs a call apart; what is left here is waiting for its answer.
fn spawned<U: Send + 'static>(answer: Answer<U>, spawner: &Spawner) -> Answer<U> {
    let (send, receive) = futures_channel::oneshot::channel();
    spawner(Box::pin(async move {
        // Whoever asked may be gone.
        let _ = send.send(answer.await);
    }));
    Box::pin(async move {
        receive.await.unwrap_or_else(|_| Err(Cause::Panicked("in a task of its own".to_owned())))
    })
}

impl<T: Send + Unpin + 'static, U: Weigh + Send + 'static> Origin for Calls<T, U> {
    type Item = U;

    fn pull(&mut self, out: &mut impl Intake<U>) -> Result<Supply, Interrupt> {
        self.advance(out)?;
        let mut left = 0;
        while !out.is_satisfied() {
            let Some(result) = self.results.take() else {
                let is_over = self.outstanding() == 0 && self.items.is_empty();
                let has_ended = is_over && self.inlet.look() == Sight::End;
                return Ok(if has_ended { Supply::End } else { Supply::Pending });
            };
            if let Some(item) = result {
                self.tally.absorbed += 1;
                out.emit(item)?;
            }
            // What follows may take its time: calls that can be started do not wait for all of it.
            left += 1;
            if left % LEAVE_BETWEEN_LOOKS == 0 || !self.results.is_ready() {
                self.advance(out)?;
            }
        }
        Ok(Supply::More)
    }

    fn describe(&self, steps: &mut Vec<&'static str>) {
        steps.push(self.name);
    }

    fn due(&self) -> Option<Duration> {
        let again = self.again.first_key_value().map(|((due, _), _)| *due);
        again.into_iter().chain(self.timers.due()).min()
    }

    fn inlets(&self) -> Vec<ExchangeId> {
        vec![self.inlet.id()]
    }

    fn lines(&self) -> Vec<Arc<dyn Line>> {
        vec![Arc::clone(&self.inlet) as Arc<dyn Line>]
    }

    fn tally(&self) -> Option<Tally> {
        let counts = self.policies.counts;
        let mut tally = self.tally;
        tally.skipped += counts.skipped;
        tally.dead += counts.dead;
        tally.retried += counts.retried;
        tally.exhausted += counts.exhausted;
        tally.errors += counts.errors;
        // Of results that are only waiting for their turn, those of items that are gone are counted.
        tally.held += (self.items.len() + self.outstanding() - self.results.gone()) as u64;
        tally.abandoned += self.inlet.abandoned();
        Some(tally)
    }

    fn held_bytes(&self) -> usize {
        self.results.bytes()
    }

    fn is_ready(&self) -> bool {
        let has_room = self.on_their_way.len() < self.limit
            && self.outstanding() < self.limit.saturating_mul(OUTSTANDING_PER_CALL);
        let has_work = !self.items.is_empty() || self.inlet.look() != Sight::Nothing;
        let is_only_the_end =
            self.items.is_empty() && self.inlet.look() == Sight::End && self.outstanding() > 0;
        self.results.is_ready() || has_room && has_work && !is_only_the_end
    }

    fn is_quiet(&self) -> bool {
        self.outstanding() == 0 && !self.is_ready()
    }

    fn needs_executor(&self) -> Option<Drive> {
        Some(self.drive)
    }

    fn attach(&mut self, spawner: Spawner) {
        if self.drive == Drive::Threads {
            self.spawner = Some(spawner);
        }
    }

    fn close(&mut self) {
        self.inlet.close();
        self.tally.held += (self.items.len() + self.outstanding() - self.results.gone()) as u64;
        self.on_their_way.clear();
        self.again.clear();
        self.results.clear();
        self.items.clear();
        self.credit = None;
    }
}

/// Results that leave before calls are looked after again.
const LEAVE_BETWEEN_LOOKS: u32 = 32;

/// Items between the inlet and the outlet for each call that may be on its way: those that wait for
/// another attempt or for the results of items before them.
const OUTSTANDING_PER_CALL: usize = 4;
