//! What a number may cost: an amount of work, and perhaps a time.
//!
//! A number is worked off in units, and the time is looked at between two of them. Units grow with the number and with
//! the time that went into it already: microseconds for words, milliseconds up to 200 bits, a second and more beyond
//! 300. One that would end too late by what such units took so far is left out, the tests of primality among them: the
//! first unit of a long number is there to be timed. The clock is whoever calls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use primestream_primes::{Effort, Factoring, Method, Natural, Unit, Worker, factor_u64};

use super::{Factored, Number};

/// How much a number may cost before what is left of it becomes its cofactor.
///
/// ```
/// use std::time::Duration;
/// use primestream::{Allowance, prelude::*};
///
/// let work = Allowance::from(Effort::Quick);
/// assert_eq!((work.effort, work.time), (Effort::Quick, None));
/// assert_eq!(Allowance::of_time(Duration::from_secs(2)).effort, Effort::Deep);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// The work.
    pub effort: Effort,
    /// The time, if that is bounded as well.
    pub time: Option<Duration>,
    /// The bytes its factorisation may hold, if they are bounded. A piece whose sieve could hold more is not sieved: see
    /// [`Factoring::memory_bytes`].
    pub memory_bytes: Option<usize>,
}

impl Allowance {
    /// Makes one that time bounds: as much work as there is.
    ///
    /// Trial division by the primes below 2^16 is done whatever the time, which for 10^5 bits takes some hundredths of a
    /// second; all else is left out if it would end later.
    pub const fn of_time(time: Duration) -> Self {
        Self { effort: Effort::Deep, time: Some(time), memory_bytes: None }
    }

    /// Bounds the bytes that the factorisation of a number may hold.
    ///
    /// A pipeline counts the numbers it holds, not what a lane fills while it works on one: give each lane its
    /// part of what the process may hold beside the limit of the pipeline.
    ///
    /// ```
    /// use primestream::{Allowance, factor_within, prelude::*};
    ///
    /// let n = ((Natural::ONE << 61) - 1) * ((Natural::ONE << 107) - 1);
    /// let little = Allowance::from(Effort::Normal).within_memory(1 << 20);
    /// assert!(!little.may_sieve(n.bits(), 1));
    /// assert!(Allowance::from(Effort::Normal).within_memory(1 << 30).may_sieve(n.bits(), 1));
    /// ```
    #[must_use]
    pub const fn within_memory(mut self, bytes: usize) -> Self {
        self.memory_bytes = Some(bytes);
        self
    }

    /// Returns whether the memory allows a sieve for a piece of so many bits on so many lanes.
    pub fn may_sieve(self, bits: u64, lanes: usize) -> bool {
        self.memory_bytes.is_none_or(|bytes| Factoring::memory_bytes(bits, self.effort, lanes) <= bytes)
    }

    /// Begins with a number.
    pub(super) fn begin(self, n: &Natural, lanes: usize) -> Factoring {
        match self.memory_bytes {
            Some(bytes) => Factoring::within_memory(n, self.effort, bytes, lanes),
            None => Factoring::new(n, self.effort),
        }
    }
}

