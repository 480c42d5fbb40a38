//! One number over many lanes: its units are a stream.
//!
//! A source hands out units, lanes work them off in any order, and one lane behind them merges what they found. The
//! factorisation itself is shared between the source and that lane; few units are on their way at a time, and
//! those that came too late are passed over, so that little is done in vain.
//!
//! Costs the start of a pipeline, tens of microseconds for each thread. What a sieve holds is not counted by the budget
//! but bounded before, by [`Allowance::within_memory`].

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use primestream_engine::{
    Emit, Fixed, Intake, Interrupt, Operator, Order, Outcome, PipelineError, Source, Stream, Supply, Tally,
    Weigh,
};
use primestream_primes::factor::Outcome as Gain;
use primestream_primes::{Factoring, Natural, Progress, Unit, Worker};

use super::allowance::Pace;
use super::{Allowance, Factored, Number};

/// What a factorisation says of itself.
#[derive(Clone, Debug)]
pub enum Advance {
    /// How far it is with the piece it is splitting.
    Working(Progress),
    /// The answer: the last item.
    Done(Factored),
}

impl Weigh for Advance {
    fn heap_bytes(&self) -> usize {
        match self {
            Advance::Working(_) => 0,
            Advance::Done(factored) => factored.heap_bytes(),
        }
    }
}

/// Streams how the factorisation of one number advances on so many lanes; the last item is the answer.
///
/// Cancelling the pipeline takes as long as the units in hand. The factors are those of
/// [`factor`](primestream_primes::factor()), whatever the lanes.
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Examples
///
/// ```
/// use primestream::{Advance, factoring_in_lanes, prelude::*};
///
/// let n = (Natural::ONE << 137) - 1;
/// let advances = factoring_in_lanes(&n, Effort::Normal, 2).collect::<Vec<_>>()?;
/// let Some(Advance::Done(answer)) = advances.last() else { unreachable!("it ended well") };
/// assert_eq!(answer.factorization.to_string(), "32032215596496435569 · 5439042183600204290159");
/// # Ok::<(), PipelineError>(())
/// ```
pub fn factoring_in_lanes(n: &Natural, allowance: impl Into<Allowance>, lanes: usize) -> Stream<Advance> {
    in_lanes(Shared::new(n.clone(), None, allowance.into(), lanes), lanes)
}

/// Goes on with a factorisation on so many lanes, and can be asked for where it stands: see
/// [`Factoring::save`] and [`Factoring::resume`].
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Examples
///
/// ```
/// use primestream::{Advance, prelude::*, resume_in_lanes};
/// use primestream_primes::Factoring;
///
/// let n = (Natural::ONE << 137) - 1;
/// let saved = Factoring::new(&n, Effort::Normal).save();
/// let (advances, standing) = resume_in_lanes(Factoring::resume(&saved)?, Effort::Normal, 2);
/// let later = standing.save().expect("it has not ended");
/// assert_eq!(later, saved);
/// let Some(Advance::Done(answer)) = advances.last()? else { unreachable!("it ended well") };
/// assert!(answer.factorization.is_complete() && standing.save().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn resume_in_lanes(
    factoring: Factoring,
    allowance: impl Into<Allowance>,
    lanes: usize,
) -> (Stream<Advance>, Standing) {
    let shared = Shared::new(factoring.number().clone(), Some(factoring), allowance.into(), lanes);
    (in_lanes(Arc::clone(&shared), lanes), Standing(shared))
}

/// Where a factorisation on lanes stands.
#[derive(Clone)]
pub struct Standing(Arc<Shared>);

impl Standing {
    /// Writes down where it stands, for [`Factoring::resume`]; `None` once the answer is there. Units on their way
    /// are not in it. Costs as much as writing the relations of the sieve, during which nothing is merged.
    pub fn save(&self) -> Option<String> {
        self.0.lock().factoring.as_ref().map(Factoring::save)
    }
}

fn in_lanes(shared: Arc<Shared>, lanes: usize) -> Stream<Advance> {
    Stream::from_source(Units(Arc::clone(&shared)))
        .named("units")
        .chunked(Fixed(1))
        .parallel(lanes, Order::Relaxed)
        .through(Work { worker: Worker::new(), shared: Arc::clone(&shared) })
        .named("work")
        .chunked(Fixed(1))
        .boxed()
        .through(Merge { shared, tally: Tally::default() })
        .named("merge")
        .boxed()
}

/// Factors one number by so many threads, the calling one among them, and tells how it advances. A step of a
/// pipeline may call it; its threads are then more than those of the pipeline.
///
/// # Panics
///
/// If `lanes` is 0.
///
/// # Errors
///
/// If the pipeline fails: memory for not even one unit.
///
/// # Examples
///
/// ```
/// use primestream::{factor_in_lanes, prelude::*};
///
/// let n = (Natural::ONE << 149) - 1;
/// let answer = factor_in_lanes(&n, Effort::Normal, 2, |_| ())?;
/// assert_eq!(answer.factorization.to_string(), "86656268566282183151 · 8235109336690846723986161");
/// # Ok::<(), PipelineError>(())
/// ```
pub fn factor_in_lanes(
    n: &Natural,
    allowance: impl Into<Allowance>,
    lanes: usize,
    mut tell: impl FnMut(&Progress) + Send + 'static,
) -> Result<Factored, PipelineError> {
    let answer =
        factoring_in_lanes(n, allowance, lanes).threads(lanes).fold(None, move |answer, advance| {
            match advance {
                Advance::Working(progress) => {
                    tell(&progress);
                    answer
                }
                Advance::Done(factored) => Some(factored),
            }
        })?;
    Ok(answer.expect("a pipeline that ends well has told the answer"))
}

