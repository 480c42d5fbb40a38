//! Locks and atomic numbers: those of std, or those of a model checker.
//!
//! What threads meet at (the budget, the exchange, the claims of a stage, the signal) takes them from here and
//! not from std. Built with `--cfg loom` they try every order in which a few threads can meet, with
//! `--cfg shuttle` thousands of orders chosen at random; `models` has what is tried. Otherwise they are
//! std's, and this room costs nothing. Hints and measures, which decide nothing, stay with std and
//! leave the checkers less to try.

#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, atomic};

#[cfg(loom)]
pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard, atomic};
#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard, atomic};

/// Stands between two accesses that rely on the one order of all `SeqCst`: loom takes such accesses for
/// `AcqRel`, and only a fence tells it more. Nothing elsewhere.
#[inline(always)]
pub(crate) fn total_order() {
    #[cfg(loom)]
    atomic::fence(atomic::Ordering::SeqCst);
}
