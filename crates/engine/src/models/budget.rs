//! The budget: the level is what is held, nothing leaks, the peak is right, and parts fit in the whole.

use super::{OF_FEW_STEPS, explore, together};
use crate::budget::Budget;

#[test]
fn the_level_is_what_is_held_and_the_peak_what_was() {
    explore(OF_FEW_STEPS, || {
        let budget = Budget::new(100);
        let (here, there) = (budget.clone(), budget.clone());
        let (a, b, seen) = together(
            move || {
                let mut held = here.reserve(10);
                assert!(here.reserved() >= 10);
                let rest = held.split(4);
                held.resize(1);
                held.absorb(rest);
                held
            },
            move || {
                drop(there.reserve(7));
                there.reserve(20)
            },
            || budget.reserved(),
        );
        assert!(seen <= 30 && seen <= budget.peak(), "{seen} seen, peak {}", budget.peak());
        assert_eq!((a.bytes(), b.bytes(), budget.reserved()), (5, 20, 25));
        // The 20 came when the other had 10 or was to have them, or when it had given 5 back.
        assert!([25, 30].contains(&budget.peak()), "peak {}", budget.peak());
        drop((a, b));
        assert_eq!(budget.reserved(), 0, "something leaked");
    });
}

#[test]
fn the_peak_is_the_sum_of_what_two_hold_at_once() {
    explore(OF_FEW_STEPS, || {
        let budget = Budget::new(100);
        let (here, there) = (budget.clone(), budget.clone());
        let held = together(move || here.reserve(10), move || there.reserve(20), || ());
        assert_eq!((budget.reserved(), budget.peak()), (30, 30));
        drop(held);
        assert_eq!((budget.reserved(), budget.peak()), (0, 30));
    });
}

#[test]
fn parts_fit_in_the_whole_and_go_with_their_last_hand() {
    explore(OF_FEW_STEPS, || {
        let whole = Budget::new(10);
        let (here, there) = (whole.clone(), whole.clone());
        let (a, b, ()) = together(move || here.part(6), move || there.part(6), || ());
        assert!(a.is_some() ^ b.is_some(), "there is room for one of them");
        assert_eq!((whole.reserved(), whole.parted(), whole.peak()), (6, 6, 6));
        let part = a.or(b).expect("one of them has it");
        let other = part.clone();
        together(move || drop(part), move || drop(other), || ());
        assert_eq!((whole.reserved(), whole.parted()), (0, 0));
    });
}