struct Shared {
    state: Mutex<State>,
    /// Changes whenever the units handed out before are of no use any more.
    epoch: AtomicUsize,
    allowance: Allowance,
    pace: Pace,
    lanes: usize,
}

struct State {
    n: Natural,
    /// None before it is made, and after the answer.
    factoring: Option<Factoring>,
    began: Option<Duration>,
    under_way: usize,
    /// Whom to wake when a unit came back.
    waiting: Option<Waker>,
}

impl Shared {
    fn new(n: Natural, factoring: Option<Factoring>, allowance: Allowance, lanes: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State { n, factoring, began: None, under_way: 0, waiting: None }),
            epoch: AtomicUsize::new(0),
            allowance,
            pace: Pace::default(),
            lanes,
        })
    }

    /// Returns whether there is time for a unit, which may have waited since it was handed out.
    fn has_time_for(&self, unit: &Unit, now: Duration) -> bool {
        self.allowance.time.is_none() || {
            let spent = now.saturating_sub(self.lock().began.unwrap_or(now));
            self.pace.work_left(self.allowance, spent).is_some_and(|work| unit.work() <= work)
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A unit, and when it was of use.
struct Task {
    unit: Unit,
    epoch: usize,
}

impl Weigh for Task {
    /// What it refers to is shared by all of them.
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// What came of a unit; nothing if it was passed over.
struct Found(Option<Gain>);

impl Weigh for Found {
    fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, Gain::heap_bytes)
    }
}

/// Hands out units until there are none, or no time.
struct Units(Arc<Shared>);

impl Source for Units {
    type Item = Task;

    fn pull(&mut self, out: &mut impl Intake<Task>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            let now = out.now();
            let mut guard = self.0.lock();
            let state = &mut *guard;
            let began = *state.began.get_or_insert(now);
            let factoring =
                state.factoring.get_or_insert_with(|| self.0.allowance.begin(&state.n, self.0.lanes));
            let work_left = self.0.pace.work_left(self.0.allowance, now.saturating_sub(began));
            let Some(work) = work_left.filter(|_| !factoring.is_done()) else {
                self.0.epoch.store(usize::MAX, Ordering::Relaxed);
                return Ok(Supply::End);
            };
            let has_room = state.under_way < UNITS_AHEAD * self.0.lanes;
            let next = if has_room { factoring.unit_of_at_most(work) } else { None };
            match next {
                Some(unit) => {
                    state.under_way += 1;
                    drop(guard);
                    out.emit(Task { unit, epoch: self.0.epoch.load(Ordering::Relaxed) })?;
                }
                None if state.under_way == 0 => return Ok(Supply::End),
                None => {
                    state.waiting = Some(out.waker().clone());
                    return Ok(Supply::Pending);
                }
            }
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "units"
    }
}

/// Works units off.
struct Work {
    worker: Worker,
    shared: Arc<Shared>,
}

impl Operator for Work {
    type In = Task;
    type Out = Found;

    fn on_item(&mut self, task: Task, out: &mut impl Emit<Found>) -> Outcome {
        let began = out.now();
        let is_of_use = self.shared.epoch.load(Ordering::Relaxed) == task.epoch
            && self.shared.has_time_for(&task.unit, began);
        let found = is_of_use.then(|| {
            let found = self.worker.run(&task.unit);
            self.shared.pace.note(&task.unit, out.now().saturating_sub(began));
            found
        });
        out.emit(Found(found))
    }

    fn fork(&self) -> Self {
        Self { worker: Worker::new(), shared: Arc::clone(&self.shared) }
    }

    fn name(&self) -> &'static str {
        "work"
    }
}

/// Takes in what was found.
struct Merge {
    shared: Arc<Shared>,
    tally: Tally,
}

impl Operator for Merge {
    type In = Found;
    type Out = Advance;

    fn on_item(&mut self, found: Found, out: &mut impl Emit<Advance>) -> Outcome {
        let mut state = self.shared.lock();
        state.under_way -= 1;
        let mut progress = None;
        if let (Some(factoring), Some(gain)) = (&mut state.factoring, found.0) {
            let pieces = factoring.pieces_begun();
            factoring.merge(gain);
            if factoring.is_done() {
                self.shared.epoch.store(usize::MAX, Ordering::Relaxed);
            } else if factoring.pieces_begun() > pieces {
                let next = |epoch: usize| epoch.checked_add(1);
                let _ = self.shared.epoch.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
            }
            progress = factoring.progress();
        }
        let waiting = state.waiting.take();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        match progress {
            Some(progress) => out.emit(Advance::Working(progress)),
            None => {
                self.tally.absorbed += 1;
                Ok(())
            }
        }
    }

    fn on_end(&mut self, out: &mut impl Emit<Advance>) -> Outcome {
        let mut state = self.shared.lock();
        let Some(factoring) = state.factoring.take() else { return Ok(()) };
        let (number, began) = (Number(std::mem::take(&mut state.n)), state.began.unwrap_or_default());
        drop(state);
        let methods = factoring.methods().to_vec();
        let factorization = factoring.finish();
        let time = out.now().saturating_sub(began);
        self.tally.created += 1;
        out.emit(Advance::Done(Factored { number, factorization, methods, time }))
    }

    fn fork(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), tally: Tally::default() }
    }

    fn name(&self) -> &'static str {
        "merge"
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

/// Units on their way for each lane: one is worked off while the next one waits. More are more work in
/// vain once a factor is found, fewer let a lane wait for the merging.
const UNITS_AHEAD: usize = 2;
