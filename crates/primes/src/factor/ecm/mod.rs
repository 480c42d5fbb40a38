//! Lenstra's elliptic-curve method, for factors that are too large for trial division.
//!
//! A curve modulo `n` is a curve modulo each prime `p` of `n` at once, with about `p` points. If that
//! number has only small prime factors, a multiple of a point is the neutral one modulo `p` and not
//! modulo `n`, and a common divisor tells `p`. One curve in a few does so, and what counts is the size
//! of `p`, not of `n`. Source: \[Lenstra1987\].
//!
//! By file: `curve` (points), `chain` (how to multiply them), `continuation` (the second stage), `word`
//! (numbers below 2^64), `eight` (eight of them in step), `double` (below 2^128), `large` (of any length), `schedule` (how many curves,
//! and how long).

mod chain;
mod continuation;
mod curve;
mod double;
mod eight;
mod large;
mod schedule;
mod word;

pub(super) use double::try_pair;
pub(super) use eight::{CURVES_MAX, search_short, try_eight};
pub(super) use large::CurveUnit;
pub(super) use schedule::ecm_schedule;
pub(super) use word::{Found, search};
