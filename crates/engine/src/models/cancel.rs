//! Cancelling: whoever sleeps or is about to sees it, and what is left is counted and gives its memory back.

use std::sync::Arc;
use std::time::Duration;

use super::crew::Crew;
use super::exchange::chunk;
use super::{OF_FEW_STEPS, OF_MANY_STEPS, explore, together};
use crate::budget::Budget;
use crate::operators::Identity;
use crate::order::Order;
use crate::plan::exchange::Exchange;
use crate::plan::lane_stage::LaneStage;
use crate::plan::outflow::Outflow;
use crate::plan::stage::Stage;
use crate::runtime::signal::Signal;

#[test]
fn nobody_sleeps_for_ever_when_something_changes() {
    explore(OF_FEW_STEPS, || {
        let signal = Arc::new(Signal::default());
        let sleeper = |ticket| {
            let signal = Arc::clone(&signal);
            move || signal.wait(ticket, Duration::MAX)
        };
        let ticket = signal.ticket();
        together(sleeper(ticket), sleeper(ticket), || signal.changed());
    });
}

#[test]
fn workers_end_when_they_are_cancelled_and_what_is_left_is_counted() {
    explore(OF_MANY_STEPS, || {
        let budget = Budget::new(100);
        let (input, output) =
            (Exchange::with_places(Order::Input, 4, None), Exchange::with_places(Order::Input, 4, None));
        // The end never comes: without a cancellation both workers would sleep for ever.
        let port = input.port();
        let place = port.open().expect("there are places for all");
        port.put(place, chunk(&budget, 1));
        port.put(place, chunk(&budget, 2));
        let way_on = Box::new(output.port());
        let stage =
            LaneStage::new(None, 2, Order::Input, Arc::clone(&input), Identity::<u64>::default(), way_on);
        let crew = Arc::new(Crew::new(budget, stage));
        let worker = || {
            let crew = Arc::clone(&crew);
            move || crew.work()
        };
        together(worker(), worker(), || crew.stop());
        crew.stage.abandon();
        let tally = crew.stage.reading(Duration::ZERO).tally;
        assert!(tally.is_balanced() && tally.taken + tally.abandoned == 2, "an item is lost: {tally:?}");
        let passed = std::iter::from_fn(|| output.take()).map(|message| message.items()).sum();
        assert_eq!(tally.passed, passed);
        assert_eq!(crew.budget.reserved(), 0);
    });
}
