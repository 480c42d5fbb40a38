//! Streams of primes, factors and codewords: where numbers and streams meet.
//!
//! The engine moves items and knows nothing of numbers; `primes` and `codec` know numbers and nothing of
//! streams. Here are the verbs that need both: [`container::encode`], [`container::decode`] and
//! [`container::verify`] for the file format, [`decimal`] for one codeword a line, [`codewords`] for the integers
//! themselves and the programs they are, [`Factor`] and [`primes()`] for numbers.
//!
//! # Examples
//!
//! A text becomes a container and comes back:
//!
//! ```
//! use primestream::prelude::*;
//!
//! let header = Header::new(Settings::default(), ContainerId([7; 16]));
//! let mut bytes = Vec::new();
//! for part in container::encode(&b"Hello, world!"[..], header, Encode::default()).collect::<Vec<_>>()? {
//!     bytes.extend(part);
//! }
//! let (_, content) = container::decode(std::io::Cursor::new(bytes), Decode::default())?;
//! assert_eq!(content.collect::<Vec<_>>()?.concat(), b"Hello, world!");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod codewords;
pub mod container;
mod contents;
pub mod decimal;
mod factor;
mod primes;
pub mod processor;

pub use contents::Contents;
pub use factor::{
    Advance, Allowance, BandFigures, BandOptions, BandReport, BandSelector, Factor, Factored, Number,
    Portions, Shared, Standing, Together, factor_in_lanes, factor_within, factor_words, factoring_in_lanes,
    process_band_optimized_stream, resume_in_lanes, shared_factors, small_primes_of_each,
    stream_factorization, usual_fill,
};
pub use primes::{Pieces, primes, primes_in_lanes, stream_prime_generation, stream_prime_generation_from};

/// The names a program begins with.
pub mod prelude {
    pub use crate::container::{self, Decode, Encode};
    pub use crate::decimal;
    pub use crate::{Factor, Factored, Number, primes, primes_in_lanes};
    pub use primestream_codec::container::{Compression, ContainerId, Header, Positions, Settings};
    pub use primestream_codec::{BlockLen, Limits, Units};
    pub use primestream_engine::{
        Adaptive, Boundary, Budget, Bytes, ChunkProcessor, CircuitBreaker, Emit, Fixed, Flow, Intake,
        LengthPrefix, Level, OnError, Operator, Order, Outcome, Pipeline, PipelineError, Pusher, Rate,
        Report, Retry, Running, Sink, Source, Stream, Supply, Timed, Tolerance, Transform, Weigh, Workers,
        all_cores, kib, mib,
    };
    pub use primestream_primes::{Effort, Factorization, Natural, Primality};
}

/// The guide, its examples compiled and run.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/engine.md")]
    struct Engine;
    #[doc = include_str!("../../../docs/encoding.md")]
    struct Encoding;
    #[doc = include_str!("../../../docs/container.md")]
    struct Container;
    #[doc = include_str!("../../../docs/metrics.md")]
    struct Metrics;
    #[doc = include_str!("../../../docs/checkpoints.md")]
    struct Checkpoints;
    #[doc = include_str!("../../../docs/numbers.md")]
    struct Numbers;
}
