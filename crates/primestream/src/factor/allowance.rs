//! What a number may cost: an amount of work, and perhaps a time.
//!
//! A number is worked off in units, and the time is looked at between two of them, so that it is exceeded by one unit
//! at most, which grow with the number and with the time that went into it already: microseconds for words,
//! milliseconds up to 200 bits, a second and more beyond 300. The clock is whoever calls.

use std::time::Duration;

use primestream_primes::{Effort, Factoring, Method, Natural, Worker, factor_u64};

use super::{Factored, Number};

/// How much a number may cost before what is left of it becomes its cofactor.
///
/// ```
/// use std::time::Duration;
/// use primestream::{Allowance, prelude::*};
///
/// let work = Allowance::from(Effort::Quick);
/// assert_eq!((work.effort, work.time), (Effort::Quick, None));
/// assert_eq!(Allowance::of_time(Duration::from_secs(2), 200).effort, Effort::Deep);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// The work.
    pub effort: Effort,
    /// The time, if that is bounded as well.
    pub time: Option<Duration>,
}

impl Allowance {
    /// Makes one that time bounds, for a number of so many bits: as much work as there is, but for long numbers in
    /// little time, of which only what is tested in little time is looked at.
    pub fn of_time(time: Duration, bits: u64) -> Self {
        let is_deep = bits <= SIEVED_BITS_MAX || time >= DEEP_TIME_MIN;
        let effort = if is_deep { Effort::Deep } else { Effort::Normal };
        Self { effort, time: Some(time) }
    }
}

impl From<Effort> for Allowance {
    fn from(effort: Effort) -> Self {
        Self { effort, time: None }
    }
}

/// Factors a number in the calling thread, as far as it may cost. `now` is any clock that does not go
/// backwards; it is asked before, after, and between units if the time is bounded.
///
/// ```
/// use std::time::Duration;
/// use primestream::{Allowance, factor_within, prelude::*};
///
/// let hard = ((Natural::ONE << 89) - 1) * ((Natural::ONE << 107) - 1);
/// let mut seconds = 0;
/// let clock = move || { seconds += 1; Duration::from_secs(seconds) };
/// let answer = factor_within(&hard, Allowance::of_time(Duration::from_secs(3), hard.bits()), clock);
/// assert_eq!((answer.factorization.cofactor(), answer.time.as_secs()), (&hard, 4));
/// ```
pub fn factor_within(n: &Natural, allowance: Allowance, mut now: impl FnMut() -> Duration) -> Factored {
    let began = now();
    let (factorization, methods) = match n.to_u64() {
        Some(word) => (factor_u64(word).into(), if word > 1 { vec![Method::Word] } else { Vec::new() }),
        None => {
            let mut factoring = Factoring::new(n, allowance.effort);
            let mut worker = Worker::new();
            let mut has_time = || allowance.time.is_none_or(|time| now().saturating_sub(began) < time);
            while has_time()
                && let Some(unit) = factoring.unit()
            {
                factoring.merge(worker.run(&unit));
            }
            let methods = factoring.methods().to_vec();
            (factoring.finish(), methods)
        }
    };
    Factored { number: Number(n.clone()), factorization, methods, time: now().saturating_sub(began) }
}

/// Longest number that deep effort sieves.
const SIEVED_BITS_MAX: u64 = 330;
/// Least time beside which the tests of primality that deep effort allows are short.
const DEEP_TIME_MIN: Duration = Duration::from_secs(10);