impl From<Effort> for Allowance {
    fn from(effort: Effort) -> Self {
        Self { effort, time: None, memory_bytes: None }
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
/// let answer = factor_within(&hard, Allowance::of_time(Duration::from_secs(3)), clock);
/// assert_eq!((answer.factorization.cofactor(), answer.time.as_secs()), (&hard, 4));
/// ```
pub fn factor_within(n: &Natural, allowance: Allowance, now: impl FnMut() -> Duration) -> Factored {
    factor_while(n, allowance, now, || true)
}

/// Factors a number in the calling thread as [`factor_within`] does, as long as `goes_on` says so, which is asked
/// between units.
pub(super) fn factor_while(
    n: &Natural,
    allowance: Allowance,
    mut now: impl FnMut() -> Duration,
    mut goes_on: impl FnMut() -> bool,
) -> Factored {
    let began = now();
    let (factorization, methods) = match n.to_u64() {
        Some(word) => (factor_u64(word).into(), if word > 1 { vec![Method::Word] } else { Vec::new() }),
        None => {
            let mut factoring = allowance.begin(n, 1);
            let mut worker = Worker::new();
            let pace = Pace::default();
            let mut at = now();
            while goes_on()
                && let Some(work) = pace.work_left(allowance, at.saturating_sub(began))
                && let Some(unit) = factoring.unit_of_at_most(work)
            {
                factoring.merge(worker.run(&unit));
                // A clock may cost more than the shortest units, so it is asked once for each.
                if allowance.time.is_some() {
                    let before = std::mem::replace(&mut at, now());
                    pace.note(&unit, at.saturating_sub(before));
                }
            }
            let methods = factoring.methods().to_vec();
            (factoring.finish(), methods)
        }
    };
    Factored { number: Number(n.clone()), factorization, methods, time: now().saturating_sub(began) }
}

/// How long units take here, by those that are done.
#[derive(Debug, Default)]
pub(super) struct Pace {
    work: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Pace {
    /// Notes how long a unit took.
    pub(super) fn note(&self, unit: &Unit, time: Duration) {
        self.work.fetch_add(unit.work(), Ordering::Relaxed);
        self.nanoseconds.fetch_add(in_nanoseconds(time), Ordering::Relaxed);
    }

    /// Returns how much work the next unit may be after some time, `None` if there is no time left.
    pub(super) fn work_left(&self, allowance: Allowance, spent: Duration) -> Option<u64> {
        let Some(time) = allowance.time else { return Some(u64::MAX) };
        let left = time.checked_sub(spent).filter(|left| !left.is_zero())?;
        let (work, nanoseconds) =
            (self.work.load(Ordering::Relaxed), self.nanoseconds.load(Ordering::Relaxed));
        let left = u128::from(in_nanoseconds(left));
        // A unit of work is about a nanosecond.
        let work = left * u128::from(work + 1) / u128::from(nanoseconds + 1);
        Some(u64::try_from(work).unwrap_or(u64::MAX))
    }
}

fn in_nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use primestream_primes::Primality;

    use super::*;

    /// Works as long as a time allows, on a machine that takes so many nanoseconds for each unit of work, and now and
    /// then a tenth more or less. Returns the time it took, and what is known of the cofactor.
    fn time_taken(n: &Natural, allowance: Allowance, rate: u64) -> (Duration, Option<Primality>) {
        let mut factoring = Factoring::new(n, allowance.effort);
        let (mut worker, pace) = (Worker::new(), Pace::default());
        let (mut spent, mut percent) = (Duration::ZERO, (90..=110).step_by(5).cycle());
        while let Some(work) = pace.work_left(allowance, spent)
            && let Some(unit) = factoring.unit_of_at_most(work)
        {
            factoring.merge(worker.run(&unit));
            let took = Duration::from_nanos(unit.work() * rate * percent.next().unwrap() / 100);
            pace.note(&unit, took);
            spent += took;
        }
        (spent, factoring.finish().cofactor_primality())
    }

    #[test]
    fn a_time_is_kept_on_any_machine_from_the_first_unit_on() {
        // Of two primes of 521 and 607 bits: the first question is 20 thousand units of work, the strong test 0.9 million.
        let n = ((Natural::ONE << 521) - 1) * ((Natural::ONE << 607) - 1);
        for (rate, is_known) in
            [(1, [false, true, true, true]), (2, [false, false, true, true]), (3, [false, false, true, true])]
        {
            for (microseconds, is_known) in [100, 1_000, 3_000, 20_000].into_iter().zip(is_known) {
                let time = Duration::from_micros(microseconds);
                let (spent, primality) = time_taken(&n, Allowance::of_time(time), rate);
                assert!(spent <= time + time / 10, "{rate}: {spent:?} of {time:?}");
                // What there was no time to test is not called composite.
                assert_eq!(primality.is_some(), is_known, "{rate}: {time:?}");
            }
        }
    }

    #[test]
    fn the_pace_is_that_of_the_units_done() {
        let second = Allowance::of_time(Duration::from_secs(1));
        let n = (Natural::ONE << 1_061) - 1;
        let unit = Factoring::new(&n, Effort::Deep).unit().unwrap();
        let pace = Pace::default();
        assert_eq!(pace.work_left(second, Duration::ZERO), Some(1_000_000_000));
        pace.note(&unit, Duration::from_nanos(4 * unit.work()));
        let left = pace.work_left(second, Duration::from_millis(600)).unwrap();
        assert!((99_000_000..=101_000_000).contains(&left), "{left}");
        assert_eq!(pace.work_left(second, Duration::from_secs(1)), None);
        assert_eq!(pace.work_left(Effort::Quick.into(), Duration::MAX), Some(u64::MAX));
    }
}
