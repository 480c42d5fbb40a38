//! Factorisation: of numbers that stream, one by one or together, and of one number by units that do.

mod allowance;
mod bands;
mod lanes;
mod portions;
mod together;
mod words;

use std::time::Duration;

use primestream_engine::checkpoint::Memory;
use primestream_engine::{Emit, Operator, Outcome, Tally, Weigh};
use primestream_primes::{Band, Effort, Factorization, Method, Natural};

use allowance::factor_while;
pub use allowance::{Allowance, factor_within};
pub use bands::{
    BandFigures, BandOptions, BandReport, BandSelector, process_band_optimized_stream, stream_factorization,
    usual_fill,
};
pub use lanes::{Advance, Standing, factor_in_lanes, factoring_in_lanes, resume_in_lanes};
pub use portions::Portions;
pub use together::{Shared, Together, shared_factors, small_primes_of_each};
pub use words::factor_words;

/// An integer as an item: [`Natural`] with its weight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub Natural);

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl Weigh for Number {
    fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }
}

/// An integer and what divides it.
#[derive(Clone, Debug)]
pub struct Factored {
    /// The integer.
    pub number: Number,
    /// Its prime powers, and the cofactor that is left where the effort was not enough.
    pub factorization: Factorization,
    /// The methods that found a factor, in the order in which they did.
    pub methods: Vec<Method>,
    /// How long it took, in the clock of the pipeline or of whoever called.
    pub time: Duration,
}

impl Weigh for Factored {
    fn heap_bytes(&self) -> usize {
        let powers = self.factorization.powers();
        let primes: usize = powers.iter().map(|power| power.prime.heap_bytes()).sum();
        let cofactor = self.factorization.cofactor().heap_bytes();
        let methods = size_of_val(&*self.methods);
        self.number.heap_bytes() + cofactor + primes + size_of_val(powers) + methods
    }
}

/// Factors each number with a bounded effort, and within a time if that is bounded. Preserves order; holds at most
/// 256 numbers of one word, which share work, and only as long as they came in one chunk; a step behind it in
/// the same stage that fails names the position of the last of them. Where the pipeline is cancelled, a number is given up
/// at the end of a unit of its work.
///
/// # Examples
///
/// ```
/// use primestream::prelude::*;
///
/// let largest: Vec<Option<Natural>> = Stream::iter([60u64, 97, 1].map(Number::from))
///     .parallel(2, Order::Input)
///     .through(Factor::new(Effort::Normal))
///     .map(|answer| answer.factorization.powers().last().map(|power| power.prime.clone()))
///     .map(|largest| largest.map(Number))
///     .collect::<Vec<_>>()?
///     .into_iter()
///     .map(|largest| largest.map(|number| number.0))
///     .collect();
/// assert_eq!(largest, [Some(5u64.into()), Some(97u64.into()), None]);
/// # Ok::<(), PipelineError>(())
/// ```
#[derive(Debug)]
pub struct Factor {
    allowance: Allowance,
    words: Vec<Number>,
    /// Numbers that were taken, and those that were answered.
    gathered: u64,
    answered: u64,
}

impl Factor {
    /// Makes the step.
    pub const fn new(effort: Effort) -> Self {
        Self::of(Allowance { effort, time: None, memory_bytes: None })
    }

    const fn of(allowance: Allowance) -> Self {
        Self { allowance, words: Vec::new(), gathered: 0, answered: 0 }
    }

    /// Bounds the time that a number may take; it is exceeded by one unit of work at most.
    #[must_use]
    pub const fn within(mut self, time: Duration) -> Self {
        self.allowance.time = Some(time);
        self
    }

    fn answer_words(&mut self, out: &mut impl Emit<Factored>) -> Outcome {
        let answers = factor_words(&self.words, || out.now());
        self.words.clear();
        for answer in answers.into_iter().flatten() {
            self.answered += 1;
            out.emit(answer)?;
        }
        Ok(())
    }
}

impl From<Allowance> for Factor {
    fn from(allowance: Allowance) -> Self {
        Self::of(allowance)
    }
}

impl Operator for Factor {
    type In = Number;
    type Out = Factored;

    fn on_item(&mut self, number: Number, out: &mut impl Emit<Factored>) -> Outcome {
        // It is in hand while words before it are passed on, where one of them may fail.
        self.gathered += 1;
        if number.0.to_u64().is_some() {
            self.words.push(number);
            return if self.words.len() < WORDS_TOGETHER { Ok(()) } else { self.answer_words(out) };
        }
        self.answer_words(out)?;
        let factored = factor_while(&number.0, self.allowance, || out.now(), || !out.is_stopping());
        self.answered += 1;
        out.emit(factored)
    }

    fn on_flush(&mut self, out: &mut impl Emit<Factored>) -> Outcome {
        self.answer_words(out)
    }

    fn on_end(&mut self, out: &mut impl Emit<Factored>) -> Outcome {
        self.answer_words(out)
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self::of(self.allowance)
    }

    fn tally(&self) -> Tally {
        Tally { absorbed: self.gathered, created: self.answered, ..Tally::default() }
    }

    fn held_bytes(&self) -> usize {
        self.words.iter().map(Weigh::weight).sum()
    }

    fn name(&self) -> &'static str {
        "factor"
    }
}

/// Words that are factored together: enough for eight in step to be busy most of the time.
const WORDS_TOGETHER: usize = usual_fill(Band::Bits64).get();
