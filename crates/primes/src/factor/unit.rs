//! Work in units: values that are made, run anywhere, and whose results are handed in.

use std::sync::Arc;

use super::ecm::{self, CurveUnit};
use super::inspection::{Answer, Question, product_work};
use super::method::Method;
use super::siqs::{Leading, Relation, Setting, Sieve};
use super::{p_minus_1, p_plus_1};
use crate::Natural;

/// A piece of work of a [`Factoring`](super::Factoring), for a [`Worker`].
///
/// It knows nothing of the others, and holds what it needs: the number, or for the sieve what is common to all of
/// its units, which they share.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Which of the pieces it belongs to.
    pub(super) attack: u64,
    pub(super) task: Task,
}

impl Unit {
    /// Returns about how many nanoseconds it takes: right to a factor of three for any machine and length, and to a
    /// fifth against other units of the same number, so that the time of those done foretells that of the next.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.task.work()
    }
}

#[derive(Debug, Clone)]
pub(super) enum Task {
    Ask {
        n: Arc<Natural>,
        question: Question,
    },
    PMinus1 {
        n: Arc<Natural>,
        first_bound: u64,
        second_bound: u64,
    },
    PPlus1 {
        n: Arc<Natural>,
        first_bound: u64,
        second_bound: u64,
    },
    /// A curve, or in two words two of them.
    Curve {
        n: Arc<Natural>,
        unit: CurveUnit,
    },
    Sieve {
        setting: Arc<Setting>,
        leading: Leading,
    },
}

impl Task {
    pub(super) fn method(&self) -> Method {
        match self {
            Self::Ask { .. } => Method::PerfectPower,
            Self::PMinus1 { .. } => Method::PMinus1,
            Self::PPlus1 { .. } => Method::PPlus1,
            Self::Curve { .. } => Method::EllipticCurves,
            Self::Sieve { .. } => Method::QuadraticSieve,
        }
    }

    /// Returns what it costs in products of words, which is about nanoseconds.
    pub(super) fn work(&self) -> u64 {
        let curves = |n: &Natural, first_bound: u64| {
            let products = PRODUCTS_OF_BOUND * first_bound + PRODUCTS_OF_CURVE;
            product_work(n.bits().div_ceil(64)).saturating_mul(products)
        };
        match self {
            Self::Ask { n, question } => question.work(n),
            // A step of these has fewer products than one of a curve.
            Self::PMinus1 { n, first_bound, .. } => curves(n, *first_bound) / 3,
            Self::PPlus1 { n, first_bound, .. } => curves(n, *first_bound) / 8 * 3,
            Self::Curve { n, unit } => curves(n, unit.first_bound) * in_step(n),
            Self::Sieve { setting, .. } => setting.unit_work(),
        }
    }
}

/// Curves of a unit: in two words two go in step.
pub(super) fn in_step(n: &Natural) -> u64 {
    if n.bits() <= 128 { 2 } else { 1 }
}

/// Products for each unit of a curve's first bound, both stages together.
const PRODUCTS_OF_BOUND: u64 = 22;

/// Products for each curve, however short: most of them for the wheel of the second stage.
const PRODUCTS_OF_CURVE: u64 = 1_000;

/// What came of a unit, for the [`Factoring`](super::Factoring) that made it.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub(super) attack: u64,
    pub(super) method: Method,
    pub(super) gain: Gain,
}

#[derive(Debug, Clone)]
pub(super) enum Gain {
    Nothing,
    Factor(Natural),
    /// The answer to a question of a piece.
    Answer(Arc<Natural>, Question, Answer),
    Relations(Vec<Relation>),
}

impl Outcome {
    /// Returns the bytes of heap it fills, for the accounting of memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.gain {
            Gain::Answer(_, _, Answer::Power(root, _)) => root.heap_bytes(),
            Gain::Nothing | Gain::Answer(..) => 0,
            Gain::Factor(factor) => factor.heap_bytes(),
            Gain::Relations(relations) => {
                relations.iter().map(|relation| size_of_val(relation) + relation.heap_bytes()).sum()
            }
        }
    }
}

/// Whoever works units off, one after the other. The memory of its sieve is used again.
///
/// # Examples
///
/// ```
/// use primestream_primes::{Effort, Factoring, Natural, Worker};
///
/// let n: Natural = "1000000000000000003000000000000000009".parse::<Natural>()? * 10_u64;
/// let mut factoring = Factoring::new(&n, Effort::Normal);
/// let (mut one, mut other) = (Worker::new(), Worker::new());
/// while !factoring.is_done() {
///     // Two units that could run at the same time.
///     let units: Vec<_> = [factoring.unit(), factoring.unit()].into_iter().flatten().collect();
///     for (unit, worker) in units.iter().zip([&mut one, &mut other]) {
///         factoring.merge(worker.run(unit));
///     }
/// }
/// assert_eq!(factoring.finish().product(), n);
/// # Ok::<(), primestream_primes::ParseNaturalError>(())
/// ```
#[derive(Default)]
pub struct Worker {
    sieve: Option<Sieve>,
}

impl Worker {
    /// Makes one that has not worked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Works a unit off. Takes from a microsecond to a second, by the length of the number.
    pub fn run(&mut self, unit: &Unit) -> Outcome {
        let found = |factor: Option<Natural>| factor.map_or(Gain::Nothing, Gain::Factor);
        let gain = match &unit.task {
            Task::Ask { n, question } => Gain::Answer(Arc::clone(n), *question, question.ask(n)),
            Task::PMinus1 { n, first_bound, second_bound } => {
                found(p_minus_1::p_minus_1(n, *first_bound, *second_bound))
            }
            Task::PPlus1 { n, first_bound, second_bound } => {
                found(p_plus_1::p_plus_1(n, *first_bound, *second_bound))
            }
            Task::Curve { n, unit } => found(match n.to_u128() {
                Some(n) => {
                    let sigmas = [unit.sigma, unit.sigma + 1];
                    ecm::try_pair(n, sigmas, unit.first_bound, unit.second_bound).map(Natural::from)
                }
                None => unit.run(n),
            }),
            Task::Sieve { setting, leading } => {
                if self.sieve.as_ref().is_none_or(|sieve| !sieve.is_for(setting)) {
                    self.sieve = Some(Sieve::new(Arc::clone(setting)));
                }
                self.sieve.as_mut().map_or(Gain::Nothing, |sieve| Gain::Relations(sieve.run(leading)))
            }
        };
        Outcome { attack: unit.attack, method: unit.task.method(), gain }
    }
}

impl std::fmt::Debug for Worker {
    /// Leaves the sieve out: nobody reads its tables.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Worker").finish_non_exhaustive()
    }
}
