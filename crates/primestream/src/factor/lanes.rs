//! One number over many lanes: its units are a stream.
//!
//! A source hands out units, lanes work them off in any order, and one lane behind them merges what they found. The
//! factorisation itself is shared between the source and that lane; few units are on their way at a time, and
//! those that came too late are passed over, so that little is done in vain.
//!
//! Costs the start of a pipeline, tens of microseconds for each thread. What the relations of a sieve hold is not
//! counted by the budget: megabytes at 200 bits, and some hundred at 300.

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
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            n: n.clone(),
            factoring: None,
            began: Duration::ZERO,
            under_way: 0,
            waiting: None,
        }),
        epoch: AtomicUsize::new(0),
        allowance: allowance.into(),
        under_way_max: UNITS_AHEAD * lanes,
    });
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
    under_way_max: usize,
}

struct State {
    n: Natural,
    /// None before it began.
    factoring: Option<Factoring>,
    began: Duration,
    under_way: usize,
    /// Whom to wake when a unit came back.
    waiting: Option<Waker>,
}

impl Shared {
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
            let factoring = state.factoring.get_or_insert_with(|| {
                state.began = now;
                Factoring::new(&state.n, self.0.allowance.effort)
            });
            let time_is_up =
                self.0.allowance.time.is_some_and(|time| now.saturating_sub(state.began) >= time);
            if time_is_up || factoring.is_done() {
                self.0.epoch.store(usize::MAX, Ordering::Relaxed);
                return Ok(Supply::End);
            }
            let next = if state.under_way < self.0.under_way_max { factoring.unit() } else { None };
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
        let is_of_use = self.shared.epoch.load(Ordering::Relaxed) == task.epoch;
        out.emit(Found(is_of_use.then(|| self.worker.run(&task.unit))))
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
        let (number, began) = (Number(std::mem::take(&mut state.n)), state.began);
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
