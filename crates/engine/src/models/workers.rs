//! The turns of workers: no more at a time than there are, and all get theirs.

use super::{OF_FEW_STEPS, explore, together};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::workers::Workers;

#[test]
fn no_more_work_at_once_than_there_are_workers_and_nobody_waits_for_ever() {
    explore(OF_FEW_STEPS, || {
        let (workers, busy) = (Workers::new(1), Arc::new(AtomicUsize::new(0)));
        let worker = |turns: usize| {
            let (workers, busy) = (workers.clone(), Arc::clone(&busy));
            move || {
                for _ in 0..turns {
                    let _turn = workers.turn();
                    assert_eq!(busy.fetch_add(1, Ordering::Relaxed), 0, "two work at once");
                    busy.fetch_sub(1, Ordering::Relaxed);
                }
            }
        };
        together(worker(2), worker(1), worker(1));
    });
}
