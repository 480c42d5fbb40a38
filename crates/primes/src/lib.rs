//! Primes, primality and factors of integers of any size.
//!
//! Three questions, and what answers each of them below 2^64 and above:
//!
//! | | below 2^64 | any size |
//! | --- | --- | --- |
//! | Which primes? | [`primes`], [`count`], [`nth_prime`], [`index_of`], [`table`] | [`primes_u128`], below 2^128 |
//! | Is it prime? | [`is_prime_u64`], [`are_primes`]: certain | [`primality()`]: says how certain |
//! | What divides it? | [`factor_u64`]: complete, without the heap | [`factor()`]: as far as an [`Effort`] goes |
//!
//! # Which primes?
//!
//! Any range, from anywhere, in order and in bounded memory; and a constant table
//! between a prime and its index, on which encodings can rest.
//!
//! ```
//! use primestream_primes::{count, primes, table};
//!
//! assert!(primes(10..30).eq([11, 13, 17, 19, 23, 29]));
//! assert_eq!(primes(1 << 63..).next(), Some(9_223_372_036_854_775_837));
//! assert_eq!(count(..1_000_000), 78_498);
//! assert_eq!((table::prime(4), table::index_of(11)), (Some(11), Some(4)));
//! ```
//!
//! # Is it prime?
//!
//! ```
//! use primestream_primes::{Natural, Primality, is_prime_u64, primality};
//!
//! assert!(is_prime_u64(18_446_744_073_709_551_557));
//! let n: Natural = "170141183460469231731687303715884105727".parse()?;
//! assert_eq!(primality(&n), Primality::Probable); // no proof, but no exception known
//! # Ok::<(), primestream_primes::ParseNaturalError>(())
//! ```
//!
//! Where `n - 1` can be factored far enough, [`certificate()`] proves it, for anyone to check.
//!
//! # What divides it?
//!
//! Giving up is not an error: what resists the work allowed is the cofactor.
//!
//! ```
//! use primestream_primes::{Effort, Natural, factor, factor_u64};
//!
//! assert_eq!(factor_u64(360).to_string(), "2^3 · 3^2 · 5");
//! let n: Natural = "18446744073709551617".parse()?;
//! let factors = factor(&n, Effort::Normal);
//! assert!(factors.is_complete());
//! assert_eq!(factors.to_string(), "274177 · 67280421310721");
//! assert_eq!(factors.product(), n);
//! # Ok::<(), primestream_primes::ParseNaturalError>(())
//! ```
//!
//! Many numbers at once share work: see [`tree`].
//!
//! Nothing here opens a file, starts a thread, asks the time or draws lots: the same
//! question has the same answer at the same cost. Keys in brackets at the head of a
//! file, such as `[Brent1980]`, are resolved in `docs/references.md`.

#![deny(unsafe_code)]

pub mod certificate;
pub mod factor;
mod montgomery;
pub mod natural;
pub mod primality;
pub mod sieve;
pub mod table;
pub mod tree;
pub mod tuning;

pub use certificate::{Certificate, ParseCertificateError, certificate};
pub use factor::{
    Band, Effort, Factoring, Factorization, FactorizationU64, Method, PrimePower, PrimePowerU64, Progress,
    ResumeError, Unit, Worker, factor, factor_u64,
};
pub use natural::{Natural, ParseNaturalError, TooLargeError};
pub use primality::{Primality, are_primes, is_prime_u64, primality};
pub use sieve::{
    ParsePositionError, Position, Primes, Whole, count, index_of, nth_prime, primes, primes_u128,
};
