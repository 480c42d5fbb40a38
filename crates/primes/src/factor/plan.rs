//! What is tried on a composite, in which order, and how much of it.
//!
//! Short factors are cheap to look for, whatever the length of the number; the sieve costs the same whatever the
//! factors. So curves come first, longer and longer ones, for as long as they cost a small part of what the sieve
//! would cost, or of what the effort allows where the sieve is not allowed at all.

use std::sync::Arc;

use super::ecm::{CurveUnit, ecm_schedule};
use super::effort::Limits;
use super::unit::{Task, in_step};
use crate::Natural;
use crate::tuning::{CURVES_OF_SIEVE, SHORT_CURVES};

/// Returns what comes before the sieve, the first task last, for a composite that will be sieved or not.
pub(super) fn tasks(n: &Arc<Natural>, limits: &Limits, is_sieved: bool) -> Vec<Task> {
    let budget = match is_sieved {
        true => limits.curve_work.min(sieve_work(n.bits()) / CURVES_OF_SIEVE),
        false => limits.curve_work,
    };
    let mut tasks = Vec::new();
    let mut work = 0;
    let mut sigma = SIGMA_FIRST;
    let short = SHORT_CURVES.iter().map(|&(curves, first_bound)| (curves, first_bound, false));
    let long = ecm_schedule(u32::MAX).iter().map(|level| (level.curves, level.first_bound, true));
    'levels: for (curves, first_bound, is_long) in short.chain(long) {
        let second_bound = first_bound * SECOND_BOUND;
        if is_long {
            let (first_bound, second_bound) = (first_bound * P_MINUS_1_BOUND, second_bound * P_MINUS_1_BOUND);
            let p_minus_1 = Task::PMinus1 { n: Arc::clone(n), first_bound, second_bound };
            let (first_bound, second_bound) = (first_bound / 2, second_bound / 2);
            let p_plus_1 = Task::PPlus1 { n: Arc::clone(n), first_bound, second_bound };
            work += p_minus_1.work() + p_plus_1.work();
            if work > budget {
                break;
            }
            tasks.extend([p_minus_1, p_plus_1]);
        }
        for _ in 0..curves.div_ceil(in_step(n)) {
            let curve =
                Task::Curve { n: Arc::clone(n), unit: CurveUnit { sigma, first_bound, second_bound } };
            work += curve.work();
            if work > budget {
                break 'levels;
            }
            tasks.push(curve);
            sigma += in_step(n);
        }
    }
    tasks.reverse();
    tasks
}

/// Returns what the sieve costs, in products of words.
fn sieve_work(bits: u64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above 0, and below 2^64 to 400 bits"
    )]
    let work = (SIEVE_WORK_MIN + SIEVE_WORK_128 * 10_f64.powf((bits as f64 - 128.0) / 32.0)) as u64;
    work
}

/// The second bound, as a multiple of the first.
const SECOND_BOUND: u64 = 100;

/// Bounds of P−1 as multiples of the curves' of the same length.
const P_MINUS_1_BOUND: u64 = 8;

/// The first parameter that names a curve.
const SIGMA_FIRST: u64 = 6;

/// The sieve at 128 bits: some ten milliseconds. Every 32 bits more cost ten times as much.
const SIEVE_WORK_128: f64 = 1e7;

/// What the sieve costs a number of any length.
const SIEVE_WORK_MIN: f64 = 2.5e6;

#[cfg(test)]
mod tests {
    use super::super::Effort;
    use super::*;

    fn plan(bits: u64, effort: Effort, is_sieved: bool) -> Vec<Task> {
        tasks(&Arc::new((Natural::ONE << bits) - 1), &effort.limits(), is_sieved)
    }

    #[test]
    fn more_is_tried_where_more_is_allowed() {
        for bits in [260, 512, 2_000, 4_096] {
            let counts =
                [Effort::Quick, Effort::Normal, Effort::Deep].map(|effort| plan(bits, effort, false).len());
            assert!(counts.is_sorted() && counts[2] > counts[0], "{bits}: {counts:?}");
        }
        let before_sieve = [80, 128, 160, 192, 256].map(|bits| plan(bits, Effort::Deep, true).len());
        assert!(before_sieve.is_sorted() && before_sieve[4] > 50, "{before_sieve:?}");
    }

    #[test]
    fn no_curve_is_tried_twice() {
        let mut sigmas: Vec<u64> = plan(512, Effort::Deep, false)
            .iter()
            .filter_map(|task| match task {
                Task::Curve { unit, .. } => Some(unit.sigma),
                _ => None,
            })
            .collect();
        let count = sigmas.len();
        sigmas.sort_unstable();
        sigmas.dedup();
        assert!(count > 100 && sigmas.len() == count);
    }
}
