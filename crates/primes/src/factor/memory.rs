//! How much memory does a factorisation hold, at most? By the length of its number alone, so that it is known before.
//!
//! Curves and their kin hold little. A sieve holds its base, tables of it for every worker, and relations, of which those
//! that wait for a partner are most; their number is bounded, and where the bound is met later ones are dropped.
//! At the end the matrix comes on top.

use super::Factoring;
use super::effort::Effort;
use super::siqs;
use crate::Natural;

impl Factoring {
    /// Returns a bound of the bytes that a factorisation holds of a number of so many bits, with so many workers: the
    /// factorisation, its workers, and what the tables of primes fill that it asks for. Most factorisations hold
    /// less than half of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_primes::{Effort, Factoring};
    ///
    /// // Numbers of 256 bits are sieved at deep effort only.
    /// assert!(Factoring::memory_bytes(256, Effort::Normal, 1) < 32 << 20);
    /// assert!(Factoring::memory_bytes(256, Effort::Deep, 1) > 64 << 20);
    /// ```
    #[must_use]
    pub fn memory_bytes(bits: u64, effort: Effort, workers: usize) -> usize {
        let of_number = usize::try_from(bits / 8 + 1).unwrap_or(usize::MAX);
        let of_worker = WORKER_BYTES.saturating_add(of_number.saturating_mul(NUMBERS_OF_WORKER));
        let without_sieve = COMMON_BYTES
            .saturating_add(of_number.saturating_mul(NUMBERS_OF_FACTORING))
            .saturating_add(of_worker.saturating_mul(workers));
        match bits <= effort.limits().siqs_bits_max {
            true => without_sieve.saturating_add(siqs::memory_bytes(bits, workers)),
            false => without_sieve,
        }
    }

    /// Begins with a number as [`new`](Self::new) does, and sieves no piece whose factorisation could hold more bytes
    /// than that with so many workers: it is looked for factors as one that is too long for the sieve, and may stay
    /// as the cofactor.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_primes::{Effort, Factoring, Natural};
    ///
    /// // The factors of 2^137 - 1 have 65 and 73 bits.
    /// let mut factoring = Factoring::within_memory(&((Natural::ONE << 137) - 1), Effort::Quick, 1 << 10, 1);
    /// while let Some(unit) = factoring.unit() {
    ///     assert!(unit.work() < 1_000_000_000);
    ///     factoring.merge(primestream_primes::Worker::new().run(&unit));
    /// }
    /// assert!(!factoring.finish().is_complete());
    /// ```
    #[must_use]
    pub fn within_memory(n: &Natural, effort: Effort, bytes: usize, workers: usize) -> Self {
        let mut limits = effort.limits();
        let fits = |bits: &u64| Self::memory_bytes(*bits, effort, workers) <= bytes;
        limits.siqs_bits_max = (0..=limits.siqs_bits_max).rev().find(fits).unwrap_or(0);
        Self::with_limits(n, effort, limits)
    }
}

/// The tables of small primes, a walk along the primes, and the plan.
const COMMON_BYTES: usize = 16 << 20;
const WORKER_BYTES: usize = 1 << 20;

/// Numbers of the length of the one that is factored that are held: by a worker, mostly for the second stage of a curve.
const NUMBERS_OF_WORKER: usize = 2_000;
const NUMBERS_OF_FACTORING: usize = 50;
